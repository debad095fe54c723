#include "stream.h"

#include <stdlib.h>

#include "lanparty/edge/windows/tcp.h"

struct stream {
	struct lp_tcp *tcp;
	struct lp_carrier *carrier;
	bool connected;        /* over TCP, once */
	bool opened, told;     /* the carrier; and somebody knows */
	bool refused, release; /* stream_takes has said no; and that has changed */
	bool failed, failure_told;
	struct lp_stream_failure failure;
	lp_carrier_sink *sink; /* of the run that goes on */
	void *context;
};

static void fail(
	struct stream *s, enum lp_stream_end end, enum lp_send_failure failure, unsigned status)
{
	if (s->failed)
		return;
	s->failed = true;
	s->failure = (struct lp_stream_failure){.end = end, .failure = failure, .status = status};
}

/* Winsock's errors and the system's: an overlapped call fails with either. */
static enum lp_send_failure failure_of(const struct lp_tcp *tcp)
{
	switch (lp_tcp_error(tcp)) {
	case WSAECONNREFUSED:
	case ERROR_CONNECTION_REFUSED:
		return LP_SEND_REFUSED;
	case WSAEACCES:
	case ERROR_ACCESS_DENIED:
		return LP_SEND_FORBIDDEN;
	case WSAENETUNREACH:
	case WSAEHOSTUNREACH:
	case WSAENETDOWN:
	case WSAEADDRNOTAVAIL:
	case ERROR_NETWORK_UNREACHABLE:
	case ERROR_HOST_UNREACHABLE:
		return lp_tcp_was_refused_here(tcp) ? LP_SEND_NO_ROUTE : LP_SEND_UNREACHABLE;
	default:
		return LP_SEND_GOOD;
	}
}

struct stream *stream_open(HANDLE loop, const struct lp_address *remote,
	const struct lp_carrier_target *target, unsigned long interface_index)
{
	struct stream *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->carrier = lp_carrier_connect(target);
	s->tcp = s->carrier ? lp_tcp_connect(loop, remote, interface_index) : NULL;
	if (s->tcp)
		return s;
	lp_carrier_free(s->carrier);
	free(s);
	return NULL;
}

/* ---- reading and writing */

static void write_pending(struct stream *s)
{
	const uint8_t *bytes;
	size_t len;
	if (s->failed || !lp_tcp_takes(s->tcp))
		return;
	bytes = lp_carrier_pending(s->carrier, &len);
	if (len > 0)
		lp_carrier_sent(s->carrier, lp_tcp_send(s->tcp, bytes, len));
	if (s->refused && lp_carrier_takes(s->carrier)) {
		s->release = true;
		s->refused = false;
	}
}

static void look_at_fault(struct stream *s)
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

static void look_at_carrier(struct stream *s)
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

static void on_bytes(void *context, const uint8_t *bytes, size_t len)
{
	struct stream *s = context;
	lp_carrier_read(s->carrier, bytes, len, s->sink, s->context);
	look_at_carrier(s);
}

/* What has arrived before the end was read already. */
static void look_at_tcp(struct stream *s)
{
	switch (lp_tcp_state(s->tcp)) {
	case LP_TCP_CONNECTING:
	case LP_TCP_UP:
		return;
	case LP_TCP_ENDED:
		lp_carrier_read_end(s->carrier);
		look_at_carrier(s);
		break;
	case LP_TCP_FAILED:
		if (!s->connected)
			fail(s, LP_STREAM_NO_TCP, failure_of(s->tcp), 0);
		break;
	}
	fail(s, LP_STREAM_CLOSED, LP_SEND_GOOD, 0); /* unless the carrier knows more */
}

void stream_run(struct stream *s, lp_carrier_sink *sink, void *context)
{
	if (s->failed)
		return;
	s->sink = sink;
	s->context = context;
	s->connected = s->connected || lp_tcp_state(s->tcp) == LP_TCP_UP;
	lp_tcp_receive(s->tcp, on_bytes, s);
	look_at_tcp(s);
	write_pending(s);
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	lp_carrier_close(s->carrier);
	write_pending(s);
	lp_tcp_close(s->tcp);
	lp_carrier_free(s->carrier);
	free(s);
}

/* ---- what has become of it */

bool stream_has_opened(struct stream *s)
{
	bool news = s->opened && !s->told && !s->failed;
	s->told = s->told || news;
	return news;
}

bool stream_is_released(struct stream *s)
{
	bool news = s->release;
	s->release = false;
	return news;
}

bool stream_has_failed(struct stream *s, struct lp_stream_failure *ret_failure)
{
	bool news = s->failed && !s->failure_told;
	s->failure_told = s->failed;
	if (news)
		*ret_failure = s->failure;
	return news;
}

/* ---- packets */

/* What was put shares records until it is full, and is then written. */
bool stream_takes(struct stream *s)
{
	if (s->failed)
		return true; /* put drops it */
	if (!lp_carrier_takes(s->carrier))
		write_pending(s);
	s->refused = !lp_tcp_takes(s->tcp) || !lp_carrier_takes(s->carrier);
	return !s->refused;
}

void stream_put(struct stream *s, const uint8_t *bytes, size_t len)
{
	if (!s->failed)
		lp_carrier_put(s->carrier, bytes, len);
}

void stream_flush(struct stream *s)
{
	write_pending(s);
}
