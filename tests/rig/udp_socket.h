/* udp_socket.h - the sockets of the programs that ours is measured against. */
#ifndef LANPARTY_TESTS_RIG_UDP_SOCKET_H
#define LANPARTY_TESTS_RIG_UDP_SOCKET_H

#include <stdbool.h>

#include "lanparty/edge/address.h"

/* Bound to the address or connected to it, with room for bursts; flags: SOCK_NONBLOCK or 0. Exits
 * with a sentence when that cannot be. */
int udp_open(const struct lp_address *address, bool bound, int flags);
/* The same for "ADDR:PORT". */
int udp_open_text(const char *text, bool bound, int flags);

#endif
