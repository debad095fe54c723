#include "lanparty/wire/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HEX_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX_B "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define PASS  "123400000001" HEX_A HEX_B /* of a guest */

static void a_code_encodes_75_bits_in_groups_of_five(void **state)
{
	(void)state;
	static const struct {
		uint8_t random[LP_CODE_RANDOM];
		const char *text;
	} rows[] = {
		{{0}, "0000-0000-0000-0000"},
		{{255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, "ZZZZ-ZZZZ-ZZZZ-ZZZN"},
		{{0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf},
			"0123-4567-89AB-CDE4"},
		{{0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6, 0x75, 0xbe, 0x77, 0xdf},
			"GHJK-MNPQ-RSTV-WXY3"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[LP_CODE_SHOWN];
		lp_code_format(rows[i].random, text);
		assert_string_equal(text, rows[i].text);
	}
}

/* Each bit counts exactly once, so that codes are as random as their bytes. */
static void each_random_bit_is_one_bit_of_one_character(void **state)
{
	(void)state;
	const char *digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	for (size_t bit = 0; bit < 8 * LP_CODE_RANDOM; bit++) {
		uint8_t random[LP_CODE_RANDOM] = {0};
		random[bit / 8] = (uint8_t)(0x80u >> bit % 8);
		char text[LP_CODE_SHOWN], expected[LP_CODE_SHOWN] = "0000-0000-0000-000";
		size_t character = bit / 5;
		if (character < LP_CODE_CHARS - 1)
			expected[character + character / 4] = digits[16u >> bit % 5];
		lp_code_format(random, text);
		assert_int_equal(strlen(text), LP_CODE_SHOWN - 1);
		assert_memory_equal(text, expected, LP_CODE_SHOWN - 2);
	}
}

static void every_typing_error_is_found(void **state)
{
	(void)state;
	const char *digits = "0123456789ABCDEFGHJKMNPQRSTUVWXYZ", *good = "7H2K9QWXM4TDPZ83";
	struct lp_code code;
	char typed[160];
	assert_int_equal(lp_code_parse(good, &code), LP_OK);
	for (size_t i = 0; i < LP_CODE_CHARS; i++) {
		for (const char *wrong = digits; *wrong; wrong++) {
			strcpy(typed, good);
			typed[i] = *wrong;
			assert_int_equal(lp_code_parse(typed, &code),
				*wrong == good[i] ? LP_OK : LP_MISTYPED);
		}
		for (size_t j = 0; j < i; j++) {
			strcpy(typed, good);
			typed[i] = good[j];
			typed[j] = good[i];
			assert_int_equal(lp_code_parse(typed, &code),
				good[i] == good[j] ? LP_OK : LP_MISTYPED);
		}
	}
	for (size_t i = 0; i < LP_CODE_SHOWN - 1; i++) { /* one lost, one doubled */
		const char *shown = "7H2K-9QWX-M4TD-PZ83";
		if (shown[i] == '-')
			continue;
		snprintf(typed, sizeof(typed), "%.*s%s", (int)i, shown, shown + i + 1);
		assert_int_equal(lp_code_parse(typed, &code), LP_MISTYPED);
		snprintf(typed, sizeof(typed), "%.*s%s", (int)i + 1, shown, shown + i);
		assert_int_equal(lp_code_parse(typed, &code), LP_MISTYPED);
		snprintf(typed, sizeof(typed), "lanparty://h/%.*s%s?pin=sha256:" HEX_A, (int)i,
			shown, shown + i + 1);
		struct lp_invite invite;
		assert_int_equal(lp_invite_parse(typed, &invite), LP_MISTYPED);
	}
}

/* A code that begins with 15 characters of these values. */
static void code_of(const unsigned values[LP_CODE_CHARS - 1], char text[LP_CODE_SHOWN])
{
	uint8_t random[LP_CODE_RANDOM] = {0};
	for (size_t i = 0; i < LP_CODE_CHARS - 1; i++)
		for (size_t bit = 0; bit < 5; bit++)
			if (values[i] & 16u >> bit)
				random[(5 * i + bit) / 8] |= (uint8_t)(0x80u >> (5 * i + bit) % 8);
	lp_code_format(random, text);
}

static size_t place_of(size_t character)
{
	return character + character / 4; /* behind the dashes */
}

static bool is_mistyped(const char *text)
{
	struct lp_code code;
	return lp_code_parse(text, &code) == LP_MISTYPED;
}

/* H3: every character with every value before every other one, and every value instead of it. The code is a
 * linear one, so the other characters make no difference. */
static void every_wrong_character_and_every_swapped_pair_is_found(void **state)
{
	(void)state;
	const char *digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	for (size_t at = 0; at < LP_CODE_CHARS - 1; at++) {
		for (unsigned pair = 0; pair < 32 * 32; pair++) {
			unsigned values[LP_CODE_CHARS - 1] = {3, 1, 4, 1, 5, 9, 26, 5};
			char text[LP_CODE_SHOWN], wrong[LP_CODE_SHOWN];
			values[at] = pair / 32;
			/* Before the check character, this one decides on it. */
			values[at + 1 < LP_CODE_CHARS - 1 ? at + 1 : at - 1] = pair % 32;
			code_of(values, text);
			assert_false(is_mistyped(text));
			char *first = text + place_of(at), *second = text + place_of(at + 1);
			strcpy(wrong, text);
			wrong[place_of(at)] = *second;
			wrong[place_of(at + 1)] = *first;
			assert_int_equal(is_mistyped(wrong), *first != *second);
			for (size_t i = at; i <= at + 1; i++) {
				strcpy(wrong, text);
				wrong[place_of(i)] = digits[pair % 32];
				assert_int_equal(is_mistyped(wrong), strcmp(wrong, text) != 0);
			}
		}
	}
}

static void a_generated_code_reads_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		uint8_t random[LP_CODE_RANDOM];
		for (unsigned j = 0; j < LP_CODE_RANDOM; j++)
			random[j] = (uint8_t)(i * 37 + j * 101);
		char text[LP_CODE_SHOWN], bare[LP_CODE_SHOWN];
		lp_code_format(random, text);
		size_t len = 0;
		for (const char *c = text; *c; c++)
			if (*c != '-')
				bare[len++] = *c;
		bare[len] = '\0';
		struct lp_code code;
		assert_int_equal(lp_code_parse(text, &code), LP_OK);
		assert_string_equal(code.text, bare);
		assert_false(code.chosen);
	}
}

static void a_code_is_parsed_leniently(void **state)
{
	(void)state;
	static const struct {
		const char *typed, *canonical;
		enum lp_status status;
		bool chosen;
		const char *what;
	} rows[] = {
		{"ABCD-EFGH-JKMN-PQRB", "ABCDEFGHJKMNPQRB", LP_OK, false, "as shown"},
		{"abcdefghjkmnpqrb", "ABCDEFGHJKMNPQRB", LP_OK, false, "lower case, no dashes"},
		{" abcd efgh\tjkmn--pqrb\r\n", "ABCDEFGHJKMNPQRB", LP_OK, false,
			"pasted with white space"},
		{"ooOO-iiII-llLL-0018", "0000111111110018", LP_OK, false, "O, I and L for digits"},
		{"TVWX-YZ01-2345-678C", "TVWXYZ012345678C", LP_OK, false,
			"the rest of the alphabet"},
		{"UBCD-EFGH-JKMN-PQRS", NULL, LP_MISTYPED, false, "16 characters with a U"},
		{"UOIL-EFGH-JKMN-PQR", NULL, LP_MISTYPED, false,
			"four groups, 15 characters with a U"},
		{"UOIL-EFGH-JKMN", "UOILEFGHJKMN", LP_OK, true, "a chosen code is not mapped"},
		{"friday night", "FRIDAYNIGHT", LP_OK, true, "a chosen code"},
		{"AZaz0909", "AZAZ0909", LP_OK, true, "both ends of the alphabet"},
		{"oiloiloil!", NULL, LP_INVALID, false, "a character that no code has"},
		{"0il1-0il1", "0IL10IL1", LP_OK, true, "eight characters"},
		{"abcdefg", NULL, LP_INVALID, false, "seven characters"},
		{"----", NULL, LP_INVALID, false, "dashes alone"},
		{"", NULL, LP_INVALID, false, "nothing"},
		{"ABCD-EFGH-JKMN-PQR", NULL, LP_MISTYPED, false, "one character lost: 15"},
		{"ABCD-EFGH-JKMN-PQRBT", NULL, LP_MISTYPED, false, "one character too many: 17"},
		{"A-B-C-DEFGHJKMN", "ABCDEFGHJKMN", LP_OK, true, "three dashes, 12 characters"},
		{"the-room-of-witnesses", "THEROOMOFWITNESSES", LP_OK, true, "three dashes, words"},
		{"two-on-five-tree", "TWOONFIVETREE", LP_OK, true, "a group of two"},
		{"three-seven-nine-ninety", "THREESEVENNINENINETY", LP_OK, true, "a group of six"},
		{"A-B-C-DEFGHJKMNPQRSTVW0", "ABCDEFGHJKMNPQRSTVW0", LP_OK, true,
			"three dashes, 20 characters"},
		{"0123456789012345678901234567890123456789012345678901234567890123",
			"0123456789012345678901234567890123456789012345678901234567890123", LP_OK,
			true, "64 characters"},
		{"01234567890123456789012345678901234567890123456789012345678901234", NULL,
			LP_INVALID, false, "65 characters"},
		{"cafeteria\xc3\xa9", NULL, LP_INVALID, false, "a letter beyond ASCII"},
		{"ABCDEFGH@", NULL, LP_INVALID, false, "just before A"},
		{"ABCDEFGH[", NULL, LP_INVALID, false, "just after Z"},
		{"ABCDEFGH/", NULL, LP_INVALID, false, "just before 0"},
		{"ABCDEFGH:", NULL, LP_INVALID, false, "just after 9"},
		{"ABCDEFGH`", NULL, LP_INVALID, false, "just before a"},
		{"ABCDEFGH{", NULL, LP_INVALID, false, "just after z"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_code code = {.text = "untouched"};
		enum lp_status status = lp_code_parse(rows[i].typed, &code);
		if (status != rows[i].status)
			fail_msg("%s: status %d", rows[i].what, (int)status);
		const char *expected = rows[i].canonical ? rows[i].canonical : "untouched";
		if (strcmp(code.text, expected) != 0 || code.chosen != rows[i].chosen)
			fail_msg("%s: %s, chosen %d", rows[i].what, code.text, code.chosen);
	}
}

#define LABEL "a123456789012345678901234567890123456789012345678901234567890."
#define NAME  LABEL LABEL LABEL LABEL /* 248 */

static void a_relay_address_is_a_host_and_a_port(void **state)
{
	(void)state;
	static const struct {
		const char *text, *name;
		uint16_t port;
	} rows[] = {
		{"relay.example", "relay.example", 443},
		{"relay.example:4433", "relay.example", 4433},
		{"my_box-1", "my_box-1", 443},
		{"192.0.2.1:1", "192.0.2.1", 1},
		{"192.0.2.1:65535", "192.0.2.1", 65535},
		{"[2001:db8::1]", "2001:db8::1", 443},
		{"[2001:DB8::1]:8443", "2001:DB8::1", 8443},
		{"[::ffff:192.0.2.1]:443", "::ffff:192.0.2.1", 443},
		{NAME "abcde", NAME "abcde", 443},
		{NAME "abcdef", NULL, 0},
		{"", NULL, 0},
		{":443", NULL, 0},
		{"host:", NULL, 0},
		{"host:0", NULL, 0},
		{"host:65536", NULL, 0},
		{"host:000443", NULL, 0},
		{"host:44e", NULL, 0},
		{"host:+44", NULL, 0},
		{"host:1:2", NULL, 0},
		{"2001:db8::1", NULL, 0},
		{"::1", NULL, 0},
		{"[]", NULL, 0},
		{"[::1", NULL, 0},
		{"[::1]443", NULL, 0},
		{"[::1]:", NULL, 0},
		{"[cafe]", NULL, 0},
		{"[::g]", NULL, 0},
		{"[", NULL, 0},
		{"ho st", NULL, 0},
		{"host/x", NULL, 0},
		{"h\xc3\xb6st", NULL, 0},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_host host = {.name = "untouched"};
		enum lp_status status = lp_host_parse(rows[i].text, &host);
		if (status != (rows[i].name ? LP_OK : LP_INVALID))
			fail_msg("%s: status %d", rows[i].text, (int)status);
		assert_string_equal(host.name, rows[i].name ? rows[i].name : "untouched");
		assert_int_equal(host.port, rows[i].port);
	}
}

static void a_host_has_at_most_253_characters(void **state)
{
	(void)state;
	char text[] = "[" NAME "abcdef]";
	struct lp_host host;
	memset(text + 1, ':', LP_HOST_MAX + 1);
	assert_int_equal(lp_host_parse(text, &host), LP_INVALID);
	text[LP_HOST_MAX + 1] = ']';
	text[LP_HOST_MAX + 2] = '\0';
	assert_int_equal(lp_host_parse(text, &host), LP_OK);
	assert_int_equal(strlen(host.name), LP_HOST_MAX);
}

static void a_pin_is_64_hex_digits(void **state)
{
	(void)state;
	uint8_t pin[LP_PIN_SIZE];
	char text[LP_PIN_TEXT];
	assert_int_equal(lp_pin_parse("sha256:" HEX_A, pin), LP_OK);
	assert_int_equal(pin[1], 0x11);
	assert_int_equal(pin[31], 0xff);
	assert_string_equal(lp_pin_format(pin, text), "sha256:" HEX_A);
	assert_int_equal(strlen(text), LP_PIN_TEXT - 1);

	static const struct {
		const char *text;
		enum lp_status status;
	} rows[] = {
		/* as printed by openssl x509 -fingerprint */
		{"SHA256:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
		 "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF",
			LP_OK},
		{"sha256:0011:2233445566778899aabbccddeeff00112233445566778899aabbccddeeff", LP_OK},
		{HEX_A, LP_INVALID},
		{"", LP_INVALID},
		{"sha256:", LP_INVALID},
		{"sha1:" HEX_A, LP_INVALID},
		{"sha256:" HEX_A "0", LP_INVALID},
		{"sha256:" HEX_A ":", LP_INVALID},
		{"sha256::" HEX_A, LP_INVALID},
		{"sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeef",
			LP_INVALID},
		{"sha256:0:0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
			LP_INVALID},
		{"sha256:g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
			LP_INVALID},
		{"sha256:0g112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
			LP_INVALID},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t got[LP_PIN_SIZE] = {0x77};
		if (lp_pin_parse(rows[i].text, got) != rows[i].status)
			fail_msg("%s", rows[i].text);
		if (rows[i].status == LP_OK)
			assert_memory_equal(got, pin, LP_PIN_SIZE);
		else
			assert_int_equal(got[0], 0x77);
	}
}

static void an_invite_contains_everything_for_a_join(void **state)
{
	(void)state;
	struct lp_invite invite;
	assert_int_equal(lp_invite_parse(" Lanparty://[2001:db8::1]:4433/abcd-efgh-jkmn-pqrb"
					 "?pin=sha256:" HEX_A "&theme=dark&&pin=sha256:" HEX_B
					 "&name=relay.example&flag\n",
				 &invite),
		LP_OK);
	assert_string_equal(invite.relay.name, "2001:db8::1");
	assert_int_equal(invite.relay.port, 4433);
	assert_string_equal(invite.code.text, "ABCDEFGHJKMNPQRB");
	assert_false(invite.code.chosen);
	assert_int_equal(invite.pin_count, 2);
	assert_int_equal(invite.pins[0][1], 0x11);
	assert_int_equal(invite.pins[1][0], 0xff);
	assert_string_equal(invite.server_name, "relay.example");

	assert_int_equal(
		lp_invite_parse("\n  lanparty://host/fridaynight?name=n \r\n", &invite), LP_OK);
	assert_string_equal(invite.server_name, "n");

	assert_int_equal(lp_invite_parse("lanparty://relay.example/fridaynight", &invite), LP_OK);
	assert_int_equal(invite.relay.port, LP_RELAY_PORT);
	assert_true(invite.code.chosen);
	assert_int_equal(invite.pin_count, 0);
	assert_string_equal(invite.server_name, "");
}

static void an_invite_without_a_room_names_the_relay(void **state)
{
	(void)state;
	struct lp_invite invite;
	char text[LP_INVITE_TEXT];
	assert_int_equal(
		lp_invite_parse("lanparty://host:4433?pin=sha256:" HEX_A "&x=a/b", &invite), LP_OK);
	assert_string_equal(invite.relay.name, "host");
	assert_int_equal(invite.relay.port, 4433);
	assert_string_equal(invite.code.text, "");
	assert_int_equal(invite.pin_count, 1);
	assert_true(lp_invite_format(&invite, text, sizeof(text)));
	assert_string_equal(text, "lanparty://host:4433?pin=sha256:" HEX_A);
	assert_int_equal(lp_invite_parse("lanparty://host", &invite), LP_OK);
	assert_string_equal(invite.code.text, "");
	assert_int_equal(invite.pin_count, 0);
}

static void a_broken_invite_is_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",
		"lanparty://",
		"lanparty:host/fridaynight",
		"https://host/fridaynight",
		"lanparty://host/",
		"lanparty://host/?pin=sha256:" HEX_A,
		"lanparty://?pin=sha256:" HEX_A,
		"lanparty://host?pin=",
		"lanparty://host/abcdefg",
		"lanparty:///fridaynight",
		"lanparty://host:0/fridaynight",
		"lanparty://::1/fridaynight",
		"lanparty://host/fridaynight/night",
		"lanparty://host/fri%20daynight",
		"lanparty://host/fridaynight#top",
		"lanparty://host/fridaynight?pin=",
		"lanparty://host/fridaynight?pin=sha256:" HEX_A "0",
		"lanparty://host/fridaynight?pin=sha256:" HEX_A "&pin=sha256:" HEX_B
		"&pin=sha256:" HEX_A,
		"lanparty://host/fridaynight?name=",
		"lanparty://host/fridaynight?name=a:b",
		"lanparty://host/fridaynight?at=a&at=b&at=c&at=d", /* W1 */
		"lanparty://host/fridaynight?at=",
		"lanparty://host/fridaynight?at=b:0",
		"lanparty://host/fridaynight?at=b/c",
		"lanparty://host/fridaynight?name=a&name=a",
		"lanparty://host/fridaynight?host=sha256:" HEX_A "&host=sha256:" HEX_A, /* N4 */
		"lanparty://host/fridaynight?host=" HEX_A,
		"lanparty://host?token=ABCD-EFGH-JKMN-PQRC", /* H3 */
		"lanparty://host?token=",
		"lanparty://host?token=ABCD-EFGH-JKMN-PQRB&token=ABCD-EFGH-JKMN-PQRB",
		"lanparty://host?guest=" PASS, /* whose? */
		"lanparty://host/fridaynight?host=sha256:" HEX_A "&guest=" PASS,
		"lanparty://host?host=sha256:" HEX_A "&guest=" PASS "&guest=" PASS,
		"lanparty://host?host=sha256:" HEX_A "&guest=" PASS "0",
		"lanparty://host?host=sha256:" HEX_A "&guest=" PASS "00",
		"lanparty://host?host=sha256:" HEX_A "&guest=123400000000" HEX_A HEX_B, /* no end */
		"lanparty://host?host=sha256:" HEX_A "&guest=",
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_invite invite = {.pin_count = 77};
		if (lp_invite_parse(rows[i], &invite) != LP_INVALID)
			fail_msg("%s", rows[i]);
		assert_int_equal(invite.pin_count, 77);
	}
}

static void an_invite_survives_a_round_trip(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"lanparty://relay.example/ABCD-EFGH-JKMN-PQRB",
		"lanparty://relay.example:1/FRIDAYNIGHT",
		"lanparty://192.0.2.1:65535/ABCD-EFGH-JKMN-PQRB?pin=sha256:" HEX_A,
		"lanparty://[2001:db8::1]:10203/ABCD-EFGH-JKMN-PQRB?name=relay.example",
		"lanparty://[::1]/0000-0000-0000-0000?pin=sha256:" HEX_A "&pin=sha256:" HEX_B
		"&name=relay.example&host=sha256:" HEX_A, /* N4 */
		"lanparty://relay.example/ABCD-EFGH-JKMN-PQRB?host=sha256:" HEX_B,
		"lanparty://relay.example/ABCD-EFGH-JKMN-PQRB?at=relay.example:4500", /* W1 */
		"lanparty://relay.example?pin=sha256:" HEX_A
		"&at=[2001:db8::5]:1&at=b.example&at=192.0.2.1&name=n&token=ABCD-EFGH-JKMN-PQRB",
		"lanparty://relay.example?pin=sha256:" HEX_A "&token=ABCD-EFGH-JKMN-PQRB", /* H3 */
		"lanparty://relay.example?token=ABCD-EFGH-JKMN-PQRB",
		"lanparty://relay.example?pin=sha256:" HEX_A "&host=sha256:" HEX_B "&guest=" PASS,
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_invite invite;
		char text[LP_INVITE_TEXT];
		assert_int_equal(lp_invite_parse(rows[i], &invite), LP_OK);
		assert_true(lp_invite_format(&invite, text, sizeof(text)));
		assert_string_equal(text, rows[i]);
		for (size_t cap = 0; cap <= strlen(rows[i]); cap++)
			assert_false(lp_invite_format(&invite, text, cap));
	}
}

static void the_longest_invite_fits(void **state)
{
	(void)state;
	struct lp_invite invite = {
		.relay.port = 10000, .code.chosen = true, .pin_count = LP_MAX_PINS};
	memset(invite.relay.name, ':', LP_HOST_MAX);
	memset(invite.code.text, 'A', LP_CODE_MAX);
	memset(invite.server_name, 'n', LP_HOST_MAX);
	memset(invite.host, 1, sizeof(invite.host));
	for (size_t i = 0; i < LP_MAX_ALSO; i++)
		invite.also[invite.also_count++] = invite.relay;
	invite.token = invite.code;
	char text[LP_INVITE_TEXT];
	assert_true(lp_invite_format(&invite, text, sizeof(text)));
	memset(invite.code.text, 0, sizeof(invite.code.text));
	memset(invite.guest, 1, sizeof(invite.guest));
	assert_true(lp_invite_format(&invite, text, sizeof(text)));
}

static void H3_the_pass_of_a_guest_is_read(void **state)
{
	(void)state;
	struct lp_invite invite;
	assert_int_equal(
		lp_invite_parse("lanparty://host?guest=" PASS "&host=sha256:" HEX_A, &invite),
		LP_OK);
	assert_string_equal(invite.code.text, "");
	assert_int_equal(lp_guest_steer(invite.guest), 0x1234);
	assert_int_equal(lp_guest_end(invite.guest), 0x00000001);
	assert_int_equal(invite.guest[LP_GUEST_SIGNED + 1], 0x11);
	assert_int_equal(invite.guest[LP_GUEST_PASS - 1], 0xff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_encodes_75_bits_in_groups_of_five),
		cmocka_unit_test(each_random_bit_is_one_bit_of_one_character),
		cmocka_unit_test(every_typing_error_is_found),
		cmocka_unit_test(every_wrong_character_and_every_swapped_pair_is_found),
		cmocka_unit_test(a_generated_code_reads_back),
		cmocka_unit_test(a_code_is_parsed_leniently),
		cmocka_unit_test(a_relay_address_is_a_host_and_a_port),
		cmocka_unit_test(a_host_has_at_most_253_characters),
		cmocka_unit_test(a_pin_is_64_hex_digits),
		cmocka_unit_test(an_invite_contains_everything_for_a_join),
		cmocka_unit_test(an_invite_without_a_room_names_the_relay),
		cmocka_unit_test(a_broken_invite_is_refused),
		cmocka_unit_test(an_invite_survives_a_round_trip),
		cmocka_unit_test(the_longest_invite_fits),
		cmocka_unit_test(H3_the_pass_of_a_guest_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
