#include "netfix_windows.h"

#include <stdio.h>
#include <string.h>

#include "lanparty/edge/log.h"
#include "wide.h"

#define NAME_MAX_UNITS 128 /* two GUIDs and an item */

static const GUID no_network;

/* Uses the 64-bit view of the registry, so that 32-bit and 64-bit builds share their notes. */
static LSTATUS open_key(HKEY root, const wchar_t *key, REGSAM rights, HKEY *ret_key)
{
	return RegOpenKeyExW(root, key, 0, rights | KEY_WOW64_64KEY, ret_key);
}

static void name_of(const struct netfix_note *n, wchar_t name[NAME_MAX_UNITS])
{
	char text[NAME_MAX_UNITS];
	int len = snprintf(text, sizeof(text), "%s %s", n->guid, netfix_item_name(n->item));
	wide_from(name, NAME_MAX_UNITS, text);
	if (IsEqualGUID(&n->network, &no_network))
		return;
	name[len] = ' ';
	StringFromGUID2(&n->network, name + len + 1, NAME_MAX_UNITS - len - 1);
}

static bool item_parse(const char *text, enum netfix_item *ret_item)
{
	for (int i = 0; i < NETFIX_NOTED; i++) {
		if (strcmp(text, netfix_item_name((enum netfix_item)i)) == 0) {
			*ret_item = (enum netfix_item)i;
			return true;
		}
	}
	return false;
}

static bool name_parse(const wchar_t *name, struct netfix_note *ret_note)
{
	char text[NAME_MAX_UNITS * 3];
	wide_to(text, sizeof(text), name);
	char *item = strchr(text, ' ');
	if (!item || item - text != ADAPTER_GUID - 1)
		return false;
	*item++ = 0;
	memcpy(ret_note->guid, text, ADAPTER_GUID);
	char *network = strchr(item, ' ');
	if (network)
		*network++ = 0;
	ret_note->network = no_network;
	return item_parse(item, &ret_note->item) &&
	       (!network || netfix_guid_parse(network, &ret_note->network));
}

bool netfix_notes_add(HKEY root, const wchar_t *path, const struct netfix_note *n)
{
	HKEY key;
	wchar_t name[NAME_MAX_UNITS];
	uint64_t data = (uint64_t)n->former << 32 | n->now;
	LSTATUS status = RegCreateKeyExW(
		root, path, 0, NULL, 0, KEY_SET_VALUE | KEY_WOW64_64KEY, NULL, &key, NULL);
	if (status == ERROR_SUCCESS) {
		name_of(n, name);
		status = RegSetValueExW(key, name, 0, REG_QWORD, (const BYTE *)&data, sizeof(data));
		if (status == ERROR_SUCCESS)
			status = RegFlushKey(key);
		RegCloseKey(key);
	}
	if (status != ERROR_SUCCESS)
		lp_log(LP_LOG_WARNING, "setting_not_noted", "setting=%s error=%ld",
			netfix_item_name(n->item), (long)status);
	return status == ERROR_SUCCESS;
}

void netfix_notes_remove(HKEY root, const wchar_t *path, const struct netfix_note *n)
{
	HKEY key;
	wchar_t name[NAME_MAX_UNITS];
	if (open_key(root, path, KEY_SET_VALUE, &key) != ERROR_SUCCESS)
		return;
	name_of(n, name);
	RegDeleteValueW(key, name);
	RegCloseKey(key);
}

/* Parses one value. False: not one of our notes. */
static bool value_parse(
	HKEY key, const wchar_t *name, DWORD type, DWORD len, struct netfix_note *ret_note)
{
	uint64_t value;
	if (type != REG_QWORD || len != sizeof(value) || !name_parse(name, ret_note) ||
		RegQueryValueExW(key, name, NULL, NULL, (BYTE *)&value, &len) != ERROR_SUCCESS)
		return false;
	ret_note->former = (uint32_t)(value >> 32);
	ret_note->now = (uint32_t)value;
	return netfix_note_is_good(ret_note);
}

size_t netfix_notes_list(HKEY root, const wchar_t *path, struct netfix_note *list, size_t cap)
{
	HKEY key;
	size_t count = 0;
	if (open_key(root, path, KEY_QUERY_VALUE | KEY_SET_VALUE, &key) != ERROR_SUCCESS)
		return 0;
	for (DWORD i = 0; count < cap;) {
		wchar_t name[NAME_MAX_UNITS];
		DWORD units = NAME_MAX_UNITS, len = 0, type = 0;
		LSTATUS status = RegEnumValueW(key, i, name, &units, NULL, &type, NULL, &len);
		if (status == ERROR_MORE_DATA) { /* too long to be one of ours */
			i++;
			continue;
		}
		if (status != ERROR_SUCCESS)
			break;
		if (value_parse(key, name, type, len, &list[count])) {
			count++;
			i++;
			continue;
		}
		lp_log(LP_LOG_WARNING, "note_thrown_away", "type=%lu bytes=%lu",
			(unsigned long)type, (unsigned long)len);
		if (RegDeleteValueW(key, name) != ERROR_SUCCESS)
			i++;
	}
	RegCloseKey(key);
	return count;
}
