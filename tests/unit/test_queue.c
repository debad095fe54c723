#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/queue.h"

static struct lp_pool *pool;
static struct lp_queue queue;
static uint64_t too_big;

static int set_up(void **state)
{
	(void)state;
	pool = lp_pool_new(LP_QUEUE_FRAMES + 1);
	memset(&queue, 0, sizeof(queue));
	queue.halves = true;
	too_big = 0;
	return pool ? 0 : -1;
}

/* A test that forgets a frame fails in lp_pool_free. */
static int tear_down(void **state)
{
	(void)state;
	lp_queue_clear(&queue, pool);
	lp_pool_free(pool);
	return 0;
}

static void push(uint16_t len, uint8_t fill)
{
	struct lp_frame *frame = lp_pool_take(pool);

	assert_non_null(frame);
	frame->room = 0x01020304;
	frame->peer = 7;
	frame->len = len;
	memset(frame->bytes, fill, len);
	frame->bytes[len - 1] = 0xee;
	assert_true(lp_queue_push(&queue, frame));
}

/* Peeks and decodes; returns what an honest receiver sees. */
static struct lp_overlay peek(size_t max)
{
	static uint8_t bytes[LP_DATAGRAM_MAX];
	struct lp_datagram datagram;
	struct lp_overlay overlay;

	assert_true(lp_queue_peek(&queue, pool, max, &too_big, &datagram));
	assert_true(datagram.header_len + datagram.len <= max);
	memcpy(bytes, datagram.header, datagram.header_len);
	memcpy(bytes + datagram.header_len, datagram.bytes, datagram.len);
	assert_int_equal(lp_overlay_decode(bytes, datagram.header_len + datagram.len, &overlay),
		LP_DROP_NONE);
	assert_int_equal(overlay.room, 0x01020304);
	assert_int_equal(overlay.peer, 7);
	return overlay;
}

static void assert_nothing_to_send(size_t max)
{
	struct lp_datagram datagram;

	assert_false(lp_queue_peek(&queue, pool, max, &too_big, &datagram));
}

static void frames_come_out_whole_and_in_order_when_they_fit(void **state)
{
	(void)state;
	push(60, 1);
	push(1514, 2);
	assert_int_equal(peek(LP_DATAGRAM_MAX).bytes[0], 1);
	assert_int_equal(peek(LP_DATAGRAM_MAX).bytes[0], 1); /* a peek is no pop */
	lp_queue_pop(&queue, pool);
	struct lp_overlay second = peek(LP_DATAGRAM_MAX);
	assert_int_equal(second.type, LP_OVERLAY_WHOLE);
	assert_int_equal(second.len, 1514);
	assert_int_equal(second.bytes[0], 2);
	lp_queue_pop(&queue, pool);
	assert_nothing_to_send(LP_DATAGRAM_MAX);
	assert_int_equal(too_big, 0);
	assert_int_equal(lp_pool_free_count(pool), LP_QUEUE_FRAMES + 1);
}

static void a_frame_one_byte_too_long_for_a_datagram_goes_in_halves(void **state)
{
	(void)state;
	push(1513, 1);
	push(1513, 2);
	for (uint16_t id = 0; id < 2; id++) {
		struct lp_overlay first = peek(LP_OVERLAY_HEADER + 1512);
		assert_int_equal(first.type, LP_OVERLAY_FIRST);
		assert_int_equal(first.len, 757);
		assert_int_equal(first.frame_id, id);
		assert_int_equal(first.frame_len, 1513);
		lp_queue_pop(&queue, pool);
		/* a larger path in between changes nothing: the first half is out */
		struct lp_overlay second = peek(LP_DATAGRAM_MAX);
		assert_int_equal(second.type, LP_OVERLAY_SECOND);
		assert_int_equal(second.len, 756);
		assert_int_equal(second.frame_id, id);
		assert_int_equal(second.bytes[755], 0xee);
		lp_queue_pop(&queue, pool);
	}
	assert_nothing_to_send(LP_DATAGRAM_MAX);
	assert_int_equal(too_big, 0);
}

static void the_largest_frame_fits_the_smallest_datagrams_in_halves(void **state)
{
	(void)state;
	push(LP_ETH_FRAME_MAX, 1);
	assert_int_equal(peek(LP_DATAGRAM_MIN).type, LP_OVERLAY_FIRST);
	lp_queue_pop(&queue, pool);
	assert_int_equal(peek(LP_DATAGRAM_MIN).type, LP_OVERLAY_SECOND);
	lp_queue_pop(&queue, pool);
	assert_int_equal(too_big, 0);
}

static void F5_a_frame_that_the_target_cannot_carry_is_skipped_and_counted(void **state)
{
	(void)state;
	push(LP_ETH_FRAME_MAX, 1);
	push(60, 2);
	assert_int_equal(peek(LP_DATAGRAM_MIN - 1).bytes[0], 2);
	assert_int_equal(too_big, 1);
	lp_queue_pop(&queue, pool);

	queue.halves = false;
	push(100, 3);
	assert_nothing_to_send(LP_OVERLAY_HEADER + 99);
	assert_int_equal(too_big, 2);
	push(100, 4);
	assert_int_equal(peek(LP_OVERLAY_HEADER + 100).bytes[0], 4);
}

static void F5_a_path_that_shrinks_between_the_halves_ends_the_frame(void **state)
{
	(void)state;
	push(1000, 1);
	push(1000, 2);
	assert_int_equal(peek(600).type, LP_OVERLAY_FIRST);
	lp_queue_pop(&queue, pool);
	assert_nothing_to_send(LP_OVERLAY_HALF_HEAD + 499);
	assert_int_equal(too_big, 2);
	push(1000, 3);
	assert_int_equal(queue.frame_id, 1);
	struct lp_overlay next = peek(600);
	assert_int_equal(next.type, LP_OVERLAY_FIRST);
	assert_int_not_equal(next.frame_id, 0); /* or it would be joined with the lost one's half */
}

static void a_full_queue_refuses_one_more_and_wraps_around(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		push(60, 1);
		peek(LP_DATAGRAM_MAX);
		lp_queue_pop(&queue, pool);
	}
	for (int i = 0; i < LP_QUEUE_FRAMES; i++)
		push(60, (uint8_t)i);
	struct lp_frame *more = lp_pool_take(pool);
	assert_non_null(more);
	assert_false(lp_queue_push(&queue, more));
	lp_frame_drop(pool, more);
	for (int i = 0; i < LP_QUEUE_FRAMES; i++) {
		assert_int_equal(peek(LP_DATAGRAM_MAX).bytes[0], (uint8_t)i);
		lp_queue_pop(&queue, pool);
	}
	assert_nothing_to_send(LP_DATAGRAM_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(frames_come_out_whole_and_in_order_when_they_fit),
		TEST(a_frame_one_byte_too_long_for_a_datagram_goes_in_halves),
		TEST(the_largest_frame_fits_the_smallest_datagrams_in_halves),
		TEST(F5_a_frame_that_the_target_cannot_carry_is_skipped_and_counted),
		TEST(F5_a_path_that_shrinks_between_the_halves_ends_the_frame),
		TEST(a_full_queue_refuses_one_more_and_wraps_around),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
