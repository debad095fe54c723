/* What a member keeps of its rooms (rows K2, N4, W1), in a registry key of this test: the number of rooms, and
 * what is said when the registry cannot be used. */
#include "membership.h"

#include <winsock2.h>
#include <windows.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>

#include "lanparty/edge/log.h"
#include "lanparty/peer/host_memory.h"

#define TEST_KEY L"Software\\lanparty-test-membership"
#define KEY      L"Software\\lanparty"
#define HOSTS    KEY L"\\hosts"

static char logged[4096];

static void take_line(void *context, const char *line, size_t len)
{
	(void)context;
	size_t had = strlen(logged);
	if (had + len + 2 < sizeof(logged))
		snprintf(logged + had, sizeof(logged) - had, "%.*s\n", (int)len, line);
}

static unsigned times_logged(const char *text)
{
	unsigned count = 0;
	for (const char *at = logged; (at = strstr(at, text)); at++)
		count++;
	return count;
}

static int begin(void **state)
{
	HKEY key;
	(void)state;
	logged[0] = '\0';
	lp_log_to(take_line, NULL);
	RegDeleteTreeW(HKEY_CURRENT_USER, TEST_KEY);
	return RegCreateKeyExW(HKEY_CURRENT_USER, TEST_KEY, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key,
		       NULL) != ERROR_SUCCESS ||
	       RegOverridePredefKey(HKEY_CURRENT_USER, key) != ERROR_SUCCESS ||
	       RegCloseKey(key) != ERROR_SUCCESS;
}

static int end(void **state)
{
	(void)state;
	lp_log_to(NULL, NULL);
	RegOverridePredefKey(HKEY_CURRENT_USER, NULL);
	return RegDeleteTreeW(HKEY_CURRENT_USER, TEST_KEY) != ERROR_SUCCESS;
}

static void keep(uint16_t room, uint8_t print)
{
	const uint8_t room_key[LP_ROOM_KEY_SIZE] = {(uint8_t)(room >> 8), (uint8_t)room};
	const uint8_t host[LP_HOST_PRINT] = {print};
	membership_keep_host(room_key, host);
}

/* The first byte of what is kept; 0: nothing. */
static uint8_t kept(uint16_t room)
{
	const uint8_t room_key[LP_ROOM_KEY_SIZE] = {(uint8_t)(room >> 8), (uint8_t)room};
	uint8_t host[LP_HOST_PRINT];
	membership_load_host(room_key, host);
	return host[0];
}

static DWORD count_values(void)
{
	HKEY key;
	DWORD count = 0;
	assert_int_equal(RegOpenKeyExW(HKEY_CURRENT_USER, HOSTS, 0, KEY_READ, &key), ERROR_SUCCESS);
	RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, &count, NULL, NULL, NULL, NULL);
	RegCloseKey(key);
	return count;
}

static unsigned count_kept(uint16_t rooms)
{
	unsigned count = 0;
	for (uint16_t i = 1; i <= rooms; i++)
		count += kept(i) != 0;
	return count;
}

static void one_room_too_many_replaces_one(void **state)
{
	(void)state;
	for (uint16_t i = 1; i <= LP_HOST_MEMORY_ROOMS; i++)
		keep(i, 7);
	assert_int_equal(count_kept(LP_HOST_MEMORY_ROOMS), LP_HOST_MEMORY_ROOMS);
	keep(LP_HOST_MEMORY_ROOMS, 8); /* it was there */
	assert_int_equal(count_kept(LP_HOST_MEMORY_ROOMS), LP_HOST_MEMORY_ROOMS);
	assert_int_equal(kept(LP_HOST_MEMORY_ROOMS), 8);
	for (uint16_t i = 1; i <= 3; i++) {
		keep(1000 + i, 9);
		assert_int_equal(kept(1000 + i), 9);
		assert_int_equal(count_values(), LP_HOST_MEMORY_ROOMS);
	}
	assert_true(count_kept(LP_HOST_MEMORY_ROOMS) >= LP_HOST_MEMORY_ROOMS - 3);
	assert_string_equal(logged, "");
}

static void put(const wchar_t *name, DWORD type)
{
	const BYTE value[4] = {0};
	assert_int_equal(
		RegSetKeyValueW(HKEY_CURRENT_USER, HOSTS, name, type, value, 4), ERROR_SUCCESS);
}

static void a_list_that_is_too_long_is_cut(void **state)
{
	wchar_t name[300];
	(void)state;
	for (unsigned i = 0; i < 2 * LP_HOST_MEMORY_ROOMS; i++) {
		swprintf(name, 300, L"%0250u", i); /* longer than ours */
		put(name, REG_BINARY);
	}
	keep(1, 7);
	assert_int_equal(count_values(), LP_HOST_MEMORY_ROOMS);
	assert_int_equal(kept(1), 7);
	assert_string_equal(logged, "");
}

static void name_of(uint16_t room, wchar_t name[2 * LP_HOST_MEMORY_TAG + 1])
{
	const uint8_t room_key[LP_ROOM_KEY_SIZE] = {(uint8_t)(room >> 8), (uint8_t)room};
	uint8_t tag[LP_HOST_MEMORY_TAG];
	assert_true(lp_host_memory_tag(room_key, tag));
	for (size_t i = 0; i < sizeof(tag); i++)
		swprintf(name + 2 * i, 3, L"%02x", tag[i]);
}

static void what_cannot_be_read_is_told(void **state)
{
	static const DWORD types[] = {REG_BINARY, REG_DWORD};
	wchar_t name[2 * LP_HOST_MEMORY_TAG + 1];
	(void)state;
	assert_int_equal(kept(1), 0);
	assert_string_equal(logged, ""); /* nothing is kept: no reason to speak */
	name_of(1, name);
	for (unsigned i = 0; i < 2; i++) {
		put(name, types[i]); /* too short; another type */
		assert_int_equal(kept(1), 0);
		assert_int_equal(times_logged("event=room_not_known"), i + 1);
	}
	assert_non_null(strstr(logged, "compare the one that is shown"));
}

static void K2_a_token_that_cannot_be_read_is_told(void **state)
{
	static const uint8_t room_key[LP_ROOM_KEY_SIZE] = {1}, none[LP_TOKEN_SIZE];
	uint8_t token[LP_TOKEN_SIZE];
	(void)state;
	membership_load(room_key, token);
	assert_string_equal(logged, "");
	for (DWORD len = 3; len <= 300; len += 297) {
		BYTE value[300] = {1};
		RegSetKeyValueW(HKEY_CURRENT_USER, KEY, L"membership", REG_BINARY, value, len);
		membership_load(room_key, token);
		assert_memory_equal(token, none, sizeof(none));
	}
	assert_int_equal(times_logged("event=membership_not_known"), 2);
}

/* Imports of the registry, by way of the linker's --wrap. */
static bool refuses;

typedef LSTATUS(WINAPI set_value)(HKEY, LPCWSTR, DWORD, DWORD, const BYTE *, DWORD);
extern set_value *__real___imp_RegSetValueExW;
extern set_value *__wrap___imp_RegSetValueExW;
typedef LSTATUS(WINAPI set_key_value)(HKEY, LPCWSTR, LPCWSTR, DWORD, LPCVOID, DWORD);
extern set_key_value *__real___imp_RegSetKeyValueW;
extern set_key_value *__wrap___imp_RegSetKeyValueW;

static LSTATUS WINAPI maybe_set(
	HKEY key, LPCWSTR name, DWORD reserved, DWORD type, const BYTE *data, DWORD len)
{
	return refuses ? ERROR_ACCESS_DENIED
		       : __real___imp_RegSetValueExW(key, name, reserved, type, data, len);
}

static LSTATUS WINAPI maybe_set_key(
	HKEY key, LPCWSTR path, LPCWSTR name, DWORD type, LPCVOID data, DWORD len)
{
	return refuses ? ERROR_ACCESS_DENIED
		       : __real___imp_RegSetKeyValueW(key, path, name, type, data, len);
}

set_value *__wrap___imp_RegSetValueExW = maybe_set;
set_key_value *__wrap___imp_RegSetKeyValueW = maybe_set_key;

static void what_cannot_be_kept_is_told(void **state)
{
	static const uint8_t room_key[LP_ROOM_KEY_SIZE] = {1}, token[LP_TOKEN_SIZE] = {1};
	(void)state;
	refuses = true;
	keep(1, 7);
	membership_keep(room_key, token);
	assert_int_equal(times_logged("event=room_not_kept"), 1);
	assert_int_equal(times_logged("event=membership_not_kept"), 1);
	refuses = false;
	keep(1, 7);
	assert_int_equal(kept(1), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_room_too_many_replaces_one, begin, end),
		cmocka_unit_test_setup_teardown(a_list_that_is_too_long_is_cut, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_told, begin, end),
		cmocka_unit_test_setup_teardown(K2_a_token_that_cannot_be_read_is_told, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_kept_is_told, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
