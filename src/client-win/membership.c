#include "membership.h"

#include <winsock2.h>
#include <windows.h>
#include <string.h>

#include "lanparty/base/bytes.h"
#include "lanparty/base/wipe.h"
#include "lanparty/edge/log.h"

#define KEY     L"Software\\lanparty"
#define VALUE   L"membership"
#define MACHINE L"SOFTWARE\\Microsoft\\Cryptography" /* its MachineGuid: one per installation */

/* Of the room and this computer. */
static bool make_tag(const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_tag[LP_RESUME_TAG])
{
	wchar_t machine[LP_RESUME_MACHINE] = L"";
	DWORD len = sizeof(machine);
	if (RegGetValueW(HKEY_LOCAL_MACHINE, MACHINE, L"MachineGuid",
		    RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY, NULL, machine, &len) != ERROR_SUCCESS)
		len = 0;
	return lp_resume_tag(room_key, machine, len, ret_tag);
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

void membership_forget(void)
{
	LSTATUS status = RegDeleteKeyValueW(HKEY_CURRENT_USER, KEY, VALUE);
	if (status != ERROR_SUCCESS && status != ERROR_FILE_NOT_FOUND)
		lp_log(LP_LOG_WARNING, "membership_not_forgotten", "error=%ld", (long)status);
}
