/* loop.h - the few things that a loop of Linux needs: the clock, waiting, signals. */
#ifndef LANPARTY_EDGE_LOOP_H
#define LANPARTY_EDGE_LOOP_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/base/time.h"

/* CLOCK_MONOTONIC. */
lp_time lp_clock(void);

/* The processor cores that this process may run on; at least 1. */
size_t lp_core_count(void);

/* Descriptors to wait for (epoll, level-triggered), and a timer: to be closed. */
struct lp_waiter {
	int set, timer;
	lp_time armed; /* when the timer goes off; LP_NEVER when it does not */
	lp_time since; /* when that was decided */
};

/* When the system has no descriptor left, nothing can be added. */
void lp_waiter_open(struct lp_waiter *ret_waiter);
void lp_waiter_close(struct lp_waiter *waiter);
/* False: the system refused. A descriptor that is closed leaves by itself. */
bool lp_waiter_add(struct lp_waiter *waiter, int fd);
void lp_waiter_remove(struct lp_waiter *waiter, int fd);
/* Sleeps until one is readable, or the deadline is there: LP_NEVER waits for descriptors alone.
 * Gives up to cap of those that are; returns how many. */
size_t lp_wait(struct lp_waiter *waiter, lp_time deadline, int *ret_ready, size_t cap);

/* A descriptor that is readable when one of the signals (0 ends the list) has come; they are
 * blocked otherwise. -1 when the system has none to give. Ignores SIGPIPE as well. */
int lp_signals_open(const int *signals);
/* The next signal that has come; 0 when there is none. */
int lp_signals_next(int fd);

#endif
