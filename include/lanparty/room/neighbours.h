/* neighbours.h - what a room has learned about addresses: which MAC addresses are on the physical
 * LAN, and who owns which IPv4 address.
 *
 * Two bounded, set-associative tables. When a set is full, its oldest entry is replaced. Nothing
 * allocates after lp_neighbours_new, and every call takes constant time. */
#ifndef LANPARTY_ROOM_NEIGHBOURS_H
#define LANPARTY_ROOM_NEIGHBOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/packet/eth.h"
#include "lanparty/base/time.h"

#define LP_NEIGHBOURS_MACS 1024
#define LP_NEIGHBOURS_IPV4 2048
/* A quiet console keeps its MAC: longer than the 300 s after which a bridge forgets it (IEEE 802.1D, table
 * 7-5). */
#define LP_NEIGHBOUR_MAC_TTL (2 * 3600 * LP_SECOND)
/* RFC 1122, 2.3.2.1: ARP entries time out after a minute. */
#define LP_NEIGHBOUR_IPV4_TTL (60 * LP_SECOND)

/* The owner of an address: a peer id, or LP_OWNER_LAN. */
#define LP_OWNER_LAN 0 /* no member has peer id 0 */

struct lp_neighbours;

struct lp_neighbours *lp_neighbours_new(void);
void lp_neighbours_free(struct lp_neighbours *n);

/* Learns that this station sent a frame from the LAN. Group addresses and zero are ignored. */
void lp_neighbours_see(struct lp_neighbours *n, const struct lp_mac *mac, lp_time now);
/* True if the station was seen within LP_NEIGHBOUR_MAC_TTL, or its MAC is protected. */
bool lp_neighbours_on_lan(const struct lp_neighbours *n, const struct lp_mac *mac, lp_time now);

/* Claims ipv4 (host byte order) as owner's own address. True: owner can use it, which is
 * remembered.
 *
 * First come, first served, until LP_NEIGHBOUR_IPV4_TTL after the last use. The LAN always wins and
 * takes an address over. A member has one address: a second one is refused while the first is in
 * use. Link-local addresses (169.254/16) do not count as that address. Address 0 belongs to nobody:
 * always true, never remembered. */
bool lp_neighbours_claim(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now);

/* Checks whether owner can send IPv4 packets from this address. It never claims one, because a
 * computer with several networks sometimes sends with a source address of another network. True for
 * 0, for link-local addresses, for the owner's own address (whose use is refreshed), and for an
 * address without an owner while a member has none of its own. The LAN can have any number of
 * addresses. */
bool lp_neighbours_use(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now);

/* The LAN's DHCP server assigned ipv4 to owner: from now on this is the owner's one address. A
 * protected address is refused. */
void lp_neighbours_lease(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now);

/* Protects an address of the router or the gateway: it belongs to the LAN permanently. False: there
 * are LP_MAX_PROTECTED already. */
#define LP_MAX_PROTECTED 8
bool lp_neighbours_protect(struct lp_neighbours *n, uint32_t ipv4);
/* Protects the MAC of the gateway's computer or of its router (row N1): it is on the LAN permanently. False
 * as above, and for what is no station's MAC. */
bool lp_neighbours_protect_mac(struct lp_neighbours *n, const struct lp_mac *mac);

/* Protects nothing any more: the gateway has come again, and says what to protect. */
void lp_neighbours_unprotect(struct lp_neighbours *n);

/* Forgets the addresses of an owner that has left. LP_OWNER_LAN: the gateway has left, and
 * everything learned about the LAN is forgotten, protected addresses too. */
void lp_neighbours_forget(struct lp_neighbours *n, uint16_t owner);

#endif
