/* shaper.h - holds bulk frames back to a rate and a burst, as a relay will police them (row L3).
 *
 * The virtual scheduling algorithm of ITU-T I.371: one time says how far ahead of its rate the sender is.
 * Frames that are not bulk are charged and never held back, so the sender can be further ahead than its
 * burst: bulk then waits longer. Never reads a clock. */
#ifndef LANPARTY_PATH_SHAPER_H
#define LANPARTY_PATH_SHAPER_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/base/time.h"

/* It uses so much of rate and burst: the rest is for frames that arrive closer together than they left. */
#define LP_SHAPER_RATE_PERCENT  97
#define LP_SHAPER_BURST_PERCENT 75

struct lp_shaper {
	uint64_t rate; /* bytes per second; 0: no limit */
	lp_time depth; /* how far ahead it can be: the burst at that rate */
	lp_time paid;  /* until when the rate pays for what was sent */
};

/* rate: what the relay grants, bytes per second; 0: no limit. burst: bytes. */
void lp_shaper_init(struct lp_shaper *s, uint64_t rate, uint64_t burst);
bool lp_shaper_admits(const struct lp_shaper *s, lp_time now);
/* When bulk is admitted; in the past when it is now. */
lp_time lp_shaper_ready_at(const struct lp_shaper *s);
/* bytes were sent. */
void lp_shaper_charge(struct lp_shaper *s, uint64_t bytes, lp_time now);

#endif
