/* own.h - what this computer has without the room: its networks, routers and name servers, and its way to
 * the relay (row N5).
 *
 * Each call asks the kernel anew, over netlink, and needs no privilege. Nothing here changes a setting, and
 * nothing here logs. */
#ifndef LANPARTY_EDGE_OWN_H
#define LANPARTY_EDGE_OWN_H

#include <stdbool.h>

#include "lanparty/base/address.h"
#include "lanparty/packet/offer.h"

/* Adds name servers, addresses and routes, except those of the interface with the index `except`, to the
 * list. False: the kernel did not answer, and the list must not be used. *ret_whole: false if any entry is
 * missing, also on failure. */
bool lp_own_read(int except, struct lp_own_list *own, bool *ret_whole);

/* Adds the name servers of a file like /etc/resolv.conf (resolv.conf(5)), except those with a loopback address.
 * True: the file names one with a loopback address, a resolver on this computer. Another file then names the
 * servers that the resolver asks. */
bool lp_own_read_name_servers(const char *path, struct lp_own_list *own);

/* The interface through which packets to remote leave when the interface `except` is ignored. 0: the system
 * does not send them through `except`, or there is no other way. */
unsigned lp_own_way(const struct lp_address *remote, int except);
/* The interface that leads to remote, and never except. 0: there is no way, or the kernel does not say. */
unsigned lp_own_interface(const struct lp_address *remote, int except);

#endif
