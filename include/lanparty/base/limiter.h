/* limiter.h - how often one source (source.h) can do something.
 *
 * Each network that a source belongs to has a token bucket: LP_LIMITER_WIDER times the rate and burst of the
 * next narrower one. Networks can share a bucket; the key of the source decides which ones do. A source of
 * this computer has no limit: whoever runs programs here needs no relay to disturb it, and behind a proxy on
 * this computer all peers have its address. It never allocates after lp_limiter_init. */
#ifndef LANPARTY_BASE_LIMITER_H
#define LANPARTY_BASE_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/bucket.h"
#include "lanparty/base/source.h"

#define LP_LIMITER_BUCKETS 16384 /* for each kind of network */
#define LP_LIMITER_WIDER   4

struct lp_limiter {
	struct lp_bucket *buckets; /* NULL: no limit */
	uint64_t rate, burst;      /* of the narrowest network */
	lp_time per;
};

/* burst times at once, then rate times in each period; rate 0: no limit. False when out of memory. */
bool lp_limiter_init(struct lp_limiter *limiter, uint64_t rate, uint64_t burst, lp_time per);
void lp_limiter_clear(struct lp_limiter *limiter);
/* Counts one more time; or does not, and returns false, when a network of the source is at its limit. */
bool lp_limiter_take(struct lp_limiter *limiter, const struct lp_source *source, lp_time now);
/* True when lp_limiter_take would return true. */
bool lp_limiter_has(struct lp_limiter *limiter, const struct lp_source *source, lp_time now);

#endif
