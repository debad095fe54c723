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

/* Describes the interface when it can be used so. Waits while it is down, and for a moment while it is
 * missing; said once (row K6). Otherwise returns false after it has logged one
 * sentence that says why, and has set *ret_exit. */
bool lp_interface_check(const char *name, enum lp_interface_use use,
	struct lp_interface *ret_interface, enum lp_exit *ret_exit);

enum lp_wifi {
	LP_WIFI_NONE,    /* not a Wi-Fi interface */
	LP_WIFI_FITS,    /* an access point, or a station in 4-address mode */
	LP_WIFI_STATION, /* its access point accepts frames from its own MAC only */
	LP_WIFI_UNKNOWN, /* Wi-Fi, but the driver does not say in which mode */
};

enum lp_wifi lp_wifi_ask(int index);

#endif
