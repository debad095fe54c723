#include "stream.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/base/bytes.h"
#include "lanparty/edge/linux/tcp.h"

/* RFC 8999, section 5: of a QUIC packet. The kernel steers UDP packets by the same bytes (udp_group.c). */
#define LONG_HEADER 0x80
#define LONG_ID     6
#define SHORT_ID    1

struct stream *stream_new(int fd, const struct lp_path *ends, struct lp_identity *identity)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct lp_carrier *carrier = s ? lp_carrier_accept(identity) : NULL;
	if (!carrier) {
		free(s);
		close(fd);
		return NULL;
	}
	s->fd = fd;
	s->carrier = carrier;
	s->ends = *ends;
	return s;
}

void stream_free(struct stream *s)
{
	close(s->fd);
	lp_carrier_free(s->carrier);
	free(s->held);
	free(s);
}

unsigned stream_worker_of(const uint8_t *payload, size_t len, unsigned count)
{
	size_t at = len > 0 && (payload[0] & LONG_HEADER) ? LONG_ID : SHORT_ID;
	return len < at + 2 || count < 2 ? 0 : lp_get16(payload + at) % count;
}

void stream_hold(struct stream *s, const uint8_t *payload, size_t len)
{
	if (!s->held)
		s->held = calloc(1, sizeof(*s->held));
	if (!s->held || s->held->count == STREAM_HELD_MAX)
		return;
	s->held->lens[s->held->count] = (uint16_t)len;
	memcpy(s->held->bytes[s->held->count++], payload, len);
}

/* One that leaves is read, too, and its carrier ignores that: unread bytes would reset the connection, before
 * the other end has our last ones. */
enum stream_end stream_read(
	struct stream *s, const struct stream_buffer *buffer, lp_carrier_sink *sink, void *context)
{
	size_t len;
	switch (lp_tcp_read(s->fd, buffer->bytes, buffer->cap, &len)) {
	case LP_TCP_DONE:
		lp_carrier_read(s->carrier, buffer->bytes, len, sink, context);
		return STREAM_GOES_ON;
	case LP_TCP_BLOCKED:
		return STREAM_GOES_ON;
	case LP_TCP_ENDED:
		if (s->heard_end)
			return STREAM_IS_OVER;
		s->heard_end = true;
		lp_carrier_read_end(s->carrier);
		return STREAM_GOES_ON;
	default:
		return STREAM_IS_OVER;
	}
}

enum stream_end stream_write(struct stream *s)
{
	size_t len, sent;
	const uint8_t *bytes;
	enum lp_tcp_result result = LP_TCP_DONE;
	while (result == LP_TCP_DONE && (bytes = lp_carrier_pending(s->carrier, &len)) && len > 0) {
		result = lp_tcp_write(s->fd, bytes, len, &sent);
		if (result == LP_TCP_DONE)
			lp_carrier_sent(s->carrier, sent);
	}
	s->blocked = result == LP_TCP_BLOCKED || (s->blocked && !lp_tcp_takes(s->fd));
	if (s->phase == STREAM_LEAVING && result == LP_TCP_DONE && !s->ended) {
		lp_tcp_end(s->fd);
		s->ended = true;
	}
	return result == LP_TCP_FAILED ? STREAM_IS_OVER : STREAM_GOES_ON;
}

/* What QUIC does not write yet can still be replaced, so nothing is put behind bytes that wait in the
 * kernel. */
bool stream_takes(struct stream *s)
{
	if (!lp_list_has(&s->due) && !s->blocked)
		s->blocked = !lp_tcp_takes(s->fd);
	return !s->blocked && lp_carrier_takes(s->carrier);
}
