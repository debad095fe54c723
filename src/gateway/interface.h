/* interface.h - which network interfaces can be a room's port into the LAN. */
#ifndef LANPARTY_GATEWAY_INTERFACE_H
#define LANPARTY_GATEWAY_INTERFACE_H

#include <stdbool.h>

#include "lanparty/edge/exit.h"
#include "lanparty/edge/linux/netlink.h"

enum lp_interface_use {
	LP_USE_PACKET, /* frames are read from a packet socket on it */
	LP_USE_BRIDGE, /* it is a bridge, and gets one more port */
};

/* While somebody waits for a command: time for a USB adapter to appear. Afterwards the name is a mistake. */
#define LP_INTERFACE_PATIENCE (10 * LP_SECOND)

/* Describes the interface when it can be used so. Waits without limit while it is down, and until `until` while
 * it is missing (LP_NEVER: without limit); says so once (row K6), and tells the service manager meanwhile that
 * the program runs. Otherwise returns false after it has logged one sentence that says why, and has set
 * *ret_exit. */
bool lp_interface_check(const char *name, enum lp_interface_use use, lp_time until,
	struct lp_interface *ret_interface, enum lp_exit *ret_exit);

/* Chooses the first interface that is up, has a default route of IPv4 and can be used. False: there is none;
 * one sentence that says why was logged. */
bool lp_interface_choose(struct lp_interface *ret_interface, enum lp_interface_use *ret_use);

enum lp_wifi {
	LP_WIFI_NONE,    /* not a Wi-Fi interface */
	LP_WIFI_FITS,    /* an access point, or a station in 4-address mode */
	LP_WIFI_STATION, /* its access point accepts frames from its own MAC only */
	LP_WIFI_UNKNOWN, /* Wi-Fi, but the driver does not say in which mode */
};

enum lp_wifi lp_wifi_ask(int index);

#endif
