/* Rows L1, L2, L3: all three limits use this token bucket. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lanparty/base/bucket.h"

static void L1_L2_L3_a_bucket_refills_at_its_rate_and_never_above_its_cap(void **state)
{
	static const struct {
		lp_time at;
		uint64_t cost;
		bool taken;
		const char *story;
	} rows[] = {
		{0, 10, true, "it starts full"},
		{0, 1, false, "and then it is empty"},
		{LP_SECOND / 2, 6, false, "half a second earns half the rate, and not more"},
		{LP_SECOND / 2, 5, true, "half a second earns half the rate"},
		{LP_SECOND / 2 + 99999999, 1, false, "just under a tenth earns nothing whole"},
		{LP_SECOND / 2 + 100000000, 1, true, "but it is not forgotten"},
		{LP_SECOND, 0, true, "nothing costs nothing"},
		{0, 4, true, "a clock that steps back loses nothing"},
		{0, 1, false, "and gains nothing"},
		{LP_SECOND, 1, false, "nor when it comes back"},
		{100 * LP_SECOND, 11, false, "a long rest fills it to the cap, not above"},
		{100 * LP_SECOND, 10, true, "a long rest fills it to the cap"},
		{UINT64_MAX, 10, true, "the end of time does not overflow"},
		{UINT64_MAX, UINT64_MAX, false, "nor does the largest cost"},
	};
	struct lp_bucket b;

	(void)state;
	lp_bucket_init(&b, 10, 10, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (lp_bucket_take(&b, rows[i].cost, rows[i].at) != rows[i].taken)
			fail_msg("%s", rows[i].story);
		assert_true(b.level <= b.cap);
	}
}

static void L3_a_burst_of_four_mebibytes_then_two_per_second(void **state)
{
	struct lp_bucket b;

	(void)state;
	lp_bucket_init(&b, 2 << 20, 4 << 20, 5);
	for (int i = 0; i < 4096; i++)
		assert_true(lp_bucket_take(&b, 1024, 5));
	assert_false(lp_bucket_take(&b, 1, 5));
	assert_false(lp_bucket_take(&b, (2 << 20) + 1, 5 + LP_SECOND));
	assert_true(lp_bucket_take(&b, 2 << 20, 5 + LP_SECOND));
}

static void it_says_when_it_has_enough(void **state)
{
	static const uint64_t rates[] = {1, 3, 7, 2 << 20, LP_BUCKET_MAX};
	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct lp_bucket b;
		lp_bucket_init(&b, rates[i], 1000, LP_SECOND);
		assert_int_equal(lp_bucket_burst(&b), 1000);
		assert_int_equal(lp_bucket_ready_at(&b, 1000), LP_SECOND);
		assert_true(lp_bucket_take(&b, 999, LP_SECOND));
		lp_time ready = lp_bucket_ready_at(&b, 700);
		assert_false(lp_bucket_has(&b, 700, ready - 1));
		assert_true(lp_bucket_has(&b, 700, ready));
	}
}

static void the_largest_rate_and_burst_do_not_overflow(void **state)
{
	struct lp_bucket b;

	(void)state;
	lp_bucket_init(&b, UINT64_MAX, UINT64_MAX, 0);
	assert_int_equal(b.rate, LP_BUCKET_MAX);
	assert_false(lp_bucket_take(&b, LP_BUCKET_MAX + 1, 0));
	assert_true(lp_bucket_take(&b, LP_BUCKET_MAX, 0));
	assert_false(lp_bucket_take(&b, 17, 1));
	assert_true(lp_bucket_take(&b, 16, 1));
	assert_true(lp_bucket_take(&b, LP_BUCKET_MAX, LP_SECOND + 2));
}

static void rate_zero_is_no_limit_and_burst_zero_passes_nothing(void **state)
{
	struct lp_bucket b;

	(void)state;
	lp_bucket_init(&b, 0, 0, 0);
	assert_true(lp_bucket_take(&b, UINT64_MAX, 0));
	lp_bucket_init(&b, 1000, 0, 0);
	assert_false(lp_bucket_take(&b, 1, 100 * LP_SECOND));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(L1_L2_L3_a_bucket_refills_at_its_rate_and_never_above_its_cap),
		cmocka_unit_test(L3_a_burst_of_four_mebibytes_then_two_per_second),
		cmocka_unit_test(it_says_when_it_has_enough),
		cmocka_unit_test(the_largest_rate_and_burst_do_not_overflow),
		cmocka_unit_test(rate_zero_is_no_limit_and_burst_zero_passes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
