/* adapter.h - the TAP-Windows6 adapters of this computer: found, judged, opened.
 *
 * Found in the registry, opened as \\.\Global\GUID.tap; the open is exclusive, and the medium goes
 * down by itself when the handle is closed. Drivers before 9.27 are refused (CVE-2024-1305). The
 * driver stays a plain Ethernet card: none of its tun or DHCP modes is ever turned on. */
#ifndef LANPARTY_CLIENT_ADAPTER_H
#define LANPARTY_CLIENT_ADAPTER_H

#include <winsock2.h>
#include <windows.h>

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/packet/eth.h"

#define ADAPTERS_MAX   16
#define ADAPTER_GUID   39 /* "{8-4-4-4-12}" and its end */
#define ADAPTER_NAME   256
#define ADAPTER_REASON 400 /* bytes of a sentence with its remedy */

struct adapter {
	char guid[ADAPTER_GUID];
	char name[ADAPTER_NAME]; /* UTF-8, as Network Connections shows it; "" if it has none */
	unsigned driver_major, driver_minor; /* of the registry's DriverVersion; 0.0: not said */
	char class_key[160]; /* below HKEY_LOCAL_MACHINE: where NetworkAddress stands */
};

/* Of several adapters' problems the last one of this list is told: a player can do most about it. */
enum adapter_problem {
	ADAPTER_GOOD,
	ADAPTER_NO_DRIVER, /* no TAP-Windows6 adapter at all */
	ADAPTER_NOT_FOUND, /* there are some, but not the one that was asked for */
	ADAPTER_TOO_OLD,   /* all that could be used have a driver before 9.27 */
	ADAPTER_FAILED,    /* Windows said something else: switched off, most of the time */
	ADAPTER_NO_RIGHTS,
	ADAPTER_IN_USE, /* each is held by another program */
};

/* All of them, in the order of the registry; returns how many, at most cap. */
size_t adapter_list(struct adapter *list, size_t cap);

/* Opens the adapter that wanted names (its name or GUID, in any case), or with NULL the first one
 * that is good and free, preferring one that is called "lanparty". The medium is still down.
 *
 * mac not NULL and not the adapter's own: it is written down for the driver, and the adapter is
 * disabled and enabled again, which needs an administrator and takes seconds, sometimes many. It stays
 * the adapter's own until another one is chosen. The driver takes only locally administered ones.
 *
 * INVALID_HANDLE_VALUE: *ret_problem says why, and reason tells a player in a sentence what to do. */
HANDLE adapter_open(const char *wanted, const struct lp_mac *mac, struct adapter *ret_adapter,
	struct lp_mac *ret_mac, enum adapter_problem *ret_problem, char reason[ADAPTER_REASON]);

/* The medium: up when the room is joined. False and GetLastError when the driver refuses. */
bool adapter_set_media(HANDLE handle, bool up);

#endif
