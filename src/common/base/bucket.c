#include "lanparty/base/bucket.h"

/* Levels count billionths of a token, so that rate * nanoseconds needs no division. */
#define PARTS UINT64_C(1000000000)

static uint64_t at_most_max(uint64_t v)
{
	return v < LP_BUCKET_MAX ? v : LP_BUCKET_MAX;
}

void lp_bucket_init(struct lp_bucket *b, uint64_t rate, uint64_t burst, lp_time now)
{
	b->rate = at_most_max(rate);
	b->cap = at_most_max(burst) * PARTS;
	b->level = b->cap;
	b->at = now;
}

void lp_bucket_change(struct lp_bucket *b, uint64_t rate, uint64_t burst, lp_time now)
{
	struct lp_bucket old = *b;
	lp_bucket_init(b, rate, burst, now);
	if (old.rate == b->rate && old.cap == b->cap)
		*b = old;
}

uint64_t lp_bucket_burst(const struct lp_bucket *b)
{
	return b->cap / PARTS;
}

static void refill(struct lp_bucket *b, lp_time now)
{
	if (now <= b->at)
		return;
	uint64_t elapsed = now - b->at;
	uint64_t missing = b->cap - b->level;
	/* The division keeps elapsed * rate below missing, so it cannot overflow. */
	if (elapsed > missing / b->rate)
		b->level = b->cap;
	else
		b->level += elapsed * b->rate;
	b->at = now;
}

bool lp_bucket_has(struct lp_bucket *b, uint64_t cost, lp_time now)
{
	if (b->rate == 0)
		return true;
	refill(b, now);
	return cost <= b->level / PARTS;
}

lp_time lp_bucket_ready_at(const struct lp_bucket *b, uint64_t cost)
{
	uint64_t needed = cost * PARTS;
	if (b->rate == 0 || needed <= b->level)
		return b->at;
	return b->at + (needed - b->level - 1) / b->rate + 1;
}

bool lp_bucket_take(struct lp_bucket *b, uint64_t cost, lp_time now)
{
	if (!lp_bucket_has(b, cost, now))
		return false;
	if (b->rate != 0)
		b->level -= cost * PARTS;
	return true;
}

void lp_bucket_spend(struct lp_bucket *b, uint64_t cost, lp_time now)
{
	if (!lp_bucket_take(b, cost, now))
		b->level = 0;
}
