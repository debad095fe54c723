#include "membership.h"

#include <winsock2.h>
#include <windows.h>
#include <string.h>
#include <wchar.h>

#include "lanparty/base/bytes.h"
#include "lanparty/base/wipe.h"
#include "lanparty/edge/log.h"
#include "lanparty/peer/host_memory.h"

#define KEY      L"Software\\lanparty"
#define VALUE    L"membership"
#define MACHINE  L"SOFTWARE\\Microsoft\\Cryptography" /* its MachineGuid: one per installation */
#define TAG_NAME (2 * LP_HOST_MEMORY_TAG + 1)
#define ANY_NAME 16384 /* units of the longest name that a value can have, and its NUL */

/* A key with one value for each room, of LP_HOST_MEMORY_ROOMS rooms at most. */
struct list {
	const wchar_t *key;
	const char *unread, *unkept; /* what that means */
};

static const struct list hosts = {KEY L"\\hosts",
	"the room's host key that this computer knew cannot be read: compare the one that is shown "
	"with the "
	"host's",
	"the next start does not know the room's host key, unless the invite has it"};
static const struct list ways = {KEY L"\\ways",
	"the relay's addresses are tried in the order of the invite",
	"the next start tries the relay's addresses that do not answer here, too"};

static void log_failure(const char *event, LSTATUS status, const char *hint)
{
	lp_log(LP_LOG_WARNING, event, "error=%ld hint=%s", (long)status, hint);
}

/* Returns the number of bytes. */
static DWORD read_machine(wchar_t machine[LP_RESUME_MACHINE])
{
	DWORD len = LP_RESUME_MACHINE * sizeof(*machine);
	LSTATUS status = RegGetValueW(HKEY_LOCAL_MACHINE, MACHINE, L"MachineGuid",
		RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY, NULL, machine, &len);
	if (status == ERROR_SUCCESS)
		return len;
	log_failure("computer_not_known", status,
		"Windows does not say which computer this is: others with the same user profile "
		"look alike to "
		"the relay");
	return 0;
}

/* Of the room and this computer. */
static bool make_tag(const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_tag[LP_RESUME_TAG])
{
	wchar_t machine[LP_RESUME_MACHINE] = L"";
	return lp_resume_tag(room_key, machine, read_machine(machine), ret_tag);
}

void membership_id(const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_id[LP_MEMBER_ID])
{
	wchar_t machine[LP_RESUME_MACHINE] = L"";
	lp_resume_member(room_key, machine, read_machine(machine), ret_id);
}

void membership_load(const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_token[LP_TOKEN_SIZE])
{
	struct lp_resume_record record;
	uint8_t tag[LP_RESUME_TAG];
	DWORD len = sizeof(record);
	memset(ret_token, 0, LP_TOKEN_SIZE);
	LSTATUS status =
		RegGetValueW(HKEY_CURRENT_USER, KEY, VALUE, RRF_RT_REG_BINARY, NULL, &record, &len);
	if (status == ERROR_SUCCESS && len != sizeof(record))
		status = ERROR_INVALID_DATA;
	bool hashed = status != ERROR_SUCCESS || make_tag(room_key, tag);
	if (status == ERROR_SUCCESS && hashed && lp_equal_secret(record.tag, tag, sizeof(tag)))
		memcpy(ret_token, record.token, LP_TOKEN_SIZE);
	else if ((status != ERROR_SUCCESS && status != ERROR_FILE_NOT_FOUND) || !hashed)
		log_failure("membership_not_known", hashed ? status : ERROR_OUTOFMEMORY,
			"if the last run was killed, the room lets this one in after 45 s at most");
	lp_zero(&record, sizeof(record));
}

void membership_keep(const uint8_t room_key[LP_ROOM_KEY_SIZE], const uint8_t token[LP_TOKEN_SIZE])
{
	struct lp_resume_record record;
	LSTATUS status = ERROR_OUTOFMEMORY;
	memcpy(record.token, token, LP_TOKEN_SIZE);
	if (make_tag(room_key, record.tag))
		status = RegSetKeyValueW(
			HKEY_CURRENT_USER, KEY, VALUE, REG_BINARY, &record, sizeof(record));
	if (status != ERROR_SUCCESS)
		log_failure("membership_not_kept", status,
			"if this run is killed, the room lets the next one in after 45 s at most");
	lp_zero(&record, sizeof(record));
}

static void name_value(const uint8_t tag[LP_HOST_MEMORY_TAG], wchar_t name[TAG_NAME])
{
	for (size_t i = 0; i < LP_HOST_MEMORY_TAG; i++)
		swprintf(name + 2 * i, 3, L"%02x", tag[i]);
}

/* Zeros when there is no such value. */
static void load(
	const struct list *list, const uint8_t tag[LP_HOST_MEMORY_TAG], void *value, DWORD len)
{
	wchar_t name[TAG_NAME];
	DWORD got = len;
	name_value(tag, name);
	LSTATUS status = RegGetValueW(
		HKEY_CURRENT_USER, list->key, name, RRF_RT_REG_BINARY, NULL, value, &got);
	if (status == ERROR_SUCCESS && got == len)
		return;
	memset(value, 0, len);
	if (status != ERROR_FILE_NOT_FOUND)
		log_failure("room_not_known", status == ERROR_SUCCESS ? ERROR_INVALID_DATA : status,
			list->unread);
}

static LSTATUS remove_one(HKEY key, DWORD index)
{
	wchar_t name[ANY_NAME];
	DWORD units = ANY_NAME;
	LSTATUS status = RegEnumValueW(key, index, name, &units, NULL, NULL, NULL, NULL);
	return status == ERROR_SUCCESS ? RegDeleteValueW(key, name) : status;
}

/* An earlier version did not count the rooms, so more than one can have to go. */
static LSTATUS make_space(HKEY key, const wchar_t *name, uint8_t choice)
{
	DWORD count = 0;
	if (RegQueryValueExW(key, name, NULL, NULL, NULL, NULL) == ERROR_SUCCESS)
		return ERROR_SUCCESS;
	for (;;) {
		LSTATUS status = RegQueryInfoKeyW(
			key, NULL, NULL, NULL, NULL, NULL, NULL, &count, NULL, NULL, NULL, NULL);
		if (status == ERROR_SUCCESS && count >= LP_HOST_MEMORY_ROOMS)
			status = remove_one(key, choice % count);
		if (status != ERROR_SUCCESS || count < LP_HOST_MEMORY_ROOMS)
			return status;
	}
}

static void keep(const struct list *list, const uint8_t tag[LP_HOST_MEMORY_TAG], const void *value,
	DWORD len)
{
	HKEY key;
	wchar_t name[TAG_NAME];
	name_value(tag, name);
	LSTATUS status = RegCreateKeyExW(HKEY_CURRENT_USER, list->key, 0, NULL, 0,
		KEY_QUERY_VALUE | KEY_SET_VALUE, NULL, &key, NULL);
	if (status == ERROR_SUCCESS) {
		status = make_space(key, name, tag[0]);
		if (status == ERROR_SUCCESS)
			status = RegSetValueExW(key, name, 0, REG_BINARY, value, len);
		RegCloseKey(key);
	}
	if (status != ERROR_SUCCESS)
		log_failure("room_not_kept", status, list->unkept);
}

static bool is_hashed(bool hashed, const char *event, const char *hint)
{
	if (!hashed)
		log_failure(event, ERROR_OUTOFMEMORY, hint);
	return hashed;
}

void membership_load_host(const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_host[LP_HOST_PRINT])
{
	uint8_t tag[LP_HOST_MEMORY_TAG];
	memset(ret_host, 0, LP_HOST_PRINT);
	if (is_hashed(lp_host_memory_tag(room_key, tag), "room_not_known", hosts.unread))
		load(&hosts, tag, ret_host, LP_HOST_PRINT);
}

void membership_keep_host(
	const uint8_t room_key[LP_ROOM_KEY_SIZE], const uint8_t host[LP_HOST_PRINT])
{
	uint8_t tag[LP_HOST_MEMORY_TAG];
	if (is_hashed(lp_host_memory_tag(room_key, tag), "room_not_kept", hosts.unkept))
		keep(&hosts, tag, host, LP_HOST_PRINT);
}

void membership_load_way(const struct lp_peer_options *options, struct lp_entry *ret_entry)
{
	uint8_t tag[LP_HOST_MEMORY_TAG];
	struct lp_entry_memory memory = {0};
	*ret_entry = (struct lp_entry){0};
	if (is_hashed(lp_entry_memory_tag(options, tag), "room_not_known", ways.unread))
		load(&ways, tag, &memory, sizeof(memory));
	lp_entry_memory_get(&memory, ret_entry);
}

void membership_keep_way(const struct lp_peer_options *options, const struct lp_entry *entry)
{
	uint8_t tag[LP_HOST_MEMORY_TAG];
	struct lp_entry_memory memory;
	lp_entry_memory_put(entry, &memory);
	if (is_hashed(lp_entry_memory_tag(options, tag), "room_not_kept", ways.unkept))
		keep(&ways, tag, &memory, sizeof(memory));
}

void membership_forget(void)
{
	LSTATUS status = RegDeleteKeyValueW(HKEY_CURRENT_USER, KEY, VALUE);
	if (status != ERROR_SUCCESS && status != ERROR_FILE_NOT_FOUND)
		log_failure("membership_not_forgotten", status,
			"the next start asks for a place that was given back, and gets another "
			"one");
}
