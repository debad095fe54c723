#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/wire/overlay.h"

#define B(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

/* F1: a datagram must state its room, peer and type exactly. */
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
			"the first fragment of 15"},
		{B(0x12, 0, 0, 7, 1, 2, 3, 4, 0, 9, 0, 15, 1, 2, 3, 4, 5, 6, 7), LP_DROP_NONE,
			"the second fragment of 15"},
		{B(0x12, 0, 0, 7, 1, 2, 3, 4, 0, 9, 0, 15, 1, 2, 3, 4, 5, 6, 7, 8), LP_DROP_OVERLAY,
			"a second fragment that is too long"},
		{B(0x11, 0, 0, 7, 1, 2, 3, 4, 0, 9, 0, 15, 1, 2, 3, 4, 5, 6, 7), LP_DROP_OVERLAY,
			"a first fragment that is too short"},
		{B(0x11, 0, 0, 7, 1, 2, 3, 4, 0, 9, 0, 13, 1, 2, 3, 4, 5, 6, 7), LP_DROP_OVERLAY,
			"a fragment of what is no frame"},
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

static void no_fragment_belongs_to_a_frame_over_the_limit(void **state)
{
	uint8_t bytes[LP_OVERLAY_FRAGMENT_HEADER + 760] = {0};
	struct lp_overlay o = {.type = LP_OVERLAY_FIRST, .frame_len = LP_ETH_FRAME_MAX};

	(void)state;
	assert_int_equal(lp_overlay_encode(&o, bytes), LP_OVERLAY_FRAGMENT_HEADER);
	assert_int_equal(lp_overlay_decode(bytes, LP_DATAGRAM_MIN, &o), LP_DROP_NONE);
	o.frame_len = LP_ETH_FRAME_MAX + 1;
	lp_overlay_encode(&o, bytes);
	assert_int_equal(
		lp_overlay_decode(bytes, LP_OVERLAY_FRAGMENT_HEADER + 758, &o), LP_DROP_OVERLAY);
}

static void encoding_and_decoding_are_inverse(void **state)
{
	(void)state;
	for (int type = LP_OVERLAY_WHOLE; type <= LP_OVERLAY_NUMBERED; type++) {
		uint8_t bytes[LP_OVERLAY_FRAGMENT_HEADER + 10] = {0};
		struct lp_overlay in = {.type = (enum lp_overlay_type)type,
			.peer = 0xfedc,
			.room = 0xfedcba98,
			.frame_id = 0xabcd,
			.frame_len = 20};
		struct lp_overlay out;
		static const size_t heads[] = {LP_OVERLAY_HEADER, LP_OVERLAY_FRAGMENT_HEADER,
			LP_OVERLAY_FRAGMENT_HEADER, LP_OVERLAY_NUMBERED_HEADER};
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F1_only_exact_headers_decode),
		cmocka_unit_test(no_fragment_belongs_to_a_frame_over_the_limit),
		cmocka_unit_test(encoding_and_decoding_are_inverse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
