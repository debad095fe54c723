#include "sockets.h"

#include "lanparty/edge/log.h"
#include "lanparty/peer/proxy.h"
#include "netfix.h"

_Static_assert(LP_UDP_PACKET_MAX >= LP_PAYLOAD_MAX, "packet holds what the link sends");

/* Its route cannot be changed later as easily as that of UDP. */
static void open_stream(struct sockets *s, struct socket_way *w, size_t endpoint)
{
	struct lp_carrier_target target;
	lp_proxy_target(s->options, endpoint, &target);
	w->pinned = netfix_interface_to(&w->remote, s->adapter);
	w->stream = stream_open(s->loop, &w->remote, &target, w->pinned);
}

bool sockets_open(
	struct sockets *s, unsigned way, const struct lp_entry *entry, struct lp_address *ret_local)
{
	struct socket_way *w = &s->ways[way];
	*w = (struct socket_way){.remote = entry->address};
	if (entry->stream)
		open_stream(s, w, entry->endpoint);
	else
		w->udp = lp_udp_client(s->loop, w->remote.sa.sa_family);
	if (w->udp)
		lp_udp_local(w->udp, ret_local);
	return w->udp || w->stream;
}

void sockets_close(struct sockets *s, unsigned way)
{
	lp_udp_close(s->ways[way].udp);
	stream_close(s->ways[way].stream);
	s->ways[way] = (struct socket_way){0};
}

bool sockets_take(struct sockets *s, unsigned way)
{
	return !s->ways[way].stream || stream_takes(s->ways[way].stream);
}

void sockets_put(struct sockets *s, unsigned way, const struct lp_path *path, size_t len)
{
	struct socket_way *w = &s->ways[way];
	if (w->stream)
		stream_put(w->stream, s->packet, len);
	else
		lp_udp_send(w->udp, &path->remote, s->packet, len);
}

void sockets_pin(struct sockets *s)
{
	for (size_t i = 0; i < LP_LINK_WAYS; i++) {
		struct socket_way *w = &s->ways[i];
		unsigned long best = w->udp ? netfix_interface_to(&w->remote, s->adapter) : 0;
		if (!best || best == w->pinned)
			continue;
		if (lp_udp_pin(w->udp, best))
			w->pinned = best;
		lp_log(LP_LOG_DEBUG, "pinned", "interface=%lu", w->pinned);
	}
}

static void tell_link(struct sockets *s, unsigned way)
{
	struct stream *stream = s->ways[way].stream;
	struct lp_stream_failure failure;
	if (stream_has_opened(stream))
		lp_link_on_open(s->link, way, s->now);
	if (stream_is_released(stream))
		lp_link_on_ready(s->link);
	if (stream_has_failed(stream, &failure))
		lp_link_on_stream_failure(s->link, way, &failure, s->now);
}

static void on_packet(
	void *context, const struct lp_address *remote, const uint8_t *bytes, size_t len)
{
	struct sockets *s = context;
	lp_link_on_packet(s->link, remote, bytes, len, s->now);
}

struct receiver {
	struct sockets *sockets;
	unsigned way;
};

static void on_payload(void *context, const uint8_t *payload, size_t len)
{
	const struct receiver *r = context;
	lp_link_on_payload(r->sockets->link, r->way, payload, len, r->sockets->now);
}

void sockets_receive(struct sockets *s)
{
	for (unsigned i = 0; i < LP_LINK_WAYS; i++) {
		struct socket_way *w = &s->ways[i];
		struct receiver r = {s, i};
		if (w->udp)
			lp_udp_receive(w->udp, on_packet, s);
		if (!w->stream)
			continue;
		stream_run(w->stream, on_payload, &r);
		tell_link(s, i);
	}
}

static enum lp_send_failure failure_of(int error)
{
	switch (error) {
	case WSAEMSGSIZE:
		return LP_SEND_TOO_BIG;
	case WSAENETUNREACH:
	case WSAEHOSTUNREACH:
	case WSAENETDOWN:
	case WSAEADDRNOTAVAIL:
		return LP_SEND_NO_ROUTE;
	case WSAEACCES:
		return LP_SEND_FORBIDDEN;
	case WSAECONNREFUSED:
		return LP_SEND_REFUSED;
	case ERROR_HOST_UNREACHABLE:
		return LP_SEND_UNREACHABLE;
	default:
		return LP_SEND_GOOD;
	}
}

void sockets_flush(struct sockets *s, unsigned way)
{
	struct socket_way *w = &s->ways[way];
	if (w->stream) {
		stream_flush(w->stream);
		tell_link(s, way);
		return;
	}
	lp_udp_flush(w->udp);
	enum lp_send_failure failure = failure_of(lp_udp_take_failure(w->udp));
	if (failure != LP_SEND_GOOD)
		lp_link_on_send_failure(s->link, way, failure);
}
