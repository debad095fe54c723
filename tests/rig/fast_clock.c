/* fast_clock.so, for LD_PRELOAD: the program's clock runs $FAST_CLOCK times as fast, and its timers, too. The
 * calendar does not change. For what takes minutes of silence. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)

static int64_t times = 1, start[2]; /* of CLOCK_MONOTONIC and CLOCK_BOOTTIME */

/* Libraries ask for the time before this one has begun, and the C library's own function is not known then. */
static int real_clock(clockid_t clock, struct timespec *ret_now)
{
	return (int)syscall(SYS_clock_gettime, clock, ret_now);
}

static int64_t nanoseconds(const struct timespec *t)
{
	return t->tv_sec * SECOND + t->tv_nsec;
}

static struct timespec timespec_of(int64_t ns)
{
	return (struct timespec){.tv_sec = ns / SECOND, .tv_nsec = (long)(ns % SECOND)};
}

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("FAST_CLOCK");
	struct timespec now;
	real_clock(CLOCK_MONOTONIC, &now);
	start[0] = nanoseconds(&now);
	real_clock(CLOCK_BOOTTIME, &now);
	start[1] = nanoseconds(&now);
	if (text && atoll(text) > 0)
		times = atoll(text);
}

int clock_gettime(clockid_t clock, struct timespec *ret_now)
{
	int got = real_clock(clock, ret_now);
	int64_t since = start[clock == CLOCK_BOOTTIME];
	if (got == 0 && (clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME))
		*ret_now = timespec_of(since + (nanoseconds(ret_now) - since) * times);
	return got;
}

/* Timers that expire once. */
int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *ret_old)
{
	struct itimerspec real = *value;
	int64_t at = nanoseconds(&value->it_value),
		since = flags & TFD_TIMER_ABSTIME ? start[1] : 0;
	if (at > since)
		real.it_value = timespec_of(since + (at - since) / times + 1);
	return (int)syscall(SYS_timerfd_settime, fd, flags, &real, ret_old);
}
