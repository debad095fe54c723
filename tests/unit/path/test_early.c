/* Row S2: fragments that wait for the first one of their datagram. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lanparty/path/early.h"

#define FRAMES (4 * LP_EARLY_SLOTS)
#define NOW    30 /* of a retry */

static struct lp_pool *pool;
static struct lp_early early;

static bool hold(uint16_t peer, uint8_t content, lp_time now)
{
	const struct lp_received in = {.peer = peer, .bytes = &content, .len = 1};
	return lp_early_hold(&early, 1, &in, now);
}

static uint8_t got[LP_EARLY_SLOTS];
static size_t got_count;

/* Even contents pass. */
static bool pass(void *owner, const struct lp_received *in, lp_time now)
{
	assert_ptr_equal(owner, &early);
	assert_int_equal(now, NOW);
	assert_int_equal(in->len, 1);
	if (in->bytes[0] % 2)
		return false;
	got[got_count++] = in->bytes[0];
	return true;
}

static int set_up(void **state)
{
	(void)state;
	pool = lp_pool_new(FRAMES);
	lp_early_init(&early, pool, pass);
	return pool ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	lp_early_clear(&early);
	lp_pool_free(pool); /* it finds frames that are missing */
	return 0;
}

static void retry(uint32_t room, uint16_t peer)
{
	got_count = 0;
	lp_early_retry(&early, room, peer, &early, NOW);
}

static void a_members_frames_are_tried_again_in_their_order(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < 4; i++)
		assert_true(hold(1, i, 0));
	assert_true(hold(2, 8, 0));
	retry(2, 1); /* another room */
	assert_int_equal(got_count, 0);
	retry(1, 1);
	assert_int_equal(got_count, 2);
	assert_int_equal(got[0], 0);
	assert_int_equal(got[1], 2);
	assert_int_equal(early.count, 3);
	retry(1, 2);
	assert_int_equal(got_count, 1);
}

static void a_frame_waits_for_fifty_milliseconds(void **state)
{
	(void)state;
	assert_true(hold(1, 2, 10));
	assert_true(hold(1, 4, 11));
	assert_int_equal(lp_early_expire(&early, 10 + LP_EARLY_WAIT - 1), 0);
	assert_int_equal(lp_early_expire(&early, 10 + LP_EARLY_WAIT), 1);
	retry(1, 1);
	assert_int_equal(got_count, 1);
	assert_int_equal(got[0], 4);
}

static void a_member_and_all_together_have_a_limit(void **state)
{
	(void)state;
	for (int i = 0; i < LP_EARLY_OF_PEER; i++)
		assert_true(hold(1, 0, 0));
	assert_false(hold(1, 0, 0));
	for (size_t i = LP_EARLY_OF_PEER; i < LP_EARLY_SLOTS; i++)
		assert_true(hold((uint16_t)(1 + i), 0, 0));
	assert_false(hold(1000, 0, 0));
	assert_int_equal(lp_pool_free_count(pool), FRAMES - LP_EARLY_SLOTS);
}

static void a_reassembled_frame_waits_in_its_own_buffer(void **state)
{
	(void)state;
	struct lp_frame *frame = lp_pool_take(pool);
	const struct lp_received in = {.peer = 1, .bytes = frame->bytes, .len = 1, .frame = frame};
	assert_true(lp_early_hold(&early, 1, &in, 0));
	assert_int_equal(lp_pool_free_count(pool), FRAMES - 1);
	lp_frame_drop(pool, frame);
	assert_int_equal(lp_early_expire(&early, LP_EARLY_WAIT), 1);
	assert_int_equal(lp_pool_free_count(pool), FRAMES);
}

static void no_frame_waits_while_buffers_are_scarce(void **state)
{
	(void)state;
	struct lp_frame *taken[FRAMES];
	size_t count = 0;
	while (!lp_pool_is_scarce(pool))
		taken[count++] = lp_pool_take(pool);
	assert_false(hold(1, 0, 0));
	while (count > 0)
		lp_frame_drop(pool, taken[--count]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_members_frames_are_tried_again_in_their_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_frame_waits_for_fifty_milliseconds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_member_and_all_together_have_a_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_reassembled_frame_waits_in_its_own_buffer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			no_frame_waits_while_buffers_are_scarce, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
