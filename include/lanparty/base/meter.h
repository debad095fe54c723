/* meter.h - bytes per second in both directions, from totals that somebody else counts.
 *
 * It never reads a clock and never allocates. It measures once per LP_METER_LEAST. */
#ifndef LANPARTY_BASE_METER_H
#define LANPARTY_BASE_METER_H

#include <stdint.h>

#include "lanparty/base/time.h"

#define LP_METER_LEAST LP_SECOND /* between two measurements */

/* Zero-initialise. Callers can read the rates. */
struct lp_meter {
	lp_time at; /* of the last measurement; 0: none yet */
	uint64_t in, out;
	uint64_t in_rate, out_rate; /* per second, since the measurement before */
};

/* Takes the totals. The rates are those since the last measurement, which was LP_METER_LEAST ago or earlier;
 * otherwise they stay. A total that has become smaller counts from 0. */
void lp_meter_take(struct lp_meter *m, uint64_t in, uint64_t out, lp_time now);

#endif
