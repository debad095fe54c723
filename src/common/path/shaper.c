#include "lanparty/path/shaper.h"

#include "lanparty/base/bucket.h"

/* Cannot overflow: bytes are at most LP_BUCKET_MAX. */
static lp_time time_of(const struct lp_shaper *s, uint64_t bytes)
{
	return bytes * LP_SECOND / s->rate;
}

static uint64_t percent_of(uint64_t v, unsigned percent)
{
	return (v < LP_BUCKET_MAX ? v : LP_BUCKET_MAX) * percent / 100;
}

void lp_shaper_init(struct lp_shaper *s, uint64_t rate, uint64_t burst)
{
	*s = (struct lp_shaper){0};
	if (rate == 0)
		return;
	s->rate = percent_of(rate, LP_SHAPER_RATE_PERCENT) + 1; /* a small limit is one, too */
	s->depth = time_of(s, percent_of(burst, LP_SHAPER_BURST_PERCENT));
}

lp_time lp_shaper_ready_at(const struct lp_shaper *s)
{
	return s->paid > s->depth ? s->paid - s->depth : 0;
}

bool lp_shaper_admits(const struct lp_shaper *s, lp_time now)
{
	return s->rate == 0 || now >= lp_shaper_ready_at(s);
}

void lp_shaper_charge(struct lp_shaper *s, uint64_t bytes, lp_time now)
{
	if (s->rate == 0)
		return;
	if (s->paid < now)
		s->paid = now;
	s->paid += time_of(s, bytes);
}
