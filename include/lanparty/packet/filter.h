/* filter.h - the L2 safety filter: one frame in, one verdict out (rows F4, S1-S5).
 *
 * Parse or drop: what is not fully understood does not pass. The relay runs it on what members
 * send, and the gateway again on what the relay sends. It never allocates, and it knows nothing of
 * rooms: who owns which address is neighbours.h's concern. */
#ifndef LANPARTY_PACKET_FILTER_H
#define LANPARTY_PACKET_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/packet/eth.h"
#include "lanparty/base/role.h"
#include "lanparty/base/time.h"
#include "lanparty/packet/verdict.h"

#define LP_MAX_EXTRA_ETHERTYPES 16

struct lp_filter {
	uint16_t extra[LP_MAX_EXTRA_ETHERTYPES]; /* ethertypes that pass beside ARP, IPv4, IPv6 */
	size_t extras;
};

/* Allows one more ethertype (IPX is 0x8137). False for a full list and for a type that the filter
 * must look into or never passes: below LP_ETHERTYPE_MIN, ARP, IPv4, IPv6, the tags 8100, 88a8
 * and 9100, EAPOL 888e, LLDP 88cc, slow protocols 8809. */
bool lp_filter_allow(struct lp_filter *f, uint16_t ethertype);

/* The datagrams of one sender whose first fragment passed: later fragments pass only with it. */
#define LP_FILTER_FRAGMENTS 8
#define LP_FILTER_FRAGMENT_TTL                                                                     \
	(30 * LP_SECOND) /* RFC 791 and 8200: reassembly may wait that long */

struct lp_fragment {
	uint8_t src[16], dst[16]; /* IPv4 in the first four bytes, the rest zero */
	uint32_t id;
	uint8_t version;  /* 4 or 6; 0: free */
	uint8_t protocol; /* IPv4's; 0 for IPv6: it is no part of what datagrams are told apart by */
	uint16_t end; /* of the first fragment: none begins before it, so nothing is rewritten */
	lp_time until;
};

/* What the filter must know and remember about the member that a frame comes from. */
struct lp_filter_source {
	enum lp_role role;
	struct lp_mac mac; /* clients: the announced one */
	struct lp_fragment fragments[LP_FILTER_FRAGMENTS];
	uint8_t next_fragment; /* replaced when all are taken */
};

void lp_filter_source_init(struct lp_filter_source *s, enum lp_role role, const struct lp_mac *mac);

/* What a frame that passed says about addresses; host byte order, 0: nothing. */
struct lp_filter_facts {
	struct lp_eth eth;
	/* The IPv4 address that the sender uses as its own: ARP sender address or IPv4 source. A
	 * gateway's IPv4 sources can be anybody's, behind the LAN's router: these prove no claim. */
	uint32_t claim_ipv4;
	/* A DHCPv4 ACK from a gateway gives lease_ipv4 to lease_mac (RFC 2131, section 3.1). */
	uint32_t lease_ipv4;
	struct lp_mac lease_mac;
};

/* LP_DROP_NONE, or why the frame must not pass. *ret_facts is always written: its eth is zero when
 * len < LP_ETH_HEADER, and its addresses are to be believed only when the frame passes. */
enum lp_drop lp_filter_check(const struct lp_filter *f, struct lp_filter_source *from,
	const uint8_t *frame, size_t len, lp_time now, struct lp_filter_facts *ret_facts);

#endif
