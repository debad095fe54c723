/* prefix.h - how many connections each source has: those of its address and of each wider network.
 *
 * Networks can share a count; the key, random at each start, decides which ones do. */
#ifndef LANPARTY_QUIC_PREFIX_H
#define LANPARTY_QUIC_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/source.h"

#define LP_PREFIX_COUNT 4096 /* counts for each kind of network */

struct lp_prefixes {
	struct lp_siphash_key key;
	/* LP_SOURCE_LEVELS times LP_PREFIX_COUNT; NULL in a client's endpoint. */
	uint32_t *taken;     /* connections */
	uint32_t *half_open; /* those of them in handshake */
};

/* with_counts: a server's, which needs taken and half_open. False without memory or random bytes;
 * lp_prefixes_clear is allowed then, too. */
bool lp_prefixes_init(struct lp_prefixes *prefixes, bool with_counts);
void lp_prefixes_clear(struct lp_prefixes *prefixes);
/* One connection more, or one less. counts: taken or half_open. */
void lp_prefix_add(uint32_t *counts, const struct lp_source *source);
void lp_prefix_remove(uint32_t *counts, const struct lp_source *source);
/* The largest count of the source's networks. */
uint32_t lp_prefix_most(const uint32_t *counts, const struct lp_source *source);

#endif
