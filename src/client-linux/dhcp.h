/* dhcp.h - gets an IPv4 lease for the interface from the LAN's DHCP server, through the room.
 *
 * Runs the system's DHCP client (udhcpc, dhclient, dhcpcd or busybox) in a child whose script is this
 * program. One that fails is replaced by the next, and one that dies is started again (dhcp_plan.h). The
 * interface gets the lease's address and prefix. Default route and name servers are never changed. */
#ifndef LANPARTY_CLIENT_DHCP_H
#define LANPARTY_CLIENT_DHCP_H

#include <stdbool.h>

#include "lanparty/base/time.h"
#include "lanparty/edge/exit.h"
#include "lanparty/tunnel/port.h"

struct dhcp;

/* Prepares DHCP for a port of tap_open, which is borrowed until dhcp_close. DHCP clients get the
 * privileges of this moment, so call it before they are dropped. Returns NULL after it has logged why and
 * set *ret_exit. */
struct dhcp *dhcp_open(struct lp_port *tap, enum lp_exit *ret_exit);
/* The interface is up: starts the DHCP client. Later calls do nothing. */
void dhcp_start(struct dhcp *d, lp_time now);
/* A gateway has joined: there can be another LAN behind the room, so asks for a new lease (row K5). */
void dhcp_renew(struct dhcp *d, lp_time now);
/* A descriptor that is readable when dhcp_read has something to do. */
int dhcp_fd(const struct dhcp *d);
/* Reads news of the lease: sets the interface's address and writes address events to stdout. */
void dhcp_read(struct dhcp *d, lp_time now);
/* When dhcp_on_time is due; LP_NEVER: it is not. */
lp_time dhcp_deadline(const struct dhcp *d);
void dhcp_on_time(struct dhcp *d, lp_time now);
/* Call it when a child has ended. Warns if DHCP has ended with it. */
void dhcp_child(struct dhcp *d);
/* Asks the DHCP client to give the lease back. True: it has begun to, and needs the room until it is
 * done. */
bool dhcp_release(struct dhcp *d);
/* Ends the DHCP client, removes the private directory, and frees d, which can be NULL. */
void dhcp_close(struct dhcp *d);

#endif
