/* bucket.h - a token bucket: limits how much a member can send per second.
 *
 * It never reads a clock and never allocates. The caller passes the time. */
#ifndef LANPARTY_BASE_BUCKET_H
#define LANPARTY_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/base/time.h"

/* Largest rate and burst: burst * 10^9 must fit 64 bits. */
#define LP_BUCKET_MAX UINT64_C(16000000000)

/* Invariant: level <= cap. Callers can read the fields but must not write them. */
struct lp_bucket {
	uint64_t rate;  /* tokens gained per second; 0: no limit */
	uint64_t cap;   /* capacity, in billionths of a token */
	uint64_t level; /* current content, in billionths of a token */
	lp_time at;     /* the time of level */
};

/* Starts full. Values of rate and burst above LP_BUCKET_MAX are reduced to LP_BUCKET_MAX. */
void lp_bucket_init(struct lp_bucket *b, uint64_t rate, uint64_t burst, lp_time now);
/* As lp_bucket_init, but what was taken stays taken when rate and burst are as before. */
void lp_bucket_change(struct lp_bucket *b, uint64_t rate, uint64_t burst, lp_time now);

/* The burst that it was started with. */
uint64_t lp_bucket_burst(const struct lp_bucket *b);

/* Takes cost tokens and returns true, or takes none and returns false. If now is earlier than in
 * the last call, the bucket gains nothing and loses nothing. */
bool lp_bucket_take(struct lp_bucket *b, uint64_t cost, lp_time now);
/* Takes cost tokens, or all that there are. */
void lp_bucket_spend(struct lp_bucket *b, uint64_t cost, lp_time now);
/* True when lp_bucket_take would return true. */
bool lp_bucket_has(struct lp_bucket *b, uint64_t cost, lp_time now);
/* When lp_bucket_has will be true, if nothing is taken before; in the past when it is true already. cost: at
 * most the burst. */
lp_time lp_bucket_ready_at(const struct lp_bucket *b, uint64_t cost);

#endif
