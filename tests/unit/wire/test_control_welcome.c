/* Row H6: the address in a WELCOME, at its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/wire/control.h"

#define LEAST "\x01\x01\x01\x02\x01\x09\x03\x01\x04\x04\x02\x45\xdc"
#define HEAD  2

static enum lp_status decode(const char *fields, size_t len, struct lp_control *ret_message)
{
	uint8_t bytes[64] = {LP_WELCOME, (uint8_t)len};
	size_t used;
	memcpy(bytes + HEAD, fields, len);
	return lp_control_decode(bytes, HEAD + len, ret_message, &used);
}

static void H6_an_address_has_32_bits_and_is_there_once(void **state)
{
	(void)state;
	static const struct {
		const char *story, *fields;
		size_t len;
		enum lp_status status;
	} rows[] = {
#define ROW(story, fields, status) {story, LEAST fields, sizeof(LEAST fields) - 1, status}
		ROW("none", "", LP_OK),
		ROW("the highest", "\x10\x08\xc0\0\0\0\xff\xff\xff\xff\x11\x01\x20", LP_OK),
		ROW("one more", "\x10\x08\xc0\0\0\1\0\0\0\0", LP_INVALID),
		ROW("33 bits", "\x11\x01\x21", LP_INVALID),
		ROW("no integer", "\x10\x04\x0a\x01\x02\x03", LP_MALFORMED),
		ROW("two", "\x10\x01\x01\x10\x01\x01", LP_MALFORMED),
#undef ROW
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_control got;
		if (decode(rows[i].fields, rows[i].len, &got) != rows[i].status)
			fail_msg("%s", rows[i].story);
	}
}

static void H6_an_address_arrives_as_it_was_sent(void **state)
{
	(void)state;
	static const struct {
		uint32_t ipv4;
		uint8_t prefix;
	} rows[] = {{0, 0}, {1, 1}, {0x0a0102fe, 24}, {UINT32_MAX, 32}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_control m = {.type = LP_WELCOME,
			.welcome = {.version = 1,
				.peer = 1,
				.mtu = 1500,
				.ipv4 = rows[i].ipv4,
				.prefix = rows[i].prefix}};
		struct lp_control got;
		uint8_t bytes[128];
		size_t used, len = lp_control_encode(&m, bytes, sizeof(bytes));
		assert_int_equal(lp_control_decode(bytes, len, &got, &used), LP_OK);
		assert_int_equal(got.welcome.ipv4, rows[i].ipv4);
		assert_int_equal(got.welcome.prefix, rows[i].prefix);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H6_an_address_has_32_bits_and_is_there_once),
		cmocka_unit_test(H6_an_address_arrives_as_it_was_sent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
