/* udp_group.h - several sockets at one address, each for a worker of its own (SO_REUSEPORT).
 *
 * The kernel gives a QUIC packet to the socket whose index is the first two bytes of its destination
 * connection id, modulo their number: wherever it comes from, so that a client may change its
 * address. What has no such bytes goes to the first. */
#ifndef LANPARTY_EDGE_UDP_GROUP_H
#define LANPARTY_EDGE_UDP_GROUP_H

#include "lanparty/edge/linux/udp.h"

#define LP_UDP_GROUP_MAX 64

/* Does the kernel do this for us? False: logged, with its reason. */
bool lp_udp_can_group(void);
/* Opens count sockets, 1 to LP_UDP_GROUP_MAX; 1 is lp_udp_listen and nothing else. Port 0: all have the
 * one that the system chooses. All or none; false as lp_udp_listen, also while any other socket has the
 * address. Whoever closes one sends what is for it to the others: close them together. */
bool lp_udp_listen_group(const struct lp_listen *listen, size_t count, struct lp_udp **ret_sockets,
	enum lp_exit *ret_exit);

#endif
