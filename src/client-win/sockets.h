/* sockets.h - the sockets of a client's link, one for each way (peer/link.h). */
#ifndef LANPARTY_CLIENT_SOCKETS_H
#define LANPARTY_CLIENT_SOCKETS_H

#include "lanparty/edge/windows/udp.h"
#include "lanparty/peer/link.h"

struct sockets {
	struct socket_way {
		struct lp_udp *udp; /* NULL: closed */
		struct lp_address remote;
		unsigned long pinned; /* the interface that udp is pinned to; 0: none */
	} ways[LP_LINK_WAYS];
};

/* Opens a socket to remote, and writes its local address. False: the system refused it. */
bool sockets_open(struct sockets *s, unsigned way, HANDLE loop, const struct lp_address *remote,
	struct lp_address *ret_local);
void sockets_close(struct sockets *s, unsigned way);
/* Pins each socket to the current route to its address, beside the room's adapter; NULL: there is none. */
void sockets_pin(struct sockets *s, const char *adapter);
void sockets_receive(struct sockets *s, lp_udp_sink *sink, void *context);
/* The batch of packets ends. Returns what became of them. */
enum lp_send_failure sockets_flush(struct sockets *s, unsigned way);

#endif
