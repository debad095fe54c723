/* K5: switches learn at once where the room's members are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "announce.h"

#define MANY (2 * LP_ANNOUNCE_BATCH + 3)

static struct lp_mac members[MANY];
static size_t announced[MANY]; /* how often each member was */

static int make_members(void **state)
{
	(void)state;
	memset(announced, 0, sizeof(announced));
	for (size_t i = 0; i < MANY; i++)
		members[i] = (struct lp_mac){{2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};
	return 0;
}

static size_t run_at(struct lp_announcer *a, size_t member_count, lp_time now)
{
	uint8_t frame[LP_ANNOUNCE_FRAME];
	size_t total = 0;
	for (; lp_announcer_next(a, members, member_count, now, frame); total++)
		announced[frame[10] << 8 | frame[11]]++;
	return total;
}

static void an_announcement_is_a_reverse_arp_request_from_the_member(void **state)
{
	(void)state;
	const struct lp_mac member = {{2, 1, 2, 3, 4, 5}};
	const uint8_t expected[LP_ANNOUNCE_FRAME] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 1, 2, 3,
		4, 5, 0x80, 0x35, 0, 1, 8, 0, 6, 4, 0, 3, 2, 1, 2, 3, 4, 5, 0, 0, 0, 0, 2, 1, 2, 3,
		4, 5};
	uint8_t frame[LP_ANNOUNCE_FRAME];
	struct lp_announcer a = {0};
	lp_announcer_start(&a, 0);
	assert_true(lp_announcer_next(&a, &member, 1, 0, frame));
	assert_memory_equal(frame, expected, sizeof(expected));
}

static void nobody_is_announced_before_the_start(void **state)
{
	(void)state;
	struct lp_announcer a = {0};
	assert_int_equal(run_at(&a, 3, 100 * LP_SECOND), 0);
}

static void K5_each_member_is_announced_in_each_round(void **state)
{
	(void)state;
	struct lp_announcer a = {0};
	size_t total = 0;
	lp_announcer_start(&a, 7 * LP_SECOND);
	assert_int_equal(run_at(&a, 3, 7 * LP_SECOND - 1), 0);
	assert_int_equal(run_at(&a, 3, 7 * LP_SECOND), 3);
	for (lp_time s = 7; s < 100; s++)
		total += run_at(&a, 3, s * LP_SECOND);
	assert_int_equal(total, 3 * (LP_ANNOUNCE_ROUNDS - 1));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(announced[i], LP_ANNOUNCE_ROUNDS);
}

static void many_members_are_announced_in_batches(void **state)
{
	(void)state;
	struct lp_announcer a = {0};
	lp_announcer_start(&a, 0);
	assert_int_equal(run_at(&a, MANY, 0), LP_ANNOUNCE_BATCH);
	assert_int_equal(run_at(&a, MANY, LP_SECOND - 1), 0);
	assert_int_equal(run_at(&a, MANY, LP_SECOND), LP_ANNOUNCE_BATCH);
	assert_int_equal(run_at(&a, MANY, 2 * LP_SECOND), 3);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(announced[i], 1);
}

static void members_that_leave_meanwhile_end_the_round(void **state)
{
	(void)state;
	struct lp_announcer a = {0};
	lp_announcer_start(&a, 0);
	run_at(&a, MANY, 0);
	assert_int_equal(run_at(&a, 5, LP_SECOND), 0);
	assert_int_equal(run_at(&a, 5, 2 * LP_SECOND), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_announcement_is_a_reverse_arp_request_from_the_member),
		cmocka_unit_test(nobody_is_announced_before_the_start),
		cmocka_unit_test_setup(K5_each_member_is_announced_in_each_round, make_members),
		cmocka_unit_test_setup(many_members_are_announced_in_batches, make_members),
		cmocka_unit_test_setup(members_that_leave_meanwhile_end_the_round, make_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
