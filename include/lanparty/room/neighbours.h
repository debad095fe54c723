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
/* IPv4 addresses of members, which can change them: RFC 1122, 2.3.2.1 says that ARP entries
 * time out after a minute. */
#define LP_NEIGHBOUR_IPV4_TTL (60 * LP_SECOND)

/* The owner of an address: a peer id, or LP_OWNER_LAN. */
#define LP_OWNER_LAN 0 /* no member has peer id 0 */

struct lp_neighbours;

/* secret: random, so that nobody can choose addresses that share a set. NULL when out of memory. */
struct lp_neighbours *lp_neighbours_new(const struct lp_siphash_key *secret);
void lp_neighbours_free(struct lp_neighbours *n);

/* Learns that this station sent a frame from the LAN. Group addresses and zero are ignored. */
void lp_neighbours_see(struct lp_neighbours *n, const struct lp_mac *mac, lp_time now);
/* True if the station was seen within LP_NEIGHBOUR_MAC_TTL, or its MAC is protected. */
bool lp_neighbours_on_lan(const struct lp_neighbours *n, const struct lp_mac *mac, lp_time now);

/* Does the owner of these addresses send this frame? Notes what a member's frame, which has passed the
 * filter, says of its addresses. False: an address of it belongs to somebody else, and the frame must not
 * pass. Claims IPv4 addresses in ARP and IPv6 addresses in every packet. */
bool lp_neighbours_admit(
	struct lp_neighbours *n, uint16_t peer, const struct lp_filter_facts *facts, lp_time now);
/* Notes what a frame from the LAN says of its addresses. Of others than the LAN's own, because a router
 * is on the LAN, it only refreshes what is the LAN's already. */
void lp_neighbours_note_lan(
	struct lp_neighbours *n, const struct lp_filter_facts *facts, lp_time now);

/* Claims an address as owner's own: ipv4 in host byte order, ipv6 of 16 bytes. True: owner can use it,
 * which is remembered.
 *
 * First come, first served, until LP_NEIGHBOUR_IPV4_TTL (IPv4 of members) or LP_NEIGHBOUR_TTL after the
 * last use. The LAN always wins and takes an address over. A member has at most LP_NEIGHBOUR_IPV4 IPv4
 * addresses, and LP_NEIGHBOUR_ADDRESSES link-local (169.254/16) and IPv6 addresses. 0 and :: belong to
 * nobody: always true, never remembered. An IPv6 group is always refused. */
bool lp_neighbours_claim(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now);
bool lp_neighbours_claim_ipv6(
	struct lp_neighbours *n, uint16_t owner, const uint8_t *ipv6, lp_time now);

/* Checks whether owner can send IPv4 packets from this address. It never claims one, because a
 * computer with several networks sometimes sends with a source address of another network. True for
 * 0, for link-local addresses, for the owner's own address (whose use is refreshed), and for an
 * address without an owner while a member has none of its own. The LAN can have any number of
 * addresses. */
bool lp_neighbours_use(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now);

/* The LAN's DHCP server assigned ipv4 to owner: it is the owner's from now on, whoever had it. A protected
 * address is refused. */
void lp_neighbours_lease(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now);

/* Protects an address of the router or the gateway: it belongs to the LAN permanently. False: there
 * are LP_MAX_PROTECTED already. */
#define LP_MAX_PROTECTED LP_PROTECTED_IPV4
bool lp_neighbours_protect(struct lp_neighbours *n, uint32_t ipv4);
/* The same for 16 bytes of IPv6. False as well for ::. */
bool lp_neighbours_protect_ipv6(struct lp_neighbours *n, const uint8_t *ipv6);
/* Protects the MAC of the gateway's computer or of its router (row N1): it is on the LAN permanently. False
 * as above, and for what is no station's MAC. */
bool lp_neighbours_protect_mac(struct lp_neighbours *n, const struct lp_mac *mac);

/* Protects these, and what was protected before no more: the gateway has come again, or says that they have
 * changed. */
void lp_neighbours_protect_only(struct lp_neighbours *n, const struct lp_protected *these);

/* Learns what a gateway has told of its LAN (row K4), as if all of it had been heard now. */
void lp_neighbours_learn(struct lp_neighbours *n, const struct lp_lan_report *report, lp_time now);
/* Writes what is known of the LAN, as much as one report takes, from *next on, which is 0 at first and is
 * advanced; at LP_NEIGHBOURS_END it was all. What is protected is not in it. */
#define LP_NEIGHBOURS_END (LP_NEIGHBOURS_MACS + LP_NEIGHBOURS_ADDRESSES)
void lp_neighbours_list_lan(
	const struct lp_neighbours *n, size_t *next, lp_time now, struct lp_lan_report *ret_report);

/* Forgets the addresses of an owner that has left. LP_OWNER_LAN: the gateway has left, and
 * everything learned about the LAN is forgotten, protected addresses too. */
void lp_neighbours_forget(struct lp_neighbours *n, uint16_t owner);

#endif
