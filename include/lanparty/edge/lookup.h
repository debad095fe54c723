/* lookup.h - the addresses of a host, by the system's resolver. It blocks: linux/resolve.h and
 * windows/resolve.h ask in a thread. */
#ifndef LANPARTY_EDGE_LOOKUP_H
#define LANPARTY_EDGE_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/address.h"

#define LP_LOOKUP_MAX 8 /* addresses of a host that are tried */

struct lp_addresses {
	struct lp_address list[LP_LOOKUP_MAX]; /* in the order to be tried */
	size_t count;                          /* 0: not found */
	bool unknown;   /* the name does not exist: asking again is of no use */
	char error[80]; /* when not found: why */
};

/* port: decimal. */
void lp_lookup(const char *host, const char *port, struct lp_addresses *ret_addresses);

#endif
