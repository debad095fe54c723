/* ports.h - the two ways into a physical LAN: a packet socket on an interface, or a port of our own in a
 * Linux bridge.
 *
 * Packet mode needs no set-up, but players cannot reach the gateway's own computer through it. Bridge
 * mode reaches that as well. Both give an lp_fd_port. Open it before privileges are dropped and before
 * threads start; an open port needs no privilege. A port drops and counts tagged frames, frames that
 * are too long, and storms. It logs the counts when it is closed. */
#ifndef LANPARTY_GATEWAY_PORTS_H
#define LANPARTY_GATEWAY_PORTS_H

#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/exit.h"
#include "lanparty/edge/linux/fd_port.h"
#include "lanparty/wire/control.h"

/* Opens a packet socket on the interface. Returns NULL after it has logged one sentence that says what
 * is wrong and what to do, with *ret_exit set.
 *
 * Turns off the interface's features that merge received frames (GRO, LRO) until the port is closed.
 * Turning them on again needs a privilege, so a child process keeps it. The child waits until the port
 * is closed or this process has ended, for whatever reason. */
struct lp_port *lp_packet_port_open(const char *interface, enum lp_exit *ret_exit);
/* A child of the gateway has ended: warns if it was that of the packet port. */
void lp_packet_port_child(struct lp_port *port);
/* Creates a TAP that is a port of the bridge until the port is closed. Fails as above. Its name is
 * LP_BRIDGE_PORT_NAME with a number. */
#define LP_BRIDGE_PORT_NAME "lpgw"
struct lp_port *lp_bridge_port_open(const char *bridge, enum lp_exit *ret_exit);

/* Has the kernel ask for the MACs of the default routers behind the interface (row N1), and waits for them,
 * a second at most. Needs CAP_NET_ADMIN. */
void lp_lan_meet_routers(const char *interface);

/* Writes what no remote player can have (rows N1, N2). False: there is no such interface now, and all is
 * zero. Logs protected_full once, when there are more MACs than LP_PROTECTED_MACS. */
bool lp_lan_protected(const char *interface, struct lp_protected *ret_protected);

/* Writes the IPv4 addresses that no remote player can claim, in host byte order: those of the default routers
 * behind the interface, and then the interface's own. Returns how many, at most cap. */
size_t lp_lan_addresses(const char *interface, uint32_t *ret_ipv4, size_t cap);
/* The same for IPv6. Addresses have 16 bytes. */
size_t lp_lan_addresses_ipv6(const char *interface, uint8_t (*ret_ipv6)[16], size_t cap);
/* Writes the MACs that no remote player can have (row N1). The first one is that of the first default router
 * behind the interface for IPv4, zero while the kernel does not know it: a LAN is recognised by it (row K5).
 * The others are the MACs of the LAN's interface, of the other default routers that the kernel knows, of this
 * computer's network cards and the gateway's own port in a bridge, and of its other Ethernet interfaces. Of
 * TAPs only the gateway's own count. Returns how many, with the zero, at most cap. */
size_t lp_lan_macs(const char *interface, struct lp_mac *ret_macs, size_t cap);

#endif
