/* takings.h - limits from how many members a gateway's reports take addresses (LP_NEIGHBOUR_TAKINGS).
 *
 * It knows no addresses, reads no clock and never allocates. */
#ifndef LANPARTY_TAKINGS_H
#define LANPARTY_TAKINGS_H

#include "lanparty/base/bucket.h"
#include "lanparty/room/neighbours.h"

/* The most in one period. */
#define LP_VICTIMS (LP_NEIGHBOUR_TAKINGS + 1)

struct lp_victim {
	uint16_t peer;
	lp_time until; /* what it loses before that is not counted again */
};

struct lp_takings {
	struct lp_bucket bucket; /* in seconds */
	struct lp_victim victims[LP_VICTIMS];
};

/* rate 1: as LP_NEIGHBOUR_TAKINGS says; 0: no limit. */
void lp_takings_init(struct lp_takings *t, uint64_t rate);
/* True, and counts the member, when an address can be taken from it. */
bool lp_takings_may(struct lp_takings *t, uint16_t victim, lp_time now);

#endif
