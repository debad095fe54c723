/* dhcp_ask.h - asks whether a DHCP server answers in the LAN. Takes no lease and sets no address. */
#ifndef LANPARTY_GATEWAY_DHCP_ASK_H
#define LANPARTY_GATEWAY_DHCP_ASK_H

#include <stdbool.h>

#include "lanparty/edge/linux/netlink.h"

/* Sends up to three requests from this computer's own MAC, one per second, and waits for an offer. False: none
 * has come, or the system refused a packet socket. Needs CAP_NET_RAW. */
bool lp_dhcp_answers(const struct lp_interface *lan);

#endif
