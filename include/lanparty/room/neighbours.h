/* neighbours.h - what a room knows of the addresses in it: which MACs live on the physical LAN, and
 * who owns which IPv4 address.
 *
 * Two bounded, set-associative tables: a LAN larger than them makes the oldest entry of a set
 * forgotten, never anything slow. No allocation after new; all answers take constant time. */
#ifndef LANPARTY_ROOM_NEIGHBOURS_H
#define LANPARTY_ROOM_NEIGHBOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/packet/eth.h"
#include "lanparty/base/time.h"

#define LP_NEIGHBOURS_MACS    1024
#define LP_NEIGHBOURS_IPV4    2048
#define LP_NEIGHBOUR_MAC_TTL  (300 * LP_SECOND) /* IEEE 802.1D, table 7-5: ageing time */
#define LP_NEIGHBOUR_IPV4_TTL (60 * LP_SECOND)  /* RFC 1122, 2.3.2.1: ARP entries live a minute */

/* Owner of an address: a peer id, or one of these. */
#define LP_OWNER_LAN 0 /* no peer has id 0 */

struct lp_neighbours;

struct lp_neighbours *lp_neighbours_new(void);
void lp_neighbours_free(struct lp_neighbours *n);

/* A frame from this station came out of the LAN. Groups and zero are ignored. */
void lp_neighbours_see(struct lp_neighbours *n, const struct lp_mac *mac, lp_time now);
/* Was it seen within LP_NEIGHBOUR_MAC_TTL? */
bool lp_neighbours_on_lan(const struct lp_neighbours *n, const struct lp_mac *mac, lp_time now);

/* May owner use ipv4 (host byte order) as its own address? Remembers it when yes.
 *
 * First come, first served, until LP_NEIGHBOUR_IPV4_TTL after the last use. The LAN is always
 * right and takes an address over. A peer has one address: a second one is refused while the
 * first is in use, except for link-local addresses (169.254/16), which do not count as the one.
 * 0 is nobody's and everybody's: always true, never remembered. */
bool lp_neighbours_claim(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now);

/* May owner send IPv4 packets from this address? Never establishes one: a computer with several
 * networks does send with a wrong source now and then. True for 0, for link-local addresses, for the
 * owner's own (refreshed), and for one that nobody holds while the owner, a peer, has none; the LAN
 * may have any number. */
bool lp_neighbours_use(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now);

/* The LAN's DHCP server gave ipv4 to owner: the owner's one address from now on. Refused for an
 * address that is protected. */
void lp_neighbours_lease(struct lp_neighbours *n, uint16_t owner, uint32_t ipv4, lp_time now);

/* The router's and the gateway's own addresses: the LAN's for ever, whatever is heard. At most
 * LP_MAX_PROTECTED; false when full. */
#define LP_MAX_PROTECTED 8
bool lp_neighbours_protect(struct lp_neighbours *n, uint32_t ipv4);

/* The owner has left; with LP_OWNER_LAN: the gateway has left, and all that was learned of the LAN
 * goes, protected addresses too. */
void lp_neighbours_forget(struct lp_neighbours *n, uint16_t owner);

#endif
