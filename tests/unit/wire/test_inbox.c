#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/wire/inbox.h"

static size_t stats_message(uint8_t *bytes, size_t cap)
{
	const struct lp_control m = {.type = LP_STATS, .stats = {.tx_frames = 7, .rx_bytes = 9}};
	size_t len = lp_control_encode(&m, bytes, cap);
	assert_true(len > 4);
	return len;
}

static void a_message_in_one_piece_is_decoded_in_place(void **state)
{
	(void)state;
	struct lp_inbox inbox = {.limit = 0}; /* a limit of 0 leaves no space for a copy */
	struct lp_control m;
	uint8_t bytes[64];
	size_t len = stats_message(bytes, sizeof(bytes));
	assert_int_equal(
		lp_inbox_add(&inbox, &(struct lp_piece){3, bytes, len, true}, true, &m), LP_OK);
	assert_int_equal(m.type, LP_STATS);
	assert_int_equal(m.stats.tx_frames, 7);
	assert_int_equal(inbox.count, 0);
}

static void a_message_in_two_pieces_is_reassembled(void **state)
{
	(void)state;
	for (int fin_apart = 0; fin_apart < 2; fin_apart++) {
		uint8_t bytes[64];
		size_t len = stats_message(bytes, sizeof(bytes));
		for (size_t cut = 0; cut <= len; cut++) {
			struct lp_inbox inbox = {.limit = 1};
			struct lp_control m;
			assert_int_equal(
				lp_inbox_add(
					&inbox, &(struct lp_piece){3, bytes, cut, false}, true, &m),
				LP_MORE);
			assert_int_equal(inbox.count, 1);
			enum lp_status last = lp_inbox_add(&inbox,
				&(struct lp_piece){3, bytes + cut, len - cut, !fin_apart}, true,
				&m);
			if (fin_apart) {
				assert_int_equal(last, LP_MORE);
				last = lp_inbox_add(
					&inbox, &(struct lp_piece){3, NULL, 0, true}, true, &m);
			}
			assert_int_equal(last, LP_OK);
			assert_int_equal(m.stats.rx_bytes, 9);
			assert_int_equal(inbox.count, 0);
		}
	}
}

static void without_whole_a_message_is_delivered_before_its_stream_ends(void **state)
{
	(void)state;
	struct lp_inbox inbox = {.limit = 1};
	struct lp_control m;
	uint8_t bytes[64];
	size_t len = stats_message(bytes, sizeof(bytes));
	assert_int_equal(
		lp_inbox_add(&inbox, &(struct lp_piece){0, bytes, len - 1, false}, false, &m),
		LP_MORE);
	assert_int_equal(
		lp_inbox_add(&inbox, &(struct lp_piece){0, bytes + len - 1, 1, false}, false, &m),
		LP_OK);
	assert_int_equal(inbox.count, 0);
}

/* C1: exactly one message per stream. */
static void C1_a_stream_must_carry_exactly_one_message(void **state)
{
	(void)state;
	uint8_t good[64], two[128], unknown[] = {0x3f, 2, 1, 0};
	size_t len = stats_message(good, sizeof(good));
	memcpy(two, good, len);
	memcpy(two + len, good, len);
	const struct {
		const uint8_t *bytes;
		size_t len;
		bool fin;
		enum lp_status status;
		const char *why;
	} rows[] = {
		{good, len, true, LP_OK, "one message"},
		{good, len, false, LP_MORE, "one message, and perhaps more"},
		{good, len - 1, true, LP_MALFORMED, "it ends within the message"},
		{good, 1, true, LP_MALFORMED, "it ends within the head"},
		{good, 0, true, LP_MALFORMED, "nothing at all"},
		{two, len + 1, true, LP_MALFORMED, "a byte too many"},
		{two, len + 1, false, LP_MALFORMED, "a byte too many, and more to come"},
		{two, 2 * len, true, LP_MALFORMED, "two messages"},
		{unknown, 4, true, LP_UNSUPPORTED, "a type nobody knows"},
		{unknown, 4, false, LP_MORE, "a type nobody knows, not ended"},
		{(const uint8_t[]){7, 0x50, 1}, 3, false, LP_TOO_LONG, "4097 bytes of fields"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_inbox inbox = {.limit = 1};
		struct lp_control m;
		if (lp_inbox_add(&inbox,
			    &(struct lp_piece){3, rows[i].bytes, rows[i].len, rows[i].fin}, true,
			    &m) != rows[i].status)
			fail_msg("%s", rows[i].why);
		assert_int_equal(inbox.count, rows[i].status == LP_MORE);
		lp_inbox_clear(&inbox);
		assert_int_equal(inbox.count, 0);
	}
}

static void incomplete_streams_are_limited_and_kept_apart(void **state)
{
	(void)state;
	struct lp_inbox inbox = {.limit = 3};
	struct lp_control m;
	uint8_t bytes[64];
	size_t len = stats_message(bytes, sizeof(bytes));
	for (int64_t s = 0; s < 3; s++)
		assert_int_equal(lp_inbox_add(&inbox,
					 &(struct lp_piece){3 + 4 * s, bytes, 3, false}, true, &m),
			LP_MORE);
	assert_int_equal(
		lp_inbox_add(&inbox, &(struct lp_piece){15, bytes, 3, false}, true, &m), LP_FULL);
	/* a complete message still passes, and a finished one frees its slot */
	assert_int_equal(
		lp_inbox_add(&inbox, &(struct lp_piece){15, bytes, len, true}, true, &m), LP_OK);
	assert_int_equal(
		lp_inbox_add(&inbox, &(struct lp_piece){7, bytes + 3, len - 3, true}, true, &m),
		LP_OK);
	assert_int_equal(inbox.count, 2);
	assert_int_equal(
		lp_inbox_add(&inbox, &(struct lp_piece){15, bytes, 3, false}, true, &m), LP_MORE);
	assert_int_equal(
		lp_inbox_add(&inbox, &(struct lp_piece){3, bytes + 3, len - 3, true}, true, &m),
		LP_OK);
	assert_int_equal(
		lp_inbox_add(&inbox, &(struct lp_piece){11, bytes + 3, len - 3, true}, true, &m),
		LP_OK);
	assert_int_equal(
		lp_inbox_add(&inbox, &(struct lp_piece){15, bytes + 3, len - 3, true}, true, &m),
		LP_OK);
	assert_int_equal(inbox.count, 0);
}

static void the_longest_message_fits_and_one_byte_more_does_not(void **state)
{
	(void)state;
	struct lp_inbox inbox = {.limit = 1};
	struct lp_control m;
	/* the start of a DISCONNECT of 4096 bytes: type, length, and an unknown field that fills
	 * it */
	static uint8_t bytes[LP_CONTROL_HEAD + LP_CONTROL_MAX + 1];
	const uint8_t head[] = {8, 0x50, 0, 1, 1, 0, 0x3f, 0x4f, 0xfa};
	memcpy(bytes, head, sizeof(head));
	size_t len = 3 + LP_CONTROL_MAX;
	assert_int_equal(
		lp_inbox_add(&inbox, &(struct lp_piece){3, bytes, len - 1, false}, true, &m),
		LP_MORE);
	assert_int_equal(
		lp_inbox_add(&inbox, &(struct lp_piece){3, bytes + len - 1, 1, true}, true, &m),
		LP_OK);
	assert_int_equal(
		lp_inbox_add(&inbox, &(struct lp_piece){3, bytes, len - 1, false}, true, &m),
		LP_MORE);
	assert_int_equal(
		lp_inbox_add(&inbox, &(struct lp_piece){3, bytes, sizeof(bytes), false}, true, &m),
		LP_TOO_LONG);
	assert_int_equal(lp_inbox_add(&inbox, &(struct lp_piece){3, bytes, 15, false}, true, &m),
		LP_TOO_LONG);
	lp_inbox_clear(&inbox);
}

/* Row N6: many short pieces cost no more than one long message. */
static enum lp_status add(
	struct lp_inbox *inbox, int64_t stream, const uint8_t *bytes, size_t len, bool fin)
{
	struct lp_control m;
	return lp_inbox_add(inbox, &(struct lp_piece){stream, bytes, len, fin}, true, &m);
}

static void N6_the_bytes_of_all_incomplete_messages_are_limited(void **state)
{
	(void)state;
	struct lp_inbox inbox = {.limit = 8, .bytes_max = 100};
	uint8_t bytes[64];
	size_t len = stats_message(bytes, sizeof(bytes)), head = len - 1;
	assert_true(len > 1 && 2 * head <= 100);
	assert_int_equal(add(&inbox, 3, bytes, head, false), LP_MORE);
	assert_int_equal(add(&inbox, 7, bytes, head, false), LP_MORE);
	static const uint8_t more[100] = {0};
	assert_int_equal(add(&inbox, 11, more, 100 - 2 * head + 1, false), LP_FULL);
	/* what is complete leaves space */
	assert_int_equal(add(&inbox, 3, bytes + head, 1, true), LP_OK);
	assert_int_equal(inbox.bytes, head);
	assert_int_equal(add(&inbox, 11, bytes, head, false), LP_MORE);
	lp_inbox_clear(&inbox);
	assert_int_equal(inbox.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_in_one_piece_is_decoded_in_place),
		cmocka_unit_test(a_message_in_two_pieces_is_reassembled),
		cmocka_unit_test(without_whole_a_message_is_delivered_before_its_stream_ends),
		cmocka_unit_test(C1_a_stream_must_carry_exactly_one_message),
		cmocka_unit_test(incomplete_streams_are_limited_and_kept_apart),
		cmocka_unit_test(the_longest_message_fits_and_one_byte_more_does_not),
		cmocka_unit_test(N6_the_bytes_of_all_incomplete_messages_are_limited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
