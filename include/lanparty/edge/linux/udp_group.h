/* udp_group.h - several sockets bound to one address (SO_REUSEPORT), one per worker.
 *
 * The kernel steers each QUIC packet by the first two bytes of its destination connection ID: the
 * value modulo the number of sockets is the index of the receiving socket. The source address does
 * not matter, so clients can change their address. Packets without these bytes reach the first
 * socket. */
#ifndef LANPARTY_EDGE_UDP_GROUP_H
#define LANPARTY_EDGE_UDP_GROUP_H

#include "lanparty/edge/linux/udp.h"

#define LP_UDP_GROUP_MAX 64

/* True if the kernel supports steering. False: the reason was logged. */
bool lp_udp_can_group(void);
/* Opens count sockets (1 to LP_UDP_GROUP_MAX) or none. A count of 1 is the same as lp_udp_listen.
 * With port 0 all sockets get the same port, which the system chooses. Fails like lp_udp_listen,
 * and also when any other socket is bound to the address. When one socket of a group is closed, the
 * kernel gives its packets to the others, so close all together. */
bool lp_udp_listen_group(const struct lp_listen *listen, size_t count, struct lp_udp **ret_sockets,
	enum lp_exit *ret_exit);

#endif
