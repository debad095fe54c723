/* Capsules, whole and in pieces. */
#include "lanparty/carrier/capsule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/base/bytes.h"

static struct {
	size_t count, len;
	uint8_t last[LP_PAYLOAD_MAX];
} seen;

static struct lp_capsule_reader reader;
static uint8_t bytes[70000];

static int reset(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof seen);
	memset(&reader, 0, sizeof reader);
	return 0;
}

static void on_payload(void *context, const uint8_t *payload, size_t len)
{
	assert_ptr_equal(context, &seen);
	assert_true(len > 0 && len <= LP_PAYLOAD_MAX);
	seen.count++;
	seen.len = len;
	memcpy(seen.last, payload, len);
}

static enum lp_capsule_fault feed(const void *at, size_t len)
{
	return lp_capsule_read(&reader, at, len, on_payload, &seen);
}

/* A capsule with a value of zeroes behind a first varint. */
static size_t capsule(uint64_t type, uint64_t len, uint64_t context)
{
	struct lp_writer w = lp_writer_of(bytes, sizeof bytes);
	memset(bytes, 0, sizeof bytes);
	lp_write_varint(&w, type);
	lp_write_varint(&w, len);
	size_t head = (size_t)(w.at - bytes);
	lp_write_varint(&w, context);
	return head + (size_t)len;
}

static void payloads_of_all_lengths_pass_in_pieces(void **state)
{
	static const size_t lens[] = {1, 62, 63, 64, 1200, LP_PAYLOAD_MAX};
	(void)state;
	for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
		for (size_t piece = 1; piece <= lens[i] + 8; piece += piece < 8 ? 1 : 61) {
			size_t len = lp_capsule_head(bytes, lens[i]);
			for (size_t n = 0; n < lens[i]; n++)
				bytes[len++] = (uint8_t)n;
			reset(NULL);
			for (size_t at = 0; at < len; at += piece)
				assert_int_equal(
					feed(bytes + at, piece < len - at ? piece : len - at),
					LP_CAPSULE_GOOD);
			assert_int_equal(seen.count, 1);
			assert_int_equal(seen.len, lens[i]);
			assert_memory_equal(seen.last, bytes + len - lens[i], lens[i]);
		}
	}
}

static void what_is_no_payload_is_skipped(void **state)
{
	(void)state;
	static const struct {
		uint64_t type, len, context;
	} rows[] = {
		{0x1234, 5, 0},
		{41, 0, 0},
		{0, 1, 0},                  /* an empty payload */
		{0, 5, 2},                  /* another context */
		{0, 5, 5000},               /* with a longer ID */
		{0, LP_PAYLOAD_MAX + 2, 0}, /* one byte too long */
		{0, LP_CAPSULE_SKIP_MAX, 0},
		{9, LP_CAPSULE_SKIP_MAX, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t len = capsule(rows[i].type, rows[i].len, rows[i].context);
		assert_int_equal(feed(bytes, len), LP_CAPSULE_GOOD);
		assert_int_equal(seen.count, i);
		assert_int_equal(feed("\0\3\0ok", 5), LP_CAPSULE_GOOD);
		assert_int_equal(seen.count, i + 1);
		assert_memory_equal(seen.last, "ok", 2);
	}
}

static void integers_can_be_longer_than_they_must(void **state)
{
	(void)state;
	static const uint8_t wide[] = {0xc0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 9, 0xc0,
		0, 0, 0, 0, 0, 0, 0, 'v', 0x40, 0, 0x40, 3, 0x40, 0, 'w'};
	assert_int_equal(feed(wide, sizeof wide), LP_CAPSULE_GOOD);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.last[0], 'w');
}

static void a_capsule_past_the_limit_is_refused_by_its_head(void **state)
{
	(void)state;
	capsule(9, LP_CAPSULE_SKIP_MAX + 1, 0);
	assert_int_equal(feed(bytes, 5), LP_CAPSULE_TOO_LONG);
	reset(NULL);
	capsule(0, LP_VARINT_MAX, 0);
	assert_int_equal(feed(bytes, 8), LP_CAPSULE_GOOD);
	assert_int_equal(feed(bytes + 8, 1), LP_CAPSULE_TOO_LONG);
}

static void a_datagram_without_a_whole_context_is_malformed(void **state)
{
	(void)state;
	assert_int_equal(feed("\0\0", 2), LP_CAPSULE_MALFORMED);
	reset(NULL);
	assert_int_equal(feed("\0\1\x40", 3), LP_CAPSULE_MALFORMED);
	reset(NULL);
	assert_int_equal(feed("\0\2\x80\0", 4), LP_CAPSULE_MALFORMED);
	reset(NULL);
	assert_int_equal(feed("\0\2\x40\0", 4), LP_CAPSULE_GOOD); /* empty, with a wide ID */
	assert_int_equal(seen.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(payloads_of_all_lengths_pass_in_pieces, reset),
		cmocka_unit_test_setup(what_is_no_payload_is_skipped, reset),
		cmocka_unit_test_setup(integers_can_be_longer_than_they_must, reset),
		cmocka_unit_test_setup(a_capsule_past_the_limit_is_refused_by_its_head, reset),
		cmocka_unit_test_setup(a_datagram_without_a_whole_context_is_malformed, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
