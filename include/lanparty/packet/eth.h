/* eth.h - Ethernet II frames as they travel in a room: without FCS, without tags.
 *
 * Looks only at the 14 bytes of the header; what is inside is filter.h's concern. */
#ifndef LANPARTY_PACKET_ETH_H
#define LANPARTY_PACKET_ETH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LP_ETH_HEADER    14   /* IEEE 802.3: destination, source, type */
#define LP_ETH_MTU       1500 /* IEEE 802.3: the largest payload */
#define LP_ETH_FRAME_MAX (LP_ETH_HEADER + LP_ETH_MTU)
#define LP_MTU_MIN       576 /* RFC 791: what every IPv4 host must take; a room has no less */

/* Type fields below this are lengths of IEEE 802.3 LLC frames. */
#define LP_ETHERTYPE_MIN  0x0600
#define LP_ETHERTYPE_IPV4 0x0800
#define LP_ETHERTYPE_ARP  0x0806
#define LP_ETHERTYPE_IPV6 0x86dd

struct lp_mac {
	uint8_t b[6];
};

struct lp_eth {
	struct lp_mac dst;
	struct lp_mac src;
	uint16_t type; /* ethertype, or a length when below LP_ETHERTYPE_MIN */
};

/* False when len is under LP_ETH_HEADER. */
bool lp_eth_parse(const uint8_t *frame, size_t len, struct lp_eth *ret_eth);

bool lp_mac_equal(const struct lp_mac *a, const struct lp_mac *b);
bool lp_mac_is_zero(const struct lp_mac *mac);
/* Multicast or broadcast: the I/G bit is set. */
bool lp_mac_is_group(const struct lp_mac *mac);
/* Can be one station's address: neither group nor zero. */
bool lp_mac_is_station(const struct lp_mac *mac);

#define LP_MAC_TEXT 18 /* "02:00:5e:10:20:30" and its end */
/* Reads six pairs of hex digits with ':' or '-' between them. */
bool lp_mac_parse(const char *text, struct lp_mac *ret_mac);
/* Returns text. */
const char *lp_mac_format(const struct lp_mac *mac, char text[LP_MAC_TEXT]);

#endif
