/* trouble.h - why frames do not pass between the room and the LAN, as far as this computer's interfaces
 * show it.
 *
 * Judges what was read from the kernel; reads nothing itself. */
#ifndef LANPARTY_GATEWAY_TROUBLE_H
#define LANPARTY_GATEWAY_TROUBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/edge/linux/netlink.h"

/* The gravest first: a view has one. */
enum lp_trouble {
	LP_TROUBLE_NONE,
	LP_TROUBLE_DOWN,          /* the interface, or the bridge */
	LP_TROUBLE_NO_CARRIER,    /* packet mode */
	LP_TROUBLE_TAKEN_OUT,     /* the gateway's port is not the bridge's any more */
	LP_TROUBLE_PORT_DOWN,     /* the gateway's port is down */
	LP_TROUBLE_PORT_WAITS,    /* for spanning tree */
	LP_TROUBLE_PORT_BLOCKED,  /* by spanning tree */
	LP_TROUBLE_PORT_DISABLED, /* by BPDU guard, or by hand */
	LP_TROUBLE_ALONE,         /* the bridge has no other port */
	LP_TROUBLE_LAN_WAITS,     /* as above, of all ports that lead to the LAN */
	LP_TROUBLE_LAN_BLOCKED,
	LP_TROUBLE_LAN_DISABLED,
};

/* Bridge ports of one sort. */
struct lp_port_group {
	size_t count;
	bool forwards; /* at least one */
	bool waits, blocked;
	lp_time wait; /* with waits: until the first one forwards */
};

struct lp_lan_view {
	struct lp_interface lan;    /* the LAN's interface, or the bridge */
	int tap;                    /* index of the gateway's port; 0: packet mode */
	struct lp_interface port;   /* the gateway's port; index 0: not found */
	struct lp_port_group outer; /* the bridge's other ports that can lead to the LAN */
	struct lp_port_group all;   /* all of its other ports */
	uint64_t carriers; /* how often interfaces of the LAN have got a carrier, together */
};

/* Adds an interface of this computer to a view whose lan and tap are set. Other interfaces than the bridge's
 * ports change nothing. */
void lp_lan_view_add(struct lp_lan_view *view, const struct lp_interface *interface);

/* ret_wait: how long the trouble lasts when spanning tree's timers alone decide; else 0. */
enum lp_trouble lp_trouble_of(const struct lp_lan_view *view, lp_time *ret_wait);

/* Logs the trouble, with what to do; or that there is none any more. */
void lp_trouble_say(enum lp_trouble trouble, const struct lp_lan_view *view, lp_time wait);

#endif
