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
#define HOSTS    KEY L"\\hosts"                       /* one value for each room */
#define MACHINE  L"SOFTWARE\\Microsoft\\Cryptography" /* its MachineGuid: one per installation */
#define WAYS     KEY L"\\ways"
#define TAG_NAME (2 * LP_HOST_MEMORY_TAG + 1)

/* Returns the number of bytes. */
static DWORD read_machine(wchar_t machine[LP_RESUME_MACHINE])
{
	DWORD len = LP_RESUME_MACHINE * sizeof(*machine);
	LSTATUS status = RegGetValueW(HKEY_LOCAL_MACHINE, MACHINE, L"MachineGuid",
		RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY, NULL, machine, &len);
	return status == ERROR_SUCCESS ? len : 0;
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
	if (RegGetValueW(HKEY_CURRENT_USER, KEY, VALUE, RRF_RT_REG_BINARY, NULL, &record, &len) ==
			ERROR_SUCCESS &&
		len == sizeof(record) && make_tag(room_key, tag) &&
		lp_equal_secret(record.tag, tag, sizeof(tag)))
		memcpy(ret_token, record.token, LP_TOKEN_SIZE);
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
		lp_log(LP_LOG_WARNING, "membership_not_kept", "error=%ld", (long)status);
	lp_zero(&record, sizeof(record));
}

static void name_value(const uint8_t tag[LP_HOST_MEMORY_TAG], wchar_t name[TAG_NAME])
{
	for (size_t i = 0; i < LP_HOST_MEMORY_TAG; i++)
		swprintf(name + 2 * i, 3, L"%02x", tag[i]);
}

/* Zeros when the key has no such value of this length. */
static void load(const wchar_t *key, const uint8_t tag[LP_HOST_MEMORY_TAG], void *value, DWORD len)
{
	wchar_t name[TAG_NAME];
	DWORD got = len;
	name_value(tag, name);
	if (RegGetValueW(HKEY_CURRENT_USER, key, name, RRF_RT_REG_BINARY, NULL, value, &got) !=
			ERROR_SUCCESS ||
		got != len)
		memset(value, 0, len);
}

static void keep(
	const wchar_t *key, const uint8_t tag[LP_HOST_MEMORY_TAG], const void *value, DWORD len)
{
	wchar_t name[TAG_NAME];
	name_value(tag, name);
	LSTATUS status = RegSetKeyValueW(HKEY_CURRENT_USER, key, name, REG_BINARY, value, len);
	if (status != ERROR_SUCCESS)
		lp_log(LP_LOG_WARNING, "room_not_kept", "error=%ld", (long)status);
}

void membership_load_host(const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_host[LP_HOST_PRINT])
{
	uint8_t tag[LP_HOST_MEMORY_TAG];
	memset(ret_host, 0, LP_HOST_PRINT);
	if (lp_host_memory_tag(room_key, tag))
		load(HOSTS, tag, ret_host, LP_HOST_PRINT);
}

void membership_keep_host(
	const uint8_t room_key[LP_ROOM_KEY_SIZE], const uint8_t host[LP_HOST_PRINT])
{
	uint8_t tag[LP_HOST_MEMORY_TAG];
	if (lp_host_memory_tag(room_key, tag))
		keep(HOSTS, tag, host, LP_HOST_PRINT);
}

void membership_load_way(const struct lp_peer_options *options, struct lp_entry *ret_entry)
{
	uint8_t tag[LP_HOST_MEMORY_TAG];
	struct lp_entry_memory memory = {0};
	*ret_entry = (struct lp_entry){0};
	if (lp_entry_memory_tag(options, tag))
		load(WAYS, tag, &memory, sizeof(memory));
	lp_entry_memory_get(&memory, ret_entry);
}

void membership_keep_way(const struct lp_peer_options *options, const struct lp_entry *entry)
{
	uint8_t tag[LP_HOST_MEMORY_TAG];
	struct lp_entry_memory memory;
	lp_entry_memory_put(entry, &memory);
	if (lp_entry_memory_tag(options, tag))
		keep(WAYS, tag, &memory, sizeof(memory));
}

void membership_forget(void)
{
	LSTATUS status = RegDeleteKeyValueW(HKEY_CURRENT_USER, KEY, VALUE);
	if (status != ERROR_SUCCESS && status != ERROR_FILE_NOT_FOUND)
		lp_log(LP_LOG_WARNING, "membership_not_forgotten", "error=%ld", (long)status);
}
