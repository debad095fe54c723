/* adapter_choose.c - decides which adapter to use, and what to tell the player when there is
 * none. */
#include "adapter_private.h"

#include <stdio.h>
#include <string.h>

#include "wide.h"

#define DRIVER_MAJOR 9 /* 9.27 is the first without CVE-2024-1305 */
#define DRIVER_MINOR 27
#define OUR_NAME     "lanparty"
#define WHERE_TO_GET "openvpn.net (community downloads)"
#define SHOWN_MAX    64 /* bytes of a name within a message */

static bool is_called(const struct adapter *a, const char *name)
{
	wchar_t wanted[ADAPTER_NAME], own[ADAPTER_NAME], guid[ADAPTER_GUID];
	wide_from(wanted, ADAPTER_NAME, name);
	wide_from(own, ADAPTER_NAME, a->name);
	wide_from(guid, ADAPTER_GUID, a->guid);
	return CompareStringOrdinal(wanted, -1, own, -1, TRUE) == CSTR_EQUAL ||
	       CompareStringOrdinal(wanted, -1, guid, -1, TRUE) == CSTR_EQUAL;
}

static bool is_too_old(unsigned major, unsigned minor)
{
	return major < DRIVER_MAJOR || (major == DRIVER_MAJOR && minor < DRIVER_MINOR);
}

/* The driver answers a second open with "general failure". */
static enum adapter_problem problem_of(DWORD error)
{
	switch (error) {
	case ERROR_GEN_FAILURE:
	case ERROR_SHARING_VIOLATION:
	case ERROR_BUSY:
		return ADAPTER_IN_USE;
	case ERROR_ACCESS_DENIED:
		return ADAPTER_NO_RIGHTS;
	default:
		return ADAPTER_FAILED;
	}
}

/* Opens the adapter if it is usable. It replaces the choice when its result ranks higher. */
static bool try_one(const struct adapter *a, adapter_opener *opener, struct adapter_choice *choice)
{
	struct adapter_choice now = {.adapter = *a, .opened.handle = INVALID_HANDLE_VALUE};
	bool said = a->driver_major || a->driver_minor;
	if (said && is_too_old(a->driver_major, a->driver_minor)) {
		now.problem = ADAPTER_TOO_OLD;
	} else {
		opener(a, &now.opened);
		if (now.opened.handle == INVALID_HANDLE_VALUE) {
			now.problem = problem_of(now.opened.error);
		} else if (is_too_old(now.opened.major, now.opened.minor)) {
			now.problem = ADAPTER_TOO_OLD;
			now.adapter.driver_major = now.opened.major;
			now.adapter.driver_minor = now.opened.minor;
			CloseHandle(now.opened.handle);
			now.opened.handle = INVALID_HANDLE_VALUE;
		}
	}
	if (now.problem == ADAPTER_GOOD || now.problem > choice->problem)
		*choice = now;
	return now.problem == ADAPTER_GOOD;
}

/* The name, or the GUID where the name does not fit into a message. */
static const char *shown(const struct adapter *a)
{
	return a->name[0] && strlen(a->name) <= SHOWN_MAX ? a->name : a->guid;
}

static void explain_not_found(
	const struct adapter *list, size_t count, const char *wanted, struct adapter_choice *choice)
{
	char others[ADAPTER_REASON / 2] = "";
	for (size_t i = 0; i < count && i < 2; i++) {
		size_t len = strlen(others);
		snprintf(others + len, sizeof(others) - len, "%s\"%s\"", i ? ", " : "",
			shown(&list[i]));
	}
	snprintf(choice->reason, ADAPTER_REASON,
		"There is no TAP-Windows6 adapter called \"%s\", only %s%s. Choose one of these, "
		"or "
		"leave the choice to lanparty.",
		strlen(wanted) <= SHOWN_MAX ? wanted : "...", others,
		count > 2 ? " and others" : "");
}

static void explain_failed(struct adapter_choice *choice)
{
	const char *name = shown(&choice->adapter);
	DWORD error = choice->opened.error;
	if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
		snprintf(choice->reason, ADAPTER_REASON,
			"The network adapter \"%s\" is switched off, or its driver does not run. "
			"Press Windows+R, type ncpa.cpl, right-click the adapter and choose "
			"\"Enable\"; if that does not help, install \"TAP-Windows6\" again, from "
			"lanparty's installer or from " WHERE_TO_GET ".",
			name);
	else
		snprintf(choice->reason, ADAPTER_REASON,
			"Windows cannot open the network adapter \"%s\" (error %lu). Restart the "
			"computer; if that does not help, install \"TAP-Windows6\" again, from "
			"lanparty's installer or from " WHERE_TO_GET ".",
			name, error);
}

void adapter_explain(struct adapter_choice *choice)
{
	const struct adapter *a = &choice->adapter;
	char *text = choice->reason;
	switch (choice->problem) {
	case ADAPTER_NO_DRIVER:
		snprintf(text, ADAPTER_REASON,
			"No TAP-Windows6 adapter is installed. Install lanparty with its "
			"installer, or the driver \"TAP-Windows6\" from " WHERE_TO_GET
			", then try again.");
		break;
	case ADAPTER_TOO_OLD:
		snprintf(text, ADAPTER_REASON,
			"The driver of the network adapter \"%s\" is version %u.%u, which has a "
			"security hole (CVE-2024-1305): lanparty needs %d.%d or newer. Install the "
			"current \"TAP-Windows6\" from " WHERE_TO_GET ", then try again.",
			shown(a), a->driver_major, a->driver_minor, DRIVER_MAJOR, DRIVER_MINOR);
		break;
	case ADAPTER_IN_USE:
		snprintf(text, ADAPTER_REASON,
			"The network adapter \"%s\" is in use by another program, most likely "
			"OpenVPN or another lanparty. Close that program (look among the small "
			"icons beside the clock), then try again.",
			shown(a));
		break;
	case ADAPTER_NO_RIGHTS:
		snprintf(text, ADAPTER_REASON,
			"Windows does not let lanparty use the network adapter \"%s\". Right-click "
			"lanparty and choose \"Run as administrator\".",
			shown(a));
		break;
	case ADAPTER_FAILED:
		explain_failed(choice);
		break;
	case ADAPTER_GOOD:
	case ADAPTER_NOT_FOUND: /* handled above */
		break;
	}
}

void adapter_choose(const struct adapter *list, size_t count, const char *wanted,
	adapter_opener *opener, struct adapter_choice *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->opened.handle = INVALID_HANDLE_VALUE;
	ret->problem = count ? ADAPTER_NOT_FOUND : ADAPTER_NO_DRIVER;
	/* Adapters with the preferred name come first; the others only when none was requested. */
	for (int preferred = 1; preferred >= (wanted ? 1 : 0); preferred--) {
		for (size_t i = 0; i < count; i++) {
			if (is_called(&list[i], wanted ? wanted : OUR_NAME) == preferred &&
				try_one(&list[i], opener, ret))
				return;
		}
	}
	if (ret->problem == ADAPTER_NOT_FOUND)
		explain_not_found(list, count, wanted, ret);
	else
		adapter_explain(ret);
}
