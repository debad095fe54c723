/* linux_udp.h - a UDP socket that listens. */
#ifndef LANPARTY_TEST_LINUX_UDP_H
#define LANPARTY_TEST_LINUX_UDP_H

#include "lanparty/edge/linux/udp.h"

/* Listens where the relay's option says, such as "127.0.0.1:0", and writes the address that it has bound. */
struct lp_udp *server_at(const char *text, struct lp_address *ret_address);

#endif
