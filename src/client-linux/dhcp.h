/* dhcp.h - gets an IPv4 lease for the interface from the LAN's DHCP server, through the room.
 *
 * Runs the system's DHCP client (udhcpc, dhclient, dhcpcd or busybox) in a child whose script is this
 * program. One that fails is replaced by the next, and one that dies is started again (dhcp_plan.h). It
 * changes nothing of the interface; default route and name servers are never changed. */
#ifndef LANPARTY_CLIENT_DHCP_H
#define LANPARTY_CLIENT_DHCP_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/base/time.h"

struct dhcp;

struct dhcp_listener {
	/* A lease was obtained or renewed; address 0: it has ended. host byte order */
	void (*leased)(void *context, uint32_t address, unsigned prefix, lp_time now);
	void *context;
};

/* True if the system has a DHCP client. */
bool dhcp_is_possible(void);
/* Prepares DHCP for an interface. DHCP clients get the privileges of this moment, so call it before they are
 * dropped. Returns NULL after it has logged why. */
struct dhcp *dhcp_open(const char *interface, struct dhcp_listener to);
/* Starts the DHCP client unless it runs. gateway: one is in the room. */
void dhcp_start(struct dhcp *d, bool gateway, lp_time now);
/* No server can answer: ends the DHCP client, once the interface has no lease; keep_lease false: at once,
 * with the lease. A client that dies meanwhile is started again as long as the lease is there. */
void dhcp_stop(struct dhcp *d, bool keep_lease, lp_time now);
/* A gateway has joined: there can be another LAN behind the room, so asks for a new lease (row K5). */
void dhcp_renew(struct dhcp *d, lp_time now);
/* A descriptor that is readable when dhcp_read has something to do. */
int dhcp_fd(const struct dhcp *d);
/* Reads news of the lease, and tells the listener. */
void dhcp_read(struct dhcp *d, lp_time now);
/* When dhcp_on_time is due; LP_NEVER: it is not. */
lp_time dhcp_deadline(const struct dhcp *d);
void dhcp_on_time(struct dhcp *d, lp_time now);
/* Call it when a child has ended. Warns if DHCP has ended with it. */
void dhcp_child(struct dhcp *d, lp_time now);
/* Asks the DHCP client to give the lease back. Returns how long it needs the room for that; 0: there is no
 * lease. */
lp_time dhcp_release(struct dhcp *d);
/* Ends the keeper and the DHCP client, and frees d, which can be NULL. */
void dhcp_close(struct dhcp *d);

#endif
