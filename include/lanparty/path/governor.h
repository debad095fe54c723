/* governor.h - how many bulk bytes may be under way, so that the line's own buffer stays short.
 *
 * Congestion control fills the buffer of a slow line until it overflows; a game behind that waits for
 * hundreds of milliseconds. The governor looks at how much longer than its best a round trip takes, and
 * keeps that near LP_GOVERNOR_TARGET. Small and sparse frames do not ask it.
 *
 * A computer that is busy makes round trips long as well. That is no queue that a smaller window could
 * shorten, so it is never smaller than what the line carries in the shortest round trip and the target.
 *
 * Never reads a clock, never allocates. */
#ifndef LANPARTY_PATH_GOVERNOR_H
#define LANPARTY_PATH_GOVERNOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"

#define LP_GOVERNOR_TARGET (4 * LP_MILLISECOND) /* of queueing, on top of the shortest round trip */
#define LP_GOVERNOR_PERIOD                                                                         \
	(5 * LP_MILLISECOND)          /* between changes at least; a round trip when longer */
#define LP_GOVERNOR_START (16u << 10) /* bytes */
#define LP_GOVERNOR_MIN   3000u       /* bytes: two full packets */
#define LP_GOVERNOR_MAX   (64u << 20)
/* So many periods at LP_GOVERNOR_MIN, and the round trip is still long: then it is not our queue. */
#define LP_GOVERNOR_PATIENCE 8
/* So often the window loses a quarter for two round trips: a queue of ours that was always there shows. */
#define LP_GOVERNOR_PROBE (10 * LP_SECOND)

struct lp_governor {
	uint64_t window;      /* bytes of bulk that may be under way */
	lp_time shortest;     /* round trip of the path; LP_NEVER: not known */
	lp_time least;        /* round trip in this period; LP_NEVER: none measured */
	lp_time began, until; /* this period */
	uint64_t delivered;   /* when it began */
	uint64_t rate;        /* bytes a second that arrive, on average over some periods */
	uint64_t peak;        /* bytes under way at most in this period, as bulk went */
	lp_time probe;        /* the next time */
	uint64_t kept;        /* the window to go back to; 0: not probing */
	unsigned patience;
	bool starting; /* no queue was seen yet */
	bool limited;  /* the window has held something back in this period */
};

/* Of a new path as well. */
void lp_governor_init(struct lp_governor *g, lp_time now);
/* May len bytes of bulk go, with in_flight bytes under way? */
bool lp_governor_admits(struct lp_governor *g, uint64_t in_flight, uint64_t len);
/* An acknowledgement has come: rtt as measured, smooth the average, delivered how many bytes have been
 * acknowledged since the beginning. */
void lp_governor_on_rtt(
	struct lp_governor *g, lp_time rtt, lp_time smooth, uint64_t delivered, lp_time now);

#endif
