#include "membership.h"

#include <winsock2.h>
#include <windows.h>
#include <string.h>
#include <wchar.h>

#include "lanparty/base/bytes.h"
#include "lanparty/base/wipe.h"
#include "lanparty/edge/log.h"
#include "lanparty/peer/host_memory.h"

#define KEY       L"Software\\lanparty"
#define VALUE     L"membership"
#define HOSTS     KEY L"\\hosts"                       /* one value for each room */
#define MACHINE   L"SOFTWARE\\Microsoft\\Cryptography" /* its MachineGuid: one per installation */
#define HOST_NAME (2 * LP_HOST_MEMORY_TAG + 1)

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

/* The name of the value in HOSTS. False without memory. */
static bool name_host(const uint8_t room_key[LP_ROOM_KEY_SIZE], wchar_t name[HOST_NAME])
{
	uint8_t tag[LP_HOST_MEMORY_TAG];
	if (!lp_host_memory_tag(room_key, tag))
		return false;
	for (size_t i = 0; i < sizeof(tag); i++)
		swprintf(name + 2 * i, 3, L"%02x", tag[i]);
	return true;
}

void membership_load_host(const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_host[LP_HOST_PRINT])
{
	wchar_t name[HOST_NAME];
	DWORD len = LP_HOST_PRINT;
	if (!name_host(room_key, name) ||
		RegGetValueW(HKEY_CURRENT_USER, HOSTS, name, RRF_RT_REG_BINARY, NULL, ret_host,
			&len) != ERROR_SUCCESS ||
		len != LP_HOST_PRINT)
		memset(ret_host, 0, LP_HOST_PRINT);
}

void membership_keep_host(
	const uint8_t room_key[LP_ROOM_KEY_SIZE], const uint8_t host[LP_HOST_PRINT])
{
	wchar_t name[HOST_NAME];
	LSTATUS status = ERROR_OUTOFMEMORY;
	if (name_host(room_key, name))
		status = RegSetKeyValueW(
			HKEY_CURRENT_USER, HOSTS, name, REG_BINARY, host, LP_HOST_PRINT);
	if (status != ERROR_SUCCESS)
		lp_log(LP_LOG_WARNING, "host_not_kept", "error=%ld", (long)status);
}

void membership_forget(void)
{
	LSTATUS status = RegDeleteKeyValueW(HKEY_CURRENT_USER, KEY, VALUE);
	if (status != ERROR_SUCCESS && status != ERROR_FILE_NOT_FOUND)
		lp_log(LP_LOG_WARNING, "membership_not_forgotten", "error=%ld", (long)status);
}
