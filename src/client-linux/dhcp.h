/* dhcp.h - an IPv4 lease for the interface, through the room, from the LAN's DHCP server.
 *
 * Runs the DHCP client that the system has (udhcpc, dhclient, dhcpcd or busybox), as a child whose
 * script is this program. The lease gives the interface its address and nothing else: default
 * route and name servers stay what they are. */
#ifndef LANPARTY_CLIENT_DHCP_H
#define LANPARTY_CLIENT_DHCP_H

#include <stdbool.h>

#include "lanparty/edge/exit.h"
#include "lanparty/tunnel/port.h"

struct dhcp;

/* For a TAP port. The child waits with the rights of this moment for dhcp_start: call it before
 * rights are dropped. NULL, logged, with an exit code. */
struct dhcp *dhcp_open(struct lp_port *tap, enum lp_exit *ret_exit);
/* The interface is up. Later calls do nothing: the child keeps its lease by itself. */
void dhcp_start(struct dhcp *d);
/* Readable when dhcp_read has news: address events on stdout. */
int dhcp_fd(const struct dhcp *d);
void dhcp_read(struct dhcp *d);
/* A child has ended: if it is this one, says so. */
void dhcp_child(struct dhcp *d);
/* Gives the lease back. True: it takes a moment in which the room is still needed. */
bool dhcp_release(struct dhcp *d);
void dhcp_close(struct dhcp *d);

/* True when this process was started by the DHCP client to be its script: then it has passed the
 * news on, and ends. */
bool dhcp_is_event(int argc, char **argv);

#endif
