/* The shaper: what a member holds back, because its relay would drop it (row L3). */
#include "lanparty/path/shaper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lanparty/base/bucket.h"

#define RATE  100000 /* bytes per second */
#define BURST 200000
#define FRAME 1000
#define BEGIN (5 * LP_SECOND)

/* Sends as much as the shaper admits until end, in steps of a millisecond. Returns the bytes. */
static uint64_t send_until(struct lp_shaper *s, lp_time begin, lp_time end, struct lp_bucket *relay)
{
	uint64_t sent = 0;
	for (lp_time now = begin; now <= end; now += LP_MILLISECOND)
		while (lp_shaper_admits(s, now)) {
			lp_shaper_charge(s, FRAME, now);
			sent += FRAME;
			assert_true(!relay || lp_bucket_take(relay, FRAME, now));
		}
	return sent;
}

static void it_sends_a_burst_then_its_rate(void **state)
{
	(void)state;
	struct lp_shaper s;
	lp_shaper_init(&s, RATE, BURST);
	uint64_t burst = send_until(&s, BEGIN, BEGIN, NULL);
	assert_in_range(burst, BURST / 2, BURST);
	uint64_t rest = send_until(&s, BEGIN, BEGIN + 10 * LP_SECOND, NULL);
	assert_in_range(rest, 9 * RATE, 10 * RATE);
}

/* However long it was silent: the relay's bucket never runs dry. */
static void a_relay_with_these_limits_drops_nothing(void **state)
{
	(void)state;
	static const lp_time pauses[] = {
		0, LP_SECOND / 2, LP_SECOND, 3 * LP_SECOND, 60 * LP_SECOND};
	struct lp_shaper s;
	struct lp_bucket relay;
	lp_time now = BEGIN;
	lp_shaper_init(&s, RATE, BURST);
	lp_bucket_init(&relay, RATE, BURST, now);
	for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		now += pauses[i];
		assert_true(send_until(&s, now, now + 3 * LP_SECOND, &relay) > 2 * RATE);
		now += 3 * LP_SECOND;
	}
}

static void what_is_not_held_back_delays_the_rest(void **state)
{
	(void)state;
	struct lp_shaper s;
	lp_shaper_init(&s, RATE, BURST);
	lp_shaper_charge(&s, 5 * BURST, BEGIN);
	assert_false(lp_shaper_admits(&s, BEGIN));
	lp_time ready = lp_shaper_ready_at(&s);
	assert_in_range(ready, BEGIN + 8 * LP_SECOND, BEGIN + 10 * LP_SECOND);
	assert_false(lp_shaper_admits(&s, ready - 1));
	assert_true(lp_shaper_admits(&s, ready));
}

static void without_a_limit_everything_is_admitted(void **state)
{
	(void)state;
	struct lp_shaper s;
	lp_shaper_init(&s, 0, BURST);
	lp_shaper_charge(&s, UINT32_MAX, BEGIN);
	assert_true(lp_shaper_admits(&s, BEGIN));
}

static void the_smallest_and_the_largest_limit_are_limits(void **state)
{
	(void)state;
	static const uint64_t limits[] = {1, LP_BUCKET_MAX, UINT64_MAX};
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct lp_shaper s;
		lp_shaper_init(&s, limits[i], 1);
		assert_true(lp_shaper_admits(&s, BEGIN));
		lp_shaper_charge(&s, LP_BUCKET_MAX, BEGIN);
		assert_false(lp_shaper_admits(&s, BEGIN));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_sends_a_burst_then_its_rate),
		cmocka_unit_test(a_relay_with_these_limits_drops_nothing),
		cmocka_unit_test(what_is_not_held_back_delays_the_rest),
		cmocka_unit_test(without_a_limit_everything_is_admitted),
		cmocka_unit_test(the_smallest_and_the_largest_limit_are_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
