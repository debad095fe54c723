#include "lanparty/edge/built.h"

#include <time.h>

#define DAY 86400 /* the builder's clock can be a little ahead */

int64_t lp_built(void)
{
	return LANPARTY_BUILT;
}

bool lp_clock_is_behind(void)
{
	return (int64_t)time(NULL) < lp_built() - DAY;
}
