/* dhcp_ask.h - asks which DHCP server answers in the LAN. Takes no lease and sets no address. */
#ifndef LANPARTY_GATEWAY_DHCP_ASK_H
#define LANPARTY_GATEWAY_DHCP_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/linux/netlink.h"
#include "lanparty/packet/eth.h"

/* Bytes of a request: the headers, and the least size of a message (RFC 1542, section 2.1). */
#define LP_DHCP_ASK_FRAME (LP_ETH_HEADER + 20 + 8 + 300)

/* Builds a request from this MAC, whose answer comes as a broadcast. */
void lp_dhcp_build(const struct lp_mac *own, uint32_t xid, uint8_t ret_frame[LP_DHCP_ASK_FRAME]);
/* True if the frame of the LAN is a server's answer to this request: then from which MAC and IPv4 address (host
 * byte order). */
bool lp_dhcp_is_answer(const uint8_t *frame, size_t len, uint32_t xid, struct lp_mac *ret_server,
	uint32_t *ret_ipv4);

/* Who has answered. Neither: nobody. */
struct lp_dhcp_heard {
	bool lan; /* another computer */
	bool own; /* a server on this computer, which players reach by a bridge alone */
};

/* Sends up to three requests from this computer's own MAC, one per second, and waits for an offer. False, with
 * errno: the system let none out. Needs CAP_NET_RAW. */
bool lp_dhcp_ask(const struct lp_interface *lan, struct lp_dhcp_heard *ret_heard);

#endif
