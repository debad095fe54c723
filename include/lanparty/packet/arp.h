/* arp.h - builds the ARP and RARP broadcasts with which our programs announce addresses and ask for them. */
#ifndef LANPARTY_PACKET_ARP_H
#define LANPARTY_PACKET_ARP_H

#include <stdint.h>

#include "lanparty/packet/eth.h"
#include "lanparty/packet/headers.h"

#define LP_ARP_FRAME (LP_ETH_HEADER + LP_ARP_SIZE) /* bytes */

/* Writes a broadcast from sender. type: LP_ETHERTYPE_ARP or LP_ETHERTYPE_RARP; operation: LP_ARP_... Returns
 * the ARP packet in the frame: its IPv4 addresses and its target MAC are zero. */
uint8_t *lp_arp_broadcast(const struct lp_mac *sender, uint16_t type, uint16_t operation,
	uint8_t ret_frame[LP_ARP_FRAME]);

#endif
