#include "adapter_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "wide.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define GUID_A       "{AAAAAAAA-0000-4000-8000-000000000001}"
#define GUID_B       "{bbbbbbbb-0000-4000-8000-000000000002}"
#define MINE         "{00000000-0000-4000-8000-000000000000}"
#define ENDLESS      5000

/* ---- a private registry: HKEY_LOCAL_MACHINE is mapped to a key of this test */

#define TEST_KEY L"Software\\lanparty-test"

static int open_registry(void **state)
{
	HKEY root;
	(void)state;
	RegDeleteTreeW(HKEY_CURRENT_USER, TEST_KEY);
	if (RegCreateKeyExW(HKEY_CURRENT_USER, TEST_KEY, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &root,
		    NULL) != ERROR_SUCCESS)
		return -1;
	LSTATUS status = RegOverridePredefKey(HKEY_LOCAL_MACHINE, root);
	RegCloseKey(root);
	return status == ERROR_SUCCESS ? 0 : -1;
}

static int close_registry(void **state)
{
	(void)state;
	RegOverridePredefKey(HKEY_LOCAL_MACHINE, NULL);
	RegDeleteTreeW(HKEY_CURRENT_USER, TEST_KEY);
	return 0;
}

static void put_value(
	const char *key, const wchar_t *name, DWORD type, const void *bytes, size_t len)
{
	wchar_t path[512];
	wide_from(path, 512, key);
	assert_int_equal(
		RegSetKeyValueW(HKEY_LOCAL_MACHINE, path, name, type, bytes, (DWORD)len), 0);
}

static void put_text(const char *key, const wchar_t *name, const char *text)
{
	wchar_t wide[512];
	wide_from(wide, 512, text);
	put_value(key, name, REG_SZ, wide, (wcslen(wide) + 1) * sizeof(*wide));
}

static char *class_key(char key[256], const char *subkey)
{
	snprintf(key, 256, ADAPTER_CLASS "\\%s", subkey);
	return key;
}

static char *connection_key(char key[256], const char *guid)
{
	snprintf(key, 256, ADAPTER_NETWORK "\\%s\\Connection", guid);
	return key;
}

/* NULL: no such value. */
static void put_adapter(const char *subkey, const char *component, const char *guid,
	const char *name, const char *version)
{
	char key[256];
	put_text(class_key(key, subkey), L"DriverDesc", "some card");
	if (component)
		put_text(key, L"ComponentId", component);
	if (guid)
		put_text(key, L"NetCfgInstanceId", guid);
	if (version)
		put_text(key, L"DriverVersion", version);
	if (name)
		put_text(connection_key(key, guid), L"Name", name);
}

static void one_adapter_is_found_with_all_its_properties(void **state)
{
	(void)state;
	struct adapter list[ADAPTERS_MAX];
	put_adapter("0007", "tap0901", GUID_A, "LAN-Verbindung für München", "9.27.0.0");
	assert_int_equal(adapter_list(list, ADAPTERS_MAX), 1);
	assert_string_equal(list[0].guid, GUID_A);
	assert_string_equal(list[0].name, "LAN-Verbindung für München");
	assert_int_equal(list[0].driver_major, 9);
	assert_int_equal(list[0].driver_minor, 27);
	assert_string_equal(list[0].class_key, ADAPTER_CLASS "\\0007");
}

static void two_adapters_are_found_in_registry_order(void **state)
{
	(void)state;
	struct adapter list[ADAPTERS_MAX];
	put_adapter("0001", "pci\\ven_8086", MINE, "Ethernet", "12.19.1.32");
	put_adapter("0002", "root\\tap0901", GUID_B, NULL, "9.24.7.601");
	put_adapter("0003", "ovpn-dco", GUID_A, "OpenVPN Data Channel Offload", "1.2.1.0");
	put_adapter("0004", "TAP0901", GUID_A, "lanparty", NULL);
	assert_int_equal(adapter_list(list, ADAPTERS_MAX), 2);
	assert_string_equal(list[0].guid, GUID_B);
	assert_string_equal(list[0].name, "");
	assert_int_equal(list[0].driver_minor, 24);
	assert_string_equal(list[1].guid, GUID_A);
	assert_string_equal(list[1].name, "lanparty");
	assert_int_equal(list[1].driver_major, 0);
}

static void a_computer_without_adapters_lists_none(void **state)
{
	(void)state;
	struct adapter list[ADAPTERS_MAX];
	assert_int_equal(adapter_list(list, ADAPTERS_MAX), 0);
	put_adapter("0001", "pci\\ven_8086", GUID_B, "Ethernet", "12.19.1.32");
	put_adapter("0002", "wintun", GUID_A, "WireGuard", "0.14.0.0");
	assert_int_equal(adapter_list(list, ADAPTERS_MAX), 0);
}

static void adapters_beyond_the_capacity_are_left_out(void **state)
{
	(void)state;
	struct adapter list[ADAPTERS_MAX];
	for (unsigned i = 0; i < ADAPTERS_MAX + 4; i++) {
		char subkey[8], guid[ADAPTER_GUID];
		snprintf(subkey, sizeof(subkey), "%04u", i);
		snprintf(guid, sizeof(guid), "{aaaaaaaa-0000-4000-8000-%012u}", i);
		put_adapter(subkey, "tap0901", guid, NULL, NULL);
	}
	list[3].guid[0] = '!';
	assert_int_equal(adapter_list(list, 3), 3);
	assert_int_equal(list[3].guid[0], '!');
	assert_int_equal(adapter_list(list, ADAPTERS_MAX), ADAPTERS_MAX);
}

/* Values that others wrote: the adapter is left out, or the invalid value is. */
static const struct {
	const wchar_t *value;
	DWORD type;
	const wchar_t *text; /* NULL: not terminated */
	size_t len;          /* length in bytes; 0: the whole text with its NUL */
	bool found, named, version;
	const char *story;
} odd[] = {
	{L"ComponentId", REG_DWORD, L"\1", 4, false, true, true, "a number is no component"},
	{L"ComponentId", REG_BINARY, L"tap0901", 0, false, true, true, "nor are bytes"},
	{L"ComponentId", REG_SZ, L"tap0901", 14, true, true, true, "a text without an end is one"},
	{L"ComponentId", REG_SZ, L"tap0901x", 14, true, true, true, "what comes after is not read"},
	{L"ComponentId", REG_SZ, NULL, 0, false, true, true, "endless"},
	{L"NetCfgInstanceId", REG_SZ, L"", 0, false, true, true, "no GUID"},
	{L"NetCfgInstanceId", REG_SZ, L"{AAAAAAAA-0000-4000-8000-00000000000}", 0, false, true,
		true, "too short a GUID"},
	{L"NetCfgInstanceId", REG_SZ, L"{AAAAAAAA-0000-4000-8000-000000000001}\\..", 0, false, true,
		true, "more than a GUID"},
	{L"NetCfgInstanceId", REG_SZ, L"{AAAAAAAA-0000-4000-8000-0000000\\..\\1}", 0, false, true,
		true, "a path instead of a GUID"},
	{L"NetCfgInstanceId", REG_SZ, NULL, 0, false, true, true, "an endless GUID"},
	{L"NetCfgInstanceId", REG_QWORD, L"{AAA", 8, false, true, true, "a number as GUID"},
	{L"DriverVersion", REG_SZ, L"nine", 0, true, true, false, "no version"},
	{L"DriverVersion", REG_SZ, L"9", 0, true, true, false, "half a version"},
	{L"DriverVersion", REG_DWORD, L"\11", 4, true, true, false, "a number as version"},
	{L"DriverVersion", REG_SZ, NULL, 0, true, true, false, "an endless version"},
	{L"Name", REG_SZ, NULL, 0, true, false, true, "an endless name"},
	{L"Name", REG_MULTI_SZ, L"a\0b\0", 0, true, false, true, "several names"},
	{L"Name", REG_DWORD, L"ab", 4, true, false, true, "a number as name"},
	{L"Name", REG_SZ, L"", 0, true, false, true, "an empty name"},
};

static void registry_values_are_not_trusted(void **state)
{
	static wchar_t endless[ENDLESS];
	for (size_t i = 0; i < ENDLESS; i++)
		endless[i] = L'9';
	for (size_t i = 0; i < COUNT(odd); i++) {
		struct adapter list[ADAPTERS_MAX];
		char key[256];
		assert_int_equal(open_registry(state), 0);
		put_adapter("0001", "tap0901", GUID_A, "Ethernet 2", "9.27.0.0");
		if (wcscmp(odd[i].value, L"Name") == 0)
			connection_key(key, GUID_A);
		else
			class_key(key, "0001");
		const wchar_t *text = odd[i].text ? odd[i].text : endless;
		size_t len = odd[i].text ? (wcslen(text) + 1) * sizeof(*text) : sizeof(endless);
		put_value(key, odd[i].value, odd[i].type, text, odd[i].len ? odd[i].len : len);
		put_adapter("0002", "tap0901", GUID_B, "the other", "9.27.0.0");

		size_t count = adapter_list(list, ADAPTERS_MAX);
		bool good = count == odd[i].found + 1u &&
			    strcmp(list[count - 1].name, "the other") == 0;
		if (good && odd[i].found)
			good = (list[0].name[0] != 0) == odd[i].named &&
			       (list[0].driver_major == 9) == odd[i].version;
		if (!good)
			fail_msg("%s: %zu found, the first is \"%.20s\" with %u.%u", odd[i].story,
				count, list[0].name, list[0].driver_major, list[0].driver_minor);
	}
}

static void subkeys_that_are_not_adapters_are_skipped(void **state)
{
	(void)state;
	struct adapter list[ADAPTERS_MAX];
	put_adapter("0000", "tap0901", NULL, NULL, "9.27.0.0");
	put_adapter("0000-a-name-that-is-longer-than-any-that-windows-gives", "tap0901", GUID_B,
		NULL, NULL);
	put_adapter("0001", "tap0901", GUID_A, NULL, NULL);
	put_adapter("Properties", NULL, NULL, NULL, NULL);
	assert_int_equal(adapter_list(list, ADAPTERS_MAX), 1);
	assert_string_equal(list[0].guid, GUID_A);
}

/* ---- choosing */

#define MINE    "{00000000-0000-4000-8000-000000000000}"
#define MAC_OWN {{0x00, 0xff, 1, 2, 3, 4}}

/* The result of opening the adapter with this index in its class_key. */
static struct {
	DWORD error;
	unsigned major, minor;
} outcomes[4];
static HANDLE given[4]; /* handles that were returned */
static size_t opened;

static void pretend_to_open(const struct adapter *adapter, struct adapter_opened *ret)
{
	size_t i = (size_t)(adapter->class_key[0] - '0');
	*ret = (struct adapter_opened){
		.handle = INVALID_HANDLE_VALUE,
		.error = outcomes[i].error,
		.major = outcomes[i].major,
		.minor = outcomes[i].minor,
		.mac = MAC_OWN,
	};
	if (!ret->error)
		ret->handle = CreateEventW(NULL, TRUE, FALSE, NULL);
	assert_true(opened < COUNT(given));
	given[opened++] = ret->handle;
}

/* Number of handles that were returned and are still open. */
static size_t still_open(void)
{
	size_t count = 0;
	DWORD flags;
	for (size_t i = 0; i < opened; i++)
		count += given[i] != INVALID_HANDLE_VALUE && GetHandleInformation(given[i], &flags);
	return count;
}

static const struct {
	struct {
		const char *name, *guid;
		unsigned minor; /* minor version of driver 9.x in the registry; 0: unknown */
		DWORD error;
		unsigned ioctl_major, ioctl_minor;
	} adapters[3];
	const char *wanted;
	enum adapter_problem problem;
	int which;
	size_t opens;
	const char *story;
} choices[] = {
	{{{0}}, NULL, ADAPTER_NO_DRIVER, -1, 0, "none at all"},
	{{{0}}, "Ethernet", ADAPTER_NO_DRIVER, -1, 0, "none, whatever was asked for"},
	{{{"Ethernet", MINE, 27, 0, 9, 27}}, NULL, ADAPTER_GOOD, 0, 1, "the only one"},
	{{{"Ethernet", MINE, 0, 0, 9, 27}}, NULL, ADAPTER_GOOD, 0, 1,
		"the driver says its version"},
	{{{"Ethernet", MINE, 26, 0, 9, 26}}, NULL, ADAPTER_TOO_OLD, 0, 0,
		"too old: not even opened"},
	{{{"Ethernet", MINE, 27, 0, 9, 26}}, NULL, ADAPTER_TOO_OLD, 0, 1, "the registry was wrong"},
	{{{"Ethernet", MINE, 0, 0, 8, 99}}, NULL, ADAPTER_TOO_OLD, 0, 1, "major counts first"},
	{{{"Ethernet", MINE, 0, 0, 10, 0}}, NULL, ADAPTER_GOOD, 0, 1, "and upwards too"},
	{{{"A", MINE, 24, 0, 9, 24}, {"B", GUID_B, 27, 0, 9, 27}}, NULL, ADAPTER_GOOD, 1, 1,
		"an old one, a good one"},
	{{{"A", MINE, 27, ERROR_GEN_FAILURE, 0, 0}, {"B", GUID_B, 27, 0, 9, 27}}, NULL,
		ADAPTER_GOOD, 1, 2, "one in use, one free"},
	{{{"A", MINE, 27, 0, 9, 27}, {"B", GUID_B, 27, 0, 9, 27}}, NULL, ADAPTER_GOOD, 0, 1,
		"two good ones: the first"},
	{{{"A", MINE, 27, 0, 9, 27}, {"B", GUID_B, 27, 0, 9, 27},
		 {"LanParty", GUID_A, 27, 0, 9, 27}},
		NULL, ADAPTER_GOOD, 2, 1, "the one of our name before all others"},
	{{{"A", MINE, 27, 0, 9, 27}, {"lanparty", GUID_B, 27, ERROR_GEN_FAILURE, 0, 0}}, NULL,
		ADAPTER_GOOD, 0, 2, "ours is in use: the other one"},
	{{{"A", MINE, 27, 0, 9, 27}, {"größe", GUID_B, 27, 0, 9, 27}}, "GRÖSSE", ADAPTER_NOT_FOUND,
		-1, 0, "no such name"},
	{{{"A", MINE, 27, 0, 9, 27}, {"Größe", GUID_B, 27, 0, 9, 27}}, "GRÖßE", ADAPTER_GOOD, 1, 1,
		"by name, in any case"},
	{{{"A", MINE, 27, 0, 9, 27}, {"B", GUID_B, 27, 0, 9, 27}},
		"{BBBBBBBB-0000-4000-8000-000000000002}", ADAPTER_GOOD, 1, 1,
		"by GUID, in any case"},
	{{{"A", MINE, 27, 0, 9, 27}, {"B", GUID_B, 27, ERROR_GEN_FAILURE, 0, 0}}, "B",
		ADAPTER_IN_USE, 1, 1, "the wanted one is in use: no other instead"},
	{{{"A", MINE, 27, ERROR_SHARING_VIOLATION, 0, 0}}, NULL, ADAPTER_IN_USE, 0, 1, "shared"},
	{{{"A", MINE, 27, ERROR_ACCESS_DENIED, 0, 0}}, NULL, ADAPTER_NO_RIGHTS, 0, 1, "no rights"},
	{{{"A", MINE, 27, ERROR_FILE_NOT_FOUND, 0, 0}}, NULL, ADAPTER_FAILED, 0, 1, "switched off"},
	{{{"A", MINE, 27, ERROR_CRC, 0, 0}}, NULL, ADAPTER_FAILED, 0, 1, "anything else"},
	{{{"A", MINE, 27, ERROR_FILE_NOT_FOUND, 0, 0}, {"B", GUID_B, 27, ERROR_GEN_FAILURE, 0, 0},
		 {"C", GUID_A, 24, 0, 9, 24}},
		NULL, ADAPTER_IN_USE, 1, 2, "of three problems the one with the simplest remedy"},
};

static size_t pretend(size_t story, struct adapter list[3])
{
	size_t count = 0;
	opened = 0;
	for (; count < 3 && choices[story].adapters[count].name; count++) {
		struct adapter *a = &list[count];
		memset(a, 0, sizeof(*a));
		snprintf(a->name, sizeof(a->name), "%s", choices[story].adapters[count].name);
		snprintf(a->guid, sizeof(a->guid), "%s", choices[story].adapters[count].guid);
		a->class_key[0] = (char)('0' + count);
		a->driver_minor = choices[story].adapters[count].minor;
		a->driver_major = a->driver_minor ? 9 : 0;
		outcomes[count].error = choices[story].adapters[count].error;
		outcomes[count].major = choices[story].adapters[count].ioctl_major;
		outcomes[count].minor = choices[story].adapters[count].ioctl_minor;
	}
	return count;
}

static void the_best_free_adapter_is_chosen(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(choices); i++) {
		struct adapter list[3];
		struct adapter_choice choice;
		size_t count = pretend(i, list);
		adapter_choose(list, count, choices[i].wanted, pretend_to_open, &choice);
		bool good = choice.problem == ADAPTER_GOOD;
		int which = choice.adapter.guid[0] ? choice.adapter.class_key[0] - '0' : -1;
		if (choice.problem != choices[i].problem || which != choices[i].which ||
			opened != choices[i].opens || still_open() != good ||
			good != (choice.opened.handle != INVALID_HANDLE_VALUE) ||
			good != (choice.reason[0] == 0))
			fail_msg("%s: problem %d, adapter %d, %zu opened, %zu left open: %s",
				choices[i].story, choice.problem, which, opened, still_open(),
				choice.reason);
		if (good)
			CloseHandle(choice.opened.handle);
	}
}

static const struct {
	enum adapter_problem problem;
	DWORD error;
	const char *words[4];
} sentences[] = {
	{ADAPTER_NO_DRIVER, 0, {"TAP-Windows6", "installer", "openvpn.net"}},
	{ADAPTER_TOO_OLD, 0, {"9.24", "9.27", "security", "openvpn.net"}},
	{ADAPTER_IN_USE, ERROR_GEN_FAILURE, {"OpenVPN", "another lanparty", "Close"}},
	{ADAPTER_NO_RIGHTS, ERROR_ACCESS_DENIED, {"Run as administrator"}},
	{ADAPTER_FAILED, ERROR_FILE_NOT_FOUND, {"switched off", "Enable", "ncpa.cpl"}},
	{ADAPTER_FAILED, ERROR_CRC, {"error 23", "Restart"}},
};

static bool is_complete(const char *text)
{
	size_t len = strlen(text);
	return len > 0 && len < ADAPTER_REASON - 1 && text[len - 1] == '.';
}

/* With the longest name that is shown, and with one that is too long for a message. */
static void each_problem_has_a_complete_sentence_with_a_remedy(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * COUNT(sentences); i++) {
		struct adapter_choice choice = {.problem = sentences[i / 2].problem,
			.adapter = {.guid = GUID_A, .driver_major = 9, .driver_minor = 24},
			.opened.error = sentences[i / 2].error};
		memset(choice.adapter.name, 'n', i % 2 ? ADAPTER_NAME - 1 : 64);
		adapter_explain(&choice);
		assert_true(is_complete(choice.reason));
		for (size_t w = 0; w < 4 && sentences[i / 2].words[w]; w++)
			assert_non_null(strstr(choice.reason, sentences[i / 2].words[w]));
		if (choice.problem != ADAPTER_NO_DRIVER)
			assert_non_null(strstr(choice.reason, i % 2 ? GUID_A : "\"nnnn"));
	}
}

static void a_missing_adapter_is_reported_with_the_existing_ones(void **state)
{
	(void)state;
	struct adapter list[3] = {{.guid = GUID_A}, {.guid = GUID_B}, {.guid = MINE}};
	struct adapter_choice choice;
	adapter_choose(list, 1, "room", pretend_to_open, &choice);
	assert_string_equal(choice.reason,
		"There is no TAP-Windows6 adapter called \"room\", only \"" GUID_A
		"\". Choose one of these, or leave the choice to lanparty.");
	char wanted[ADAPTER_NAME] = "";
	for (size_t i = 0; i < 3; i++)
		memset(list[i].name, 'n', 64);
	memset(wanted, 'w', 64);
	for (size_t count = 1; count <= 3; count++) {
		adapter_choose(list, count, wanted, pretend_to_open, &choice);
		assert_int_equal(choice.problem, ADAPTER_NOT_FOUND);
		assert_true(is_complete(choice.reason));
		assert_non_null(strstr(choice.reason, wanted));
		assert_int_equal(strstr(choice.reason, "and others") != NULL, count == 3);
	}
	memset(wanted, 'w', sizeof(wanted) - 1);
	adapter_choose(list, 3, wanted, pretend_to_open, &choice);
	assert_true(is_complete(choice.reason));
}

/* Runs everything that needs no device: neither Wine nor Windows has one with this GUID. */
static void an_adapter_without_a_device_counts_as_switched_off(void **state)
{
	(void)state;
	struct adapter_choice choice;
	assert_true(adapter_open(NULL, NULL, &choice) == INVALID_HANDLE_VALUE);
	assert_int_equal(choice.problem, ADAPTER_NO_DRIVER);
	put_adapter("0007", "tap0901", GUID_A, "Ethernet 2", "9.27.0.0");
	assert_true(adapter_open(NULL, NULL, &choice) == INVALID_HANDLE_VALUE);
	assert_int_equal(choice.problem, ADAPTER_FAILED);
	assert_non_null(strstr(choice.reason, "switched off"));
	assert_non_null(strstr(choice.reason, "\"Ethernet 2\""));
}

/* ---- the MAC */

static void a_mac_is_written_as_the_driver_reads_it(void **state)
{
	(void)state;
	static const struct lp_mac mac = {{0x02, 0x0a, 0xbc, 0x00, 0x0d, 0xff}};
	wchar_t text[32], key[256];
	DWORD bytes = sizeof(text);
	struct adapter adapter;
	put_adapter("0007", "tap0901", GUID_A, NULL, NULL);
	assert_int_equal(adapter_list(&adapter, 1), 1);
	assert_int_equal(adapter_store_mac(&adapter, &mac), 0);
	assert_int_equal(RegGetValueW(HKEY_LOCAL_MACHINE, wide_from(key, 256, adapter.class_key),
				 L"NetworkAddress", RRF_RT_REG_SZ, NULL, text, &bytes),
		0);
	assert_int_equal(bytes, 13 * sizeof(*text));
	assert_true(wcscmp(text, L"020ABC000DFF") == 0);
}

static const struct {
	struct lp_mac mac;
	const char *words;
	const char *story;
} macs[] = {
	{{{0x00, 0xff, 1, 2, 3, 5}}, "second digit", "a manufacturer's"},
	{{{0x03, 0xff, 1, 2, 3, 5}}, "second digit", "a group's"},
	{{{0, 0, 0, 0, 0, 0}}, "second digit", "nobody's"},
	{{{0x02, 0xff, 1, 2, 3, 5}}, "has not taken", "a good one, but there is no such device"},
};

static void an_impossible_mac_is_reported_in_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(macs); i++) {
		struct adapter_choice choice;
		struct adapter list[3];
		size_t count = pretend(2, list); /* the only adapter */
		snprintf(list[0].class_key, sizeof(list[0].class_key), "%s",
			"0:" ADAPTER_CLASS "\\0007");
		adapter_choose(list, count, NULL, pretend_to_open, &choice);
		assert_int_equal(choice.problem, ADAPTER_GOOD);
		assert_false(adapter_change_mac(&choice, &macs[i].mac, pretend_to_open));
		if (choice.problem != ADAPTER_FAILED || !is_complete(choice.reason) ||
			!strstr(choice.reason, macs[i].words) || still_open() ||
			choice.opened.handle != INVALID_HANDLE_VALUE)
			fail_msg("%s: %d, %s", macs[i].story, choice.problem, choice.reason);
	}
}

#define with_registry(test) cmocka_unit_test_setup_teardown(test, open_registry, close_registry)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_registry(one_adapter_is_found_with_all_its_properties),
		with_registry(two_adapters_are_found_in_registry_order),
		with_registry(a_computer_without_adapters_lists_none),
		with_registry(adapters_beyond_the_capacity_are_left_out),
		with_registry(registry_values_are_not_trusted),
		with_registry(subkeys_that_are_not_adapters_are_skipped),
		cmocka_unit_test(the_best_free_adapter_is_chosen),
		cmocka_unit_test(each_problem_has_a_complete_sentence_with_a_remedy),
		cmocka_unit_test(a_missing_adapter_is_reported_with_the_existing_ones),
		with_registry(an_adapter_without_a_device_counts_as_switched_off),
		with_registry(a_mac_is_written_as_the_driver_reads_it),
		with_registry(an_impossible_mac_is_reported_in_a_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
