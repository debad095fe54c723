/* lookup.h - asks the system's resolver for the addresses of a host. The call blocks;
 * linux/resolve.h and windows/resolve.h run it in a thread. */
#ifndef LANPARTY_EDGE_LOOKUP_H
#define LANPARTY_EDGE_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/address.h"

#define LP_LOOKUP_MAX 8 /* addresses per host */

struct lp_addresses {
	struct lp_address list[LP_LOOKUP_MAX]; /* in the order in which to try them */
	size_t count;                          /* 0: not found */
	bool unknown;   /* the name does not exist, so asking again is useless */
	bool more;      /* the look-up goes on, and these are its first addresses */
	char error[80]; /* the reason when nothing was found */
};

/* Looks up host, a name or a numeric address. port is decimal text. */
void lp_lookup(const char *host, const char *port, struct lp_addresses *ret_addresses);

/* Looks up the IPv4 addresses of a name, which can be known long before its IPv6 addresses. */
void lp_lookup_ipv4(const char *host, const char *port, struct lp_addresses *ret_addresses);

/* True if this computer has a way into the internet of this family (AF_INET or AF_INET6). Nothing is
 * sent. */
bool lp_has_route(int family);
/* True if the routes of this computer lead to the address. Nothing is sent. */
bool lp_has_route_to(const struct lp_address *address);

#endif
