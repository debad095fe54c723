/* linux_addresses.h - records each change of an IPv4 address in this network namespace. */
#ifndef LANPARTY_TEST_LINUX_ADDRESSES_H
#define LANPARTY_TEST_LINUX_ADDRESSES_H

#include "linux_lan.h"

#define EVENTS_TEXT 1024

/* Opens a netlink socket that receives the changes from now on. The caller closes it. */
int watch_addresses(void);

/* Reads the changes since the last call; the kernel reports a change before the call that makes it
 * returns. Writes "+10.1.2.3/16 brd 10.1.255.255;" for each address that was added, with a minus for
 * each that was removed. */
void read_events(int fd, char text[EVENTS_TEXT]);

#endif
