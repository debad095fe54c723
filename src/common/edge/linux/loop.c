#include "linux/loop.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

lp_time lp_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (lp_time)now.tv_sec * LP_SECOND + (lp_time)now.tv_nsec;
}

void lp_wait(struct pollfd *fds, size_t count, lp_time deadline)
{
	struct timespec timeout = {0};
	if (deadline != LP_NEVER) {
		lp_time now = lp_clock();
		lp_time left = deadline > now ? deadline - now : 0;
		timeout.tv_sec = (time_t)(left / LP_SECOND);
		timeout.tv_nsec = (long)(left % LP_SECOND);
	}
	if (ppoll(fds, count, deadline == LP_NEVER ? NULL : &timeout, NULL) < 0) {
		for (size_t i = 0; i < count; i++)
			fds[i].revents = 0;
	}
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
