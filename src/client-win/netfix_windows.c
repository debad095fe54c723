#include "netfix_windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/edge/log.h"
#include "wide.h"

#define KEY_UNITS 128
/* The list of Network Connections, which also contains disabled adapters. */
#define CONNECTIONS                                                                                \
	"SYSTEM\\CurrentControlSet\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\"

struct windows {
	HKEY root;
	wchar_t key[KEY_UNITS];
	HANDLE mutex;
	bool com; /* this thread has initialised COM */
	HANDLE watches[3];
	DWORD logged[NETFIX_NOTED]; /* the last error, so that each is logged once */
};

bool netfix_guid_parse(const char *text, GUID *ret_guid)
{
	wchar_t wide[ADAPTER_GUID];
	return netfix_is_guid(text) &&
	       SUCCEEDED(IIDFromString(wide_from(wide, ADAPTER_GUID, text), ret_guid));
}

bool netfix_luid_of(const char *adapter_guid, NET_LUID *ret_luid)
{
	GUID guid;
	return netfix_guid_parse(adapter_guid, &guid) &&
	       ConvertInterfaceGuidToLuid(&guid, ret_luid) == NO_ERROR;
}

static bool adapter_exists(const char *guid)
{
	char text[sizeof(CONNECTIONS) + ADAPTER_GUID];
	wchar_t wide[sizeof(text)];
	HKEY key;
	snprintf(text, sizeof(text), CONNECTIONS "%s", guid);
	wide_from(wide, sizeof(text), text);
	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key) !=
		ERROR_SUCCESS)
		return false;
	RegCloseKey(key);
	return true;
}

static enum netfix_answer missing(const char *guid)
{
	return adapter_exists(guid) ? NETFIX_NOT_THERE : NETFIX_GONE;
}

static void log_once(struct windows *w, enum netfix_item item, DWORD error)
{
	if (w->logged[item] != error)
		lp_log(LP_LOG_WARNING, "windows_refused", "setting=%s error=%#lx",
			netfix_item_name(item), (unsigned long)error);
	w->logged[item] = error;
}

static enum netfix_answer answer_of(
	struct windows *w, enum netfix_item item, const char *guid, DWORD error)
{
	if (error == NO_ERROR)
		return NETFIX_OK;
	if (error == ERROR_FILE_NOT_FOUND || error == ERROR_NOT_FOUND)
		return missing(guid);
	log_once(w, item, error);
	return error == ERROR_ACCESS_DENIED ? NETFIX_DENIED : NETFIX_REFUSED;
}

/* Finds the IP interface in the table instead of asking for it by LUID: where Windows lacks the
 * functions for one interface, it also lacks the table and reports that. */
static enum netfix_answer find_interface(struct windows *w, const char *guid, enum netfix_item item,
	ADDRESS_FAMILY family, MIB_IPINTERFACE_ROW *ret_row)
{
	NET_LUID luid;
	MIB_IPINTERFACE_TABLE *table;
	enum netfix_answer answer = missing(guid);
	if (!netfix_luid_of(guid, &luid))
		return answer;
	DWORD error = GetIpInterfaceTable(family, &table);
	if (error != NO_ERROR)
		return answer_of(w, item, guid, error);
	for (ULONG i = 0; i < table->NumEntries; i++) {
		if (table->Table[i].InterfaceLuid.Value == luid.Value) {
			*ret_row = table->Table[i];
			answer = NETFIX_OK;
		}
	}
	FreeMibTable(table);
	return answer;
}

static ADDRESS_FAMILY family_of(enum netfix_item item)
{
	return item == NETFIX_ROUTER_DISCOVERY_6 || item == NETFIX_DEFAULT_ROUTES_6 ||
			       item == NETFIX_METRIC_6 || item == NETFIX_MTU_6
		       ? AF_INET6
		       : AF_INET;
}

static enum netfix_answer read_interface(
	struct windows *w, const char *guid, enum netfix_item item, uint32_t *ret_value)
{
	MIB_IPINTERFACE_ROW row;
	enum netfix_answer answer = find_interface(w, guid, item, family_of(item), &row);
	if (answer != NETFIX_OK)
		return answer;
	if (item == NETFIX_ROUTER_DISCOVERY_6)
		*ret_value = (uint32_t)row.RouterDiscoveryBehavior;
	else if (item == NETFIX_DEFAULT_ROUTES_4 || item == NETFIX_DEFAULT_ROUTES_6)
		*ret_value = row.DisableDefaultRoutes != 0;
	else if (item == NETFIX_METRIC_4 || item == NETFIX_METRIC_6)
		*ret_value = row.UseAutomaticMetric ? NETFIX_AUTOMATIC : row.Metric;
	else
		*ret_value = row.NlMtu;
	return NETFIX_OK;
}

static enum netfix_answer write_interface(
	struct windows *w, const char *guid, enum netfix_item item, uint32_t value)
{
	MIB_IPINTERFACE_ROW row;
	enum netfix_answer answer = find_interface(w, guid, item, family_of(item), &row);
	if (answer != NETFIX_OK)
		return answer;
	if (row.Family == AF_INET)
		row.SitePrefixLength = 0; /* Windows requires this for IPv4 */
	if (item == NETFIX_ROUTER_DISCOVERY_6) {
		row.RouterDiscoveryBehavior = (NL_ROUTER_DISCOVERY_BEHAVIOR)value;
	} else if (item == NETFIX_DEFAULT_ROUTES_4 || item == NETFIX_DEFAULT_ROUTES_6) {
		row.DisableDefaultRoutes = value != 0;
	} else if (item == NETFIX_METRIC_4 || item == NETFIX_METRIC_6) {
		row.UseAutomaticMetric = value == NETFIX_AUTOMATIC;
		if (value != NETFIX_AUTOMATIC)
			row.Metric = value;
	} else {
		row.NlMtu = value;
	}
	return answer_of(w, item, guid, SetIpInterfaceEntry(&row));
}

/* An on-link route: 255.255.255.255/32 or 224.0.0.0/4. */
static void fill_route(MIB_IPFORWARD_ROW2 *row, NET_LUID luid, enum netfix_item item)
{
	bool broadcast = item == NETFIX_BROADCAST_ROUTE;
	InitializeIpForwardEntry(row);
	row->InterfaceLuid = luid;
	row->DestinationPrefix.Prefix.Ipv4.sin_family = AF_INET;
	row->DestinationPrefix.Prefix.Ipv4.sin_addr.s_addr =
		htonl(broadcast ? 0xffffffff : 0xe0000000);
	row->DestinationPrefix.PrefixLength = broadcast ? 32 : 4;
	row->NextHop.Ipv4.sin_family = AF_INET;
}

static bool same_route(const MIB_IPFORWARD_ROW2 *a, const MIB_IPFORWARD_ROW2 *b)
{
	return a->InterfaceLuid.Value == b->InterfaceLuid.Value &&
	       a->DestinationPrefix.PrefixLength == b->DestinationPrefix.PrefixLength &&
	       a->DestinationPrefix.Prefix.Ipv4.sin_addr.s_addr ==
		       b->DestinationPrefix.Prefix.Ipv4.sin_addr.s_addr &&
	       a->NextHop.Ipv4.sin_addr.s_addr == b->NextHop.Ipv4.sin_addr.s_addr;
}

static enum netfix_answer read_route(
	struct windows *w, const char *guid, enum netfix_item item, uint32_t *ret_value)
{
	MIB_IPINTERFACE_ROW adapter;
	MIB_IPFORWARD_ROW2 wanted;
	MIB_IPFORWARD_TABLE2 *table;
	enum netfix_answer answer = find_interface(w, guid, item, AF_INET, &adapter);
	if (answer != NETFIX_OK)
		return answer;
	DWORD error = GetIpForwardTable2(AF_INET, &table);
	if (error != NO_ERROR)
		return answer_of(w, item, guid, error);
	fill_route(&wanted, adapter.InterfaceLuid, item);
	*ret_value = NETFIX_ABSENT;
	for (ULONG i = 0; i < table->NumEntries; i++) {
		if (same_route(&table->Table[i], &wanted))
			*ret_value = table->Table[i].Metric;
	}
	FreeMibTable(table);
	return NETFIX_OK;
}

static enum netfix_answer write_route(
	struct windows *w, const char *guid, enum netfix_item item, uint32_t value)
{
	MIB_IPINTERFACE_ROW adapter;
	MIB_IPFORWARD_ROW2 row;
	enum netfix_answer answer = find_interface(w, guid, item, AF_INET, &adapter);
	if (answer != NETFIX_OK)
		return answer;
	fill_route(&row, adapter.InterfaceLuid, item);
	row.Metric = value;
	return answer_of(w, item, guid,
		value == NETFIX_ABSENT ? DeleteIpForwardEntry2(&row) : CreateIpForwardEntry2(&row));
}

static bool is_room_address(
	const MIB_UNICASTIPADDRESS_ROW *row, NET_LUID luid, struct netfix_prefix room)
{
	return row->InterfaceLuid.Value == luid.Value && row->Address.si_family == AF_INET &&
	       row->Address.Ipv4.sin_addr.s_addr == htonl(room.address);
}

static enum netfix_answer read_room_address(
	struct windows *w, const char *guid, struct netfix_setting *setting)
{
	MIB_IPINTERFACE_ROW adapter;
	MIB_UNICASTIPADDRESS_TABLE *table;
	enum netfix_answer answer = find_interface(w, guid, NETFIX_ROOM_ADDRESS, AF_INET, &adapter);
	if (answer != NETFIX_OK)
		return answer;
	DWORD error = GetUnicastIpAddressTable(AF_INET, &table);
	if (error != NO_ERROR)
		return answer_of(w, NETFIX_ROOM_ADDRESS, guid, error);
	setting->value = NETFIX_ABSENT;
	for (ULONG i = 0; i < table->NumEntries; i++)
		if (is_room_address(&table->Table[i], adapter.InterfaceLuid, setting->room))
			setting->value = setting->room.address;
	FreeMibTable(table);
	return NETFIX_OK;
}

/* Beside what DHCP does, which stays on. Preferred: the relay knows that nobody else has it. */
static enum netfix_answer write_room_address(
	struct windows *w, const char *guid, const struct netfix_setting *setting)
{
	MIB_UNICASTIPADDRESS_ROW row;
	NET_LUID luid;
	if (!netfix_luid_of(guid, &luid))
		return missing(guid);
	InitializeUnicastIpAddressEntry(&row);
	row.InterfaceLuid = luid;
	row.Address.Ipv4.sin_family = AF_INET;
	row.Address.Ipv4.sin_addr.s_addr = htonl(setting->room.address);
	row.OnLinkPrefixLength = (UINT8)setting->room.length;
	row.DadState = IpDadStatePreferred;
	return answer_of(w, NETFIX_ROOM_ADDRESS, guid,
		setting->value == NETFIX_ABSENT ? DeleteUnicastIpAddressEntry(&row)
						: CreateUnicastIpAddressEntry(&row));
}

static bool enter_com(struct windows *w, enum netfix_item item)
{
	if (!w->com) {
		HRESULT error = CoInitializeEx(NULL, COINIT_MULTITHREADED);
		w->com = SUCCEEDED(error);
		if (!w->com)
			log_once(w, item, (DWORD)error);
	}
	return w->com;
}

static enum netfix_answer com_answer(
	struct windows *w, enum netfix_item item, enum netfix_answer answer, HRESULT error)
{
	if (answer == NETFIX_DENIED || answer == NETFIX_REFUSED)
		log_once(w, item, (DWORD)error);
	return answer;
}

static enum netfix_answer read_setting(
	void *context, const char *guid, enum netfix_item item, struct netfix_setting *setting)
{
	struct windows *w = context;
	HRESULT error = S_OK;
	enum netfix_answer answer = NETFIX_REFUSED;
	switch (item) {
	case NETFIX_FIREWALL_RULE:
		if (enter_com(w, item))
			answer = netfix_rule_read(guid, &setting->value, &error);
		return com_answer(w, item, answer, error);
	case NETFIX_CATEGORY:
		if (enter_com(w, item))
			answer = netfix_category_read(guid, setting, &error);
		return com_answer(w, item, answer, error);
	case NETFIX_BROADCAST_ROUTE:
	case NETFIX_MULTICAST_ROUTE:
		return read_route(w, guid, item, &setting->value);
	case NETFIX_ROOM_ADDRESS:
		return read_room_address(w, guid, setting);
	default:
		return read_interface(w, guid, item, &setting->value);
	}
}

static enum netfix_answer write_setting(void *context, const char *guid, enum netfix_item item,
	const struct netfix_setting *setting)
{
	struct windows *w = context;
	HRESULT error = S_OK;
	enum netfix_answer answer = NETFIX_REFUSED;
	switch (item) {
	case NETFIX_FIREWALL_RULE:
		if (enter_com(w, item))
			answer = netfix_rule_write(guid, setting->value != 0, &error);
		return com_answer(w, item, answer, error);
	case NETFIX_CATEGORY:
		if (enter_com(w, item))
			answer = netfix_category_write(setting, &error);
		return com_answer(w, item, answer, error);
	case NETFIX_BROADCAST_ROUTE:
	case NETFIX_MULTICAST_ROUTE:
		return write_route(w, guid, item, setting->value);
	case NETFIX_ROOM_ADDRESS:
		return write_room_address(w, guid, setting);
	default:
		return write_interface(w, guid, item, setting->value);
	}
}

static bool add_note(void *context, const struct netfix_note *note)
{
	struct windows *w = context;
	return netfix_notes_add(w->root, w->key, note);
}

static void remove_note(void *context, const struct netfix_note *note)
{
	struct windows *w = context;
	netfix_notes_remove(w->root, w->key, note);
}

static size_t list_notes(void *context, struct netfix_note *list, size_t cap)
{
	struct windows *w = context;
	return netfix_notes_list(w->root, w->key, list, cap);
}

/* The holder of the mutex changes the adapter's settings. Windows releases it when its holder
 * dies. */
static bool lock(void *context, const char *guid, unsigned wait_ms)
{
	struct windows *w = context;
	return netfix_lock(guid, wait_ms, &w->mutex);
}

static void unlock(void *context)
{
	struct windows *w = context;
	if (!w->mutex)
		return;
	ReleaseMutex(w->mutex);
	CloseHandle(w->mutex);
	w->mutex = NULL;
}

static bool look(void *context, const char *guid, struct netfix_view *ret_view)
{
	(void)context;
	return netfix_view_take(guid, ret_view);
}

static VOID NETIOAPI_API_ interface_changed(
	PVOID event, MIB_IPINTERFACE_ROW *row, MIB_NOTIFICATION_TYPE type)
{
	(void)row;
	(void)type;
	SetEvent(event);
}

static VOID NETIOAPI_API_ address_changed(
	PVOID event, MIB_UNICASTIPADDRESS_ROW *row, MIB_NOTIFICATION_TYPE type)
{
	(void)row;
	(void)type;
	SetEvent(event);
}

static VOID NETIOAPI_API_ route_changed(
	PVOID event, MIB_IPFORWARD_ROW2 *row, MIB_NOTIFICATION_TYPE type)
{
	(void)row;
	(void)type;
	SetEvent(event);
}

static void watch(void *context, HANDLE event)
{
	struct windows *w = context;
	/* A failure leaves NULL, which is harmless because netfix also checks periodically. */
	NotifyIpInterfaceChange(AF_UNSPEC, interface_changed, event, FALSE, &w->watches[0]);
	NotifyUnicastIpAddressChange(AF_UNSPEC, address_changed, event, FALSE, &w->watches[1]);
	NotifyRouteChange2(AF_UNSPEC, route_changed, event, FALSE, &w->watches[2]);
}

static void close_all(void *context)
{
	struct windows *w = context;
	for (size_t i = 0; i < sizeof(w->watches) / sizeof(w->watches[0]); i++) {
		if (w->watches[i])
			CancelMibChangeNotify2(w->watches[i]);
	}
	unlock(w);
	if (w->com)
		CoUninitialize();
	free(w);
}

bool netfix_windows_open(HKEY root, const wchar_t *key, struct netfix_system *ret_system)
{
	struct windows *w = calloc(1, sizeof(*w));
	if (!w)
		return false;
	w->root = root;
	lstrcpynW(w->key, key, KEY_UNITS);
	*ret_system = (struct netfix_system){.context = w,
		.read = read_setting,
		.write = write_setting,
		.note = add_note,
		.forget = remove_note,
		.notes = list_notes,
		.lock = lock,
		.unlock = unlock,
		.look = look,
		.watch = watch,
		.close = close_all};
	return true;
}
