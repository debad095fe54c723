/* claimant.h - what relay and gateway let one member claim (rows N2, N3), and how often.
 *
 * It never allocates. neighbours.h decides whose an address is. */
#ifndef LANPARTY_ROOM_CLAIMANT_H
#define LANPARTY_ROOM_CLAIMANT_H

#include "lanparty/base/bucket.h"
#include "lanparty/room/neighbours.h"

/* New IPv4 addresses of one member: so many at once, and one more per so many seconds. Otherwise it answers
 * for each address that a computer of the LAN tries, and none of them gets one. */
#define LP_CLAIM_IPV4         4
#define LP_CLAIM_IPV4_SECONDS 15
/* DHCP requests of one member likewise. busybox udhcpc sends 4 in 11 s while nobody answers. */
#define LP_CLAIM_DHCP         16
#define LP_CLAIM_DHCP_SECONDS 2
/* Of these, how many give an address back as unusable: servers then keep it from everybody for a while. */
#define LP_CLAIM_DECLINES         2
#define LP_CLAIM_DECLINES_SECONDS 600

struct lp_claimant {
	uint16_t peer;
	/* The last new address: it costs nothing again while nobody has it, because the table can be too full
	 * to remember it. 0: none. */
	uint32_t latest;
	struct lp_bucket ipv4, dhcp, declines; /* in seconds */
};

void lp_claimant_init(struct lp_claimant *c, uint16_t peer);
/* Uses up what it can do at once: the same person was perhaps another member just before. */
void lp_claimant_spend(struct lp_claimant *c, lp_time now);

/* Does the owner of these addresses send this frame? Notes what the frame of this member, which has passed
 * the filter, says of its addresses. Claims IPv4 addresses in ARP and IPv6 addresses in every packet.
 * LP_DROP_ADDRESS_TAKEN: an address of it belongs to somebody else, or is one new address too many.
 * LP_DROP_DHCP_SENDER: so does the identifier of a DHCP request, or it is one request too many. */
enum lp_drop lp_claimant_admit(struct lp_claimant *c, struct lp_neighbours *n,
	const struct lp_filter_facts *facts, lp_time now);

#endif
