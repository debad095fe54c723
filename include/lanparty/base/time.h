/* time.h - times and durations.
 *
 * The core never reads a clock: its callers pass the time. */
#ifndef LANPARTY_BASE_TIME_H
#define LANPARTY_BASE_TIME_H

#include <stdint.h>

/* Nanoseconds of a clock that never steps back. Its zero point does not matter. */
typedef uint64_t lp_time;

#define LP_MILLISECOND UINT64_C(1000000)
#define LP_SECOND      UINT64_C(1000000000)

/* A deadline that never arrives. */
#define LP_NEVER UINT64_MAX

static inline lp_time lp_sooner(lp_time a, lp_time b)
{
	return a < b ? a : b;
}

#endif
