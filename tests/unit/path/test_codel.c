#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/path/codel.h"

#define MS LP_MILLISECOND

static void a_short_burst_loses_nothing(void **state)
{
	struct lp_codel c = {0};
	(void)state;
	for (lp_time t = 0; t < 199; t++)
		assert_false(lp_codel_drops(&c, 150 * MS, false, 1000 * MS + t * MS));
	assert_false(lp_codel_drops(&c, 19 * MS, false, 1199 * MS));
	/* dropping starts again from its first interval */
	for (lp_time t = 0; t < 199; t++)
		assert_false(lp_codel_drops(&c, 150 * MS, false, 1200 * MS + t * MS));
}

static void long_delays_are_dropped_more_and_more_often(void **state)
{
	struct lp_codel c = {0};
	lp_time drops[64];
	size_t count = 0;
	(void)state;
	for (lp_time t = 1000; t < 3000; t++)
		if (lp_codel_drops(&c, 50 * MS, false, t * MS) && count < 64)
			drops[count++] = t;
	assert_int_equal(drops[0], 1200);
	assert_int_equal(drops[1], 1400);
	assert_in_range(drops[2] - drops[1], 140, 143); /* 200 / sqrt(2) */
	assert_in_range(drops[3] - drops[2], 115, 117); /* 200 / sqrt(3) */
	assert_in_range(count, 25, 29);
}

static void the_last_frame_of_a_queue_is_never_dropped(void **state)
{
	struct lp_codel c = {0};
	(void)state;
	for (lp_time t = 1000; t < 3000; t++)
		assert_false(lp_codel_drops(&c, 500 * MS, true, t * MS));
}

static void dropping_ends_with_a_short_delay_and_resumes_at_its_rate(void **state)
{
	struct lp_codel c = {0};
	lp_time t = 1000;
	(void)state;
	for (; c.count < 6; t++)
		lp_codel_drops(&c, 50 * MS, false, t * MS);
	assert_false(lp_codel_drops(&c, 10 * MS, false, t * MS));
	assert_false(c.dropping);
	for (lp_time end = t + 202; t < end; t++)
		lp_codel_drops(&c, 50 * MS, false, t * MS);
	assert_int_equal(c.count, 4);
	/* after a long time it starts with a count of one */
	lp_codel_drops(&c, 10 * MS, false, t * MS);
	t += 10000;
	for (lp_time end = t + 202; t < end; t++)
		lp_codel_drops(&c, 50 * MS, false, t * MS);
	assert_int_equal(c.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_burst_loses_nothing),
		cmocka_unit_test(long_delays_are_dropped_more_and_more_often),
		cmocka_unit_test(the_last_frame_of_a_queue_is_never_dropped),
		cmocka_unit_test(dropping_ends_with_a_short_delay_and_resumes_at_its_rate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
