/* wrong_clock.so, for LD_PRELOAD: the calendar shows the seconds since 1970 in $WRONG_CLOCK; with
 * $WRONG_CLOCK_FOR during so many seconds only, as until a time server has answered. */
#include <stdlib.h>
#include <time.h>

time_t time(time_t *ret_now)
{
	const char *text = getenv("WRONG_CLOCK");
	const char *seconds = getenv("WRONG_CLOCK_FOR");
	time_t now = (time_t)(text ? atoll(text) : 0);
	static time_t first;
	struct timespec up, real;
	clock_gettime(CLOCK_MONOTONIC, &up);
	clock_gettime(CLOCK_REALTIME, &real);
	if (first == 0)
		first = up.tv_sec;
	if (seconds && up.tv_sec - first >= atoll(seconds))
		now = real.tv_sec;
	if (ret_now)
		*ret_now = now;
	return now;
}
