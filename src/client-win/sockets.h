/* sockets.h - the sockets of a client's link, one for each way (peer/link.h): UDP, or a stream. */
#ifndef LANPARTY_CLIENT_SOCKETS_H
#define LANPARTY_CLIENT_SOCKETS_H

#include "lanparty/edge/windows/udp.h"
#include "lanparty/peer/link.h"
#include "stream.h"

struct sockets {
	/* Set by the owner. */
	HANDLE loop;
	const struct lp_peer_options *options;
	struct lp_link *link;
	const char *adapter; /* the room's, whose routes no socket takes; NULL: there is none */
	lp_time now;
	struct socket_way {
		struct lp_udp *udp;    /* NULL: it is no UDP socket, or closed */
		struct stream *stream; /* NULL: it is no stream, or closed */
		struct lp_address remote;
		unsigned long pinned; /* the interface that it is pinned to; 0: none */
	} ways[LP_LINK_WAYS];
	uint8_t packet[LP_UDP_PACKET_MAX];
};

/* As the link's ops of these names (peer/link.h). */
bool sockets_open(struct sockets *s, unsigned way, const struct lp_entry *entry,
	struct lp_address *ret_local);
void sockets_close(struct sockets *s, unsigned way);
bool sockets_take(struct sockets *s, unsigned way);
void sockets_put(struct sockets *s, unsigned way, const struct lp_path *path, size_t len);
void sockets_flush(struct sockets *s, unsigned way);
/* Pins each UDP socket to the current route to its address. A stream keeps the one that it has begun with. */
void sockets_pin(struct sockets *s);
/* After each wait of the loop: gives the link what has arrived, and tells it what became of streams. */
void sockets_receive(struct sockets *s);

#endif
