#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/path/receiver.h"

static void each_number_is_accepted_once(void **state)
{
	static const struct {
		uint16_t id;
		bool first;
		const char *why;
	} rows[] = {
		{65530, true, "wherever it begins"},
		{65530, false, "again"},
		{65533, true, "three on"},
		{65531, true, "late"},
		{65531, false, "late and again"},
		{3, true, "round the end"},
		{65532, true, "late, round the end"},
		{65533, false, "again, round the end"},
		{3 + LP_REPLAY_WINDOW - 1, true, "as far as it remembers"},
		{3, false, "still remembered"},
		{4, true, "the oldest that it can tell"},
		{2, false, "too old to tell"},
		{3 + 2 * LP_REPLAY_WINDOW, true, "a long way on"},
		{3 + 2 * LP_REPLAY_WINDOW - 1, true, "nothing of before counts"},
		{3 + LP_REPLAY_WINDOW - 1, false, "now too old"},
		{3 + LP_REPLAY_WINDOW - 100, false,
			"too old, though nothing has come in its place"},
		{3 + 2 * LP_REPLAY_WINDOW + 32767, true, "as far on as can be"},
		{(uint16_t)(3 + 2 * LP_REPLAY_WINDOW + 32767 + 32768), false,
			"half way round is old"},
		{(uint16_t)(3 + 2 * LP_REPLAY_WINDOW + 32767 + 32767), true, "one less is new"},
	};
	struct lp_replay seen = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (lp_replay_has(&seen, rows[i].id) == rows[i].first ||
			lp_replay_accept(&seen, rows[i].id) != rows[i].first)
			fail_msg("%s", rows[i].why);
	}
}

static struct lp_pool *pool;
static struct lp_reassembly reassembly;
static uint8_t content[LP_ETH_FRAME_MAX];

static int set_up(void **state)
{
	(void)state;
	pool = lp_pool_new(LP_REASSEMBLY_SLOTS + 1);
	memset(&reassembly, 0, sizeof(reassembly));
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 7);
	return pool ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	lp_reassembly_clear(&reassembly, pool);
	lp_pool_free(pool);
	return 0;
}

static struct lp_frame *add(
	enum lp_overlay_type type, uint16_t peer, uint16_t id, uint16_t len, lp_time now)
{
	size_t first = ((size_t)len + 1) / 2;
	struct lp_overlay fragment = {
		.type = type,
		.peer = peer,
		.room = 5,
		.frame_id = id,
		.frame_len = len,
		.bytes = type == LP_OVERLAY_FIRST ? content : content + first,
		.len = type == LP_OVERLAY_FIRST ? first : len - first,
	};

	return lp_reassembly_add(&reassembly, pool, &fragment, now);
}

static void assert_whole(struct lp_frame *frame, uint16_t peer, uint16_t len)
{
	assert_non_null(frame);
	assert_int_equal(frame->peer, peer);
	assert_int_equal(frame->room, 5);
	assert_int_equal(frame->len, len);
	assert_memory_equal(frame->bytes, content, len);
	assert_int_equal(frame->references, 1);
	lp_frame_drop(pool, frame);
}

static void fragments_are_reassembled_in_either_order(void **state)
{
	static const uint16_t lens[] = {14, 15, 1513, 1514};

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		assert_null(add(LP_OVERLAY_FIRST, 1, 9, lens[i], 0));
		assert_whole(add(LP_OVERLAY_SECOND, 1, 9, lens[i], 0), 1, lens[i]);
		assert_null(add(LP_OVERLAY_SECOND, 1, 9, lens[i], 0));
		assert_whole(add(LP_OVERLAY_FIRST, 1, 9, lens[i], 0), 1, lens[i]);
	}
	assert_int_equal(lp_pool_free_count(pool), LP_REASSEMBLY_SLOTS + 1);
}

static void fragments_of_different_frames_are_never_joined(void **state)
{
	(void)state;
	assert_null(add(LP_OVERLAY_FIRST, 1, 9, 100, 0));
	assert_null(add(LP_OVERLAY_SECOND, 1, 10, 100, 0));
	assert_null(add(LP_OVERLAY_SECOND, 2, 9, 100, 0));
	assert_null(add(LP_OVERLAY_SECOND, 1, 9, 101, 0));
	assert_null(add(LP_OVERLAY_FIRST, 1, 9, 100, 0));
	assert_whole(add(LP_OVERLAY_SECOND, 1, 9, 100, 0), 1, 100);
}

static void a_duplicate_fragment_counts_once(void **state)
{
	(void)state;
	assert_null(add(LP_OVERLAY_FIRST, 1, 9, 100, 0));
	content[0] ^= 0xff;
	assert_null(add(LP_OVERLAY_FIRST, 1, 9, 100, 0));
	content[0] ^= 0xff;
	assert_whole(add(LP_OVERLAY_SECOND, 1, 9, 100, 0), 1, 100);
	assert_null(add(LP_OVERLAY_SECOND, 1, 9, 100, 0));
}

static void a_fragment_waits_at_most_half_a_second(void **state)
{
	(void)state;
	assert_null(add(LP_OVERLAY_FIRST, 1, 9, 100, 7));
	assert_whole(add(LP_OVERLAY_SECOND, 1, 9, 100, 6 + LP_REASSEMBLY_TIMEOUT), 1, 100);
	assert_null(add(LP_OVERLAY_FIRST, 1, 9, 100, 7));
	assert_null(add(LP_OVERLAY_SECOND, 1, 9, 100, 7 + LP_REASSEMBLY_TIMEOUT));
	/* the late fragment waits now; the expired one's frame is free again */
	assert_int_equal(lp_pool_free_count(pool), LP_REASSEMBLY_SLOTS);
}

static void the_oldest_fragment_is_replaced_when_all_slots_are_taken(void **state)
{
	(void)state;
	for (uint16_t i = 0; i <= LP_REASSEMBLY_SLOTS; i++)
		assert_null(add(LP_OVERLAY_FIRST, 1, i, 100, i));
	assert_int_equal(lp_pool_free_count(pool), 1);
	for (uint16_t i = 1; i <= LP_REASSEMBLY_SLOTS; i++)
		assert_whole(add(LP_OVERLAY_SECOND, 1, i, 100, i), 1, 100);
	assert_null(add(LP_OVERLAY_SECOND, 1, 0, 100, 9));
}

static void an_empty_pool_loses_the_fragment_and_nothing_else(void **state)
{
	struct lp_frame *taken[LP_REASSEMBLY_SLOTS];

	(void)state;
	assert_null(add(LP_OVERLAY_FIRST, 1, 1, 100, 0));
	for (size_t i = 0; i < LP_REASSEMBLY_SLOTS; i++) {
		taken[i] = lp_pool_take(pool);
		assert_non_null(taken[i]);
	}
	assert_null(add(LP_OVERLAY_FIRST, 1, 2, 100, 0));
	assert_whole(add(LP_OVERLAY_SECOND, 1, 1, 100, 0), 1, 100);
	for (size_t i = 0; i < LP_REASSEMBLY_SLOTS; i++)
		lp_frame_drop(pool, taken[i]);
	assert_null(add(LP_OVERLAY_SECOND, 1, 2, 100, 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_number_is_accepted_once),
		TEST(fragments_are_reassembled_in_either_order),
		TEST(fragments_of_different_frames_are_never_joined),
		TEST(a_duplicate_fragment_counts_once),
		TEST(a_fragment_waits_at_most_half_a_second),
		TEST(the_oldest_fragment_is_replaced_when_all_slots_are_taken),
		TEST(an_empty_pool_loses_the_fragment_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
