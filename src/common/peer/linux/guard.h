/* guard.h - notices changes of this computer's networks, and keeps a player's own ways beside a room (row N5):
 * tells the link which networks this computer has, and keeps the connection to the relay out of the room's
 * interface. */
#ifndef LANPARTY_PEER_GUARD_H
#define LANPARTY_PEER_GUARD_H

#include "lanparty/base/time.h"
#include "lanparty/edge/linux/udp.h"
#include "lanparty/peer/link.h"

struct lp_guard {
	int tap;                /* index of the room's interface; 0: there is none */
	int fd;                 /* readable when networks change; -1: none */
	lp_time news_at;        /* when the change that was read is told; LP_NEVER: none was */
	lp_time look_at;        /* when a look that has failed is due again; LP_NEVER: it has not */
	bool told;              /* that something is missing in the list */
	bool pin_told;          /* that pinning fails */
	struct lp_own_list own; /* as the kernel has told last */
};

/* A socket that the guard keeps out of the room's interface. */
struct lp_guarded {
	struct lp_udp *udp;       /* NULL: there is none */
	struct lp_stream *stream; /* likewise */
	struct lp_address remote; /* where it leads to */
	unsigned pinned;          /* the interface that it is pinned to; 0: none */
};

void lp_guard_open(struct lp_guard *g, int tap);
void lp_guard_close(struct lp_guard *g);
/* The descriptor is readable. */
void lp_guard_read(struct lp_guard *g, lp_time now);
/* Lists the networks for the link. */
void lp_guard_look(struct lp_guard *g, struct lp_link *link);
/* The interface to pin a new stream to, also while nothing of the room is in its way: the kernel keeps what it
 * has once given to a way into the room for seconds, and sends nothing after it. 0: none. */
unsigned lp_guard_way(const struct lp_guard *g, const struct lp_address *remote);
/* Pins the socket while the system would send its packets into the room. Call it when networks have changed,
 * and when the socket is opened. A stream keeps the first interface: its address belongs to that. */
void lp_guard_pin(struct lp_guard *g, struct lp_guarded *socket);

#endif
