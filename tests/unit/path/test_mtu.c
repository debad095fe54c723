#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lanparty/path/mtu.h"

#define MS LP_MILLISECOND

/* One step of a scenario. */
struct step {
	lp_time at_ms;
	int acked, lost; /* number of large packets; negative: of small ones */
	bool small;      /* expected afterwards: only small packets are sent */
	const char *why;
};

static void tell(const struct step *steps, size_t count)
{
	struct lp_mtu m = {0};
	for (size_t i = 0; i < count; i++) {
		lp_time now = LP_SECOND + steps[i].at_ms * MS;
		for (int n = 0; n < abs(steps[i].lost); n++)
			lp_mtu_on_lost(&m, steps[i].lost > 0, now);
		for (int n = 0; n < abs(steps[i].acked); n++)
			lp_mtu_on_acked(&m, steps[i].acked > 0);
		if (lp_mtu_is_small(&m, now) != steps[i].small)
			fail_msg("%s", steps[i].why);
	}
}

#define TELL(...)                                                                                  \
	tell((const struct step[]){__VA_ARGS__},                                                   \
		sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step))

static void losing_only_large_packets_is_a_black_hole(void **state)
{
	(void)state;
	TELL({0, 10, 0, false, "all is well"}, {100, 0, 4, false, "a few are lost"},
		{200, -3, 0, false, "small ones pass"}, {399, 0, 4, false, "not for long enough"},
		{400, 0, 1, true, "a black hole"}, {5000, -3, -3, true, "small ones say nothing"},
		{10399, 0, 0, true, "for ten seconds"}, {10400, 0, 0, false, "it tries again"});
}

static void random_loss_is_not_a_black_hole(void **state)
{
	(void)state;
	TELL({0, 0, 7, false, "many"}, {300, 1, 0, false, "but one arrives"},
		{400, -1, 7, false, "many again"}, {800, 1, 0, false, "and one arrives"});
}

static void lost_small_packets_say_nothing(void **state)
{
	(void)state;
	TELL({0, -1, -8, false, "some are lost, some pass"}, {400, -1, -8, false, "for a while"},
		{800, 0, 7, false, "large ones, but not for long"}, {900, -1, -8, false, "again"});
}

static void a_dead_path_is_not_a_black_hole(void **state)
{
	(void)state;
	TELL({0, -1, 0, false, "small ones passed before"}, {1, 0, 4, false, "some are lost"},
		{1000, 0, 50, false, "now nothing does"}, {2000, -1, 0, false, "small ones do"},
		{2001, 0, 1, true, "large ones do not"});
}

static void each_failed_attempt_doubles_the_wait(void **state)
{
	struct lp_mtu m = {0};
	lp_time now = LP_SECOND, expected = LP_MTU_RETRY;
	(void)state;
	for (int round = 0; round < 10; round++) {
		lp_mtu_on_lost(&m, true, now);
		lp_mtu_on_acked(&m, false);
		now += LP_MTU_SUSPICION;
		for (int i = 1; i < LP_MTU_LOST; i++)
			assert_int_equal(lp_mtu_on_lost(&m, true, now), i == LP_MTU_LOST - 1);
		assert_int_equal(m.until - now, expected);
		now = m.until;
		assert_false(lp_mtu_is_small(&m, now));
		expected = 2 * expected < LP_MTU_RETRY_MAX ? 2 * expected : LP_MTU_RETRY_MAX;
	}
	lp_mtu_on_acked(&m, true);
	assert_int_equal(m.patience, 0);
}

/* Many large packets would fill the congestion window, and small ones would wait. */
static void a_suspected_path_gets_one_large_packet_in_two_round_trips(void **state)
{
	struct lp_mtu m = {0};
	lp_time now = LP_SECOND, rtt = 20 * MS;
	(void)state;
	for (int i = 1; i <= LP_MTU_SUSPECT; i++) {
		lp_mtu_on_large(&m, rtt, now);
		assert_true(lp_mtu_admits_large(&m, now));
		lp_mtu_on_lost(&m, true, now);
	}
	lp_mtu_on_acked(&m, false);
	assert_false(lp_mtu_admits_large(&m, now + 2 * rtt - 1));
	assert_true(lp_mtu_admits_large(&m, now + 2 * rtt));
	lp_mtu_on_large(&m, rtt, now + 2 * rtt);
	assert_false(lp_mtu_admits_large(&m, now + 2 * rtt));
	lp_mtu_on_acked(&m, true);
	assert_true(lp_mtu_admits_large(&m, now + 2 * rtt));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(losing_only_large_packets_is_a_black_hole),
		cmocka_unit_test(random_loss_is_not_a_black_hole),
		cmocka_unit_test(lost_small_packets_say_nothing),
		cmocka_unit_test(a_dead_path_is_not_a_black_hole),
		cmocka_unit_test(each_failed_attempt_doubles_the_wait),
		cmocka_unit_test(a_suspected_path_gets_one_large_packet_in_two_round_trips),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
