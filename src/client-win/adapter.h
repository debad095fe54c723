/* adapter.h - finds, checks and opens the TAP-Windows6 adapters of this computer.
 *
 * Adapters are found in the registry and opened as \\.\Global\GUID.tap. The open is exclusive, and
 * the driver takes the medium down when the handle is closed. Drivers before 9.27 are refused
 * (CVE-2024-1305). The driver stays in plain Ethernet mode: its tun and DHCP modes are never turned
 * on. */
#ifndef LANPARTY_CLIENT_ADAPTER_H
#define LANPARTY_CLIENT_ADAPTER_H

#include <winsock2.h>
#include <windows.h>

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/packet/eth.h"

#define ADAPTERS_MAX   16
#define ADAPTER_GUID   39 /* "{8-4-4-4-12}" and its NUL */
#define ADAPTER_NAME   256
#define ADAPTER_REASON 400 /* bytes of a message with a remedy */

struct adapter {
	char guid[ADAPTER_GUID];
	char name[ADAPTER_NAME]; /* UTF-8, as Network Connections shows it; "": it has none */
	unsigned driver_major, driver_minor; /* from the registry's DriverVersion; 0.0: unknown */
	char class_key[160]; /* below HKEY_LOCAL_MACHINE: the key that holds NetworkAddress */
};

/* When several adapters have problems, the one that stands last in this list is reported, because a
 * player can most easily fix it. */
enum adapter_problem {
	ADAPTER_GOOD,
	ADAPTER_NO_DRIVER, /* there is no TAP-Windows6 adapter */
	ADAPTER_NOT_FOUND, /* there are adapters, but not the requested one */
	ADAPTER_TOO_OLD,   /* all usable adapters have a driver before 9.27 */
	ADAPTER_FAILED,    /* Windows reported another error; most often the adapter is disabled */
	ADAPTER_NO_RIGHTS,
	ADAPTER_IN_USE, /* other programs hold all of them */
};

/* Lists all adapters in the registry's order, at most cap. Returns their number. */
size_t adapter_list(struct adapter *list, size_t cap);

struct adapter_opened {
	HANDLE handle;         /* INVALID_HANDLE_VALUE: failed; error says why */
	DWORD error;           /* from GetLastError */
	unsigned major, minor; /* version of the running driver */
	struct lp_mac mac;
};
struct adapter_choice {
	enum adapter_problem problem;
	struct adapter adapter; /* the one that was opened, or that has the problem */
	struct adapter_opened opened;
	char reason[ADAPTER_REASON];
};

/* Opens the adapter whose name or GUID is wanted, in any letter case. With NULL it opens the first
 * one that is usable and free, and prefers one that is named "lanparty". The medium is still down.
 *
 * If mac is not NULL and differs from the adapter's address, it is stored for the driver, and the
 * adapter is disabled and enabled again. That needs an administrator and takes seconds, sometimes
 * many. The adapter keeps this address until another one is chosen. The driver accepts only locally
 * administered addresses.
 *
 * Returns the handle. INVALID_HANDLE_VALUE: failed; ret_choice->problem says why, and its reason tells the
 * player what to do. */
HANDLE adapter_open(
	const char *wanted, const struct lp_mac *mac, struct adapter_choice *ret_choice);

/* Sets the medium, which is up while the room is joined. False: the driver refused; see
 * GetLastError. */
bool adapter_set_media(HANDLE handle, bool up);

#endif
