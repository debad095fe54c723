/* filter.h - the L2 safety filter: one frame in, one verdict out (rows F4, S1-S5).
 *
 * Parse or drop: a frame that is not fully understood does not pass. The relay runs the filter on each
 * frame that a member sends, and each member again on each frame that the relay sends. The filter
 * never allocates, and it knows nothing of rooms: neighbours.h decides who owns which address. */
#ifndef LANPARTY_PACKET_FILTER_H
#define LANPARTY_PACKET_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/role.h"
#include "lanparty/base/time.h"
#include "lanparty/packet/eth.h"
#include "lanparty/packet/verdict.h"
#include "lanparty/packet/view.h"

#define LP_MAX_EXTRA_ETHERTYPES 16

struct lp_filter {
	uint16_t extra[LP_MAX_EXTRA_ETHERTYPES]; /* ethertypes that pass beside ARP, IPv4, IPv6 */
	size_t extras;
	bool llc; /* IPX and NetBEUI in IEEE 802.3 frames pass, too */
};

/* Lets frames of one more ethertype pass uninspected, such as IPX (0x8137), which then passes in IEEE 802.3
 * frames too. Returns false when the list is
 * full, and for a type that the filter must look into or never passes: below LP_ETHERTYPE_MIN, ARP,
 * IPv4, IPv6, the tags (VLAN, QinQ), EAPOL, LLDP, slow protocols. */
bool lp_filter_allow(struct lp_filter *f, uint16_t ethertype);

/* The filter remembers so many fragmented datagrams of one sender whose first fragment passed. A later
 * fragment passes only after its first fragment. */
#define LP_FILTER_FRAGMENTS 8
/* How long it remembers each: RFC 791 and RFC 8200, section 4.5, let reassembly wait that long. */
#define LP_FILTER_FRAGMENT_TTL (30 * LP_SECOND)

struct lp_fragment {
	uint8_t src[16], dst[16]; /* IPv4 in the first four bytes, the rest zero */
	uint32_t id;
	uint8_t version;  /* 4 or 6; 0: the entry is free */
	uint8_t protocol; /* IPv4's; 0 for IPv6, which does not tell datagrams apart by it */
	uint16_t
		end; /* of the first fragment, bytes: a later one that began before it could rewrite it */
	lp_time until;
};

/* What the filter knows and remembers about the member that a frame comes from. */
struct lp_filter_source {
	enum lp_role role;
	struct lp_mac mac; /* clients: the announced one */
	struct lp_fragment fragments[LP_FILTER_FRAGMENTS];
	uint8_t next_fragment; /* the entry that the next first fragment takes */
	bool asked;            /* clients: for a DHCP lease, with asked_xid last */
	uint32_t asked_xid;
};

/* mac: of a client, the only source address that its frames can have; not used for a gateway. */
void lp_filter_source_init(struct lp_filter_source *s, enum lp_role role, const struct lp_mac *mac);

/* What a frame that passed says about addresses. IPv4 is in host byte order, 0: nothing. IPv6 points to 16
 * bytes of the frame, NULL: nothing. The fields are ordered by size, because all are set to zero for each
 * frame. */
struct lp_filter_facts {
	/* The packet's source. */
	const uint8_t *source_ipv6;
	/* The target of a neighbour advertisement (RFC 4861, section 7.2.4), or of a probe for a duplicate
	 * address (RFC 4862, section 5.4.2), which has no source: the sender uses or wants the address. */
	const uint8_t *target_ipv6;
	/* The sender has an address and asks who has this other one. */
	const uint8_t *asked_ipv6;
	uint32_t asked_ipv4;
	/* ARP's sender address, or the packet's source. */
	uint32_t claim_ipv4;
	/* Somebody is about to use it: an ARP probe asks whether anybody has it (RFC 5227, section 2.1.1), a
	 * station of the LAN asks the DHCP server for it, or that server offers it. */
	uint32_t probed_ipv4;
	/* A DHCPv4 ACK from a gateway gives lease_ipv4 to lease_mac (RFC 2131, section 3.1). */
	uint32_t lease_ipv4;
	struct lp_mac lease_mac;
	/* The sender is on this link: by ARP, neighbour discovery, or a link-local source. Otherwise the
	 * source in a gateway's frame proves nothing, because it can be that of any host behind the LAN's
	 * router. */
	bool is_claim;
	/* It is an answer: an ARP reply or a neighbour advertisement. A proxy sends these for others. */
	bool is_answer;
	/* The transaction of that ACK, or of a client's request (RFC 2131, section 2: xid). */
	uint32_t dhcp_xid;
	bool is_dhcp_request;
	uint8_t dhcp_type; /* of a client's request; 0: BOOTP (RFC 951) */
	/* With LP_DROP_FRAGMENT: the first fragment of its datagram has not come yet, so that the frame can
	 * pass after it (path/early.h). */
	bool is_early;
	/* The client identifier of a request, in the frame; NULL: none, or one made of the sender's MAC. */
	const uint8_t *dhcp_id;
	size_t dhcp_id_len;
};

/* Row N3: notes a client's request for a DHCP lease; true if the ACK that facts describe answers the
 * client's last one. Nobody else's request gives a client another address. */
void lp_filter_asks(struct lp_filter_source *client, const struct lp_filter_facts *facts);
bool lp_filter_asked(const struct lp_filter_source *client, const struct lp_filter_facts *facts);

/* Judges a frame of any bytes, of which `view` is the view. Returns LP_DROP_NONE, or why the frame must
 * not pass. Remembers in `from` the first fragments that passed. *ret_facts is always written; it holds
 * only when the frame passes, except is_early. */
enum lp_drop lp_filter_check(const struct lp_filter *f, struct lp_filter_source *from,
	const struct lp_view *view, lp_time now, struct lp_filter_facts *ret_facts);

#endif
