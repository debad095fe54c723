/* built.h - when this program was built: a clock that shows an earlier time is wrong. */
#ifndef LANPARTY_EDGE_BUILT_H
#define LANPARTY_EDGE_BUILT_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds since 1970. With SOURCE_DATE_EPOCH at build time, it is that. */
int64_t lp_built(void);
/* The computer's clock shows a day before that of the build. */
bool lp_clock_is_behind(void);

#endif
