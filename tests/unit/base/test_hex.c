#include "lanparty/base/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void digits_have_values_in_any_case(void **state)
{
	(void)state;
	const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
	for (int i = 0; i < 16; i++) {
		assert_int_equal(lp_hex_digit(lower[i]), i);
		assert_int_equal(lp_hex_digit(upper[i]), i);
	}
}

static void the_neighbours_of_digits_are_none(void **state)
{
	(void)state;
	const char others[] = "/:@G`g \x80\xff";
	for (size_t i = 0; i < sizeof(others); i++) /* with the NUL */
		assert_int_equal(lp_hex_digit(others[i]), -1);
}

static void bytes_are_read_and_written(void **state)
{
	(void)state;
	const uint8_t bytes[] = {0x00, 0x0f, 0xf0, 0xa5, 0xff};
	uint8_t read[sizeof(bytes) + 1] = {[sizeof(bytes)] = 7};
	char text[2 * sizeof(bytes) + 1];
	assert_string_equal(lp_hex_write(bytes, sizeof(bytes), text), "000ff0a5ff");
	assert_true(lp_hex_read("000Ff0A5ffz", sizeof(bytes), read));
	assert_memory_equal(read, bytes, sizeof(bytes));
	assert_int_equal(read[sizeof(bytes)], 7);
	assert_string_equal(lp_hex_write(bytes, 0, text), "");
}

static void a_wrong_digit_anywhere_writes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < 6; i++) {
		char text[] = "a1b2c3";
		uint8_t read[3] = {9, 9, 9};
		text[i] = 'x';
		assert_false(lp_hex_read(text, sizeof(read), read));
		assert_memory_equal(read, ((uint8_t[]){9, 9, 9}), sizeof(read));
		text[i] = '\0'; /* the text ends early */
		assert_false(lp_hex_read(text, sizeof(read), read));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_have_values_in_any_case),
		cmocka_unit_test(the_neighbours_of_digits_are_none),
		cmocka_unit_test(bytes_are_read_and_written),
		cmocka_unit_test(a_wrong_digit_anywhere_writes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
