/* interface.h - which network interfaces can be a room's port into the LAN. */
#ifndef LANPARTY_GATEWAY_INTERFACE_H
#define LANPARTY_GATEWAY_INTERFACE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "lanparty/edge/exit.h"

struct lp_interface {
	char name[IF_NAMESIZE];
	int index;
	uint32_t mtu;
};

enum lp_interface_use {
	LP_USE_PACKET, /* frames go through its packet socket */
	LP_USE_BRIDGE, /* it is a bridge, and gets a port more */
};

/* False after one logged sentence that says why it cannot be used so. */
bool lp_interface_check(const char *name, enum lp_interface_use use,
	struct lp_interface *ret_interface, enum lp_exit *ret_exit);

enum lp_wifi {
	LP_WIFI_NONE,    /* no Wi-Fi interface */
	LP_WIFI_FITS,    /* an access point, or a station in 4-address mode */
	LP_WIFI_STATION, /* its access point takes its own frames only */
	LP_WIFI_UNKNOWN, /* Wi-Fi, but the driver does not say */
};

enum lp_wifi lp_wifi_ask(int index);

#endif
