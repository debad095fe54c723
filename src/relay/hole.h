/* hole.h - asks the router of a home to let IPv6 packets in to a UDP port of this computer: by PCP, or by UPnP
 * (a pinhole of IGDv2, miniupnpc) when that fails. Where there is IPv6, each computer has a public address, and
 * the router's firewall alone is in the way. It logs nothing.
 *
 * Like router.h, it parses what the LAN sends. */
#ifndef LANPARTY_RELAY_HOLE_H
#define LANPARTY_RELAY_HOLE_H

#include <netinet/in.h>

#include "router.h"

#define HOLE_ID 16 /* bytes of UPnP's number of a pinhole, and its NUL */

struct hole {
	enum router_verdict verdict; /* ROUTER_NONE: this computer has no public address of IPv6 */
	enum router_way way;
	bool open; /* the router has made one; false with ROUTER_MAPPED: its firewall is off */
	struct in6_addr own, external; /* the same, unless the router translates addresses */
	uint16_t inner, outer;
	uint32_t seconds; /* that the router keeps it; 0: until it is removed */
	int code;
	char id[HOLE_ID]; /* of UPnP */
	uint8_t nonce[PCP_NONCE];
};

/* Asking again renews it. Takes 9 s at most when nobody answers. */
void hole_ask(const struct router_want *want, struct hole *ret_hole);
/* Closes it, if it is open. */
void hole_release(const struct hole *hole);
/* False: no answer of hole_ask. */
bool hole_is_sane(const struct hole *hole);
/* True for addresses that others reach: 2000::/3, without the tunnels 6to4 and Teredo. */
bool hole_is_public(const struct in6_addr *address);

#endif
