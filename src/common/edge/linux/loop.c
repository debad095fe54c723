#include "lanparty/edge/linux/loop.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define WAIT_BATCH 16

lp_time lp_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (lp_time)now.tv_sec * LP_SECOND + (lp_time)now.tv_nsec;
}

size_t lp_core_count(void)
{
	cpu_set_t set;
	/* sched_getaffinity fails with more cores than the set holds; then count all cores. */
	long count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set)
								  : sysconf(_SC_NPROCESSORS_ONLN);
	return count > 1 ? (size_t)count : 1;
}

bool lp_allow_descriptors(size_t count)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= count)
		return true;
	limit.rlim_cur = limit.rlim_max < count ? limit.rlim_max : count;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= count;
}

size_t lp_descriptor_limit(void)
{
	struct rlimit limit;
	return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (size_t)limit.rlim_cur : 0;
}

static bool control(const struct lp_waiter *w, int operation, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};
	return epoll_ctl(w->set, operation, fd, &event) == 0;
}

static bool add(const struct lp_waiter *w, int fd, uint32_t events)
{
	return control(w, EPOLL_CTL_ADD, fd, events);
}

/* The timer is edge-triggered, so that nobody has to read it. */
void lp_waiter_open(struct lp_waiter *w)
{
	w->set = epoll_create1(EPOLL_CLOEXEC);
	w->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	w->armed = LP_NEVER;
	w->since = 0;
	if (!add(w, w->timer, EPOLLIN | EPOLLET))
		lp_waiter_close(w);
}

void lp_waiter_close(struct lp_waiter *w)
{
	if (w->set >= 0)
		close(w->set);
	if (w->timer >= 0)
		close(w->timer);
	w->set = w->timer = -1;
}

bool lp_waiter_add(struct lp_waiter *w, int fd)
{
	return add(w, fd, EPOLLIN);
}

void lp_waiter_remove(struct lp_waiter *w, int fd)
{
	epoll_ctl(w->set, EPOLL_CTL_DEL, fd, NULL);
}

void lp_waiter_watch(struct lp_waiter *w, int fd, bool writable)
{
	control(w, EPOLL_CTL_MOD, fd, writable ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void arm(struct lp_waiter *w, lp_time deadline, lp_time now)
{
	struct itimerspec never = {.it_value = {0}};
	lp_time at = deadline ? deadline : 1; /* 0 would disarm the timer */
	struct itimerspec then = {.it_value = {.tv_sec = (time_t)(at / LP_SECOND),
					  .tv_nsec = (long)(at % LP_SECOND)}};
	timerfd_settime(w->timer, TFD_TIMER_ABSTIME, deadline == LP_NEVER ? &never : &then, NULL);
	w->armed = deadline;
	w->since = now;
}

/* A connection's deadline moves later with every packet. Setting the timer for each packet costs
 * more than an early wake-up, and too many early wake-ups cost more than setting it, so the timer
 * follows only sometimes. */
static void follow(struct lp_waiter *w, lp_time deadline)
{
	if (deadline == w->armed)
		return;
	lp_time now = lp_clock();
	if (deadline < w->armed || now - w->since >= LP_MILLISECOND)
		arm(w, deadline, now);
}

/* False: the system call has failed. */
static bool take(struct lp_waiter *w, int timeout, int *ready, size_t cap, size_t *ret_count)
{
	struct epoll_event events[WAIT_BATCH];
	int most = cap < WAIT_BATCH ? (int)cap + 1 : WAIT_BATCH; /* plus the timer */
	int count = epoll_wait(w->set, events, most, timeout);
	*ret_count = 0;
	for (int i = 0; i < count; i++)
		if (events[i].data.fd == w->timer)
			w->armed = LP_NEVER;
		else if (*ret_count < cap)
			ready[(*ret_count)++] = events[i].data.fd;
	return count >= 0;
}

size_t lp_wait(struct lp_waiter *w, lp_time deadline, int *ret_ready, size_t cap)
{
	for (;;) {
		size_t ready;
		follow(w, deadline);
		/* The timer can have expired for a deadline that has moved since. */
		if (!take(w, -1, ret_ready, cap, &ready) || ready ||
			(deadline != LP_NEVER && lp_clock() >= deadline))
			return ready;
	}
}

size_t lp_waiter_poll(struct lp_waiter *w, int *ret_ready, size_t cap)
{
	size_t ready;
	take(w, 0, ret_ready, cap, &ready);
	return ready;
}

int lp_waiter_fd(const struct lp_waiter *w)
{
	return w->set;
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

bool lp_signal_is_ignored(int number)
{
	struct sigaction action;
	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool lp_has_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int lp_signals_next(int fd)
{
	struct signalfd_siginfo info;
	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}
