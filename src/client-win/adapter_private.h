/* adapter_private.h - the parts of adapter.h: choosing an adapter, which tests run with an opener
 * of their own, and the calls that need Windows. */
#ifndef LANPARTY_CLIENT_ADAPTER_PRIVATE_H
#define LANPARTY_CLIENT_ADAPTER_PRIVATE_H

#include "adapter.h"

/* HKEY_LOCAL_MACHINE\...: one subkey per network adapter of this computer. */
#define ADAPTER_CLASS                                                                              \
	"SYSTEM\\CurrentControlSet\\Control\\Class\\{4D36E972-E325-11CE-BFC1-08002BE10318}"
/* ...\GUID\Connection holds the adapter's name. */
#define ADAPTER_NETWORK                                                                            \
	"SYSTEM\\CurrentControlSet\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}"

/* Opens one adapter, asks its driver for version and address, and stores the result in *ret. */
typedef void adapter_opener(const struct adapter *adapter, struct adapter_opened *ret);
adapter_opener adapter_open_device;

/* Chooses and opens one adapter of the list, as adapter_open describes, without the MAC. */
void adapter_choose(const struct adapter *list, size_t count, const char *wanted,
	adapter_opener *opener, struct adapter_choice *ret);
/* Writes the message for choice->problem, which concerns choice->adapter. */
void adapter_explain(struct adapter_choice *choice);

/* Gives the chosen adapter this MAC and opens it again. False: failed; the choice holds the
 * problem, and the handle is closed. */
bool adapter_change_mac(
	struct adapter_choice *choice, const struct lp_mac *mac, adapter_opener *opener);
/* Stores mac where the driver reads it at its start. Returns a registry error, 0 for success. */
LSTATUS adapter_store_mac(const struct adapter *adapter, const struct lp_mac *mac);

#endif
