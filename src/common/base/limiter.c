#include "lanparty/base/limiter.h"

#include <stdlib.h>

bool lp_limiter_init(struct lp_limiter *limiter, uint64_t rate, uint64_t burst, lp_time per)
{
	*limiter = (struct lp_limiter){.rate = rate, .burst = burst, .per = per};
	if (rate == 0)
		return true;
	/* The system gives the memory of those alone that are used. */
	limiter->buckets =
		calloc((size_t)LP_SOURCE_LEVELS * LP_LIMITER_BUCKETS, sizeof(*limiter->buckets));
	return limiter->buckets != NULL;
}

void lp_limiter_clear(struct lp_limiter *limiter)
{
	free(limiter->buckets);
	limiter->buckets = NULL;
}

/* Buckets count per second: what happens rate times in each period costs period / second tokens. */
static uint64_t cost(const struct lp_limiter *limiter)
{
	return limiter->per / LP_SECOND;
}

static struct lp_bucket *bucket_of(
	struct lp_limiter *limiter, const struct lp_source *source, size_t level, lp_time now)
{
	size_t at = level * LP_LIMITER_BUCKETS + source->of[level] % LP_LIMITER_BUCKETS;
	struct lp_bucket *bucket = &limiter->buckets[at];
	if (bucket->rate == 0) {
		uint64_t wider = 1;
		for (size_t i = 0; i < level; i++)
			wider *= LP_LIMITER_WIDER;
		lp_bucket_init(
			bucket, wider * limiter->rate, wider * limiter->burst * cost(limiter), now);
	}
	return bucket;
}

bool lp_limiter_has(struct lp_limiter *limiter, const struct lp_source *source, lp_time now)
{
	if (!limiter->buckets || source->local)
		return true;
	for (size_t i = 0; i < LP_SOURCE_LEVELS; i++)
		if (!lp_bucket_has(bucket_of(limiter, source, i, now), cost(limiter), now))
			return false;
	return true;
}

bool lp_limiter_take(struct lp_limiter *limiter, const struct lp_source *source, lp_time now)
{
	if (!lp_limiter_has(limiter, source, now))
		return false;
	for (size_t i = 0; limiter->buckets && !source->local && i < LP_SOURCE_LEVELS; i++)
		lp_bucket_take(bucket_of(limiter, source, i, now), cost(limiter), now);
	return true;
}
