/* udp_set.h - the sockets of one server, as one outlet. */
#ifndef LANPARTY_EDGE_UDP_SET_H
#define LANPARTY_EDGE_UDP_SET_H

#include "lanparty/edge/linux/udp.h"

#define LP_UDP_SET_MAX 8

struct lp_udp_set {
	struct lp_udp *sockets[LP_UDP_SET_MAX]; /* borrowed */
	struct lp_address bound[LP_UDP_SET_MAX];
	size_t count;
	uint8_t bytes[LP_PAYLOAD_MAX]; /* buffer for a payload whose socket is not known yet */
};

/* Takes count sockets, 1 to LP_UDP_SET_MAX. */
void lp_udp_set_take(struct lp_udp_set *set, struct lp_udp *const *sockets, size_t count);
/* The socket with this descriptor; NULL: none of them. */
struct lp_udp *lp_udp_set_find(const struct lp_udp_set *set, int fd);
/* The outlet borrows the set. A payload leaves from the socket with its path's local port, and with its local
 * address when several share the port. */
struct lp_outlet lp_udp_set_outlet(struct lp_udp_set *set);
/* Sends what the outlet has collected (lp_udp_flush). */
void lp_udp_set_flush(struct lp_udp_set *set);

#endif
