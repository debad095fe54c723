/* eth.h - Ethernet II frames as they travel in a room: without FCS, without tags.
 *
 * Knows only the 14 bytes of the Ethernet header, and MAC addresses. view.h parses what follows. */
#ifndef LANPARTY_PACKET_ETH_H
#define LANPARTY_PACKET_ETH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LP_ETH_HEADER    14   /* IEEE 802.3: destination, source, type; bytes */
#define LP_ETH_MTU       1500 /* IEEE 802.3: the largest payload, bytes */
#define LP_ETH_FRAME_MAX (LP_ETH_HEADER + LP_ETH_MTU)
#define LP_ETH_TYPE      12     /* offset of the type, or of a tag */
#define LP_ETH_TAG       4      /* IEEE 802.1Q: tag and VLAN identifier, bytes */
#define LP_ETH_VLAN      0x0fff /* which VLAN, in the last two bytes of a tag */
/* A room's MTU is never smaller: every IPv4 host must accept datagrams of this size (RFC 791). Bytes. */
#define LP_MTU_MIN 576

/* A type field below this is the length of an IEEE 802.3 LLC frame. */
#define LP_ETHERTYPE_MIN      0x0600
#define LP_ETHERTYPE_IPV4     0x0800
#define LP_ETHERTYPE_ARP      0x0806
#define LP_ETHERTYPE_RARP     0x8035 /* RFC 903 */
#define LP_ETHERTYPE_VLAN     0x8100 /* IEEE 802.1Q */
#define LP_ETHERTYPE_IPV6     0x86dd
#define LP_ETHERTYPE_SLOW     0x8809 /* IEEE 802.3, annex 57A: LACP, OAM */
#define LP_ETHERTYPE_EAPOL    0x888e /* IEEE 802.1X */
#define LP_ETHERTYPE_QINQ     0x88a8 /* IEEE 802.1ad */
#define LP_ETHERTYPE_LLDP     0x88cc /* IEEE 802.1AB */
#define LP_ETHERTYPE_QINQ_OLD 0x9100

struct lp_mac {
	uint8_t b[6];
};

struct lp_eth {
	struct lp_mac dst;
	struct lp_mac src;
	uint16_t type; /* ethertype, or a length below LP_ETHERTYPE_MIN */
};

/* Reads the header of a frame of len bytes. Returns false when len < LP_ETH_HEADER. */
bool lp_eth_parse(const uint8_t *frame, size_t len, struct lp_eth *ret_eth);

bool lp_mac_equal(const struct lp_mac *a, const struct lp_mac *b);
bool lp_mac_is_zero(const struct lp_mac *mac);
/* True for multicast and broadcast addresses: the I/G bit is set. */
bool lp_mac_is_group(const struct lp_mac *mac);
/* True when mac can be the address of one station: it is neither a group address nor zero. */
bool lp_mac_is_station(const struct lp_mac *mac);

#define LP_MAC_TEXT 18 /* "02:00:5e:10:20:30" and its NUL, bytes */
/* Reads six pairs of hex digits with ':' or '-' between them. Returns false for any other text. */
bool lp_mac_parse(const char *text, struct lp_mac *ret_mac);
/* Writes six pairs of lower-case hex digits with ':' between them. Returns text. */
const char *lp_mac_format(const struct lp_mac *mac, char text[LP_MAC_TEXT]);

#endif
