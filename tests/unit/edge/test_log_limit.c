/* Row N6: how many lines somebody outside can cause in the log. */
#include "lanparty/edge/log_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static char last[256];
static unsigned lines;

static void take_line(void *context, const char *line, size_t len)
{
	(void)context;
	assert_true(len < sizeof(last));
	memcpy(last, line, len);
	last[len] = '\0';
	lines++;
}

static unsigned takes(
	struct lp_log_limit *limit, const char *event, uint32_t source, unsigned count, lp_time now)
{
	unsigned good = 0;
	for (unsigned i = 0; i < count; i++)
		good += lp_log_limit_take(limit, LP_LOG_INFO, event, source, now);
	return good;
}

static int set_up(void **state)
{
	(void)state;
	lines = 0;
	lp_log_set(LP_LOG_INFO, LP_LOG_TEXT);
	lp_log_to(take_line, NULL);
	return 0;
}

static void N6_twenty_lines_are_said_and_the_others_counted(void **state)
{
	(void)state;
	struct lp_log_limit limit = {0};
	const lp_time start = 5 * LP_SECOND, period = LP_LOG_LIMIT_PERIOD;
	assert_int_equal(takes(&limit, "left", 7, 20, start), 20);
	assert_int_equal(lp_log_limit_deadline(&limit), LP_NEVER);
	assert_int_equal(takes(&limit, "left", 7, 812, start + 1), 0);
	assert_int_equal(takes(&limit, "joined", 7, 1, start), 1); /* another event */
	assert_int_equal(takes(&limit, "left", 8, 1, start), 1);   /* another source */
	assert_int_equal(lp_log_limit_deadline(&limit), start + 1 + period);
	lp_log_limit_on_time(&limit, start + period);
	assert_int_equal(lines, 0);
	lp_log_limit_on_time(&limit, start + 1 + period);
	assert_int_equal(lines, 1);
	assert_non_null(
		strstr(last, "event=more_lines of=left count=812 seconds=10 source=00000007"));
	assert_int_equal(lp_log_limit_deadline(&limit), LP_NEVER);
	assert_int_equal(takes(&limit, "left", 7, 30, start + 2 + period), 20);
}

static void N6_what_was_counted_is_said_before_the_next_lines(void **state)
{
	(void)state;
	struct lp_log_limit limit = {0};
	assert_int_equal(takes(&limit, "left", 7, 25, 0), 20);
	assert_int_equal(takes(&limit, "left", 7, 1, LP_LOG_LIMIT_PERIOD), 1);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(last, "count=5"));
}

static void N6_many_sources_together_are_limited_too(void **state)
{
	(void)state;
	struct lp_log_limit limit = {0};
	unsigned good = 0;
	for (uint32_t source = 0; source < 100000; source++)
		good += takes(&limit, "left", source * 2654435761u, 1, 0);
	assert_true(good <= LP_LOG_LIMIT_LINES * LP_LOG_LIMIT_SLOTS);
	lp_log_limit_on_time(&limit, LP_LOG_LIMIT_PERIOD);
	assert_true(lines <= LP_LOG_LIMIT_SLOTS);
}

static void lines_below_the_level_are_not_counted(void **state)
{
	(void)state;
	struct lp_log_limit limit = {0};
	for (int i = 0; i < 100; i++)
		assert_false(lp_log_limit_take(&limit, LP_LOG_DEBUG, "left", 7, 0));
	assert_int_equal(lp_log_limit_deadline(&limit), LP_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(N6_twenty_lines_are_said_and_the_others_counted, set_up),
		cmocka_unit_test_setup(N6_what_was_counted_is_said_before_the_next_lines, set_up),
		cmocka_unit_test_setup(N6_many_sources_together_are_limited_too, set_up),
		cmocka_unit_test_setup(lines_below_the_level_are_not_counted, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
