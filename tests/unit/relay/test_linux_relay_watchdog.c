/* When the relay tells its service manager that it runs. */
#include "watchdog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* All other workers answer, except the one that is stuck. */
static void others_answer(struct watchdog *w, size_t count, size_t stuck)
{
	for (size_t i = 1; i < count; i++)
		if (i != stuck)
			watchdog_answer(w, i);
}

static void one_worker_that_is_stuck_keeps_the_watchdog_hungry(void **state)
{
	(void)state;
	const size_t counts[] = {2, 3, WORKERS_MAX};
	for (size_t n = 0; n < sizeof(counts) / sizeof(*counts); n++) {
		size_t count = counts[n];
		for (size_t stuck = 1; stuck < count; stuck++) {
			struct watchdog w = {0};
			for (int i = 0; i < 3; i++) {
				assert_true(watchdog_ask(&w, count));
				others_answer(&w, count, 0);
			}
			assert_true(watchdog_ask(&w, count));
			others_answer(&w, count, stuck);
			assert_false(watchdog_ask(&w, count));
			others_answer(&w, count, stuck);
			assert_false(watchdog_ask(&w, count));
			others_answer(&w, count, 0); /* it runs again */
			assert_true(watchdog_ask(&w, count));
		}
	}
}

/* A certificate wakes it, too. */
static void an_answer_counts_for_one_question(void **state)
{
	(void)state;
	struct watchdog w = {0};
	watchdog_ask(&w, 3);
	watchdog_answer(&w, 1);
	watchdog_answer(&w, 1);
	watchdog_answer(&w, 2);
	assert_true(watchdog_ask(&w, 3));
	assert_false(watchdog_ask(&w, 3));
}

static void a_single_worker_needs_no_answer(void **state)
{
	(void)state;
	struct watchdog w = {0};
	for (int i = 0; i < 3; i++)
		assert_true(watchdog_ask(&w, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_worker_that_is_stuck_keeps_the_watchdog_hungry),
		cmocka_unit_test(an_answer_counts_for_one_question),
		cmocka_unit_test(a_single_worker_needs_no_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
