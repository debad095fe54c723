/* netfix on the system that runs the test: notes in a registry, the lock between programs, the
 * tables of addresses and routes. Where Windows' own functions are missing, it must only report
 * that. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/edge/log.h"
#include "netfix_windows.h"

#include <aclapi.h>
#include <sddl.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KEY          L"SOFTWARE\\lanparty-test\\changes"
#define ONE          "{11111111-2222-3333-4444-555555555555}"
#define WIDE_ONE     L"{11111111-2222-3333-4444-555555555555}"
#define NETWORK      L"{99999999-8888-7777-6666-555555555555}"

static int remove_key(void **state)
{
	(void)state;
	RegDeleteTreeW(HKEY_CURRENT_USER, L"SOFTWARE\\lanparty-test");
	return 0;
}

static struct netfix_system open_system(void)
{
	struct netfix_system system;
	assert_true(netfix_windows_open(HKEY_CURRENT_USER, KEY, &system));
	return system;
}

static bool same_note(const struct netfix_note *a, const struct netfix_note *b)
{
	return strcmp(a->guid, b->guid) == 0 && a->item == b->item && a->former == b->former &&
	       a->now == b->now && IsEqualGUID(&a->network, &b->network);
}

static void notes_are_read_as_they_were_written(void **state)
{
	static const struct netfix_note notes[] = {
		{ONE, NETFIX_FIREWALL_RULE, {0}, 0, 1},
		{ONE, NETFIX_METRIC_4, {0}, NETFIX_AUTOMATIC, 1},
		{"{aaaaaaaa-BBBB-cccc-DDDD-eeeeeeeeeeee}", NETFIX_METRIC_4, {0}, 25, 1},
		{ONE, NETFIX_CATEGORY, {0x99999999, 0x8888, 0x7777, {0x66, 0x66, 1}}, 0, 1},
		{ONE, NETFIX_CATEGORY, {0x99999998, 0x8888, 0x7777, {0x66, 0x66, 1}}, 0, 1},
		{ONE, NETFIX_BROADCAST_ROUTE, {0}, NETFIX_ABSENT, 0},
	};
	struct netfix_note list[COUNT(notes) + 1];
	struct netfix_system s = open_system();

	(void)state;
	assert_int_equal(s.notes(s.context, list, COUNT(list)), 0);
	for (size_t i = 0; i < COUNT(notes); i++)
		assert_true(s.note(s.context, &notes[i]));
	assert_true(s.note(s.context, &notes[1])); /* storing it again keeps one value */
	assert_int_equal(s.notes(s.context, list, COUNT(list)), COUNT(notes));
	assert_int_equal(s.notes(s.context, list, 2), 2);
	s.close(s.context);

	s = open_system(); /* the next program */
	assert_int_equal(s.notes(s.context, list, COUNT(list)), COUNT(notes));
	for (size_t i = 0; i < COUNT(notes); i++) {
		size_t k = 0;
		while (k < COUNT(notes) && !same_note(&list[k], &notes[i]))
			k++;
		if (k == COUNT(notes))
			fail_msg("note %u is not there", (unsigned)i);
	}
	for (size_t i = 0; i < COUNT(notes); i++) {
		s.forget(s.context, &notes[i]);
		assert_int_equal(s.notes(s.context, list, COUNT(list)), COUNT(notes) - 1 - i);
	}
	s.forget(s.context, &notes[0]);
	s.close(s.context);
}

static DWORD count_values(void)
{
	HKEY key;
	DWORD count = 0;
	if (RegOpenKeyExW(HKEY_CURRENT_USER, KEY, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key) !=
		ERROR_SUCCESS)
		return 0;
	RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, &count, NULL, NULL, NULL, NULL);
	RegCloseKey(key);
	return count;
}

static void put_value(const wchar_t *name, DWORD type, uint64_t data, DWORD len)
{
	HKEY key;
	uint64_t bytes[2] = {data, 0};
	assert_int_equal(RegCreateKeyExW(HKEY_CURRENT_USER, KEY, 0, NULL, 0,
				 KEY_SET_VALUE | KEY_WOW64_64KEY, NULL, &key, NULL),
		ERROR_SUCCESS);
	assert_int_equal(
		RegSetValueExW(key, name, 0, type, (const BYTE *)bytes, len), ERROR_SUCCESS);
	RegCloseKey(key);
}

static void a_value_that_is_not_a_note_is_deleted(void **state)
{
	static const uint64_t good = (uint64_t)25 << 32 | 1;
	static const struct {
		const wchar_t *name;
		DWORD type;
		uint64_t data;
		DWORD len;
		bool good;
		const char *story;
	} rows[] = {
		{WIDE_ONE L" metric-4", REG_QWORD, good, 8, true, "as we write it"},
		{WIDE_ONE L" metric-4", REG_BINARY, good, 8, false, "another type"},
		{WIDE_ONE L" metric-4", REG_QWORD, good, 7, false, "too short"},
		{WIDE_ONE L" metric-4", REG_QWORD, good, 9, false, "too long"},
		{WIDE_ONE L" metric-4", REG_QWORD, good, 0, false, "empty"},
		{WIDE_ONE L" metric-4", REG_QWORD, good + 1, 8, false,
			"we never set a metric of 2"},
		{WIDE_ONE L" metric-5", REG_QWORD, good, 8, false, "no such setting"},
		{WIDE_ONE L" metric-4 ", REG_QWORD, good, 8, false, "something behind it"},
		{WIDE_ONE L" metric-4 " NETWORK, REG_QWORD, good, 8, false, "a network's metric"},
		{WIDE_ONE L" category", REG_QWORD, 1, 8, false, "no network's category"},
		{WIDE_ONE L" category " NETWORK, REG_QWORD, 1, 8, true, "a network's category"},
		{WIDE_ONE L" category " NETWORK L"}", REG_QWORD, 1, 8, false, "no GUID"},
		{WIDE_ONE L" category {}", REG_QWORD, 1, 8, false, "no GUID"},
		{WIDE_ONE, REG_QWORD, good, 8, false, "no setting"},
		{WIDE_ONE L"  metric-4", REG_QWORD, good, 8, false, "two spaces"},
		{L" metric-4", REG_QWORD, good, 8, false, "no adapter"},
		{L"{11111111-2222-3333-4444-55555555555} metric-4", REG_QWORD, good, 8, false,
			"a short GUID"},
		{L"", REG_QWORD, good, 8, false, "no name"},
		{L"\x00e4\x2603", REG_SZ, 0, 2, false, "letters of the world"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct netfix_note list[4];
		struct netfix_system s = open_system();
		put_value(rows[i].name, rows[i].type, rows[i].data, rows[i].len);
		size_t count = s.notes(s.context, list, COUNT(list));
		if (count != rows[i].good || count_values() != rows[i].good)
			fail_msg("%s: %u notes, %u values", rows[i].story, (unsigned)count,
				(unsigned)count_values());
		s.close(s.context);
		remove_key(NULL);
	}
}

static void invalid_values_do_not_hide_a_note(void **state)
{
	struct netfix_note list[4];
	struct netfix_system s = open_system();
	wchar_t name[300];

	(void)state;
	for (size_t i = 0; i < COUNT(name) - 1; i++)
		name[i] = L'x';
	name[COUNT(name) - 1] = 0;
	put_value(name, REG_QWORD, 1, 8);
	put_value(L"a", REG_SZ, 0, 2);
	put_value(WIDE_ONE L" metric-6", REG_QWORD, (uint64_t)7 << 32 | 1, 8);
	put_value(L"z", REG_DWORD, 0, 4);
	assert_int_equal(s.notes(s.context, list, COUNT(list)), 1);
	assert_int_equal(list[0].item, NETFIX_METRIC_6);
	assert_int_equal(list[0].former, 7);
	assert_int_equal(count_values(), 2); /* a name of that length is not read */
	s.close(s.context);
}

struct holder {
	unsigned wait_ms;
	HANDLE held, go;
	bool locked;
};

/* Acts as another program that takes the lock. */
static DWORD WINAPI hold(void *context)
{
	struct holder *h = context;
	struct netfix_system s = open_system();
	h->locked = s.lock(s.context, ONE, h->wait_ms);
	SetEvent(h->held);
	WaitForSingleObject(h->go, 10000);
	s.close(s.context); /* closing releases the lock */
	return 0;
}

static void an_adapter_is_held_by_one_program(void **state)
{
	struct netfix_system s = open_system();
	struct holder h = {.held = CreateEventW(NULL, TRUE, FALSE, NULL),
		.go = CreateEventW(NULL, TRUE, FALSE, NULL)};
	HANDLE thread = CreateThread(NULL, 0, hold, &h, 0, NULL);

	(void)state;
	assert_int_equal(WaitForSingleObject(h.held, 10000), WAIT_OBJECT_0);
	assert_true(h.locked);
	assert_false(s.lock(s.context, ONE, 0));
	ULONGLONG start = GetTickCount64();
	assert_false(s.lock(s.context, ONE, 200));
	assert_in_range(GetTickCount64() - start, 150, 5000);
	assert_true(s.lock(s.context, "{11111111-2222-3333-4444-555555555556}", 0));
	s.unlock(s.context);
	SetEvent(h.go);
	assert_true(s.lock(s.context, ONE, 5000));
	s.unlock(s.context);
	WaitForSingleObject(thread, 10000);
	CloseHandle(thread);
	CloseHandle(h.held);
	CloseHandle(h.go);
	s.close(s.context);
}

static void a_waiting_program_gets_the_adapter(void **state)
{
	struct netfix_system s = open_system();
	struct holder h = {.wait_ms = 5000,
		.held = CreateEventW(NULL, TRUE, FALSE, NULL),
		.go = CreateEventW(NULL, TRUE, TRUE, NULL)};

	(void)state;
	assert_true(s.lock(s.context, ONE, 0));
	HANDLE thread = CreateThread(NULL, 0, hold, &h, 0, NULL);
	assert_int_equal(WaitForSingleObject(h.held, 200), WAIT_TIMEOUT);
	s.unlock(s.context);
	assert_int_equal(WaitForSingleObject(h.held, 10000), WAIT_OBJECT_0);
	assert_true(h.locked);
	WaitForSingleObject(thread, 10000);
	CloseHandle(thread);
	CloseHandle(h.held);
	CloseHandle(h.go);
	s.close(s.context);
}

/* A thread that ends while it holds the lock. */
static DWORD WINAPI die(void *context)
{
	struct netfix_system *s = context;
	return s->lock(s->context, ONE, 0);
}

static void a_dead_program_holds_no_adapter(void **state)
{
	struct netfix_system dead = open_system(), s = open_system();
	HANDLE thread = CreateThread(NULL, 0, die, &dead, 0, NULL);
	DWORD locked = 0;

	(void)state;
	WaitForSingleObject(thread, 10000);
	GetExitCodeThread(thread, &locked);
	CloseHandle(thread);
	assert_true(locked);
	assert_true(s.lock(s.context, ONE, 0));
	s.close(s.context);
	dead.close(dead.context);
}

/* Creates an object with the lock's name and this security descriptor. NULL: Windows refused. */
static HANDLE squat(const wchar_t *text, bool as_event)
{
	static const wchar_t name[] = L"Global\\lanparty-netfix-" WIDE_ONE;
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes)};
	assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorW(
		text, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL));
	HANDLE object = as_event ? CreateEventW(&attributes, TRUE, FALSE, name)
				 : CreateMutexW(&attributes, TRUE, name);
	LocalFree(attributes.lpSecurityDescriptor);
	return object;
}

/* On its own thread, because one thread can take a mutex twice. */
static DWORD WINAPI take(void *context)
{
	struct netfix_system s = open_system();
	*(bool *)context = s.lock(s.context, ONE, 0);
	s.close(s.context);
	return 0;
}

static void only_an_administrators_lock_is_waited_for(void **state)
{
	static const struct {
		const wchar_t *security;
		bool event, expected;
		const char *story;
	} rows[] = {
		{L"O:BAD:(A;;GA;;;WD)", false, false, "an administrator's"},
		{L"O:SYD:(A;;GA;;;WD)", false, false, "the system's"},
		{L"O:BUD:(A;;GA;;;WD)", false, true, "a user's"},
		{L"O:WDD:(A;;GA;;;WD)", false, true, "somebody's"},
		{L"O:BUD:(D;;GA;;;WD)", false, true, "a user's, that nobody can open"},
		{L"O:BUD:(A;;GA;;;WD)", true, true, "no mutex at all"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		HANDLE squatter = squat(rows[i].security, rows[i].event);
		bool locked = false;
		if (!squatter) {
			print_message("%s: %lu\n", rows[i].story, GetLastError());
			continue;
		}
		HANDLE thread = CreateThread(NULL, 0, take, &locked, 0, NULL);
		assert_int_equal(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
		CloseHandle(thread);
		CloseHandle(squatter);
		if (locked != rows[i].expected)
			fail_msg("%s", rows[i].story);
	}
}

static void nobody_but_administrators_can_open_the_lock(void **state)
{
	struct netfix_system s = open_system();
	wchar_t *text = NULL;
	PSECURITY_DESCRIPTOR security = NULL;

	(void)state;
	assert_true(s.lock(s.context, ONE, 0));
	HANDLE mutex = OpenMutexW(READ_CONTROL, FALSE, L"Global\\lanparty-netfix-" WIDE_ONE);
	assert_non_null(mutex);
	assert_int_equal(GetSecurityInfo(mutex, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL,
				 NULL, NULL, NULL, &security),
		ERROR_SUCCESS);
	assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorW(
		security, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
	print_message("%ls\n", text);
	/* two entries, one for each of these */
	assert_non_null(wcsstr(text, L";;;BA)"));
	assert_non_null(wcsstr(text, L";;;SY)"));
	assert_ptr_equal(wcschr(wcschr(wcschr(text, L'(') + 1, L'(') + 1, L'('), NULL);
	LocalFree(text);
	LocalFree(security);
	CloseHandle(mutex);
	s.close(s.context);
}

static void a_missing_adapter_is_gone_or_switched_off(void **state)
{
	static const wchar_t connection[] = L"SYSTEM\\CurrentControlSet\\Control\\Network\\"
					    L"{4D36E972-E325-11CE-BFC1-08002BE10318}\\" WIDE_ONE;
	struct netfix_system s = open_system();
	struct netfix_setting setting = {0};
	HKEY key;

	(void)state;
	for (int i = NETFIX_ROUTER_DISCOVERY_6; i < NETFIX_CATEGORY; i++)
		assert_int_equal(
			s.read(s.context, ONE, (enum netfix_item)i, &setting), NETFIX_GONE);
	LSTATUS status = RegCreateKeyExW(HKEY_LOCAL_MACHINE, connection, 0, NULL, 0,
		KEY_SET_VALUE | KEY_WOW64_64KEY, NULL, &key, NULL);
	if (status == ERROR_SUCCESS) {
		RegCloseKey(key);
		enum netfix_answer answer = s.read(s.context, ONE, NETFIX_METRIC_4, &setting);
		RegDeleteKeyExW(HKEY_LOCAL_MACHINE, connection, KEY_WOW64_64KEY, 0);
		assert_int_equal(answer, NETFIX_NOT_THERE);
	}
	s.close(s.context);
}

static MIB_UNICASTIPADDRESS_TABLE *addresses(void)
{
	MIB_UNICASTIPADDRESS_TABLE *table = NULL;
	assert_int_equal(GetUnicastIpAddressTable(AF_INET, &table), NO_ERROR);
	return table;
}

static void text_of_guid(NET_LUID luid, char text[ADAPTER_GUID])
{
	GUID guid;
	wchar_t wide[ADAPTER_GUID];
	assert_int_equal(ConvertInterfaceLuidToGuid(&luid, &guid), NO_ERROR);
	StringFromGUID2(&guid, wide, ADAPTER_GUID);
	for (size_t i = 0; i < ADAPTER_GUID; i++)
		text[i] = (char)wide[i];
}

/* Only reads: the loopback interface and all others. */
static void every_setting_of_every_interface_can_be_read(void **state)
{
	struct netfix_system s = open_system();
	MIB_UNICASTIPADDRESS_TABLE *table = addresses();

	(void)state;
	for (ULONG i = 0; i < table->NumEntries; i++) {
		char guid[ADAPTER_GUID];
		text_of_guid(table->Table[i].InterfaceLuid, guid);
		for (int k = 0; k < NETFIX_NOTED; k++) {
			struct netfix_setting setting = {.value = 12345678};
			enum netfix_answer answer =
				s.read(s.context, guid, (enum netfix_item)k, &setting);
			print_message("%s: %d %u\n", netfix_item_name((enum netfix_item)k),
				(int)answer, (unsigned)setting.value);
			if (answer == NETFIX_OK)
				assert_int_not_equal(setting.value, 12345678);
			else
				assert_int_not_equal(answer, NETFIX_GONE);
		}
	}
	FreeMibTable(table);
	s.close(s.context);
}

static void a_network_unknown_to_windows_is_gone(void **state)
{
	struct netfix_system s = open_system();
	struct netfix_setting setting = {.network = {0x99999999, 0x8888, 0x7777, {1, 2, 3}}};

	(void)state;
	assert_int_equal(s.read(s.context, ONE, NETFIX_CATEGORY, &setting), NETFIX_GONE);
	assert_int_not_equal(s.write(s.context, ONE, NETFIX_CATEGORY, &setting), NETFIX_OK);
	memset(&setting.network, 0, sizeof(setting.network));
	assert_int_equal(s.read(s.context, ONE, NETFIX_CATEGORY, &setting), NETFIX_NOT_THERE);
	s.close(s.context);
}

static void the_route_uses_the_interface_of_the_network(void **state)
{
	struct lp_address here = {.in = {.sin_family = AF_INET}, .len = sizeof(here.in)};
	MIB_UNICASTIPADDRESS_TABLE *table = addresses();

	(void)state;
	here.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(netfix_interface_to(&here, NULL), 1);
	for (ULONG i = 0; i < table->NumEntries; i++) {
		const MIB_UNICASTIPADDRESS_ROW *row = &table->Table[i];
		uint32_t address = ntohl(row->Address.Ipv4.sin_addr.s_addr);
		char guid[ADAPTER_GUID];
		if (address >> 24 == 127 || row->OnLinkPrefixLength < 8 ||
			row->OnLinkPrefixLength > 30 || row->DadState != IpDadStatePreferred)
			continue;
		here.in.sin_addr.s_addr = htonl(address ^ 1); /* an address in the same network */
		unsigned long index = netfix_interface_to(&here, NULL);
		print_message("%08x/%u: %lu\n", (unsigned)address, row->OnLinkPrefixLength, index);
		assert_int_equal(index, row->InterfaceIndex);
		text_of_guid(row->InterfaceLuid, guid);
		assert_int_not_equal(netfix_interface_to(&here, guid), row->InterfaceIndex);
	}
	FreeMibTable(table);
}

static bool seen_before(const MIB_UNICASTIPADDRESS_TABLE *table, ULONG i)
{
	ULONG k = 0;
	while (table->Table[k].InterfaceLuid.Value != table->Table[i].InterfaceLuid.Value)
		k++;
	return k < i;
}

static void the_view_of_networks_excludes_the_adapter(void **state)
{
	struct netfix_view all, without;
	MIB_UNICASTIPADDRESS_TABLE *table;
	uint64_t sum = 0; /* each interface contributes to the fingerprint */

	(void)state;
	assert_int_equal(GetUnicastIpAddressTable(AF_UNSPEC, &table), NO_ERROR);
	assert_true(netfix_view_take("", &all));
	assert_int_equal(all.own.length, 0);
	for (ULONG i = 0; i < table->NumEntries; i++) {
		const MIB_UNICASTIPADDRESS_ROW *row = &table->Table[i];
		char guid[ADAPTER_GUID];
		text_of_guid(row->InterfaceLuid, guid);
		assert_true(netfix_view_take(guid, &without));
		if (!seen_before(table, i))
			sum += all.fingerprint - without.fingerprint;
		if (row->Address.si_family != AF_INET || row->OnLinkPrefixLength > 30 ||
			ntohl(row->Address.Ipv4.sin_addr.s_addr) >> 24 == 127 ||
			row->DadState != IpDadStatePreferred)
			continue;
		assert_int_equal(without.own.length, row->OnLinkPrefixLength);
		assert_true(without.others < all.others);
		assert_true(all.fingerprint != without.fingerprint);
	}
	assert_true(sum == all.fingerprint);
	FreeMibTable(table);
}

struct heard {
	int warnings;
	char text[ADAPTER_REASON];
};

static void hear(void *context, const struct netfix_report *report)
{
	struct heard *heard = context;
	if (report->kind != NETFIX_WARNING)
		return;
	heard->warnings++;
	memcpy(heard->text, report->text, sizeof(heard->text));
}

/* There is no such adapter, so only a firewall rule is changed and removed again. */
static void netfix_starts_and_stops_on_this_system(void **state)
{
	struct heard heard = {0};
	struct netfix_system system = open_system();
	ULONGLONG start = GetTickCount64();

	(void)state;
	struct netfix *n = netfix_start_with(
		&system, ONE, 1400, 10000, (struct netfix_listener){hear, &heard});
	assert_non_null(n);
	Sleep(1500);
	netfix_stop(n);
	assert_true(GetTickCount64() - start < 15000);
	assert_int_equal(count_values(), 0);
	netfix_recover();
}

static void the_networks_of_this_computer_are_listed(void **state)
{
	(void)state;
	struct lp_own_list own;
	bool whole;
	assert_true(netfix_own(NULL, &own, &whole));
	assert_true(whole);
	assert_true(own.count > 0);
	for (size_t i = 0; i < own.count; i++) {
		const struct lp_prefix *p = &own.list[i].prefix;
		assert_false(lp_prefix_is_ipv4(p) && p->address[LP_PREFIX_MAPPED / 8] == 127);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(notes_are_read_as_they_were_written, remove_key),
		cmocka_unit_test_teardown(a_value_that_is_not_a_note_is_deleted, remove_key),
		cmocka_unit_test_teardown(invalid_values_do_not_hide_a_note, remove_key),
		cmocka_unit_test(an_adapter_is_held_by_one_program),
		cmocka_unit_test(a_waiting_program_gets_the_adapter),
		cmocka_unit_test(a_dead_program_holds_no_adapter),
		cmocka_unit_test(only_an_administrators_lock_is_waited_for),
		cmocka_unit_test(nobody_but_administrators_can_open_the_lock),
		cmocka_unit_test(a_missing_adapter_is_gone_or_switched_off),
		cmocka_unit_test(every_setting_of_every_interface_can_be_read),
		cmocka_unit_test(a_network_unknown_to_windows_is_gone),
		cmocka_unit_test(the_route_uses_the_interface_of_the_network),
		cmocka_unit_test(the_view_of_networks_excludes_the_adapter),
		cmocka_unit_test(the_networks_of_this_computer_are_listed),
		cmocka_unit_test_teardown(netfix_starts_and_stops_on_this_system, remove_key),
	};
	remove_key(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
