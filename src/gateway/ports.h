/* ports.h - the two ways into a physical LAN: an interface's packet socket, or a port of our own in
 * a Linux bridge.
 *
 * Packet mode needs no set-up, but the gateway's own host can't be reached through it. Bridge mode
 * reaches that as well. Both give an lp_fd_port. Open them before privileges are dropped, and before
 * threads start: an open port needs no privilege. What the room cannot have (tagged frames, frames for
 * nobody in it, storms) is dropped and counted here; the counts are logged on close. */
#ifndef LANPARTY_GATEWAY_PORTS_H
#define LANPARTY_GATEWAY_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/exit.h"
#include "lanparty/edge/linux/fd_port.h"

struct lp_lan_options {
	/* Leave router, DNS and route options in the DHCP leases of remote players: their internet
	 * then goes through the LAN. */
	bool keep_default_route;
};

/* NULL after one logged sentence that says what is wrong and what to do, with *ret_exit an exit
 * code of exit.h. options are copied.
 *
 * Turns off what merges frames on the interface (GRO, LRO), and puts it back on close. Since that
 * needs a privilege, a child process keeps it: it does nothing but wait until the port is closed or
 * this process is gone, however it went. */
struct lp_port *lp_packet_port_open(
	const char *interface, const struct lp_lan_options *options, enum lp_exit *ret_exit);
/* The same with a TAP that is made a port of the bridge, and vanishes on close. */
struct lp_port *lp_bridge_port_open(
	const char *bridge, const struct lp_lan_options *options, enum lp_exit *ret_exit);

/* Addresses that no remote player may claim: the interface's own IPv4 addresses and the default
 * routers behind it, in host byte order. Returns how many were written, at most cap. */
size_t lp_lan_addresses(const char *interface, uint32_t *ret_ipv4, size_t cap);

#endif
