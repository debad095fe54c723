/* bucket.h - token bucket: may this member send this much, now?
 *
 * A bucket never reads a clock and never allocates. Give it the time. */
#ifndef LANPARTY_BASE_BUCKET_H
#define LANPARTY_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/base/time.h"

/* Largest rate and burst: burst * 10^9 must fit 64 bits. */
#define LP_BUCKET_MAX UINT64_C(16000000000)

/* Invariant: level <= cap. Callers may read the fields, never write them. */
struct lp_bucket {
	uint64_t rate;  /* tokens gained per second; 0: no limit */
	uint64_t cap;   /* the most it holds, in billionths of a token */
	uint64_t level; /* what it holds, in billionths of a token */
	lp_time at;     /* the moment level was true */
};

/* Starts full. rate and burst above LP_BUCKET_MAX are taken as LP_BUCKET_MAX. */
void lp_bucket_init(struct lp_bucket *b, uint64_t rate, uint64_t burst, lp_time now);

/* Takes cost tokens and returns true, or takes none and returns false.
 * A clock that steps back gains nothing and loses nothing. */
bool lp_bucket_take(struct lp_bucket *b, uint64_t cost, lp_time now);

#endif
