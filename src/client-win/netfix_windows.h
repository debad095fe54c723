/* netfix_windows.h - the real thing behind netfix's small interface: IP Helper, COM, the registry. */
#ifndef LANPARTY_CLIENT_NETFIX_WINDOWS_H
#define LANPARTY_CLIENT_NETFIX_WINDOWS_H

#include "netfix_private.h"

#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <netioapi.h>

/* Notes stand below root, a value each, named "GUID item" or "GUID item NETWORK-GUID". Make it on any
 * thread, use and close it on one. False when out of memory. */
bool netfix_windows_open(HKEY root, const wchar_t *key, struct netfix_system *ret_system);

/* The rest is for the files of netfix. */

bool netfix_guid_parse(const char *text, GUID *ret_guid);
bool netfix_luid_of(const char *adapter_guid, NET_LUID *ret_luid);

/* netfix_notes.c */
bool netfix_notes_add(HKEY root, const wchar_t *key, const struct netfix_note *note);
void netfix_notes_remove(HKEY root, const wchar_t *key, const struct netfix_note *note);
size_t netfix_notes_list(HKEY root, const wchar_t *key, struct netfix_note *list, size_t cap);

/* netfix_com.c; the thread has entered COM. *ret_error is set where the answer is no OK. */
enum netfix_answer netfix_rule_read(const char *guid, uint32_t *ret_value, HRESULT *ret_error);
enum netfix_answer netfix_rule_write(const char *guid, bool there, HRESULT *ret_error);
enum netfix_answer netfix_category_read(
	const char *guid, struct netfix_setting *setting, HRESULT *ret_error);
enum netfix_answer netfix_category_write(const struct netfix_setting *setting, HRESULT *ret_error);

/* netfix_lock.c; false when another lanparty holds it. True, and no mutex, when it is kept by somebody
 * who is no administrator, and so no lanparty: nobody is to be waited for then. */
bool netfix_lock(const char *guid, unsigned wait_ms, HANDLE *ret_mutex);

/* netfix_view.c */
bool netfix_view_take(const char *adapter_guid, struct netfix_view *ret_view);

#endif
