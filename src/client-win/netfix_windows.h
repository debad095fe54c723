/* netfix_windows.h - the netfix_system of Windows: IP Helper, COM and the registry. */
#ifndef LANPARTY_CLIENT_NETFIX_WINDOWS_H
#define LANPARTY_CLIENT_NETFIX_WINDOWS_H

#include "netfix_private.h"

#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <netioapi.h>

/* Opens the system. Notes are values below root\key, named "GUID item" or "GUID item NETWORK-GUID".
 * It can be opened on any thread, but must be used and closed on one thread. False: out of
 * memory. */
bool netfix_windows_open(HKEY root, const wchar_t *key, struct netfix_system *ret_system);

/* The rest is private to the files of netfix. */

bool netfix_guid_parse(const char *text, GUID *ret_guid);
bool netfix_luid_of(const char *adapter_guid, NET_LUID *ret_luid);

/* netfix_notes.c */
bool netfix_notes_add(HKEY root, const wchar_t *key, const struct netfix_note *note);
void netfix_notes_remove(HKEY root, const wchar_t *key, const struct netfix_note *note);
size_t netfix_notes_list(HKEY root, const wchar_t *key, struct netfix_note *list, size_t cap);

/* netfix_com.c. The thread must have initialised COM. *ret_error is set unless the answer is
 * NETFIX_OK. */
enum netfix_answer netfix_rule_read(const char *guid, uint32_t *ret_value, HRESULT *ret_error);
enum netfix_answer netfix_rule_write(const char *guid, bool there, HRESULT *ret_error);
enum netfix_answer netfix_category_read(
	const char *guid, struct netfix_setting *setting, HRESULT *ret_error);
enum netfix_answer netfix_category_write(const struct netfix_setting *setting, HRESULT *ret_error);

/* netfix_lock.c. False: another lanparty holds the lock. When a process that is not an
 * administrator has taken the mutex, it is no lanparty and nobody must wait for it: then true,
 * without a mutex. */
bool netfix_lock(const char *guid, unsigned wait_ms, HANDLE *ret_mutex);

/* netfix_view.c */
bool netfix_view_take(const char *adapter_guid, struct netfix_view *ret_view);

#endif
