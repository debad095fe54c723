/* codel.h - controlled delay (RFC 8289): drops some frames when the queueing delay stays above the
 * target for an interval, so that TCP slows down before the queue grows long.
 *
 * It never reads a clock. Target and interval are 20 and 200 ms instead of the RFC's 5 and 100,
 * which cost TCP in a tunnel over home connections 4 to 5 % of its throughput. */
#ifndef LANPARTY_PATH_CODEL_H
#define LANPARTY_PATH_CODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/base/time.h"

#define LP_CODEL_TARGET   (20 * LP_MILLISECOND)
#define LP_CODEL_INTERVAL (200 * LP_MILLISECOND)

/* Zero-initialise. */
struct lp_codel {
	/* from then on a delay above the target is too long; 0: it is below the target */
	lp_time above_until;
	lp_time next;   /* time of the next drop, while dropping */
	uint32_t count; /* drops since dropping started */
	bool dropping;
};

/* Call it for each frame that leaves a queue. waited is its queueing delay, last whether it is the
 * only one left. True: drop it, and call again for the next frame. */
bool lp_codel_drops(struct lp_codel *c, lp_time waited, bool last, lp_time now);

#endif
