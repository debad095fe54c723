/* governor.h - a delay-based limit on bulk bytes in flight, which keeps the queue at the bottleneck
 * short.
 *
 * Congestion control fills the buffer of a slow link until it overflows, and game packets behind it
 * wait for hundreds of milliseconds. The governor measures how much longer than the shortest round
 * trip the current one is, and keeps the difference near LP_GOVERNOR_TARGET. Small and sparse
 * frames are exempt.
 *
 * A busy computer also makes round trips long. A smaller window cannot shorten that delay, so the
 * window never falls below what the path carries within the shortest round trip plus the target.
 *
 * It never reads a clock and never allocates. */
#ifndef LANPARTY_PATH_GOVERNOR_H
#define LANPARTY_PATH_GOVERNOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"

/* Queueing delay on top of the shortest round trip. */
#define LP_GOVERNOR_TARGET (4 * LP_MILLISECOND)
/* The minimum between two changes of the window, unless a round trip is longer. */
#define LP_GOVERNOR_PERIOD (5 * LP_MILLISECOND)
#define LP_GOVERNOR_START  (16u << 10) /* bytes */
#define LP_GOVERNOR_MIN    3000u       /* bytes: two full packets */
#define LP_GOVERNOR_MAX    (64u << 20) /* bytes */
/* If the window has been at LP_GOVERNOR_MIN for this many periods and the round trip is still long,
 * the delay is not caused by our queue. */
#define LP_GOVERNOR_PATIENCE 8
/* Once per this time, the window is reduced by a quarter for two round trips. That reveals a
 * permanent queue of our own. */
#define LP_GOVERNOR_PROBE (10 * LP_SECOND)

struct lp_governor {
	uint64_t window;      /* limit on bulk bytes in flight */
	lp_time shortest;     /* round trip of the path; LP_NEVER: unknown */
	lp_time least;        /* shortest round trip in this period; LP_NEVER: none measured */
	lp_time began, until; /* this period */
	uint64_t delivered;   /* value when the period began */
	uint64_t rate;        /* delivered bytes per second, averaged over some periods */
	uint64_t peak;        /* most bytes in flight in this period when bulk was admitted */
	lp_time probe;        /* time of the next probe */
	uint64_t kept;        /* the window to restore after the probe; 0: not probing */
	unsigned patience;
	bool starting; /* no queueing delay was measured yet */
	bool limited;  /* the window refused bulk in this period */
};

/* Initialises a governor. Call it again when the path changes. */
void lp_governor_init(struct lp_governor *g, lp_time now);
/* True if len more bulk bytes can be sent while in_flight bytes are in flight. */
bool lp_governor_admits(struct lp_governor *g, uint64_t in_flight, uint64_t len);
/* Reports an acknowledgement: the latest and the smoothed round-trip time, and the total of
 * acknowledged bytes. */
void lp_governor_on_rtt(
	struct lp_governor *g, lp_time rtt, lp_time smooth, uint64_t delivered, lp_time now);

#endif
