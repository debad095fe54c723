/* The queue: whose turn it is, and what is dropped when it is full. */
#include "sender_unit.h"

static void frames_leave_unfragmented_and_in_order_if_they_fit(void **state)
{
	(void)state;
	push(60, 1);
	push(1514, 2);
	assert_int_equal(peek(LP_DATAGRAM_MAX).bytes[0], 1);
	assert_int_equal(peek(LP_DATAGRAM_MAX).bytes[0], 1); /* a peek is no pop */
	pop();
	struct lp_overlay second = peek(LP_DATAGRAM_MAX);
	assert_int_equal(second.type, LP_OVERLAY_WHOLE);
	assert_int_equal(second.len, 1514);
	assert_int_equal(second.bytes[0], 2);
	pop();
	assert_nothing_to_send(LP_DATAGRAM_MAX);
	assert_int_equal(unit.drops[LP_DROP_TOO_BIG], 0);
	assert_int_equal(lp_pool_free_count(unit.pool), POOL_FRAMES);
}

static void a_frame_one_byte_too_long_for_a_datagram_is_fragmented(void **state)
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
		assert_false(unit.last);
		pop();
		/* a larger path in between changes nothing: the first fragment is out */
		struct lp_overlay second = peek(LP_DATAGRAM_MAX);
		assert_int_equal(second.type, LP_OVERLAY_SECOND);
		assert_int_equal(second.len, 756);
		assert_int_equal(second.frame_id, id);
		assert_int_equal(second.bytes[755], 0xee);
		assert_int_equal(unit.last, id == 1);
		pop();
	}
	assert_nothing_to_send(LP_DATAGRAM_MAX);
	assert_int_equal(unit.drops[LP_DROP_TOO_BIG], 0);
}

static void the_largest_frame_fits_two_of_the_smallest_datagrams(void **state)
{
	(void)state;
	push(LP_ETH_FRAME_MAX, 1);
	assert_int_equal(peek(LP_DATAGRAM_MIN).type, LP_OVERLAY_FIRST);
	assert_false(unit.last);
	pop();
	assert_int_equal(peek(LP_DATAGRAM_MIN).type, LP_OVERLAY_SECOND);
	assert_true(unit.last);
	pop();
	assert_int_equal(unit.drops[LP_DROP_TOO_BIG], 0);
}

static void F5_a_frame_that_the_target_cannot_carry_is_skipped_and_counted(void **state)
{
	(void)state;
	push(LP_ETH_FRAME_MAX, 1);
	push(60, 2);
	assert_int_equal(peek(LP_DATAGRAM_MIN - 1).bytes[0], 2);
	assert_int_equal(unit.drops[LP_DROP_TOO_BIG], 1);
	pop();

	unit.sender.fragments = false;
	push(100, 3);
	assert_nothing_to_send(LP_OVERLAY_HEADER + 99);
	assert_int_equal(unit.drops[LP_DROP_TOO_BIG], 2);
	push(100, 4);
	assert_int_equal(peek(LP_OVERLAY_HEADER + 100).bytes[0], 4);
}

static void F5_a_path_that_shrinks_between_the_halves_ends_the_frame(void **state)
{
	(void)state;
	push(1000, 1);
	push(1000, 2);
	assert_int_equal(peek(600).type, LP_OVERLAY_FIRST);
	pop();
	assert_nothing_to_send(LP_OVERLAY_FRAGMENT_HEADER + 499);
	assert_int_equal(unit.drops[LP_DROP_TOO_BIG], 2);
	push(1000, 3);
	assert_int_equal(unit.sender.number, 1);
	struct lp_overlay next = peek(600);
	assert_int_equal(next.type, LP_OVERLAY_FIRST);
	/* or the receiver would join it with the lost frame's fragment */
	assert_int_not_equal(next.frame_id, 0);
}

static void a_full_queue_loses_the_oldest_frame_of_its_longest_flow(void **state)
{
	(void)state;
	push_to(1, 60, 200);
	for (int i = 0; i < LP_SENDER_FRAMES - 1; i++)
		push_to(2, 60, (uint8_t)(i % 100));
	assert_int_equal(unit.drops[LP_DROP_QUEUE_FULL], 0);
	unit.now += LP_SENDER_BURST_TIME;
	push_to(1, 60, 201);
	assert_int_equal(unit.drops[LP_DROP_QUEUE_FULL], 1);
	assert_int_equal(unit.sender.count, LP_SENDER_FRAMES);
	size_t small = 0, others = 0;
	uint8_t oldest = 255;
	while (unit.sender.count > 0) {
		uint8_t fill = take();
		if (fill >= 200) {
			small++;
		} else {
			oldest = others == 0 ? fill : oldest;
			others++;
		}
	}
	assert_int_equal(small, 2);
	assert_int_equal(others, LP_SENDER_FRAMES - 2);
	assert_int_equal(oldest, 1);
}

static void a_burst_is_sent_whole(void **state)
{
	(void)state;
	for (int i = 0; i < BURST; i++)
		push(1380, (uint8_t)i);
	unit.now += LP_SENDER_BURST_TIME - 1;
	for (int i = 0; i < BURST; i++)
		assert_int_equal(take(), (uint8_t)i);
	assert_int_equal(unit.drops[LP_DROP_QUEUE_FULL], 0);
}

static void a_burst_that_has_waited_too_long_loses_two_frames_for_each_new_one(void **state)
{
	(void)state;
	for (int i = 0; i < BURST; i++)
		push(1380, 1);
	unit.now += LP_SENDER_BURST_TIME;
	push(1380, 1);
	assert_int_equal(unit.sender.count, BURST - 1);
	assert_int_equal(unit.drops[LP_DROP_QUEUE_FULL], 2);
	for (int i = 1; i < BURST - LP_SENDER_FRAMES; i++)
		push(1380, 1);
	assert_int_equal(unit.sender.count, LP_SENDER_FRAMES);
	assert_int_equal(unit.drops[LP_DROP_QUEUE_FULL], BURST);
}

static void a_burst_has_a_share_of_the_free_buffers(void **state)
{
	(void)state;
	for (int i = 0; i < BURST + 100; i++)
		push(1380, 1);
	assert_int_equal(unit.sender.count, BURST + 1);
	assert_int_equal(unit.drops[LP_DROP_QUEUE_FULL], 99);
}

static void a_queue_of_tcp_is_never_a_burst(void **state)
{
	(void)state;
	for (int i = 0; i < BURST; i++)
		push_tcp(1380, 1);
	assert_int_equal(unit.sender.count, LP_SENDER_FRAMES);
	assert_int_equal(unit.drops[LP_DROP_QUEUE_FULL], BURST - LP_SENDER_FRAMES);
}

static void a_burst_leaves_three_quarters_of_the_buffers(void **state)
{
	(void)state;
	leave_free(POOL_FRAMES / 4 * 3 + LP_SENDER_FRAMES + 10);
	for (int i = 0; i < BURST; i++)
		push(1380, 1);
	assert_int_equal(unit.sender.count, LP_SENDER_FRAMES + 10);
	for (int i = 0; i < BURST; i++)
		push(1380, 1);
	assert_in_range(unit.sender.count, LP_SENDER_FRAMES, LP_SENDER_FRAMES + 10);
	assert_true(lp_pool_is_ample(unit.pool));
}

static void when_buffers_are_scarce_few_frames_wait_and_never_less_than_the_least(void **state)
{
	(void)state;
	leave_free(20); /* a quarter of them would be 5 */
	for (int i = 0; i < 20; i++)
		push(60, (uint8_t)i);
	assert_int_equal(unit.sender.count, LP_SENDER_LEAST);
	assert_int_equal(unit.drops[LP_DROP_QUEUE_FULL], 12);
	assert_int_equal(take(), 12);
}

static void flows_take_turns_whatever_their_frame_length(void **state)
{
	size_t bytes[2] = {0};
	(void)state;
	for (int i = 0; i < 40; i++)
		push_to(1, 1500, 1);
	for (int i = 0; i < 200; i++)
		push_to(2, 300, 2);
	while (bytes[0] + bytes[1] < 60000) {
		struct lp_overlay o = peek(LP_DATAGRAM_MAX);
		bytes[o.bytes[0] - 1] += o.len;
		pop();
	}
	assert_in_range(bytes[0], 28000, 32000);
}

static void a_turn_is_one_large_frame(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		push_to(1, 1500, 1);
		push_to(2, 1500, 2);
	}
	take(), take();
	for (int i = 0; i < 15; i++)
		assert_int_not_equal(take(), take());
}

/* A download is in progress, and one frame of a game is sent before it. */
static void a_sparse_flow_is_sent_before_bulk(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		push_to(1, 1500, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(take(), 1);
	push_to(2, 100, 2);
	assert_int_equal(take(), 2);
	assert_int_equal(take(), 1);
}

/* A round of bulk takes longer than the interval between two frames of the game, as on a slow
 * link. */
static void a_game_with_several_frames_per_round_stays_sparse(void **state)
{
	(void)state;
	for (int n = 0; n < 40; n++)
		for (uint32_t flow = 1; flow <= 5; flow++)
			push_to(flow, 1500, 1);
	for (int n = 0; n < 10; n++)
		assert_int_equal(take(), 1);
	for (int n = 0; n < 40; n++) {
		push_to(9, 100, 9);
		for (int i = 0; i < 4; i++)
			assert_int_equal(take(), i ? 1 : 9);
	}
	/* A flow that sends more than its share of a round waits like the others. */
	size_t first = 0;
	for (int n = 0; n < 40; n++) {
		push_to(9, 300, 9);
		first += take() == 9;
		take();
	}
	assert_in_range(first, 10, 30);
	while (unit.sender.count > 0)
		take();
}

static void bulk_waits_for_the_governor_and_a_game_does_not(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		push_to(1, 1500, 1);
	take(), take();
	unit.bulk = false;
	assert_nothing_to_send(LP_DATAGRAM_MAX);
	/* One after the other: what it may send first is good until bulk has had its turn. */
	for (int i = 0; i < LP_SENDER_SPARSE / 100; i++) {
		push_to(2, 100, 2);
		assert_int_equal(take(), 2);
	}
	push_to(2, 100, 2);
	push_to(3, 1500, 3); /* too large for a sparse frame */
	assert_nothing_to_send(LP_DATAGRAM_MAX);
	push_to(5, LP_SENDER_SPARSE + 1, 5);
	assert_nothing_to_send(LP_DATAGRAM_MAX);
	push_to(6, LP_SENDER_SPARSE, 6);
	assert_int_equal(take(), 6);
	push_to(4, 100, 4);
	assert_int_equal(take(), 4);
	unit.bulk = true;
	assert_int_equal(unit.sender.count, 21);
	while (unit.sender.count > 0)
		take();
}

/* A first fragment without the second is useless. */
static void a_second_fragment_does_not_wait_for_the_governor(void **state)
{
	(void)state;
	push(1500, 1);
	assert_int_equal(peek(1000).type, LP_OVERLAY_FIRST);
	pop();
	unit.bulk = false;
	push_to(2, 100, 2);
	assert_int_equal(peek(1000).type, LP_OVERLAY_SECOND);
	pop();
	assert_int_equal(take(), 2);
}

static void codel_drops_bulk_frames_and_no_game_frames(void **state)
{
	(void)state;
	size_t games = 0;
	/* One frame leaves per 4 ms, and the queue holds 50: a delay of 200 ms. */
	for (int i = 0; i < 400; i++) {
		while (unit.sender.count < 50)
			push_to(1, 1500, 1);
		if (i % 5 == 0)
			push_to(2, 100, 2);
		games += take() == 2;
		unit.now += 4 * LP_MILLISECOND;
	}
	assert_in_range(unit.drops[LP_DROP_LATE], 5, 100);
	assert_int_equal(games, 80);
	assert_int_equal(unit.drops[LP_DROP_QUEUE_FULL], 0);
}

static void sparse_frames_are_never_dropped_as_late(void **state)
{
	(void)state;
	for (int i = 0; i < LP_SENDER_SPARSE / 100; i++)
		push_to(2, 100, 2);
	for (int i = 0; i < LP_SENDER_SPARSE / 100; i++) {
		assert_int_equal(take(), 2);
		unit.now += 90 * LP_MILLISECOND; /* nothing is sent during this time */
	}
	assert_int_equal(unit.drops[LP_DROP_LATE], 0);
}

static void flows_share_an_entry_only_when_there_are_very_many(void **state)
{
	(void)state;
	/* all want the same place */
	for (uint32_t i = 0; i < LP_SENDER_WAYS; i++)
		for (int n = 0; n < 5; n++)
			push_to(i * LP_SENDER_FLOWS, 1500, (uint8_t)i);
	unsigned turns[LP_SENDER_WAYS] = {0};
	for (uint32_t i = 0; i < 2 * LP_SENDER_WAYS; i++)
		turns[take()]++;
	for (uint32_t i = 0; i < LP_SENDER_WAYS; i++)
		assert_int_equal(turns[i], 2);
	push_to(LP_SENDER_WAYS * LP_SENDER_FLOWS, 100, 99); /* one more shares */
	while (unit.sender.count > 1)
		assert_int_not_equal(take(), 100);
	take();
	push_to(LP_SENDER_WAYS * LP_SENDER_FLOWS, 100, 99); /* slots are given back */
	push_to(0, 100, 98);
	assert_int_equal(take(), 99);
}

/* One member has 64 flows, another a download, a third a game. */
static void many_flows_of_one_member_displace_only_their_own_frames(void **state)
{
	(void)state;
	for (int round = 0; round < 50; round++) {
		for (uint32_t flow = 0; flow < 64; flow++) {
			struct lp_frame *frame = lp_pool_take(unit.pool);
			*frame = (struct lp_frame){.references = 1,
				.len = 100,
				.peer = 3,
				.flow = {.hash = 100 + flow}};
			assert_true(lp_sender_push(&unit.sender, frame, unit.now));
			lp_frame_drop(unit.pool, frame);
		}
		if (round == 40)
			for (int i = 0; i < 20; i++)
				push_to(1, 1500, 7);
	}
	assert_true(unit.drops[LP_DROP_QUEUE_FULL] > 0);
	size_t download = 0;
	while (unit.sender.count > 0) {
		struct lp_datagram d;
		assert_true(peek_at(LP_DATAGRAM_MAX, &d));
		download += d.len == 1500;
		pop();
	}
	assert_int_equal(download, 20);
}

/* One peer's flows begin all slots; a second one's frames wait behind them, and are more. */
static void a_full_queue_stays_full_when_flows_share_their_slots(void **state)
{
	(void)state;
	const size_t limit = 80; /* a quarter of what is free beside so many */
	leave_free(5 * limit);
	for (uint32_t i = 0; i < 264; i++) {
		struct lp_frame *frame = lp_pool_take(unit.pool);
		assert_non_null(frame);
		*frame = (struct lp_frame){.references = 1,
			.len = 60,
			.peer = i < 64 ? 3 : 4,
			.flow = {.hash = 1000 + i}};
		assert_true(lp_sender_push(&unit.sender, frame, unit.now));
		lp_frame_drop(unit.pool, frame);
		assert_true(unit.sender.count <= limit);
	}
	assert_int_equal(unit.sender.count, limit);
	assert_int_equal(unit.drops[LP_DROP_QUEUE_FULL], 264 - limit);
}

/* The sender does not grow past its share, and shrinks no faster than frames are sent. */
static void a_sender_over_its_share_drops_one_frame_for_each_new_one(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		push(60, (uint8_t)i);
	leave_free(LP_SENDER_LEAST);
	for (int i = 0; i < 5; i++) {
		push(60, (uint8_t)(100 + i));
		assert_int_equal(unit.sender.count, 100);
		assert_int_equal(unit.drops[LP_DROP_QUEUE_FULL], i + 1);
	}
	assert_int_equal(take(), 5);
}

static size_t wakes;

static void count_wake(void *carrier)
{
	assert_ptr_equal(carrier, &wakes);
	wakes++;
}

static void a_push_and_a_loss_wake_the_connection(void **state)
{
	(void)state;
	wakes = 0;
	unit.sender.retransmit = true;
	push_tcp(1000, 1); /* nobody is attached */
	unit.sender.source.wake = count_wake;
	unit.sender.source.carrier = &wakes;
	push_tcp(1000, 2);
	assert_int_equal(wakes, 1);
	take(), take();
	acked(unit.tag + 1); /* no tag of ours */
	lost(unit.tag + 1);
	assert_int_equal(wakes, 1);
	lost(unit.tag);
	assert_int_equal(wakes, 2);
	lp_sender_clear(&unit.sender);
	assert_ptr_equal(unit.sender.source.wake, count_wake);
}

static size_t told_path;

static void remember_path(void *owner, size_t datagram_max)
{
	assert_ptr_equal(owner, &told_path);
	told_path = datagram_max;
}

static void the_owner_hears_of_the_path_and_the_budget_bounds_it(void **state)
{
	(void)state;
	unit.sender.path_changed = remember_path;
	unit.sender.owner = &told_path;
	lp_sender_open(&unit.sender, 1000, 0);
	assert_false(unit.sender.fragments || unit.sender.retransmit);
	unit.sender.source.ops->path(&unit.sender.source, 1440);
	assert_int_equal(told_path, 1440);
	assert_int_equal(lp_sender_max(&unit.sender), 1000);
	unit.sender.source.ops->path(&unit.sender.source, 900);
	assert_int_equal(lp_sender_max(&unit.sender), 900);
	push(992, 1);
	push(993, 2);
	assert_int_equal(peek(LP_DATAGRAM_MAX).bytes[0], 1); /* 992 and a header are 1000 */
	pop();
	assert_nothing_to_send(1001);
	assert_int_equal(unit.drops[LP_DROP_TOO_BIG], 1);
}

/* Row K5: what waited during an outage is of no use to a game. */
static void frames_that_waited_half_a_second_are_dropped(void **state)
{
	(void)state;
	push_to(1, 100, 1);
	unit.now += LP_SENDER_AGE_MAX - LP_MILLISECOND;
	push_to(2, 100, 2);
	unit.now += LP_MILLISECOND;
	push_to(3, 100, 3);
	assert_int_equal(take(), 1); /* as old as it can be */
	unit.now += LP_SENDER_AGE_MAX;
	assert_int_equal(take(), 3);
	assert_nothing_to_send(LP_DATAGRAM_MAX);
	assert_int_equal(unit.drops[LP_DROP_LATE], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(frames_leave_unfragmented_and_in_order_if_they_fit),
		TEST(a_frame_one_byte_too_long_for_a_datagram_is_fragmented),
		TEST(the_largest_frame_fits_two_of_the_smallest_datagrams),
		TEST(F5_a_frame_that_the_target_cannot_carry_is_skipped_and_counted),
		TEST(F5_a_path_that_shrinks_between_the_halves_ends_the_frame),
		TEST(a_full_queue_loses_the_oldest_frame_of_its_longest_flow),
		TEST(a_burst_is_sent_whole),
		TEST(a_burst_that_has_waited_too_long_loses_two_frames_for_each_new_one),
		TEST(a_burst_has_a_share_of_the_free_buffers),
		TEST(a_queue_of_tcp_is_never_a_burst),
		TEST(a_burst_leaves_three_quarters_of_the_buffers),
		TEST(when_buffers_are_scarce_few_frames_wait_and_never_less_than_the_least),
		TEST(flows_take_turns_whatever_their_frame_length),
		TEST(a_turn_is_one_large_frame),
		TEST(a_sparse_flow_is_sent_before_bulk),
		TEST(a_game_with_several_frames_per_round_stays_sparse),
		TEST(bulk_waits_for_the_governor_and_a_game_does_not),
		TEST(a_second_fragment_does_not_wait_for_the_governor),
		TEST(codel_drops_bulk_frames_and_no_game_frames),
		TEST(sparse_frames_are_never_dropped_as_late),
		TEST(flows_share_an_entry_only_when_there_are_very_many),
		TEST(many_flows_of_one_member_displace_only_their_own_frames),
		TEST(a_full_queue_stays_full_when_flows_share_their_slots),
		TEST(a_sender_over_its_share_drops_one_frame_for_each_new_one),
		TEST(frames_that_waited_half_a_second_are_dropped),
		TEST(a_push_and_a_loss_wake_the_connection),
		TEST(the_owner_hears_of_the_path_and_the_budget_bounds_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
