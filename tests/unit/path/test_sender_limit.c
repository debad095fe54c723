/* A sender that keeps its relay's limit itself (row L3). */
#include "sender_unit.h"

#define RATE    150000 /* bytes per second: a large frame each 10 ms */
#define AT_ONCE 3000

static void make_bulk(void)
{
	for (uint8_t i = 0; i < 20; i++)
		push_to(1, 1500, i);
}

/* Sends all that the limit admits now. Returns the number of frames. */
static size_t send_all(void)
{
	struct lp_datagram datagram;
	size_t count = 0;
	for (; peek_at(LP_DATAGRAM_MAX, &datagram); count++)
		pop();
	return count;
}

static void bulk_waits_until_the_limit_admits_it(void **state)
{
	(void)state;
	lp_sender_limit(&unit.sender, RATE, AT_ONCE);
	assert_int_equal(lp_sender_ready_at(&unit.sender), LP_NEVER);
	make_bulk();
	size_t burst = send_all();
	assert_in_range(burst, 1, 3);
	lp_time ready = lp_sender_ready_at(&unit.sender);
	assert_in_range(ready, unit.now + 1, unit.now + 20 * LP_MILLISECOND);
	assert_int_equal(send_all(), 0);
	unit.now = ready;
	lp_sender_release(&unit.sender);
	assert_int_equal(lp_sender_ready_at(&unit.sender), LP_NEVER);
	assert_int_equal(send_all(), 1);
}

static void a_game_does_not_wait(void **state)
{
	(void)state;
	lp_sender_limit(&unit.sender, RATE, AT_ONCE);
	make_bulk();
	send_all();
	push_to(2, 100, 0xaa);
	assert_int_equal(take(), 0xaa);
	assert_int_equal(send_all(), 0);
}

static void a_group_frame_is_charged_once_per_recipient(void **state)
{
	(void)state;
	lp_time ready[2];
	for (uint16_t i = 0; i < 2; i++) {
		struct lp_frame *frame = lp_pool_take(unit.pool);
		assert_non_null(frame);
		frame->len = 400;
		frame->copies = i ? 100 : 1;
		frame->flow.hash = 7;
		lp_sender_limit(&unit.sender, RATE, AT_ONCE);
		assert_true(lp_sender_push(&unit.sender, frame, unit.now));
		lp_frame_drop(unit.pool, frame);
		send_all();
		ready[i] = lp_shaper_ready_at(&unit.sender.shaper);
	}
	assert_true(ready[1] > ready[0] + 200 * LP_MILLISECOND);
}

static void an_open_sender_has_no_limit_until_it_is_told(void **state)
{
	(void)state;
	lp_sender_limit(&unit.sender, RATE, AT_ONCE);
	lp_sender_open(&unit.sender, LP_DATAGRAM_MAX, 0);
	make_bulk();
	assert_int_equal(send_all(), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bulk_waits_until_the_limit_admits_it),
		TEST(a_game_does_not_wait),
		TEST(a_group_frame_is_charged_once_per_recipient),
		TEST(an_open_sender_has_no_limit_until_it_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
