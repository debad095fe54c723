/* Row H4: bytes per second. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lanparty/base/meter.h"

static void H4_rates_are_those_since_the_last_measurement(void **state)
{
	static const struct {
		lp_time at;
		uint64_t in, out, in_rate, out_rate;
		const char *story;
	} rows[] = {
		{5 * LP_SECOND, 1000, 0, 0, 0, "the first one has nothing to compare with"},
		{5 * LP_SECOND + LP_SECOND / 2, 9000, 9, 0, 0, "half a second is too short"},
		{6 * LP_SECOND, 3000, 7, 2000, 7, "a second is not"},
		{6 * LP_SECOND + LP_SECOND - 1, 3000, 7, 2000, 7, "then they stay for a second"},
		{10 * LP_SECOND, 3000, 11, 0, 1, "longer times count as they are"},
		{11 * LP_SECOND, 500, 11, 500, 0, "totals that begin anew count from 0"},
	};
	struct lp_meter m = {0};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		lp_meter_take(&m, rows[i].in, rows[i].out, rows[i].at);
		if (m.in_rate != rows[i].in_rate || m.out_rate != rows[i].out_rate)
			fail_msg("%s: %u %u", rows[i].story, (unsigned)m.in_rate,
				(unsigned)m.out_rate);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H4_rates_are_those_since_the_last_measurement),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
