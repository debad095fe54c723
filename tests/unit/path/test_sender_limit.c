/* A sender that keeps its relay's limit itself (row L3). */
#include "sender_unit.h"

#define RATE    150000 /* bytes per second: a large frame each 10 ms */
#define AT_ONCE 6000

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
	lp_sender_limit(&unit.sender, RATE, AT_ONCE, unit.now);
	assert_int_equal(lp_sender_ready_at(&unit.sender), LP_NEVER);
	make_bulk();
	size_t burst = send_all();
	assert_in_range(burst, 1, 4);
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
	lp_sender_limit(&unit.sender, RATE, AT_ONCE, unit.now);
	make_bulk();
	send_all();
	push_to(2, 100, 0xaa);
	assert_int_equal(take(), 0xaa);
	assert_int_equal(send_all(), 0);
}

/* As a relay charges what arrives: for two seconds of bulk and of a game beside it, it drops nothing. */
static void the_relay_has_nothing_to_drop(void **state)
{
	(void)state;
	struct lp_bucket relay;
	struct lp_datagram datagram;
	uint64_t sent = 0;
	lp_sender_limit(&unit.sender, RATE, AT_ONCE, unit.now);
	lp_bucket_init(&relay, RATE, AT_ONCE, unit.now);
	for (unsigned ms = 0; ms < 2000; ms++, unit.now += LP_MILLISECOND) {
		push_to(1, 1500, 1);
		if (ms % 20 == 0)
			push_to(2, 100, 2);
		if (unit.now >= lp_sender_ready_at(&unit.sender))
			lp_sender_release(&unit.sender);
		while (peek_at(LP_DATAGRAM_MAX, &datagram)) {
			sent += datagram.len;
			assert_true(lp_bucket_take(&relay, datagram.len, unit.now));
			pop();
		}
	}
	assert_in_range(sent, 2 * RATE * 9 / 10, 2 * RATE + AT_ONCE);
}

static void a_group_frame_is_charged_once_per_recipient(void **state)
{
	(void)state;
	struct lp_frame *frame = lp_pool_take(unit.pool);
	assert_non_null(frame);
	frame->len = 400;
	frame->copies = 10;
	frame->flow.hash = 7;
	lp_sender_limit(&unit.sender, RATE, AT_ONCE, unit.now);
	assert_true(lp_sender_push(&unit.sender, frame, unit.now));
	lp_frame_drop(unit.pool, frame);
	assert_int_equal(send_all(), 1);
	assert_true(lp_bucket_has(&unit.sender.limit, AT_ONCE - 4000, unit.now));
	assert_false(lp_bucket_has(&unit.sender.limit, AT_ONCE - 3999, unit.now));
}

static void the_smallest_limits_are_kept_too(void **state)
{
	(void)state;
	for (uint64_t limit = 1; limit <= UINT32_MAX; limit *= 255) {
		lp_sender_limit(&unit.sender, limit, limit, unit.now);
		assert_in_range(unit.sender.limit.rate, limit - limit / 10, limit);
		assert_in_range(unit.sender.bulk_least, 1, limit);
	}
}

/* Nobody is told that he is limited when nothing waits for the limit. */
static void only_bulk_is_held(void **state)
{
	(void)state;
	lp_sender_limit(&unit.sender, RATE, AT_ONCE, unit.now);
	make_bulk();
	send_all();
	while (lp_sender_ready_at(&unit.sender) != LP_NEVER) { /* sends the rest of the bulk */
		unit.now = lp_sender_ready_at(&unit.sender);
		lp_sender_release(&unit.sender);
		send_all();
	}
	assert_false(lp_bucket_has(&unit.sender.limit, unit.sender.bulk_least, unit.now));
	push_to(2, 100, 0xaa);
	assert_int_equal(take(), 0xaa);
	assert_int_equal(lp_sender_ready_at(&unit.sender), LP_NEVER);
}

static void the_last_of_the_bucket_is_charged(void **state)
{
	(void)state;
	lp_sender_limit(&unit.sender, RATE, AT_ONCE, unit.now);
	lp_bucket_spend(&unit.sender.limit, AT_ONCE - 50, unit.now);
	push_to(2, 100, 0xaa);
	assert_int_equal(take(), 0xaa);
	assert_false(lp_bucket_has(&unit.sender.limit, 1, unit.now));
}

static void what_was_used_up_is_so_in_the_next_connection(void **state)
{
	(void)state;
	lp_sender_limit(&unit.sender, RATE, AT_ONCE, unit.now);
	make_bulk();
	send_all();
	lp_sender_clear(&unit.sender);
	assert_int_equal(lp_sender_ready_at(&unit.sender), LP_NEVER);
	lp_sender_open(&unit.sender, LP_DATAGRAM_MAX, 0);
	make_bulk();
	assert_int_equal(send_all(), 0);
	lp_sender_limit(&unit.sender, RATE, AT_ONCE, unit.now);
	assert_int_equal(send_all(), 0);
	lp_sender_limit(&unit.sender, 2 * RATE, AT_ONCE, unit.now);
	assert_in_range(send_all(), 1, 4);
	lp_sender_limit(&unit.sender, 0, 0, unit.now);
	assert_in_range(send_all(), 5, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bulk_waits_until_the_limit_admits_it),
		TEST(a_game_does_not_wait),
		TEST(the_relay_has_nothing_to_drop),
		TEST(the_smallest_limits_are_kept_too),
		TEST(a_group_frame_is_charged_once_per_recipient),
		TEST(only_bulk_is_held),
		TEST(the_last_of_the_bucket_is_charged),
		TEST(what_was_used_up_is_so_in_the_next_connection),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
