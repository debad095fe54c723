#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/wire/overlay.h"

#define B(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

/* F1: what does not name its room, peer and type exactly does not count. */
static void F1_only_exact_headers_decode(void **state)
{
	const struct {
		const uint8_t *bytes;
		size_t len;
		enum lp_drop drop;
		const char *why;
	} rows[] = {
		{B(0x10, 0, 0, 7, 1, 2, 3, 4, 0xaa), LP_DROP_NONE, "a whole frame"},
		{B(0x10, 0, 0, 7, 1, 2, 3, 4), LP_DROP_NONE, "an empty one: the filter's concern"},
		{B(0x10, 0, 0, 7, 1, 2, 3), LP_DROP_OVERLAY, "short"},
		{NULL, 0, LP_DROP_OVERLAY, "empty"},
		{B(0x20, 0, 0, 7, 1, 2, 3, 4, 0xaa), LP_DROP_OVERLAY, "version 2"},
		{B(0x00, 0, 0, 7, 1, 2, 3, 4, 0xaa), LP_DROP_OVERLAY, "version 0"},
		{B(0x10, 1, 0, 7, 1, 2, 3, 4, 0xaa), LP_DROP_OVERLAY, "a flag"},
		{B(0x13, 0, 0, 7, 1, 2, 3, 4, 0, 9, 0xaa), LP_DROP_NONE, "a numbered frame"},
		{B(0x13, 0, 0, 7, 1, 2, 3, 4, 0), LP_DROP_OVERLAY, "half a number"},
		{B(0x14, 0, 0, 7, 1, 2, 3, 4, 0, 9, 0xaa), LP_DROP_WRONG_TYPE, "type 4"},
		{B(0x1f, 0, 0, 7, 1, 2, 3, 4), LP_DROP_WRONG_TYPE, "type 15"},
		{B(0x11, 0, 0, 7, 1, 2, 3, 4, 0, 9, 0, 15, 1, 2, 3, 4, 5, 6, 7, 8), LP_DROP_NONE,
			"the first half of 15"},
		{B(0x12, 0, 0, 7, 1, 2, 3, 4, 0, 9, 0, 15, 1, 2, 3, 4, 5, 6, 7), LP_DROP_NONE,
			"the second half of 15"},
		{B(0x12, 0, 0, 7, 1, 2, 3, 4, 0, 9, 0, 15, 1, 2, 3, 4, 5, 6, 7, 8), LP_DROP_OVERLAY,
			"a second half that is too long"},
		{B(0x11, 0, 0, 7, 1, 2, 3, 4, 0, 9, 0, 15, 1, 2, 3, 4, 5, 6, 7), LP_DROP_OVERLAY,
			"a first half that is too short"},
		{B(0x11, 0, 0, 7, 1, 2, 3, 4, 0, 9, 0, 13, 1, 2, 3, 4, 5, 6, 7), LP_DROP_OVERLAY,
			"half of what is no frame"},
		{B(0x11, 0, 0, 7, 1, 2, 3, 4, 0, 9, 0), LP_DROP_OVERLAY, "half a header"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_overlay o;
		if (lp_overlay_decode(rows[i].bytes, rows[i].len, &o) != rows[i].drop)
			fail_msg("%s", rows[i].why);
		if (rows[i].drop == LP_DROP_NONE) {
			assert_int_equal(o.peer, 7);
			assert_int_equal(o.room, 0x01020304);
		}
	}
}

static void no_half_belongs_to_a_frame_over_the_limit(void **state)
{
	uint8_t bytes[LP_OVERLAY_HALF_HEAD + 760] = {0};
	struct lp_overlay o = {.type = LP_OVERLAY_FIRST, .frame_len = LP_ETH_FRAME_MAX};

	(void)state;
	assert_int_equal(lp_overlay_encode(&o, bytes), LP_OVERLAY_HALF_HEAD);
	assert_int_equal(lp_overlay_decode(bytes, LP_DATAGRAM_MIN, &o), LP_DROP_NONE);
	o.frame_len = LP_ETH_FRAME_MAX + 1;
	lp_overlay_encode(&o, bytes);
	assert_int_equal(lp_overlay_decode(bytes, LP_OVERLAY_HALF_HEAD + 758, &o), LP_DROP_OVERLAY);
}

static void what_is_encoded_decodes_to_the_same(void **state)
{
	(void)state;
	for (int type = LP_OVERLAY_WHOLE; type <= LP_OVERLAY_NUMBERED; type++) {
		uint8_t bytes[LP_OVERLAY_HALF_HEAD + 10] = {0};
		struct lp_overlay in = {.type = (enum lp_overlay_type)type,
			.peer = 0xfedc,
			.room = 0xfedcba98,
			.frame_id = 0xabcd,
			.frame_len = 20};
		struct lp_overlay out;
		static const size_t heads[] = {LP_OVERLAY_HEADER, LP_OVERLAY_HALF_HEAD,
			LP_OVERLAY_HALF_HEAD, LP_OVERLAY_NUMBERED_HEAD};
		size_t head = lp_overlay_encode(&in, bytes);
		assert_int_equal(head, heads[type]);
		assert_int_equal(lp_overlay_decode(bytes, head + 10, &out), LP_DROP_NONE);
		assert_int_equal(out.type, type);
		assert_int_equal(out.peer, in.peer);
		assert_int_equal(out.room, in.room);
		assert_int_equal(out.len, 10);
		assert_ptr_equal(out.bytes, bytes + head);
		if (type != LP_OVERLAY_WHOLE)
			assert_int_equal(out.frame_id, in.frame_id);
		if (type == LP_OVERLAY_FIRST || type == LP_OVERLAY_SECOND)
			assert_int_equal(out.frame_len, in.frame_len);
	}
}

static void each_number_is_new_once(void **state)
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
		{3 + LP_SEEN_IDS - 1, true, "as far as it remembers"},
		{3, false, "still remembered"},
		{4, true, "the oldest that it can tell"},
		{2, false, "too old to tell"},
		{3 + 2 * LP_SEEN_IDS, true, "a long way on"},
		{3 + 2 * LP_SEEN_IDS - 1, true, "nothing of before counts"},
		{3 + LP_SEEN_IDS - 1, false, "now too old"},
		{3 + LP_SEEN_IDS - 100, false, "too old, though nothing has come in its place"},
		{3 + 2 * LP_SEEN_IDS + 32767, true, "as far on as can be"},
		{(uint16_t)(3 + 2 * LP_SEEN_IDS + 32767 + 32768), false, "half way round is old"},
		{(uint16_t)(3 + 2 * LP_SEEN_IDS + 32767 + 32767), true, "one less is new"},
	};
	struct lp_seen seen = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (lp_seen_before(&seen, rows[i].id) == rows[i].first ||
			lp_seen_first(&seen, rows[i].id) != rows[i].first)
			fail_msg("%s", rows[i].why);
	}
}

static struct lp_pool *pool;
static struct lp_halves halves;
static uint8_t content[LP_ETH_FRAME_MAX];

static int set_up(void **state)
{
	(void)state;
	pool = lp_pool_new(LP_HALVES_SLOTS + 1);
	memset(&halves, 0, sizeof(halves));
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 7);
	return pool ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	lp_halves_clear(&halves, pool);
	lp_pool_free(pool);
	return 0;
}

static struct lp_frame *add(
	enum lp_overlay_type type, uint16_t peer, uint16_t id, uint16_t len, lp_time now)
{
	size_t first = ((size_t)len + 1) / 2;
	struct lp_overlay half = {
		.type = type,
		.peer = peer,
		.room = 5,
		.frame_id = id,
		.frame_len = len,
		.bytes = type == LP_OVERLAY_FIRST ? content : content + first,
		.len = type == LP_OVERLAY_FIRST ? first : len - first,
	};

	return lp_halves_add(&halves, pool, &half, now);
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

static void halves_meet_in_either_order(void **state)
{
	static const uint16_t lens[] = {14, 15, 1513, 1514};

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		assert_null(add(LP_OVERLAY_FIRST, 1, 9, lens[i], 0));
		assert_whole(add(LP_OVERLAY_SECOND, 1, 9, lens[i], 0), 1, lens[i]);
		assert_null(add(LP_OVERLAY_SECOND, 1, 9, lens[i], 0));
		assert_whole(add(LP_OVERLAY_FIRST, 1, 9, lens[i], 0), 1, lens[i]);
	}
	assert_int_equal(lp_pool_free_count(pool), LP_HALVES_SLOTS + 1);
}

static void halves_of_different_frames_never_meet(void **state)
{
	(void)state;
	assert_null(add(LP_OVERLAY_FIRST, 1, 9, 100, 0));
	assert_null(add(LP_OVERLAY_SECOND, 1, 10, 100, 0));
	assert_null(add(LP_OVERLAY_SECOND, 2, 9, 100, 0));
	assert_null(add(LP_OVERLAY_SECOND, 1, 9, 101, 0));
	assert_null(add(LP_OVERLAY_FIRST, 1, 9, 100, 0));
	assert_whole(add(LP_OVERLAY_SECOND, 1, 9, 100, 0), 1, 100);
}

static void a_half_that_comes_twice_counts_once(void **state)
{
	(void)state;
	assert_null(add(LP_OVERLAY_FIRST, 1, 9, 100, 0));
	content[0] ^= 0xff;
	assert_null(add(LP_OVERLAY_FIRST, 1, 9, 100, 0));
	content[0] ^= 0xff;
	assert_whole(add(LP_OVERLAY_SECOND, 1, 9, 100, 0), 1, 100);
	assert_null(add(LP_OVERLAY_SECOND, 1, 9, 100, 0));
}

static void a_half_waits_half_a_second_and_no_longer(void **state)
{
	(void)state;
	assert_null(add(LP_OVERLAY_FIRST, 1, 9, 100, 7));
	assert_whole(add(LP_OVERLAY_SECOND, 1, 9, 100, 6 + LP_HALVES_TTL), 1, 100);
	assert_null(add(LP_OVERLAY_FIRST, 1, 9, 100, 7));
	assert_null(add(LP_OVERLAY_SECOND, 1, 9, 100, 7 + LP_HALVES_TTL));
	/* the late one waits itself now; the expired one's frame is free again */
	assert_int_equal(lp_pool_free_count(pool), LP_HALVES_SLOTS);
}

static void the_oldest_half_gives_way_when_all_slots_are_taken(void **state)
{
	(void)state;
	for (uint16_t i = 0; i <= LP_HALVES_SLOTS; i++)
		assert_null(add(LP_OVERLAY_FIRST, 1, i, 100, i));
	assert_int_equal(lp_pool_free_count(pool), 1);
	for (uint16_t i = 1; i <= LP_HALVES_SLOTS; i++)
		assert_whole(add(LP_OVERLAY_SECOND, 1, i, 100, i), 1, 100);
	assert_null(add(LP_OVERLAY_SECOND, 1, 0, 100, 9));
}

static void an_empty_pool_loses_the_half_and_nothing_else(void **state)
{
	struct lp_frame *taken[LP_HALVES_SLOTS];

	(void)state;
	assert_null(add(LP_OVERLAY_FIRST, 1, 1, 100, 0));
	for (size_t i = 0; i < LP_HALVES_SLOTS; i++) {
		taken[i] = lp_pool_take(pool);
		assert_non_null(taken[i]);
	}
	assert_null(add(LP_OVERLAY_FIRST, 1, 2, 100, 0));
	assert_whole(add(LP_OVERLAY_SECOND, 1, 1, 100, 0), 1, 100);
	for (size_t i = 0; i < LP_HALVES_SLOTS; i++)
		lp_frame_drop(pool, taken[i]);
	assert_null(add(LP_OVERLAY_SECOND, 1, 2, 100, 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F1_only_exact_headers_decode),
		cmocka_unit_test(no_half_belongs_to_a_frame_over_the_limit),
		cmocka_unit_test(what_is_encoded_decodes_to_the_same),
		cmocka_unit_test(each_number_is_new_once),
		TEST(halves_meet_in_either_order),
		TEST(halves_of_different_frames_never_meet),
		TEST(a_half_that_comes_twice_counts_once),
		TEST(a_half_waits_half_a_second_and_no_longer),
		TEST(the_oldest_half_gives_way_when_all_slots_are_taken),
		TEST(an_empty_pool_loses_the_half_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
