/* prefix.h - source prefixes: how many connections each network has.
 *
 * A prefix is the /24 (IPv4) or /56 (IPv6) that a remote address belongs to, hashed to a number below
 * LP_PREFIX_COUNT. Networks can share a number; the key, random at each start, decides which ones do. */
#ifndef LANPARTY_QUIC_PREFIX_H
#define LANPARTY_QUIC_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/quic/quic.h"

#define LP_PREFIX_COUNT 4096

struct lp_prefixes {
	uint64_t key[5];     /* of the hash */
	uint32_t *taken;     /* connections of each prefix; NULL in a client's endpoint */
	uint32_t *half_open; /* those of them in handshake */
};

/* with_counts: a server's, which needs taken and half_open. False without memory or random bytes;
 * lp_prefixes_clear is allowed then, too. */
bool lp_prefixes_init(struct lp_prefixes *prefixes, bool with_counts);
void lp_prefixes_clear(struct lp_prefixes *prefixes);
/* The number of the prefix that remote belongs to. */
size_t lp_prefix_of(const struct lp_prefixes *prefixes, const struct lp_address *remote);

#endif
