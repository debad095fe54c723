/* loop.h - what an event loop on Linux needs: a clock, a wait, and signals. */
#ifndef LANPARTY_EDGE_LOOP_H
#define LANPARTY_EDGE_LOOP_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/base/time.h"

/* The time of CLOCK_BOOTTIME, which also runs while the computer sleeps. */
lp_time lp_clock(void);

/* Number of processor cores that this process can run on; at least 1. */
size_t lp_core_count(void);

#define LP_HINT_DESCRIPTORS                                                                        \
	"the limit of open files is too low: raise it (ulimit -n; LimitNOFILE= of a service)"

/* Raises the limit of open descriptors where it is lower than count. False: the system's own limit is
 * lower. */
bool lp_allow_descriptors(size_t count);
/* The limit of now. */
size_t lp_descriptor_limit(void);

/* Level-triggered epoll with a timer. Close it with lp_waiter_close. */
struct lp_waiter {
	int set, timer;
	lp_time armed; /* when the timer expires; LP_NEVER: not set */
	lp_time since; /* when the timer was set */
};

/* When the system is out of descriptors, lp_waiter_add fails. */
void lp_waiter_open(struct lp_waiter *ret_waiter);
void lp_waiter_close(struct lp_waiter *waiter);
/* False: the system refused. Closing a descriptor removes it as well. */
bool lp_waiter_add(struct lp_waiter *waiter, int fd);
void lp_waiter_remove(struct lp_waiter *waiter, int fd);
/* Of a descriptor that was added: from now on it is ready when it is readable or, with writable, when it can be
 * written to, too. */
void lp_waiter_watch(struct lp_waiter *waiter, int fd, bool writable);
/* Sleeps until a descriptor is ready or the deadline passes. LP_NEVER means no deadline. Writes
 * up to cap ready descriptors to ret_ready and returns their number. */
size_t lp_wait(struct lp_waiter *waiter, lp_time deadline, int *ret_ready, size_t cap);
/* Likewise without sleeping. The next call begins with others when more are ready than cap. */
size_t lp_waiter_poll(struct lp_waiter *waiter, int *ret_ready, size_t cap);
/* A descriptor that is readable when one of the waiter's is ready, for another waiter. */
int lp_waiter_fd(const struct lp_waiter *waiter);

/* Blocks the signals (a list that 0 ends) and returns a descriptor that is readable when one of
 * them has arrived. -1: the system is out of descriptors. SIGPIPE is ignored from then on. */
int lp_signals_open(const int *signals);
/* Returns the next signal that has arrived, or 0. */
int lp_signals_next(int fd);
/* True if whoever started the program has made it ignore this signal, as nohup(1) does. */
bool lp_signal_is_ignored(int number);
/* True while the program has a terminal: it was started there, and the terminal is not closed. */
bool lp_has_terminal(void);

#endif
