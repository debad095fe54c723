/* Numbered frames: kept until acknowledged, sent again when lost, given up in time. */
#include "sender_unit.h"

static void numbered_frames_are_kept_and_retransmitted_when_lost(void **state)
{
	(void)state;
	unit.sender.retransmit = true;
	push_tcp(1000, 1);
	push_tcp(1000, 2);
	struct lp_overlay o = peek(LP_DATAGRAM_MAX);
	uint64_t first = unit.tag;
	assert_int_equal(o.type, LP_OVERLAY_NUMBERED);
	assert_int_equal(o.frame_id, 0);
	pop();
	assert_int_equal(peek(LP_DATAGRAM_MAX).frame_id, 1);
	uint64_t second = unit.tag;
	pop();
	assert_nothing_to_send(LP_DATAGRAM_MAX);
	assert_int_equal(lp_pool_free_count(unit.pool), POOL_FRAMES - 2);

	acked(second);
	lost(second); /* over */
	lost(first);
	acked(first); /* over as well */
	assert_int_equal(unit.sender.count, 1);
	unit.bulk = false;
	assert_nothing_to_send(LP_DATAGRAM_MAX);
	unit.bulk = true;
	o = peek(LP_DATAGRAM_MAX);
	assert_int_equal(o.type, LP_OVERLAY_NUMBERED);
	assert_int_equal(o.frame_id, 0);
	assert_int_equal(o.bytes[0], 1);
	assert_int_not_equal(unit.tag, first);
	pop();
	assert_int_equal(unit.sender.retransmitted, 1);
	acked(unit.tag);
	assert_int_equal(lp_pool_free_count(unit.pool), POOL_FRAMES);
}

static void a_lost_frame_is_fragmented_when_the_path_has_shrunk(void **state)
{
	(void)state;
	unit.sender.retransmit = true;
	push_tcp(1400, 1);
	push_tcp(100, 2);
	take();
	uint64_t first = unit.tag;
	assert_int_equal(take(), 2);
	lost(first);
	struct lp_overlay o = peek(1100);
	assert_int_equal(o.type, LP_OVERLAY_FIRST);
	assert_int_equal(o.frame_id, 0); /* whoever has it already knows it by that */
	pop();
	o = peek(1100);
	assert_int_equal(o.type, LP_OVERLAY_SECOND);
	assert_int_equal(o.frame_id, 0);
	pop();
	assert_int_equal(unit.sender.count, 0);
}

/* The path can have stopped carrying large packets, and black hole detection takes a while. */
static void a_large_frame_lost_three_times_is_fragmented(void **state)
{
	static const struct {
		uint16_t len;
		bool fragments, in_fragments;
	} rows[] = {{1400, true, true}, {1400, false, false}, {LP_DATAGRAM_MIN, true, false},
		{LP_DATAGRAM_MIN + 1, true, true}};
	(void)state;
	unit.sender.retransmit = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unit.sender.fragments = rows[i].fragments;
		push_tcp(rows[i].len, 1);
		for (int n = 0; n < LP_SENDER_LARGE; n++) {
			assert_int_equal(peek(LP_DATAGRAM_MAX + 2).type, LP_OVERLAY_NUMBERED);
			take();
			lost(unit.tag);
		}
		struct lp_overlay o = peek(LP_DATAGRAM_MAX + 2);
		assert_int_equal(
			o.type, rows[i].in_fragments ? LP_OVERLAY_FIRST : LP_OVERLAY_NUMBERED);
		assert_int_equal(o.frame_id, i);
		take();
		if (!rows[i].in_fragments) {
			acked(unit.tag);
			continue;
		}
		o = peek(LP_DATAGRAM_MAX + 2);
		assert_int_equal(o.type, LP_OVERLAY_SECOND);
		assert_int_equal(o.frame_id, i);
		take();
	}
	assert_int_equal(unit.sender.count, 0);
	assert_int_equal(lp_pool_free_count(unit.pool), POOL_FRAMES);
}

static void retransmissions_are_limited(void **state)
{
	(void)state;
	unit.sender.retransmit = true;
	push_tcp(700, 1);
	for (int i = 0; i < LP_SENDER_TRIES; i++) {
		assert_int_equal(unit.sender.count, 1);
		take();
		lost(unit.tag);
	}
	assert_int_equal(unit.sender.count, 0);
	push_tcp(1000, 2);
	take();
	unit.now += LP_SENDER_RETRANSMIT_MAX + 1;
	lost(unit.tag);
	assert_int_equal(unit.sender.count, 0);
	assert_int_equal(lp_pool_free_count(unit.pool), POOL_FRAMES);
}

/* QUIC does not report the fate of every datagram. */
static void frames_without_a_report_are_released(void **state)
{
	(void)state;
	unit.sender.retransmit = true;
	push_tcp(1000, 1);
	take();
	unit.now += 10 * LP_SECOND;
	assert_nothing_to_send(LP_DATAGRAM_MAX);
	assert_int_equal(lp_pool_free_count(unit.pool), POOL_FRAMES);
	lost(unit.tag);
	assert_int_equal(unit.sender.count, 0);
}

/* After 2^32 uses of an entry its tags repeat. The frame that uses the entry now must not be
 * touched. */
static void a_wrapped_tag_does_not_find_another_frame(void **state)
{
	static struct lp_sender other;
	struct lp_datagram d;
	(void)state;
	lp_sender_init(&other, unit.pool, unit.drops);
	struct lp_datagram_source *source = &other.source;
	unit.sender.retransmit = other.retransmit = true;
	push_tcp(1000, 1);
	take();
	uint64_t old = unit.tag;
	acked(old);
	struct lp_frame *frame = lp_pool_take(unit.pool);
	frame->len = 1000;
	frame->flow = (struct lp_flow_key){.hash = 1, .tcp = true};
	assert_true(lp_sender_push(&other, frame, unit.now));
	lp_frame_drop(unit.pool, frame);
	other.flows[1].entries.first->generation--;
	assert_ptr_equal(lp_entry_find(unit.pool, old), other.flows[1].entries.first);
	lost(old);
	source->ops->lost(source, old, unit.now); /* it waits yet */
	assert_true(source->ops->peek(source, LP_DATAGRAM_MAX, true, unit.now, &d));
	source->ops->pop(source);
	assert_int_equal(d.tag, old);
	acked(old);
	assert_int_equal(other.flight_count, 1);
	source->ops->acked(source, old);
	assert_int_equal(lp_pool_free_count(unit.pool), POOL_FRAMES);
}

static void retransmissions_do_not_displace_new_frames(void **state)
{
	(void)state;
	unit.sender.retransmit = true;
	size_t kept = 0;
	uint64_t tags[POOL_FRAMES];
	for (size_t i = 0; i < POOL_FRAMES; i++) {
		push_tcp(1000, 1);
		take();
		if (unit.tag)
			tags[kept++] = unit.tag;
	}
	/* a share of what it leaves free, and no more */
	assert_int_equal(kept, (POOL_FRAMES - kept) / LP_SENDER_SHARE);
	for (size_t i = 0; i < kept; i++)
		lost(tags[i]);
	unit.bulk = false;
	leave_free(LP_SENDER_LEAST);
	for (int i = 0; i < LP_SENDER_SPARSE / 100; i++) {
		push_to(5, 100, 9);
		assert_int_equal(take(), 9);
	}
	unit.now += LP_SENDER_RETRANSMIT_MAX + 1;
	unit.bulk = true;
	assert_nothing_to_send(LP_DATAGRAM_MAX);
	assert_int_equal(unit.sender.count, 0);
}

static void nothing_is_kept_while_buffers_are_scarce_or_for_old_members(void **state)
{
	(void)state;
	push_tcp(1000, 1);
	assert_int_equal(peek(LP_DATAGRAM_MAX).type, LP_OVERLAY_WHOLE);
	pop();
	unit.sender.retransmit = true;
	push(1000, 1);
	assert_int_equal(peek(LP_DATAGRAM_MAX).type, LP_OVERLAY_WHOLE);
	assert_int_equal(unit.tag, 0);
	pop();
	leave_free(POOL_FRAMES / 2 + 1);
	push_tcp(1000, 1);
	assert_int_equal(peek(LP_DATAGRAM_MAX).type, LP_OVERLAY_NUMBERED);
	push_tcp(1000, 1);
	assert_int_equal(peek(LP_DATAGRAM_MAX).type, LP_OVERLAY_WHOLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbered_frames_are_kept_and_retransmitted_when_lost),
		TEST(a_lost_frame_is_fragmented_when_the_path_has_shrunk),
		TEST(a_large_frame_lost_three_times_is_fragmented),
		TEST(retransmissions_are_limited),
		TEST(frames_without_a_report_are_released),
		TEST(a_wrapped_tag_does_not_find_another_frame),
		TEST(retransmissions_do_not_displace_new_frames),
		TEST(nothing_is_kept_while_buffers_are_scarce_or_for_old_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
