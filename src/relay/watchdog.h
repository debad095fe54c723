/* watchdog.h - whether all workers run: the first one asks the others now and then, and each answers in its own
 * thread. A worker that is stuck does not answer. Never waits for one. */
#ifndef LANPARTY_RELAY_WATCHDOG_H
#define LANPARTY_RELAY_WATCHDOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "workers.h"

struct watchdog {
	atomic_uint asked; /* how often */
	atomic_uint answered
		[WORKERS_MAX]; /* value of asked when each of them answered; not the first worker */
};

/* The first worker asks all others of count workers; then it must wake them. True when each of them has
 * answered since it was asked the last time. */
bool watchdog_ask(struct watchdog *w, size_t count);
/* Another worker (1 to count - 1) answers. */
void watchdog_answer(struct watchdog *w, size_t worker);

#endif
