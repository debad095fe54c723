/* loop.h - the few things that a loop of Linux needs: the clock, waiting, signals. */
#ifndef LANPARTY_EDGE_LOOP_H
#define LANPARTY_EDGE_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "lanparty/time.h"

/* CLOCK_MONOTONIC. */
lp_time lp_clock(void);

/* Sleeps until a descriptor is ready (see revents), or the deadline is there: LP_NEVER waits for
 * descriptors alone. Negative descriptors are left out. */
void lp_wait(struct pollfd *fds, size_t count, lp_time deadline);

/* A descriptor that is readable when one of the signals (0 ends the list) has come; they are
 * blocked otherwise. -1 when the system has none to give. Ignores SIGPIPE as well. */
int lp_signals_open(const int *signals);
/* The next signal that has come; 0 when there is none. */
int lp_signals_next(int fd);

#endif
