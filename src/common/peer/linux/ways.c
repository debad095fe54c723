#include "ways.h"

#include <errno.h>

#include "lanparty/edge/linux/udp.h"
#include "lanparty/peer/proxy.h"

_Static_assert(LP_UDP_PACKET_MAX >= LP_QUIC_PACKET_MAX, "a slot holds a packet");
_Static_assert(LP_PAYLOAD_MAX >= LP_QUIC_PACKET_MAX, "and so does a stream's");

static void open_udp(struct lp_ways *ways, struct lp_guarded *w, struct lp_address *ret_local)
{
	enum lp_exit code;
	w->udp = lp_udp_client(w->remote.sa.sa_family, &code);
	if (w->udp && !lp_waiter_add(ways->waiter, lp_udp_fd(w->udp))) {
		lp_udp_close(w->udp);
		w->udp = NULL;
	}
	if (w->udp)
		lp_udp_local(w->udp, ret_local);
}

/* Its route cannot be changed later as easily as that of UDP. */
static void open_stream(struct lp_ways *ways, struct lp_guarded *w, size_t endpoint)
{
	struct lp_carrier_target target;
	lp_proxy_target(ways->options, endpoint, &target);
	w->pinned = lp_guard_way(ways->guard, &w->remote);
	w->stream = lp_stream_open(ways->waiter, &w->remote, &target, w->pinned);
}

bool lp_ways_open(struct lp_ways *ways, unsigned way, const struct lp_entry *entry,
	struct lp_address *ret_local)
{
	struct lp_guarded *w = &ways->list[way];
	*w = (struct lp_guarded){.remote = entry->address};
	lp_guard_look(ways->guard, ways->link);
	if (entry->stream)
		open_stream(ways, w, entry->endpoint);
	else
		open_udp(ways, w, ret_local);
	lp_guard_pin(ways->guard, w);
	return w->udp || w->stream;
}

void lp_ways_close(struct lp_ways *ways, unsigned way)
{
	struct lp_guarded *w = &ways->list[way];
	lp_udp_close(w->udp);
	lp_stream_close(w->stream);
	*w = (struct lp_guarded){0};
}

bool lp_ways_take(struct lp_ways *ways, unsigned way)
{
	return !ways->list[way].stream || lp_stream_takes(ways->list[way].stream);
}

uint8_t *lp_ways_slot(struct lp_ways *ways, unsigned way)
{
	struct lp_guarded *w = &ways->list[way];
	return w->stream ? lp_stream_slot(w->stream) : lp_udp_slot(w->udp);
}

void lp_ways_put(struct lp_ways *ways, unsigned way, const struct lp_path *path, size_t len)
{
	struct lp_guarded *w = &ways->list[way];
	if (w->stream)
		lp_stream_put(w->stream, len);
	else
		lp_udp_put(w->udp, path, len);
}

enum lp_send_failure lp_send_failure_of(int error)
{
	switch (error) {
	case EMSGSIZE:
		return LP_SEND_TOO_BIG;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
		return LP_SEND_NO_ROUTE;
	case EPERM:
	case EACCES:
		return LP_SEND_FORBIDDEN;
	default:
		return LP_SEND_GOOD;
	}
}

static enum lp_send_failure failure_of_report(int error)
{
	switch (error) {
	case 0:
		return LP_SEND_GOOD;
	case EMSGSIZE:
		return LP_SEND_TOO_BIG;
	case ECONNREFUSED:
		return LP_SEND_REFUSED;
	case EACCES:
		return LP_SEND_REJECTED;
	default:
		return LP_SEND_UNREACHABLE;
	}
}

static void flush_udp(struct lp_ways *ways, unsigned way, struct lp_udp *udp)
{
	lp_udp_flush(udp);
	/* An ICMP error also fails the next packet, with the same errno value. */
	int error = lp_udp_take_failure(udp);
	enum lp_send_failure failure = failure_of_report(lp_udp_take_report(udp));
	if (failure == LP_SEND_GOOD)
		failure = lp_send_failure_of(error);
	if (failure != LP_SEND_GOOD)
		lp_link_on_send_failure(ways->link, way, failure);
}

static void tell_link(struct lp_ways *ways, unsigned way, struct lp_stream *stream)
{
	struct lp_stream_failure failure;
	if (lp_stream_has_opened(stream))
		lp_link_on_open(ways->link, way, ways->now);
	if (lp_stream_is_released(stream))
		lp_link_on_ready(ways->link);
	if (lp_stream_has_failed(stream, &failure))
		lp_link_on_stream_failure(ways->link, way, &failure, ways->now);
}

void lp_ways_flush(struct lp_ways *ways, unsigned way)
{
	struct lp_guarded *w = &ways->list[way];
	if (w->udp) {
		flush_udp(ways, way, w->udp);
		return;
	}
	lp_stream_flush(w->stream);
	tell_link(ways, way, w->stream);
}

struct receiver {
	struct lp_ways *ways;
	unsigned way;
};

static void on_payload(void *context, const uint8_t *payload, size_t len)
{
	const struct receiver *r = context;
	lp_link_on_payload(r->ways->link, r->way, payload, len, r->ways->now);
}

static void on_packet(void *context, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	struct lp_ways *ways = context;
	lp_link_on_packet(ways->link, &path->remote, bytes, len, ways->now);
}

bool lp_ways_read(struct lp_ways *ways, int fd)
{
	for (unsigned i = 0; i < LP_LINK_WAYS; i++) {
		struct lp_guarded *w = &ways->list[i];
		struct receiver r = {ways, i};
		if (w->udp && fd == lp_udp_fd(w->udp)) {
			lp_udp_receive(w->udp, on_packet, ways);
			return true;
		}
		if (w->stream && fd == lp_stream_fd(w->stream)) {
			lp_stream_on_ready(w->stream, on_payload, &r);
			tell_link(ways, i, w->stream);
			return true;
		}
	}
	return false;
}

void lp_ways_on_networks(struct lp_ways *ways)
{
	for (size_t i = 0; i < LP_LINK_WAYS; i++) {
		struct lp_guarded *w = &ways->list[i];
		lp_guard_pin(ways->guard, w);
		if (w->stream)
			lp_stream_on_networks(w->stream); /* lp_ways_flush tells the link */
	}
}

void lp_ways_close_all(struct lp_ways *ways)
{
	for (unsigned i = 0; i < LP_LINK_WAYS; i++)
		lp_ways_close(ways, i);
}
