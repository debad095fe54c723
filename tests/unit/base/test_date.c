/* Calendar dates. The expected seconds are those of date(1). */
#include "lanparty/base/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct {
	int64_t seconds;
	int year, month, day;
	const char *text;
} rows[] = {
	{0, 1970, 1, 1, "1970-01-01"},
	{951782400, 2000, 2, 29, "2000-02-29"},
	{951868800, 2000, 3, 1, "2000-03-01"},
	{1709164800, 2024, 2, 29, "2024-02-29"},
	{1798675200, 2026, 12, 31, "2026-12-31"},
	{1798761600, 2027, 1, 1, "2027-01-01"},
	{4107456000, 2100, 2, 28, "2100-02-28"},
	{4107542400, 2100, 3, 1, "2100-03-01"},
	{253402214400, 9999, 12, 31, "9999-12-31"},
};

static void dates_become_seconds_and_back(void **state)
{
	(void)state;
	char text[LP_DATE_TEXT];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t seconds = lp_date_seconds(rows[i].year, rows[i].month, rows[i].day);
		assert_true(seconds == rows[i].seconds);
		assert_string_equal(lp_date_format(seconds, text), rows[i].text);
		assert_string_equal(lp_date_format(seconds + 86399, text), rows[i].text);
	}
}

static void what_is_out_of_range_is_the_nearest_date(void **state)
{
	(void)state;
	char text[LP_DATE_TEXT];
	assert_string_equal(lp_date_format(-1, text), "1970-01-01");
	assert_string_equal(lp_date_format(INT64_MIN, text), "1970-01-01");
	assert_string_equal(lp_date_format(INT64_MAX, text), "9999-12-31");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_become_seconds_and_back),
		cmocka_unit_test(what_is_out_of_range_is_the_nearest_date),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
