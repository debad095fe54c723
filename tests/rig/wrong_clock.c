/* wrong_clock.so, for LD_PRELOAD: the calendar shows the seconds since 1970 in $WRONG_CLOCK. */
#include <stdlib.h>
#include <time.h>

time_t time(time_t *ret_now)
{
	const char *text = getenv("WRONG_CLOCK");
	time_t now = (time_t)(text ? atoll(text) : 0);
	if (ret_now)
		*ret_now = now;
	return now;
}
