#include "lanparty/path/codel.h"

#define AGAIN 16 /* intervals: within this time, dropping resumes at its former rate */

/* Returns floor(sqrt(v)). */
static uint64_t root(uint64_t v)
{
	uint64_t r = 0;
	for (uint64_t bit = UINT64_C(1) << 62; bit; bit >>= 2) {
		if (v >= r + bit) {
			v -= r + bit;
			r = (r >> 1) + bit;
		} else {
			r >>= 1;
		}
	}
	return r;
}

/* Drops become more frequent: interval / sqrt(count) (RFC 8289, section 4.3). */
static lp_time after(lp_time t, uint32_t count)
{
	return t + LP_CODEL_INTERVAL * 1024 / root((uint64_t)count << 20);
}

static bool is_too_long(struct lp_codel *c, lp_time waited, bool last, lp_time now)
{
	if (waited < LP_CODEL_TARGET || last) {
		c->above_until = 0;
		return false;
	}
	if (c->above_until == 0)
		c->above_until = now + LP_CODEL_INTERVAL;
	return now >= c->above_until;
}

bool lp_codel_drops(struct lp_codel *c, lp_time waited, bool last, lp_time now)
{
	if (!is_too_long(c, waited, last, now)) {
		c->dropping = false;
		return false;
	}
	if (c->dropping) {
		if (now < c->next)
			return false;
		c->count++;
		c->next = after(c->next, c->count);
		return true;
	}
	c->dropping = true;
	bool again = c->count > 2 && now < c->next + AGAIN * LP_CODEL_INTERVAL;
	c->count = again ? c->count - 2 : 1;
	c->next = after(now, c->count);
	return true;
}
