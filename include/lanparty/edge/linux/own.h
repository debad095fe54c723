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
 * list. False: it is full, or the kernel did not answer, so that something is missing in it. */
bool lp_own_read(int except, struct lp_own_list *own);

/* Adds the name servers of a file like /etc/resolv.conf (resolv.conf(5)). Those on this computer itself are
 * left out. Returns whether there was such a one: then another file names the servers that it asks. */
bool lp_own_read_name_servers(const char *path, struct lp_own_list *own);

/* The interface through which packets to remote leave when the interface `except` is ignored. 0: the system
 * does not send them through `except`, or there is no other way. */
unsigned lp_own_way(const struct lp_address *remote, int except);

/* A descriptor that becomes readable when addresses, routes or interfaces of this computer change. -1: the
 * system refused; errno is set. */
int lp_own_watch(void);
/* Reads what is there to be read, so that the descriptor becomes readable again with the next change. */
void lp_own_drain(int fd);

#endif
