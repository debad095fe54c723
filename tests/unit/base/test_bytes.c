#include "lanparty/base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void integers_are_big_endian(void **state)
{
	(void)state;
	const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07};
	struct lp_reader r = lp_reader_of(bytes, sizeof(bytes));
	assert_int_equal(lp_read_u8(&r), 0x01);
	assert_int_equal(lp_read_u16(&r), 0x0203);
	assert_int_equal(lp_read_u32(&r), 0x04050607);
	assert_int_equal(lp_reader_left(&r), 0);
	assert_false(r.failed);

	uint8_t out[7];
	struct lp_writer w = lp_writer_of(out, sizeof(out));
	lp_write_u8(&w, 0x01);
	lp_write_u16(&w, 0x0203);
	lp_write_u32(&w, 0x04050607);
	assert_false(w.failed);
	assert_ptr_equal(w.at, out + sizeof(out));
	assert_memory_equal(out, bytes, sizeof(bytes));
}

static void a_failed_reader_stays_failed_and_returns_zeroes(void **state)
{
	(void)state;
	const uint8_t bytes[] = {0xff, 0xff, 0xff};
	struct lp_reader r = lp_reader_of(bytes, sizeof(bytes));
	assert_int_equal(lp_read_u32(&r), 0);
	assert_true(r.failed);
	assert_int_equal(lp_reader_left(&r), 0);
	assert_int_equal(lp_read_u8(&r), 0);
	assert_int_equal(lp_read_u16(&r), 0);
	assert_int_equal(lp_read_varint(&r), 0);
	assert_null(lp_read_bytes(&r, 1));
	assert_null(lp_read_bytes(&r, 0));
	assert_true(r.failed);
}

static void a_failed_writer_writes_nothing_more(void **state)
{
	(void)state;
	uint8_t bytes[4] = {9, 9, 9, 9};
	struct lp_writer w = lp_writer_of(bytes, 3);
	lp_write_u8(&w, 1);
	lp_write_u32(&w, 0);
	lp_write_u8(&w, 2);
	lp_write_bytes(&w, "x", 1);
	lp_write_varint(&w, 3);
	assert_true(w.failed);
	assert_memory_equal(bytes, ((uint8_t[]){1, 9, 9, 9}), 4);
}

static void an_empty_buffer_is_valid(void **state)
{
	(void)state;
	struct lp_reader r = lp_reader_of(NULL, 0);
	lp_read_bytes(&r, 0);
	assert_false(r.failed);
	assert_int_equal(lp_read_varint(&r), 0);
	assert_true(r.failed);

	struct lp_writer w = lp_writer_of(NULL, 0);
	lp_write_bytes(&w, NULL, 0);
	assert_false(w.failed);
	lp_write_u8(&w, 0);
	assert_true(w.failed);
}

static void bytes_are_read_in_place(void **state)
{
	(void)state;
	const uint8_t bytes[] = {1, 2, 3};
	struct lp_reader r = lp_reader_of(bytes, sizeof(bytes));
	assert_ptr_equal(lp_read_bytes(&r, 2), bytes);
	assert_ptr_equal(lp_read_bytes(&r, 1), bytes + 2);
	assert_false(r.failed);
	assert_null(lp_read_bytes(&r, SIZE_MAX));
	assert_true(r.failed);
}

/* The first four are the examples of RFC 9000, appendix A.1; the others are edge cases. */
static const struct {
	uint64_t value;
	size_t len;
	uint8_t bytes[8];
} varints[] = {
	{UINT64_C(151288809941952652), 8, {0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c}},
	{494878333, 4, {0x9d, 0x7f, 0x3e, 0x7d}},
	{15293, 2, {0x7b, 0xbd}},
	{37, 1, {0x25}},
	{0, 1, {0x00}},
	{63, 1, {0x3f}},
	{64, 2, {0x40, 0x40}},
	{16383, 2, {0x7f, 0xff}},
	{16384, 4, {0x80, 0x00, 0x40, 0x00}},
	{(1u << 30) - 1, 4, {0xbf, 0xff, 0xff, 0xff}},
	{1u << 30, 8, {0xc0, 0, 0, 0, 0x40, 0, 0, 0}},
	{LP_VARINT_MAX, 8, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
};

static void varints_are_those_of_rfc_9000(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(varints); i++) {
		struct lp_reader r = lp_reader_of(varints[i].bytes, varints[i].len);
		assert_int_equal(lp_read_varint(&r), varints[i].value);
		assert_false(r.failed);
		assert_int_equal(lp_reader_left(&r), 0);

		uint8_t out[8];
		struct lp_writer w = lp_writer_of(out, sizeof(out));
		lp_write_varint(&w, varints[i].value);
		assert_false(w.failed);
		assert_int_equal(w.at - out, varints[i].len);
		assert_memory_equal(out, varints[i].bytes, varints[i].len);
		assert_int_equal(lp_varint_size(varints[i].value), varints[i].len);
	}
}

static void a_truncated_varint_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(varints); i++) {
		for (size_t len = 0; len < varints[i].len; len++) {
			struct lp_reader r = lp_reader_of(varints[i].bytes, len);
			assert_int_equal(lp_read_varint(&r), 0);
			assert_true(r.failed);
		}
		uint8_t out[8];
		struct lp_writer w = lp_writer_of(out, varints[i].len - 1);
		lp_write_varint(&w, varints[i].value);
		assert_true(w.failed);
		assert_ptr_equal(w.at, out);
	}
}

static void a_varint_can_be_longer_than_necessary(void **state)
{
	(void)state;
	struct lp_reader r = lp_reader_of("\x40\x25", 2);
	assert_int_equal(lp_read_varint(&r), 37);
	r = lp_reader_of("\xc0\0\0\0\0\0\0\x25", 8);
	assert_int_equal(lp_read_varint(&r), 37);
	assert_false(r.failed);
}

static void a_value_over_62_bits_has_no_varint(void **state)
{
	(void)state;
	uint8_t out[16];
	struct lp_writer w = lp_writer_of(out, sizeof(out));
	lp_write_varint(&w, LP_VARINT_MAX + 1);
	assert_true(w.failed);
	assert_ptr_equal(w.at, out);
}

static void secrets_are_equal_only_if_every_byte_is(void **state)
{
	(void)state;
	uint8_t a[32] = {0}, b[32] = {0};
	assert_true(lp_equal_secret(a, b, sizeof(a)));
	for (size_t i = 0; i < sizeof(a); i++) {
		b[i] = (uint8_t)(1u << i % 8);
		assert_false(lp_equal_secret(a, b, sizeof(a)));
		assert_true(lp_equal_secret(a, b, i));
		b[i] = 0;
	}
}

static void bytes_are_zero_only_if_every_one_is(void **state)
{
	(void)state;
	uint8_t a[8] = {0};
	assert_true(lp_is_zero(a, sizeof(a)));
	for (size_t i = 0; i < sizeof(a); i++) {
		a[i] = (uint8_t)(1u << i);
		assert_false(lp_is_zero(a, sizeof(a)));
		assert_true(lp_is_zero(a, i));
		a[i] = 0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_big_endian),
		cmocka_unit_test(a_failed_reader_stays_failed_and_returns_zeroes),
		cmocka_unit_test(a_failed_writer_writes_nothing_more),
		cmocka_unit_test(an_empty_buffer_is_valid),
		cmocka_unit_test(bytes_are_read_in_place),
		cmocka_unit_test(varints_are_those_of_rfc_9000),
		cmocka_unit_test(a_truncated_varint_fails),
		cmocka_unit_test(a_varint_can_be_longer_than_necessary),
		cmocka_unit_test(a_value_over_62_bits_has_no_varint),
		cmocka_unit_test(bytes_are_zero_only_if_every_one_is),
		cmocka_unit_test(secrets_are_equal_only_if_every_byte_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
