/* neighbours.h - what a room has learned about addresses: which MAC addresses are on the physical
 * LAN, and who owns which IP address.
 *
 * IPv4 and IPv6 addresses are in one table, with one owner each: the first who uses one (for IPv6, RFC 6620
 * describes this). All tables are bounded and set-associative. Nothing allocates after lp_neighbours_new,
 * and no call takes longer than a scan of the table. */
#ifndef LANPARTY_ROOM_NEIGHBOURS_H
#define LANPARTY_ROOM_NEIGHBOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/base/siphash.h"
#include "lanparty/base/time.h"
#include "lanparty/packet/eth.h"
#include "lanparty/packet/filter.h"
#include "lanparty/wire/control.h"

#define LP_NEIGHBOURS_MACS 1024
/* As many for the LAN as for the members. */
#define LP_NEIGHBOURS_ADDRESSES 4096
/* IPv6 and IPv4 link-local addresses of one member together. A computer has a link-local address, and for
 * each prefix a stable one and some temporary ones (RFC 8981). The one whose last use is the oldest gives
 * way to a further one. */
#define LP_NEIGHBOUR_ADDRESSES 16
/* A quiet console keeps its MAC: longer than the 300 s after which a bridge forgets it (IEEE 802.1D, table
 * 7-5). */
#define LP_NEIGHBOUR_MAC_TTL (2 * 3600 * LP_SECOND)
/* So does each IP address of the LAN, and each IPv6 address. */
#define LP_NEIGHBOUR_TTL LP_NEIGHBOUR_MAC_TTL
/* Other IPv4 addresses of one member: the one before a change and the one after it (row K5), or those of two
 * DHCP clients on its interface. The one whose last use is the oldest gives way as well. */
#define LP_NEIGHBOUR_IPV4 2
/* DHCP client identifiers of one member that are not made of its MAC. No further one is allowed until one of
 * them was not used for LP_NEIGHBOUR_TTL. */
#define LP_NEIGHBOUR_IDS 2
/* DHCP client identifiers of the LAN: hosts renew their leases by unicast, so an identifier is heard only when
 * its host starts or has lost its server. */
#define LP_NEIGHBOUR_LAN_ID_TTL (24 * 3600 * LP_SECOND)
/* IPv4 addresses of members that have no lease for them, and can change them: RFC 1122, 2.3.2.1 says that ARP
 * entries time out after a minute. */
#define LP_NEIGHBOUR_IPV4_TTL (60 * LP_SECOND)
/* An IPv4 address that nobody has, and for which a station of the LAN sends a probe, is the LAN's for so long:
 * RFC 5227, section 2.1.1, lets the station probe for up to 7 s and then wait for 2 s. */
#define LP_NEIGHBOUR_HELD (10 * LP_SECOND)
/* Anybody with the room code can be the gateway, so what it says of its LAN takes MACs and addresses from few
 * members: from LP_NEIGHBOUR_TAKINGS at once, and from one more per LP_NEIGHBOUR_TAKING_SECONDS. All that one
 * member loses within that time counts once. Otherwise a member that uses several addresses of the LAN would
 * keep some of them. */
#define LP_NEIGHBOUR_TAKINGS        2
#define LP_NEIGHBOUR_TAKING_SECONDS 60

/* The owner of an address: a peer id, or LP_OWNER_LAN. */
#define LP_OWNER_LAN 0 /* no member has peer id 0 */

struct lp_neighbours;

/* secret: random, so that nobody can choose addresses that share a set. NULL when out of memory. */
struct lp_neighbours *lp_neighbours_new(const struct lp_siphash_key *secret);
void lp_neighbours_free(struct lp_neighbours *n);
/* For a gateway's own table: what the table is told of the LAN is true. From now on, lp_neighbours_may_take
 * returns true for every member. */
void lp_neighbours_trust_lan(struct lp_neighbours *n);

/* Learns that this station sent a frame from the LAN. Group addresses and zero are ignored. */
void lp_neighbours_see(struct lp_neighbours *n, const struct lp_mac *mac, lp_time now);
/* True if the station was seen within LP_NEIGHBOUR_MAC_TTL, or its MAC is protected. */
bool lp_neighbours_on_lan(const struct lp_neighbours *n, const struct lp_mac *mac, lp_time now);

/* Notes what a frame of the station src of the LAN says of its addresses:
 *   a packet's source that can be a host behind a router (facts->is_claim is false): refreshes an address that
 *     the LAN owns, and claims none;
 *   an answer from a protected MAC: claims addresses that no member has, because routers answer for others
 *     (proxy ARP, RFC 1027; RFC 4389);
 *   an answer of another station: takes a member's address as lp_neighbours_may_take allows, because a station
 *     often sends nothing else;
 *   any other use of an address as its own: likewise;
 *   a probe: makes an address that nobody has the LAN's for LP_NEIGHBOUR_HELD.
 * False: a member keeps the address, and the frame must not pass. */
bool lp_neighbours_note_lan(struct lp_neighbours *n, const struct lp_mac *src,
	const struct lp_filter_facts *facts, lp_time now);

/* Claims an address as owner's own: ipv4 in host byte order, ipv6 of 16 bytes. True: owner can use it,
 * which is remembered.
 *
 * First come, first served, until LP_NEIGHBOUR_IPV4_TTL (IPv4 of members, without a lease) or
 * LP_NEIGHBOUR_TTL after the last use. A member has at most LP_NEIGHBOUR_IPV4 IPv4 addresses, and
 * LP_NEIGHBOUR_ADDRESSES link-local (169.254/16) and IPv6 addresses. 0 and :: belong to nobody: always true,
 * never remembered. An IPv6 group is always refused, and so is an IPv6 address when its set is full of other
 * members' addresses: nobody would own it. An IPv4 address is not remembered then. */
bool lp_neighbours_claim(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now);
bool lp_neighbours_claim_ipv6(
	struct lp_neighbours *n, uint16_t owner, const uint8_t *ipv6, lp_time now);

/* The same for the DHCP client identifier of a member's request, which must have one: the first that uses it
 * owns it, for LP_NEIGHBOUR_TTL, or LP_NEIGHBOUR_LAN_ID_TTL if it is the LAN. False as well: the member has
 * LP_NEIGHBOUR_IDS others, or its set is full. */
bool lp_neighbours_claim_id(
	struct lp_neighbours *n, uint16_t owner, const struct lp_filter_facts *facts, lp_time now);
/* True for an IPv4 address that nobody has, except 0 and link-local ones. */
bool lp_neighbours_is_new(const struct lp_neighbours *n, uint32_t ipv4, lp_time now);

/* Checks whether owner can send IPv4 packets from this address. It never claims one, because a
 * computer with several networks sometimes sends with a source address of another network. True for
 * 0, for link-local addresses, for the owner's own address (whose use is refreshed), and for an
 * address without an owner while a member has none of its own. The LAN can have any number of
 * addresses. */
bool lp_neighbours_use(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now);

/* The LAN's DHCP server assigned ipv4 to owner: it is the owner's until LP_NEIGHBOUR_TTL after its last use,
 * or until the LAN is forgotten. Refused for a protected address, and for one of another member when
 * lp_neighbours_may_take is false. The lease before ends all the same, unless the address is protected. */
void lp_neighbours_lease(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now);

/* The room assigns ipv4 to a member (row H6): it is the member's until it leaves, or until the LAN takes it,
 * beside the LP_NEIGHBOUR_IPV4 others. False: somebody else has it, or it cannot be remembered. */
bool lp_neighbours_assign(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now);

/* Protects an address of the router or the gateway: it belongs to the LAN permanently. False: there
 * are LP_MAX_PROTECTED already. */
#define LP_MAX_PROTECTED LP_PROTECTED_IPV4
bool lp_neighbours_protect(struct lp_neighbours *n, uint32_t ipv4);
/* The same for 16 bytes of IPv6. False as well for ::. */
bool lp_neighbours_protect_ipv6(struct lp_neighbours *n, const uint8_t *ipv6);
/* Protects the MAC of the gateway's computer or of its router (row N1): it is on the LAN permanently. False
 * as above, and for what is no station's MAC. */
bool lp_neighbours_protect_mac(struct lp_neighbours *n, const struct lp_mac *mac);

/* Replaces the protected list. */
void lp_neighbours_protect_only(struct lp_neighbours *n, const struct lp_protected *these);

/* True, and counts, when the LAN can take something from this member, which was there first: see
 * LP_NEIGHBOUR_TAKINGS. */
bool lp_neighbours_may_take(struct lp_neighbours *n, uint16_t victim, lp_time now);
/* lp_neighbours_protect_only with the word of a gateway: addresses of members for which
 * lp_neighbours_may_take is false are left out, until lp_neighbours_protect_again. */
void lp_neighbours_protect_told(
	struct lp_neighbours *n, const struct lp_protected *told, lp_time now);
/* Protects what was left out, as far as it can now. Call it now and then. */
void lp_neighbours_protect_again(struct lp_neighbours *n, lp_time now);
/* Learns what a gateway has told of its LAN (row K4), as if all of it had been heard now. Takes members'
 * addresses as lp_neighbours_may_take allows. */
void lp_neighbours_learn(struct lp_neighbours *n, const struct lp_lan_report *report, lp_time now);
/* Lists stations and addresses of the LAN that nobody has used for the time `silent`, without protected ones.
 * Begins at entry *next, which is 0 at first, and stops when the report is full or at LP_NEIGHBOURS_END. Sets
 * *next to the entry for the next call; LP_NEIGHBOURS_END: that was the last report. */
#define LP_NEIGHBOURS_END (LP_NEIGHBOURS_MACS + LP_NEIGHBOURS_ADDRESSES)
void lp_neighbours_list_lan(const struct lp_neighbours *n, size_t *next, lp_time silent,
	lp_time now, struct lp_lan_report *ret_report);

/* Forgets the addresses of an owner that has left. LP_OWNER_LAN: the gateway has left, and
 * everything learned about the LAN is forgotten, protected addresses too. */
void lp_neighbours_forget(struct lp_neighbours *n, uint16_t owner);

#endif
