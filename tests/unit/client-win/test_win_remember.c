/* What one start stores for the next, in a registry key of this test. */
#include "remember.h"

#include "membership.h"

#include <winsock2.h>
#include <windows.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEST_KEY     L"Software\\lanparty-test-remember"
#define KEY          L"Software\\lanparty"
#define PIN          L"sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define LABEL_63     L"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NAME_256     LABEL_63 L"." LABEL_63 L"." LABEL_63 L"." LABEL_63 L"."

static const struct lp_peer_options options = {
	.relay = {"play.example.org", 8443},
	.also = {{"play.example.org", 4500}, {"2001:db8::5", LP_RELAY_PORT}}, /* W1 */
	.also_count = 2,
	.server_name = "cert.example.org",
	.pins = {{0xaa}, {0xbb}},
	.pin_count = 2,
	.room_key = "ROOMKEYROOMKEYROOMKEYROOMKEYROO",
	.name = "Zo\xc3\xab #1 = best",
};
static const struct lp_peer_options nothing;

static int begin(void **state)
{
	HKEY key;
	(void)state;
	RegDeleteTreeW(HKEY_CURRENT_USER, TEST_KEY);
	return RegCreateKeyExW(HKEY_CURRENT_USER, TEST_KEY, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key,
		       NULL) != ERROR_SUCCESS ||
	       RegOverridePredefKey(HKEY_CURRENT_USER, key) != ERROR_SUCCESS ||
	       RegCloseKey(key) != ERROR_SUCCESS;
}

static int end(void **state)
{
	(void)state;
	RegOverridePredefKey(HKEY_CURRENT_USER, NULL);
	return RegDeleteTreeW(HKEY_CURRENT_USER, TEST_KEY) != ERROR_SUCCESS;
}

static HKEY open_key(void)
{
	HKEY key;
	assert_int_equal(RegCreateKeyExW(HKEY_CURRENT_USER, KEY, 0, NULL, 0, KEY_ALL_ACCESS, NULL,
				 &key, NULL),
		ERROR_SUCCESS);
	return key;
}

static void put(const wchar_t *name, DWORD type, const void *data, size_t len)
{
	HKEY key = open_key();
	assert_int_equal(RegSetValueExW(key, name, 0, type, data, (DWORD)len), ERROR_SUCCESS);
	RegCloseKey(key);
}

static void the_next_start_reads_what_was_stored(void **state)
{
	struct lp_peer_options back, expected = options;
	(void)state;
	assert_true(remember(&options));
	assert_true(remember_load(&back));
	memset(expected.room_key, 0, sizeof(expected.room_key));
	assert_string_equal(back.relay.name, "play.example.org");
	assert_int_equal(back.relay.port, 8443);
	assert_string_equal(back.server_name, "cert.example.org");
	assert_string_equal(back.name, "Zo\xc3\xab #1 = best");
	assert_memory_equal(&back, &expected, sizeof(back));
}

static void new_values_replace_all_old_values(void **state)
{
	static const struct lp_peer_options others[] = {
		{.relay = {"2001:db8::5", LP_RELAY_PORT}, .server_name = "2001:db8::5"},
		{.relay = {"192.0.2.7", 1}, .server_name = "2001:db8::6"},
		{.relay = {"b", 2}, .also = {{"c", 3}}, .also_count = 1, .server_name = "b"},
		{.relay = {"a", 65535}, .server_name = "a", .pins = {{9}}, .pin_count = 1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		struct lp_peer_options back;
		assert_true(remember(&options));
		assert_true(remember(&others[i]));
		assert_true(remember_load(&back));
		assert_memory_equal(&back, &others[i], sizeof(back));
	}
}

static void the_longest_values_fit(void **state)
{
	struct lp_peer_options big = {.relay = {.port = 65535}, .pin_count = LP_MAX_PINS}, back;
	(void)state;
	memset(big.relay.name, ':', LP_HOST_MAX);
	for (size_t i = 0; i < LP_MAX_ALSO; i++)
		big.also[big.also_count++] = big.relay;
	memset(big.server_name, 's', LP_HOST_MAX);
	memset(big.pins, 0xff, sizeof(big.pins));
	memset(big.name, 'n', LP_NAME_MAX);
	assert_true(remember(&big));
	assert_true(remember_load(&back));
	assert_memory_equal(&back, &big, sizeof(back));
}

static void nothing_is_stored_at_first(void **state)
{
	struct lp_peer_options back = options;
	(void)state;
	assert_false(remember_load(&back));
	assert_memory_equal(&back, &nothing, sizeof(back));
}

static void invalid_values_are_not_used(void **state)
{
	static const wchar_t good[] = L"other.example.org", pin[] = PIN, plus[] = PIN L"0";
	static const wchar_t environment[] = L"%USERNAME%", blank[] = L"play example.org";
	static const wchar_t port[] = L"play.example.org:0", half[] = L"sha256:0011",
			     path[] = L"\\\\x";
	static const wchar_t longest[] = NAME_256 NAME_256, name[] = L"Zoe", lone[] = {0xd800, 0};
	static const wchar_t controls[] = L"a\nb\x1b";
	static const struct {
		const wchar_t *name;
		DWORD type;
		const wchar_t *data;
		size_t len;
		bool good;
		const char *story;
	} rows[] = {
		{L"relay", REG_SZ, good, sizeof(good), true, "another relay"},
		{L"relay", REG_SZ, good, sizeof(good) - 2, true, "its end is not written down"},
		{L"relay", REG_SZ, L"", 2, false, "none"},
		{L"relay", REG_SZ, L"", 0, false, "not even an end"},
		{L"relay", REG_SZ, blank, sizeof(blank), false, "no host"},
		{L"relay", REG_SZ, port, sizeof(port), false, "no port"},
		{L"relay", REG_SZ, path, sizeof(path), false, "a path"},
		{L"relay", REG_SZ, longest, sizeof(longest), false, "much too long"},
		{L"relay", REG_SZ, lone, sizeof(lone), false, "half a character"},
		{L"relay", REG_BINARY, good, sizeof(good), false, "bytes"},
		{L"relay", REG_MULTI_SZ, good, sizeof(good), false, "a list"},
		{L"relay", REG_DWORD, good, 4, false, "a number"},
		{L"relay", REG_EXPAND_SZ, environment, sizeof(environment), false, "a variable"},
		{L"relay-2", REG_SZ, good, sizeof(good), true, "another endpoint"},
		{L"relay-3", REG_SZ, blank, sizeof(blank), false, "no endpoint"},
		{L"server-name", REG_SZ, good, sizeof(good), true, "another name"},
		{L"server-name", REG_SZ, blank, sizeof(blank), false, "no name"},
		{L"server-name", REG_DWORD, good, 4, false, "a number"},
		{L"relay-pin", REG_SZ, pin, sizeof(pin), true, "another pin"},
		{L"relay-pin", REG_SZ, half, sizeof(half), false, "half a pin"},
		{L"relay-pin", REG_SZ, plus, sizeof(plus), false, "more than a pin"},
		{L"relay-pin", REG_BINARY, pin, 32, false, "a pin in bytes"},
		{L"relay-pin-2", REG_SZ, half, sizeof(half), false, "half a second pin"},
		{L"name", REG_SZ, name, sizeof(name), true, "another player"},
		{L"name", REG_SZ, controls, sizeof(controls), true, "controls are taken out"},
		{L"name", REG_SZ, longest, 400, true, "a long one is cut"},
		{L"name", REG_SZ, longest, sizeof(longest), false, "a novel"},
		{L"name", REG_DWORD, name, 4, false, "a number"},
		{L"room", REG_SZ, good, sizeof(good), true, "nobody asks for it"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_peer_options back;
		assert_true(remember(&options));
		put(rows[i].name, rows[i].type, rows[i].data, rows[i].len);
		bool good_one = remember_load(&back);
		if (good_one != rows[i].good ||
			(!good_one && memcmp(&back, &nothing, sizeof(back)) != 0))
			fail_msg("%ls: %s", rows[i].name, rows[i].story);
		assert_in_range(strlen(back.name), 0, LP_NAME_MAX);
		assert_null(strpbrk(back.name, "\n\x1b"));
		assert_null(back.room);
	}
}

static void the_room_is_never_stored(void **state)
{
	static const wchar_t *const known[] = {L"relay", L"relay-2", L"relay-3", L"server-name",
		L"relay-pin", L"relay-pin-2", L"name"};
	HKEY key;
	DWORD count = 0;
	(void)state;
	assert_true(remember(&options));
	key = open_key();
	for (DWORD i = 0;; i++) {
		wchar_t name[100], text[400] = L"";
		DWORD units = COUNT(name), len = sizeof(text) - sizeof(*text), type;
		size_t k = 0;
		if (RegEnumValueW(key, i, name, &units, NULL, &type, (BYTE *)text, &len) !=
			ERROR_SUCCESS)
			break;
		while (k < COUNT(known) && wcscmp(known[k], name) != 0)
			k++;
		assert_true(k < COUNT(known));
		assert_int_equal(type, REG_SZ);
		assert_null(wcsstr(text, L"ROOMKEY"));
		assert_null(wcsstr(text, L"524f4f4d")); /* in hexadecimal */
		count++;
	}
	RegCloseKey(key);
	assert_int_equal(count, COUNT(known));
}

static void an_interrupted_write_leaves_no_relay_without_its_pin(void **state)
{
	struct lp_peer_options back;
	HKEY key;
	(void)state;
	assert_true(remember(&options));
	key = open_key();
	RegDeleteValueW(key, L"relay"); /* as it is until everything else is written */
	RegCloseKey(key);
	assert_false(remember_load(&back));
}

/* The import of RegSetValueExW, by way of the linker's --wrap. */
static unsigned writes_left; /* until one fails; 0: none does */

typedef LSTATUS(WINAPI set_value)(HKEY, LPCWSTR, DWORD, DWORD, const BYTE *, DWORD);
extern set_value *__real___imp_RegSetValueExW;
extern set_value *__wrap___imp_RegSetValueExW;

static LSTATUS WINAPI maybe_set(
	HKEY key, LPCWSTR name, DWORD reserved, DWORD type, const BYTE *data, DWORD len)
{
	if (writes_left > 0 && --writes_left == 0)
		return ERROR_NOT_ENOUGH_MEMORY;
	return __real___imp_RegSetValueExW(key, name, reserved, type, data, len);
}

set_value *__wrap___imp_RegSetValueExW = maybe_set;

static void a_failed_write_leaves_what_was_remembered(void **state)
{
	static const struct lp_peer_options other = {.relay = {"192.0.2.7", 1},
		.server_name = "other.example.org",
		.pins = {{9}, {8}},
		.pin_count = 2,
		.name = "Other"};
	struct lp_peer_options back, expected = options;
	(void)state;
	memset(expected.room_key, 0, sizeof(expected.room_key));
	for (unsigned n = 1; n <= 5; n++) { /* server name, two pins, name, relay */
		assert_true(remember(&options));
		writes_left = n;
		assert_false(remember(&other));
		assert_int_equal(writes_left, 0);
		assert_true(remember_load(&back));
		assert_memory_equal(&back, &expected, sizeof(back));
	}
}

static void K2_the_next_run_finds_the_token_of_its_room(void **state)
{
	static const uint8_t room[LP_ROOM_KEY_SIZE] = {1}, other[LP_ROOM_KEY_SIZE] = {2};
	static const uint8_t token[LP_TOKEN_SIZE] = {0xaa, [15] = 0xbb}, none[LP_TOKEN_SIZE];
	static const uint8_t short_record[] = {1, 2, 3};
	uint8_t found[LP_TOKEN_SIZE];
	(void)state;
	membership_load(room, found);
	assert_memory_equal(found, none, sizeof(none));
	membership_keep(room, token);
	membership_load(other, found);
	assert_memory_equal(found, none, sizeof(none));
	membership_load(room, found);
	assert_memory_equal(found, token, sizeof(token));
	membership_forget();
	membership_forget();
	membership_load(room, found);
	assert_memory_equal(found, none, sizeof(none));
	put(L"membership", REG_BINARY, short_record, sizeof(short_record));
	membership_load(room, found);
	assert_memory_equal(found, none, sizeof(none));
}

static void W1_the_next_run_finds_the_address_that_worked(void **state)
{
	struct lp_peer_options here = options, other = options;
	struct lp_entry entry = {.endpoint = 2}, found;
	(void)state;
	entry.address.len = sizeof(entry.address.in6);
	entry.address.in6.sin6_family = AF_INET6;
	entry.address.in6.sin6_port = htons(4500);
	entry.address.in6.sin6_addr.s6_addr[15] = 5;
	membership_load_way(&here, &found);
	assert_int_equal(found.address.len, 0);
	membership_keep_way(&here, &entry);
	membership_load_way(&here, &found);
	assert_int_equal(found.endpoint, 2);
	assert_true(lp_address_equal(&found.address, &entry.address));
	other.also_count--;
	membership_load_way(&other, &found);
	assert_int_equal(found.address.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_next_start_reads_what_was_stored, begin, end),
		cmocka_unit_test_setup_teardown(new_values_replace_all_old_values, begin, end),
		cmocka_unit_test_setup_teardown(the_longest_values_fit, begin, end),
		cmocka_unit_test_setup_teardown(nothing_is_stored_at_first, begin, end),
		cmocka_unit_test_setup_teardown(invalid_values_are_not_used, begin, end),
		cmocka_unit_test_setup_teardown(the_room_is_never_stored, begin, end),
		cmocka_unit_test_setup_teardown(
			an_interrupted_write_leaves_no_relay_without_its_pin, begin, end),
		cmocka_unit_test_setup_teardown(
			a_failed_write_leaves_what_was_remembered, begin, end),
		cmocka_unit_test_setup_teardown(
			K2_the_next_run_finds_the_token_of_its_room, begin, end),
		cmocka_unit_test_setup_teardown(
			W1_the_next_run_finds_the_address_that_worked, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
