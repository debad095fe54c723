/* dhcp.h - gets an IPv4 lease for the interface from the LAN's DHCP server, through the room.
 *
 * Runs the system's DHCP client (udhcpc, dhclient, dhcpcd or busybox) as a child whose script is this
 * program. The interface gets the lease's address and prefix. Default route and name servers are never
 * changed. */
#ifndef LANPARTY_CLIENT_DHCP_H
#define LANPARTY_CLIENT_DHCP_H

#include <stdbool.h>

#include "lanparty/edge/exit.h"
#include "lanparty/tunnel/port.h"

struct dhcp;

/* Prepares a DHCP client for a port of tap_open, which is borrowed until dhcp_close. The child keeps the
 * privileges of this moment, so call it before they are dropped. Returns NULL after it has logged why and
 * set *ret_exit. */
struct dhcp *dhcp_open(struct lp_port *tap, enum lp_exit *ret_exit);
/* Starts the DHCP client once the interface is up. Later calls do nothing: the DHCP client renews its
 * lease by itself. */
void dhcp_start(struct dhcp *d);
/* A descriptor that is readable when dhcp_read has something to do. */
int dhcp_fd(const struct dhcp *d);
/* Reads news of the lease: sets the interface's address and writes address events to stdout. */
void dhcp_read(struct dhcp *d);
/* Call it when a child has ended. Warns if that was the DHCP client. */
void dhcp_child(struct dhcp *d);
/* Asks the DHCP client to give the lease back. True: it has begun to, and needs the room until it is
 * done. */
bool dhcp_release(struct dhcp *d);
/* Ends the DHCP client, removes the private directory, and frees d, which can be NULL. */
void dhcp_close(struct dhcp *d);

/* True when the DHCP client has started this process as its script. The news are sent then, and the
 * process must end. */
bool dhcp_is_event(int argc, char **argv);

#endif
