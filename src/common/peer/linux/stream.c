#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lanparty/edge/linux/tcp.h"
#include "ways.h"

#define READ_SIZE  16384
#define READ_MOST  8 /* reads per wake-up: other descriptors have their turn, too */
#define DRAIN_MOST 16

struct lp_stream {
	struct lp_waiter *waiter;
	struct lp_carrier *carrier;
	int fd;
	bool connected;        /* over TCP */
	bool opened, told;     /* the carrier; and somebody knows */
	bool blocked;          /* the kernel takes nothing now */
	bool refused, release; /* lp_stream_takes has said no; and that has changed */
	bool failed, failure_told;
	struct lp_stream_failure failure;
	uint8_t slot[LP_PAYLOAD_MAX];
};

static void fail(
	struct lp_stream *s, enum lp_stream_end end, enum lp_send_failure failure, unsigned status)
{
	if (s->failed)
		return;
	s->failed = true;
	s->failure = (struct lp_stream_failure){.end = end, .failure = failure, .status = status};
	if (s->fd >= 0)
		lp_waiter_remove(s->waiter, s->fd); /* it would stay ready */
}

/* With at_once the computer itself has refused; otherwise the network has said so. */
static void fail_to_connect(struct lp_stream *s, int error, bool at_once)
{
	enum lp_send_failure failure = error == ETIMEDOUT      ? LP_SEND_GOOD
				       : error == ECONNREFUSED ? LP_SEND_REFUSED
				       : at_once               ? lp_send_failure_of(error)
							       : LP_SEND_UNREACHABLE;
	fail(s, LP_STREAM_NO_TCP, failure, 0);
}

struct lp_stream *lp_stream_open(struct lp_waiter *waiter, const struct lp_address *remote,
	const struct lp_carrier_target *target, unsigned interface)
{
	struct lp_stream *s = calloc(1, sizeof(*s));
	struct lp_carrier *carrier = lp_carrier_connect(target);
	if (!s || !carrier) {
		free(s);
		lp_carrier_free(carrier);
		return NULL;
	}
	s->waiter = waiter;
	s->carrier = carrier;
	s->fd = lp_tcp_connect(remote, interface);
	if (s->fd < 0 && errno == EPERM && interface) /* before Linux 5.7 */
		s->fd = lp_tcp_connect(remote, 0);
	if (s->fd < 0)
		fail_to_connect(s, errno, true);
	else if (!lp_waiter_add(waiter, s->fd))
		fail(s, LP_STREAM_MEMORY, LP_SEND_GOOD, 0);
	else
		lp_waiter_watch(waiter, s->fd, true);
	return s;
}

/* ---- reading and writing */

static void set_blocked(struct lp_stream *s, bool blocked)
{
	if (blocked == s->blocked)
		return;
	s->blocked = blocked;
	lp_waiter_watch(s->waiter, s->fd, blocked);
}

static void write_pending(struct lp_stream *s)
{
	const uint8_t *bytes;
	size_t len, sent;
	if (!s->connected || s->failed)
		return;
	while ((bytes = lp_carrier_pending(s->carrier, &len)), len > 0) {
		enum lp_tcp_result result = lp_tcp_write(s->fd, bytes, len, &sent);
		if (result == LP_TCP_FAILED)
			fail(s, LP_STREAM_CLOSED, LP_SEND_GOOD, 0);
		if (result != LP_TCP_DONE) {
			set_blocked(s, !s->failed);
			return;
		}
		lp_carrier_sent(s->carrier, sent);
	}
	set_blocked(s, false);
	s->release = s->release || s->refused;
	s->refused = false;
}

static void look_at_fault(struct lp_stream *s)
{
	unsigned status;
	switch (lp_carrier_fault(s->carrier, &status)) {
	case LP_CARRIER_PROXY:
		fail(s, LP_STREAM_PROXY, LP_SEND_GOOD, status);
		break;
	case LP_CARRIER_PROXY_AUTH:
		fail(s, LP_STREAM_PASSWORD, LP_SEND_GOOD, status);
		break;
	case LP_CARRIER_MEMORY:
		fail(s, LP_STREAM_MEMORY, LP_SEND_GOOD, 0);
		break;
	case LP_CARRIER_NO_FAULT:
		fail(s, LP_STREAM_CLOSED, LP_SEND_GOOD, 0);
		break;
	default:
		fail(s, s->opened ? LP_STREAM_CLOSED : LP_STREAM_NOT_LANPARTY, LP_SEND_GOOD,
			status);
	}
}

static void look_at_state(struct lp_stream *s)
{
	switch (lp_carrier_state(s->carrier)) {
	case LP_CARRIER_OPENING:
		break;
	case LP_CARRIER_OPEN:
		s->opened = true;
		break;
	default:
		look_at_fault(s);
	}
}

static void read_some(struct lp_stream *s, lp_carrier_sink *sink, void *context)
{
	static uint8_t bytes[READ_SIZE];
	for (int i = 0; i < READ_MOST && !s->failed; i++) {
		size_t len;
		enum lp_tcp_result result = lp_tcp_read(s->fd, bytes, sizeof(bytes), &len);
		if (result == LP_TCP_BLOCKED)
			return;
		if (result == LP_TCP_DONE) {
			lp_carrier_read(s->carrier, bytes, len, sink, context);
		} else if (result == LP_TCP_ENDED) {
			lp_carrier_read_end(s->carrier);
			look_at_state(s);
			fail(s, LP_STREAM_CLOSED, LP_SEND_GOOD,
				0); /* if the carrier has no fault */
		} else {
			fail(s, LP_STREAM_CLOSED, LP_SEND_GOOD, 0);
		}
		look_at_state(s);
	}
}

static void look_at_connect(struct lp_stream *s)
{
	int error = lp_tcp_connected(s->fd);
	if (error == EINPROGRESS)
		return;
	if (error) {
		fail_to_connect(s, error, false);
		return;
	}
	s->connected = s->blocked = true; /* write_pending sees that it is not */
}

void lp_stream_on_ready(struct lp_stream *s, lp_carrier_sink *sink, void *context)
{
	if (!s->failed && !s->connected)
		look_at_connect(s);
	if (s->failed || !s->connected)
		return;
	read_some(s, sink, context);
	write_pending(s);
}

void lp_stream_on_networks(struct lp_stream *s)
{
	if (s->connected && !s->failed && !lp_tcp_has_address(s->fd))
		fail(s, LP_STREAM_CLOSED, LP_SEND_GOOD, 0);
}

void lp_stream_close(struct lp_stream *s)
{
	static uint8_t bytes[READ_SIZE];
	size_t len;
	if (!s)
		return;
	if (s->connected && !s->failed) {
		lp_carrier_close(s->carrier);
		write_pending(s);
		lp_tcp_end(s->fd);
		/* What is unread would make the kernel discard what it has not sent. */
		for (int i = 0; i < DRAIN_MOST; i++)
			if (lp_tcp_read(s->fd, bytes, sizeof(bytes), &len) != LP_TCP_DONE)
				break;
	}
	if (s->fd >= 0)
		close(s->fd);
	lp_carrier_free(s->carrier);
	free(s);
}

/* ---- what has become of it */

int lp_stream_fd(const struct lp_stream *s)
{
	return s->failed ? -1 : s->fd;
}

bool lp_stream_has_opened(struct lp_stream *s)
{
	bool news = s->opened && !s->told && !s->failed;
	s->told = s->told || news;
	return news;
}

bool lp_stream_is_released(struct lp_stream *s)
{
	bool news = s->release;
	s->release = false;
	return news;
}

bool lp_stream_has_failed(struct lp_stream *s, struct lp_stream_failure *ret_failure)
{
	bool news = s->failed && !s->failure_told;
	s->failure_told = s->failed;
	if (news)
		*ret_failure = s->failure;
	return news;
}

/* ---- packets */

/* What was put shares records until it is full, and is then written. */
bool lp_stream_takes(struct lp_stream *s)
{
	if (s->failed)
		return true; /* put drops it */
	if (!s->blocked && !lp_carrier_takes(s->carrier))
		write_pending(s);
	s->refused = s->blocked || !lp_carrier_takes(s->carrier);
	return !s->refused;
}

uint8_t *lp_stream_slot(struct lp_stream *s)
{
	return s->slot;
}

void lp_stream_put(struct lp_stream *s, size_t len)
{
	if (!s->failed)
		lp_carrier_put(s->carrier, s->slot, len);
}

void lp_stream_flush(struct lp_stream *s)
{
	if (!s->blocked)
		write_pending(s);
}
