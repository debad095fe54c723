/* adapter_private.h - the parts of adapter.h: the choice, which tests make with an opener of their own,
 * and what only Windows can do. */
#ifndef LANPARTY_CLIENT_ADAPTER_PRIVATE_H
#define LANPARTY_CLIENT_ADAPTER_PRIVATE_H

#include "adapter.h"

/* HKEY_LOCAL_MACHINE\...: one subkey for each network adapter of this computer. */
#define ADAPTER_CLASS                                                                              \
	"SYSTEM\\CurrentControlSet\\Control\\Class\\{4D36E972-E325-11CE-BFC1-08002BE10318}"
/* ...\GUID\Connection has its name. */
#define ADAPTER_NETWORK                                                                            \
	"SYSTEM\\CurrentControlSet\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}"

struct adapter_opened {
	HANDLE handle;         /* INVALID_HANDLE_VALUE: error says why */
	DWORD error;           /* of GetLastError */
	unsigned major, minor; /* of the driver that runs */
	struct lp_mac mac;
};
/* Opens one adapter and asks its driver; gives the result to *ret. */
typedef void adapter_opener(const struct adapter *adapter, struct adapter_opened *ret);
adapter_opener adapter_open_device;

struct adapter_choice {
	enum adapter_problem problem;
	struct adapter adapter; /* the one that was opened, or the one with the problem */
	struct adapter_opened opened;
	char reason[ADAPTER_REASON];
};
/* One of the list, opened: as adapter_open says, but for the MAC. */
void adapter_choose(const struct adapter *list, size_t count, const char *wanted,
	adapter_opener *opener, struct adapter_choice *ret);
/* The sentence for choice->problem, which is about choice->adapter. */
void adapter_explain(struct adapter_choice *choice);

/* Opens the chosen adapter anew, with this MAC for its own. False: what is in the way is in the
 * choice, and the handle is closed. */
bool adapter_change_mac(
	struct adapter_choice *choice, const struct lp_mac *mac, adapter_opener *opener);
/* Writes it down where the driver looks at its start. An error of the registry, 0 for none. */
LSTATUS adapter_store_mac(const struct adapter *adapter, const struct lp_mac *mac);

#endif
