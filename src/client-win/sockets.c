#include "sockets.h"

#include "lanparty/edge/log.h"
#include "netfix.h"

bool sockets_open(struct sockets *s, unsigned way, HANDLE loop, const struct lp_address *remote,
	struct lp_address *ret_local)
{
	struct socket_way *w = &s->ways[way];
	*w = (struct socket_way){lp_udp_client(loop, remote->sa.sa_family), *remote, 0};
	if (w->udp)
		lp_udp_local(w->udp, ret_local);
	return w->udp != NULL;
}

void sockets_close(struct sockets *s, unsigned way)
{
	lp_udp_close(s->ways[way].udp);
	s->ways[way] = (struct socket_way){0};
}

void sockets_pin(struct sockets *s, const char *adapter)
{
	for (size_t i = 0; i < LP_LINK_WAYS; i++) {
		struct socket_way *w = &s->ways[i];
		unsigned long best = w->udp ? netfix_interface_to(&w->remote, adapter) : 0;
		if (!best || best == w->pinned)
			continue;
		if (lp_udp_pin(w->udp, best))
			w->pinned = best;
		lp_log(LP_LOG_DEBUG, "pinned", "interface=%lu", w->pinned);
	}
}

void sockets_receive(struct sockets *s, lp_udp_sink *sink, void *context)
{
	for (size_t i = 0; i < LP_LINK_WAYS; i++)
		if (s->ways[i].udp)
			lp_udp_receive(s->ways[i].udp, sink, context);
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

enum lp_send_failure sockets_flush(struct sockets *s, unsigned way)
{
	struct lp_udp *udp = s->ways[way].udp;
	lp_udp_flush(udp);
	return failure_of(lp_udp_take_failure(udp));
}
