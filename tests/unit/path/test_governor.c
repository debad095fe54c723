#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/path/governor.h"

#define MS   LP_MILLISECOND
#define MBIT UINT64_C(1000000)
#define FULL 1452 /* bytes of a full packet */

/* Simulates a link with a deep buffer: packets leave at its rate, and the round trip is the
 * queueing delay plus the base. The sender always has data and is limited by the governor alone. */
struct bottleneck {
	uint64_t rate;    /* bits per second */
	lp_time base;     /* round trip with an empty queue */
	lp_time free_at;  /* when the link has sent everything in its buffer */
	uint64_t foreign; /* bytes per second of other traffic on the link */
};

struct sent {
	lp_time acked, rtt;
};

#define RING 65536

struct result {
	lp_time queue_p50, queue_max; /* in the second half of the run */
	double used;                  /* share of the link's rate */
	uint64_t window;
};

static struct result run(
	struct lp_governor *g, struct bottleneck *link, lp_time from, lp_time how_long)
{
	static struct sent ring[RING];
	static unsigned histogram[2000]; /* queueing delay in units of 0.1 ms */
	size_t first = 0, count = 0, samples = 0;
	uint64_t bytes = 0, delivered = g->delivered;
	lp_time smooth = link->base, foreign_at = from;
	struct result r = {0};
	memset(histogram, 0, sizeof(histogram));
	for (lp_time now = from; now < from + how_long; now += MS / 10) {
		while (link->foreign && foreign_at <= now) {
			lp_time start = link->free_at > now ? link->free_at : now;
			link->free_at = start + FULL * 8 * LP_SECOND / link->rate;
			foreign_at += FULL * LP_SECOND / link->foreign;
		}
		while (count > 0 && ring[first].acked <= now) {
			smooth = (7 * smooth + ring[first].rtt) / 8;
			delivered += FULL;
			lp_governor_on_rtt(g, ring[first].rtt, smooth, delivered, now);
			first = (first + 1) % RING;
			count--;
		}
		bool second_half = now >= from + how_long / 2;
		while (count < RING && lp_governor_admits(g, count * FULL, FULL)) {
			lp_time start = link->free_at > now ? link->free_at : now;
			lp_time queued = start - now;
			link->free_at = start + FULL * 8 * LP_SECOND / link->rate;
			lp_time rtt = link->free_at - now + link->base;
			ring[(first + count++) % RING] = (struct sent){now + rtt, rtt};
			if (!second_half)
				continue;
			size_t at = queued / (MS / 10);
			histogram[at < 2000 ? at : 1999]++;
			samples++;
			bytes += FULL;
			r.queue_max = queued > r.queue_max ? queued : r.queue_max;
		}
	}
	size_t below = 0, at = 0;
	while (at < 2000 && below + histogram[at] <= samples / 2)
		below += histogram[at++];
	r.queue_p50 = at * (MS / 10);
	r.used = (double)bytes * 8 / ((double)link->rate * (double)how_long / 2e9);
	r.window = g->window;
	return r;
}

static void a_link_is_full_and_its_queue_short(void **state)
{
	static const struct {
		uint64_t rate;
		lp_time base;
	} rows[] = {
		{2 * MBIT, 20 * MS},
		{5 * MBIT, 20 * MS},
		{20 * MBIT, 20 * MS},
		{20 * MBIT, 100 * MS},
		{100 * MBIT, 10 * MS},
		{5 * MBIT, 5 * MS},
		{300 * MBIT, 30 * MS},
		{50 * MBIT, 200 * MS},
		{1000 * MBIT, 1 * MS},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_governor g;
		struct bottleneck link = {.rate = rows[i].rate, .base = rows[i].base};
		lp_governor_init(&g, LP_SECOND);
		struct result r = run(&g, &link, LP_SECOND, 20 * LP_SECOND);
		lp_time packet = FULL * 8 * LP_SECOND / link.rate;
		if (r.used < 0.97 || r.queue_p50 > LP_GOVERNOR_TARGET + packet ||
			r.queue_max > 3 * LP_GOVERNOR_TARGET + link.base / 3 + 2 * packet)
			fail_msg("%llu Mbit/s, %llu ms: %.3f used, queue %.1f ms, %.1f at most",
				(unsigned long long)(link.rate / MBIT),
				(unsigned long long)(link.base / MS), r.used,
				(double)r.queue_p50 / 1e6, (double)r.queue_max / 1e6);
	}
}

static void the_window_follows_a_link_that_changes_its_rate(void **state)
{
	(void)state;
	struct lp_governor g;
	struct bottleneck link = {.rate = 100 * MBIT, .base = 20 * MS};
	lp_governor_init(&g, 0);
	run(&g, &link, 0, 10 * LP_SECOND);
	link.rate = 5 * MBIT;
	link.free_at = 0;
	struct result r = run(&g, &link, 10 * LP_SECOND, 10 * LP_SECOND);
	assert_true(r.used > 0.97);
	assert_true(r.queue_p50 < 9 * MS);
	link.rate = 50 * MBIT;
	link.free_at = 0;
	r = run(&g, &link, 20 * LP_SECOND, 10 * LP_SECOND);
	assert_true(r.used > 0.97);
	assert_true(r.queue_p50 < 6 * MS);
}

/* A longer route looks like a queue that never drains. */
static void a_longer_path_is_accepted_after_a_while(void **state)
{
	(void)state;
	struct lp_governor g;
	struct bottleneck link = {.rate = 20 * MBIT, .base = 20 * MS};
	lp_governor_init(&g, 0);
	run(&g, &link, 0, 5 * LP_SECOND);
	link.base = 80 * MS;
	struct result r = run(&g, &link, 5 * LP_SECOND, 20 * LP_SECOND);
	assert_true(r.used > 0.97);
	assert_in_range(g.shortest, 80 * MS, 85 * MS);
	link.base = 10 * MS;
	/* A permanent queue is revealed by regularly reducing the window. */
	r = run(&g, &link, 25 * LP_SECOND, 160 * LP_SECOND);
	assert_true(r.used > 0.97);
	assert_true(r.queue_p50 < 7 * MS);
}

static void other_traffic_on_the_link_leaves_us_our_share(void **state)
{
	(void)state;
	struct lp_governor g;
	struct bottleneck link = {.rate = 20 * MBIT, .base = 20 * MS, .foreign = 10 * MBIT / 8};
	lp_governor_init(&g, 0);
	struct result r = run(&g, &link, 0, 20 * LP_SECOND);
	assert_true(r.used > 0.45);
	assert_true(r.queue_p50 < 8 * MS);
}

/* Delayed acknowledgements make round trips of an idle path long. That is not a queue. */
static void an_idle_path_does_not_change_the_window(void **state)
{
	(void)state;
	struct lp_governor g;
	lp_governor_init(&g, 0);
	lp_governor_on_rtt(&g, 20 * MS, 20 * MS, 0, 0);
	for (lp_time now = MS; now < 60 * LP_SECOND; now += 20 * MS) {
		assert_true(lp_governor_admits(&g, 0, 100));
		lp_governor_on_rtt(&g, 45 * MS, 45 * MS, 0, now);
	}
	assert_int_equal(g.window, LP_GOVERNOR_START);
}

/* Bytes are counted from the start of the connection, but the governor starts again with each
 * path. */
static void a_new_path_starts_with_nothing_delivered(void **state)
{
	(void)state;
	for (lp_time first = 0; first <= 30 * MS; first += 30 * MS) {
		struct lp_governor g;
		lp_governor_init(&g, LP_SECOND);
		for (lp_time at = first; at < LP_SECOND; at += 30 * MS) {
			lp_governor_admits(&g, 100, FULL);
			lp_governor_on_rtt(
				&g, 30 * MS, 30 * MS, 50000000 + at / MS, LP_SECOND + at);
			assert_in_range(g.window, 1, 2 * LP_GOVERNOR_START);
		}
	}
}

static void the_window_has_limits(void **state)
{
	(void)state;
	struct lp_governor g;
	lp_governor_init(&g, 0);
	lp_governor_on_rtt(&g, 10 * MS, 10 * MS, 0, 0);
	for (lp_time now = MS; now < LP_SECOND && g.window > LP_GOVERNOR_MIN; now += 10 * MS) {
		lp_governor_admits(&g, UINT32_MAX, FULL);
		lp_governor_on_rtt(&g, LP_SECOND, 10 * MS, 0, now);
	}
	assert_int_equal(g.window, LP_GOVERNOR_MIN);
	lp_governor_init(&g, 0);
	for (lp_time now = 0; now < 10 * LP_SECOND; now += 10 * MS) {
		lp_governor_admits(&g, UINT32_MAX, FULL);
		lp_governor_on_rtt(&g, 0, 0, 0, now);
	}
	assert_int_equal(g.window, LP_GOVERNOR_MAX);
}

/* A busy computer makes round trips long; a smaller window would only leave the link idle. */
static void the_bandwidth_delay_product_is_always_admitted(void **state)
{
	(void)state;
	struct lp_governor g;
	uint64_t delivered = 0;
	lp_governor_init(&g, 0);
	lp_governor_on_rtt(&g, 10 * MS, 10 * MS, 0, 0);
	for (lp_time now = 10 * MS; now < 5 * LP_SECOND; now += 10 * MS) {
		delivered += 100000; /* 10 MB per second */
		lp_governor_admits(&g, UINT32_MAX, FULL);
		lp_governor_on_rtt(&g, 100 * MS, 10 * MS, delivered, now);
		if (now > LP_SECOND && !g.kept)
			assert_in_range(g.window, 100000, 200000);
	}
}

static void a_long_path_is_filled_quickly(void **state)
{
	(void)state;
	struct lp_governor g;
	struct bottleneck link = {.rate = 100 * MBIT, .base = 100 * MS};
	lp_governor_init(&g, 0);
	struct result r = run(&g, &link, 0, 3 * LP_SECOND);
	assert_true(r.used > 0.8); /* in the second half of the run */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_is_full_and_its_queue_short),
		cmocka_unit_test(the_window_follows_a_link_that_changes_its_rate),
		cmocka_unit_test(a_longer_path_is_accepted_after_a_while),
		cmocka_unit_test(other_traffic_on_the_link_leaves_us_our_share),
		cmocka_unit_test(an_idle_path_does_not_change_the_window),
		cmocka_unit_test(a_new_path_starts_with_nothing_delivered),
		cmocka_unit_test(the_window_has_limits),
		cmocka_unit_test(the_bandwidth_delay_product_is_always_admitted),
		cmocka_unit_test(a_long_path_is_filled_quickly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
