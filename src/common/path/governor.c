#include "lanparty/path/governor.h"

/* Factors in thousandths. The window follows a fraction of them. */
#define ONE   1000u
#define LEAST 500u
#define MOST  1250u
/* Without any queueing delay; smaller steps would take too long on long paths. */
#define EMPTY  1250u
#define UNSEEN 1500u /* and none was ever measured */

void lp_governor_init(struct lp_governor *g, lp_time now)
{
	*g = (struct lp_governor){
		.window = LP_GOVERNOR_START,
		.shortest = LP_NEVER,
		.least = LP_NEVER,
		.began = LP_NEVER,
		.until = now,
		.probe = now + LP_GOVERNOR_PROBE,
		.starting = true,
	};
}

bool lp_governor_admits(struct lp_governor *g, uint64_t in_flight, uint64_t len)
{
	/* Rounded to the nearest packet, because a slow link carries only two or three per round
	 * trip. */
	if (in_flight + len / 2 > g->window) {
		g->limited = true;
		return false;
	}
	if (in_flight + len > g->peak)
		g->peak = in_flight + len;
	return true;
}

static uint64_t clamp(uint64_t v, uint64_t low, uint64_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* A path that became longer looks like a queue that never drains, however little is sent. */
static void doubt_shortest(struct lp_governor *g, uint64_t factor)
{
	if (g->window > LP_GOVERNOR_MIN || factor >= ONE) {
		g->patience = 0;
	} else if (++g->patience >= LP_GOVERNOR_PATIENCE) {
		g->shortest = g->least;
		g->patience = 0;
	}
}

static uint64_t factor_of(struct lp_governor *g)
{
	lp_time rtt = g->least > 0 ? g->least : 1;
	uint64_t factor = clamp((g->shortest + LP_GOVERNOR_TARGET) * ONE / rtt, LEAST, MOST);
	if (g->least > g->shortest + LP_GOVERNOR_TARGET / 4)
		g->starting = false;
	else if (factor < EMPTY)
		factor = EMPTY;
	return g->starting ? UNSEEN : factor;
}

#define RATE_PART 4 /* the weight of this period in the average is 1 / RATE_PART */

static void measure(struct lp_governor *g, uint64_t delivered, lp_time now)
{
	/* The first call only sets the start. A period of zero length has no rate. */
	if (g->began == LP_NEVER) {
		g->began = now;
		g->delivered = delivered;
	}
	lp_time took = now > g->began ? now - g->began : 0;
	if (took < LP_MILLISECOND)
		return;
	uint64_t bytes = delivered > g->delivered ? delivered - g->delivered : 0;
	if (bytes > LP_GOVERNOR_MAX)
		bytes = LP_GOVERNOR_MAX;
	uint64_t rate = bytes * LP_SECOND / took;
	g->rate = g->rate - g->rate / RATE_PART + rate / RATE_PART;
	g->began = now;
	g->delivered = delivered;
}

/* What the path carries within the shortest round trip plus the target. */
static uint64_t least_window(const struct lp_governor *g)
{
	lp_time way = g->shortest < LP_SECOND ? g->shortest : LP_SECOND;
	uint64_t carried = g->rate / 1000 * (way + LP_GOVERNOR_TARGET) / (LP_SECOND / 1000);
	return clamp(carried, LP_GOVERNOR_MIN, LP_GOVERNOR_MAX);
}

/* The window grows only if it was the limit, and shrinks only if much was in flight, because an
 * idle path says nothing about the queue. */
static void end_period(struct lp_governor *g, lp_time now)
{
	if (g->kept) {
		g->window = g->kept;
		g->kept = 0;
		return;
	}
	uint64_t factor = factor_of(g);
	uint64_t base = g->window;
	if (!g->limited && g->peak < base)
		base = g->peak;
	bool used = g->limited || g->peak > g->window / 2 || g->peak > LP_GOVERNOR_START;
	/* The effect shows one round trip later, so it grows half as fast as it shrinks. */
	uint64_t part = factor > ONE && !g->starting ? 4 : 2;
	if (factor < ONE ? used : g->limited)
		g->window = clamp(base * ((part - 1) * ONE + factor) / (part * ONE),
			least_window(g), LP_GOVERNOR_MAX);
	doubt_shortest(g, factor);
	if (now < g->probe || !g->limited)
		return;
	g->probe = now + LP_GOVERNOR_PROBE;
	g->kept = g->window;
	g->window = clamp(g->window * 3 / 4, LP_GOVERNOR_MIN, LP_GOVERNOR_MAX);
}

void lp_governor_on_rtt(
	struct lp_governor *g, lp_time rtt, lp_time smooth, uint64_t delivered, lp_time now)
{
	if (rtt < g->least)
		g->least = rtt;
	if (rtt < g->shortest)
		g->shortest = rtt;
	if (now < g->until)
		return;
	measure(g, delivered, now);
	end_period(g, now);
	g->limited = false;
	g->peak = 0;
	g->least = LP_NEVER;
	lp_time period = smooth > LP_GOVERNOR_PERIOD ? smooth : LP_GOVERNOR_PERIOD;
	g->until = now + (g->kept ? 2 * period : period);
}
