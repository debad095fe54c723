/* codel.h - controlled delay (RFC 8289): when frames have waited too long for too long, drop some, so
 * that TCP slows down before the queue is long.
 *
 * Never reads a clock. 20 ms and 200 ms instead of the RFC's 5 and 100: those cost TCP in a tunnel of
 * home lines 4 to 5 % of its throughput. */
#ifndef LANPARTY_PATH_CODEL_H
#define LANPARTY_PATH_CODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/base/time.h"

#define LP_CODEL_TARGET   (20 * LP_MILLISECOND)
#define LP_CODEL_INTERVAL (200 * LP_MILLISECOND)

/* Zero-initialise. */
struct lp_codel {
	lp_time above_until; /* waits above the target are too long from then on; 0: they are not */
	lp_time next;        /* the next drop, while dropping */
	uint32_t count;      /* drops since dropping began */
	bool dropping;
};

/* For each frame that leaves a queue: how long it has waited, and whether it is the last one there.
 * True: drop it, and ask again with the next. */
bool lp_codel_drops(struct lp_codel *c, lp_time waited, bool last, lp_time now);

#endif
