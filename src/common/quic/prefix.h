/* prefix.h - how many connections each source has: those of its address and of each wider network.
 *
 * The key, random at each start, decides which networks share a count. */
#ifndef LANPARTY_QUIC_PREFIX_H
#define LANPARTY_QUIC_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/base/tally.h"

#define LP_PREFIX_COUNT LP_TALLY_COUNTS

struct lp_prefixes {
	struct lp_siphash_key key;
	/* Without counts in a client's endpoint. */
	struct lp_tally taken;     /* connections */
	struct lp_tally half_open; /* those of them in handshake */
};

/* The numbers are a server's, and 0 for a client's endpoint. False without memory or random bytes;
 * lp_prefixes_clear is allowed then, too. */
bool lp_prefixes_init(struct lp_prefixes *prefixes, size_t max_taken, size_t max_half_open);
void lp_prefixes_clear(struct lp_prefixes *prefixes);

#endif
