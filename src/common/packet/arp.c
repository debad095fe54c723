#include "lanparty/packet/arp.h"

#include <string.h>

#include "lanparty/base/bytes.h"

uint8_t *lp_arp_broadcast(const struct lp_mac *sender, uint16_t type, uint16_t operation,
	uint8_t ret_frame[LP_ARP_FRAME])
{
	static const uint8_t head[] = {0, 1, 0x08, 0x00, 6, 4}; /* IPv4 on Ethernet (RFC 826) */
	uint8_t *arp = ret_frame + LP_ETH_HEADER;
	memset(ret_frame, 0, LP_ARP_FRAME);
	memset(ret_frame, 0xff, sizeof(sender->b));
	memcpy(ret_frame + sizeof(sender->b), sender->b, sizeof(sender->b));
	lp_put16(ret_frame + LP_ETH_TYPE, type);
	memcpy(arp, head, sizeof(head));
	lp_put16(arp + LP_ARP_OPERATION, operation);
	memcpy(arp + LP_ARP_SENDER_MAC, sender->b, sizeof(sender->b));
	return arp;
}
