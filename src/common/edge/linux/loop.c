#include "linux/loop.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define WAIT_BATCH 16

lp_time lp_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (lp_time)now.tv_sec * LP_SECOND + (lp_time)now.tv_nsec;
}

size_t lp_core_count(void)
{
	cpu_set_t set;
	/* It fails where there are more than a set holds: then one for each that there is. */
	long count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set)
								  : sysconf(_SC_NPROCESSORS_ONLN);
	return count > 1 ? (size_t)count : 1;
}

int lp_wait_open(void)
{
	return epoll_create1(EPOLL_CLOEXEC);
}

bool lp_wait_add(int set, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
	return epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0;
}

static int wait_until(int set, lp_time deadline, struct epoll_event *events, int cap)
{
	static _Atomic bool coarse; /* kernels before 5.11 count in milliseconds */
	lp_time now = deadline == LP_NEVER ? 0 : lp_clock();
	lp_time left = deadline > now ? deadline - now : 0;
	struct timespec timeout = {
		.tv_sec = (time_t)(left / LP_SECOND), .tv_nsec = (long)(left % LP_SECOND)};
	if (!coarse) {
		int count = epoll_pwait2(
			set, events, cap, deadline == LP_NEVER ? NULL : &timeout, NULL);
		if (count >= 0 || errno != ENOSYS)
			return count;
		coarse = true;
	}
	lp_time ms = left / LP_MILLISECOND + (left % LP_MILLISECOND ? 1 : 0);
	int most = ms < INT_MAX ? (int)ms : INT_MAX;
	return epoll_wait(set, events, cap, deadline == LP_NEVER ? -1 : most);
}

size_t lp_wait(int set, lp_time deadline, int *ret_ready, size_t cap)
{
	struct epoll_event events[WAIT_BATCH];
	int most = cap < WAIT_BATCH ? (int)cap : WAIT_BATCH;
	int count = wait_until(set, deadline, events, most);
	for (int i = 0; i < count; i++)
		ret_ready[i] = events[i].data.fd;
	return count > 0 ? (size_t)count : 0;
}

int lp_signals_open(const int *signals)
{
	sigset_t set;
	sigemptyset(&set);
	for (; *signals; signals++)
		sigaddset(&set, *signals);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int lp_signals_next(int fd)
{
	struct signalfd_siginfo info;
	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}
