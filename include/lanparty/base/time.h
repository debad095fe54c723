/* time.h - moments and durations.
 *
 * The core never reads a clock: whoever calls it says what time it is. */
#ifndef LANPARTY_BASE_TIME_H
#define LANPARTY_BASE_TIME_H

#include <stdint.h>

/* Nanoseconds on a clock that never steps back; where its zero lies does not matter. */
typedef uint64_t lp_time;

#define LP_MILLISECOND UINT64_C(1000000)
#define LP_SECOND      UINT64_C(1000000000)

/* A deadline that never comes. */
#define LP_NEVER UINT64_MAX

#endif
