/* address.h - addresses shown to people, and read from options. */
#ifndef LANPARTY_EDGE_ADDRESS_H
#define LANPARTY_EDGE_ADDRESS_H

#include <stdbool.h>

#include "lanparty/base/address.h"

/* "192.0.2.1:443", "[2001:db8::1]:443": for people. Returns text. */
#define LP_ADDRESS_TEXT 64
const char *lp_address_format(const struct lp_address *address, char text[LP_ADDRESS_TEXT]);

/* The same, of an address that a prefix holds, and a port. Returns text. */
const char *lp_endpoint_format(
	const struct lp_prefix *address, uint16_t port, char text[LP_ADDRESS_TEXT]);

/* "192.168.77.101/24", "2001:db8::/64": for people. Returns text. */
#define LP_PREFIX_TEXT 52
const char *lp_prefix_format(const struct lp_prefix *prefix, char text[LP_PREFIX_TEXT]);

/* Turns ::ffff:192.0.2.1 into 192.0.2.1, the only form that callers of sockets see. */
void lp_address_unmap(struct lp_address *address);

/* Row P1: "ADDR:PORT", "[V6]:PORT", or "PORT/udp" for every address of this computer, IPv4 and IPv6
 * ("443/udp" is AF_INET6, any, dual). Addresses are numbers; port 0 lets the system choose.
 * Dual: fall back to 0.0.0.0 where there is no IPv6. */
struct lp_listen {
	struct lp_address address;
	bool dual;
};
bool lp_listen_parse(const char *text, struct lp_listen *ret_listen);

#endif
