/* offer.h - what the LAN offers a player's computer: DHCP leases and IPv6 prefixes, judged and disarmed
 * before they reach the computer (row N5).
 *
 * A lease or a router advertisement makes routes. None of them must take a way that the player's computer
 * has already: into its own networks, to its router and name servers, or to the relay. Relay and gateway
 * are not trusted with that, so a client checks on its own side of the tunnel.
 *
 * Pure: the program lists the player's networks. Never allocates. Any bytes are safe. */
#ifndef LANPARTY_PACKET_OFFER_H
#define LANPARTY_PACKET_OFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/prefix.h"
#include "lanparty/packet/verdict.h"
#include "lanparty/packet/view.h"

#define LP_OWN_MAX 256 /* entries of a list; more are left out */
#define LP_OFFER_IPV4_LEAST                                                                        \
	16 /* bits of a lease's mask; a shorter one covers other people's networks */
#define LP_OFFER_IPV6_LENGTH 64 /* bits of a prefix (RFC 4862 needs this length on Ethernet) */
/* Bits of a route of the player's. A shorter one is a way into the internet, as the two routes of a VPN
 * that replace the default route are: every LAN lies within it. */
#define LP_OWN_IPV4_LEAST 8
#define LP_OWN_IPV6_LEAST 16

/* What a computer has without the room. */
enum lp_own_kind { LP_OWN_NETWORK, LP_OWN_ROUTER, LP_OWN_NAME_SERVER, LP_OWN_RELAY };
struct lp_own {
	enum lp_own_kind kind;
	struct lp_prefix
		prefix; /* a network's address is the computer's own one, if it has one there */
};
struct lp_own_list {
	size_t count;
	struct lp_own list[LP_OWN_MAX];
};
/* Adds an entry, unless it is one of the short routes above, or the list has it. False: the list is full. */
bool lp_own_add(struct lp_own_list *own, enum lp_own_kind kind, const struct lp_prefix *prefix);

enum lp_offer_fault {
	LP_OFFER_GOOD,
	LP_OFFER_WIDE, /* a lease: its mask is shorter than LP_OFFER_IPV4_LEAST */
	LP_OFFER_LENGTH, /* a prefix: its length is not LP_OFFER_IPV6_LENGTH, or it is neither global nor unique
				  * local */
	LP_OFFER_IS,     /* the leased address is the player's own, or that of what `own` names */
	LP_OFFER_COVERS, /* its range has addresses of what `own` names */
};
struct lp_offer {
	enum lp_offer_fault fault;
	struct lp_prefix
		prefix;    /* what was offered; a lease: the address and the length of its mask */
	struct lp_own own; /* with LP_OFFER_IS and LP_OFFER_COVERS */
	bool narrowed; /* the lease passes, with a mask of 32 bits: the address alone makes no route */
	bool by_relay; /* lp_offer_judge: the relay has offered it */
};

/* Judges an address that the relay offers, with the length of its network's mask, like a lease. True: it can be
 * taken, with a mask of 32 bits if ret_offer->narrowed. */
bool lp_offer_judge(
	const struct lp_prefix *address, const struct lp_own_list *own, struct lp_offer *ret_offer);

/* True for frames that can make a route or name a server: DHCP and DHCPv6 replies, router advertisements, ICMP
 * redirects. Only these need lp_offer_check. */
bool lp_offer_is(const struct lp_view *view);

/* Judges a frame of lp_offer_is on its way to a player's computer, and rewrites it. The length stays,
 * checksums are corrected. `frame` is the frame that `view` was made of, or a copy of it.
 *   DHCP reply: lp_dhcp_strip. A lease whose range covers something of the player's gets the mask
 *     255.255.255.255. A lease that is wide, or that is one of the player's addresses, is dropped, and so
 *     is what does not parse as a reply.
 *   Router advertisement: lifetime 0 and no flags, so no default route and no DHCPv6. Of its options,
 *     the router's MAC, MTU and good prefixes stay. Others, such as routes (RFC 4191) and name servers
 *     (RFC 8106), are overwritten with an option that nobody knows.
 *   ICMP redirects, IPv4 router advertisements and DHCPv6 replies are dropped. A DHCPv6 server has name
 *     servers and prefixes to offer, and addresses come from the good prefixes.
 * Returns LP_DROP_NONE when the frame can be written. *ret_offer tells of the first offer that was not
 * taken as it was; its fault is LP_OFFER_GOOD when there is nothing to tell. */
enum lp_drop lp_offer_check(uint8_t *frame, const struct lp_view *view,
	const struct lp_own_list *own, struct lp_offer *ret_offer);

#endif
