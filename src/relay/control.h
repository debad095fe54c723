/* control.h - the relay's control socket (row H4): a thread of its own takes the commands, asks the workers,
 * and writes the answers. It shares nothing with the workers, and none of them waits for it. */
#ifndef LANPARTY_RELAY_CONTROL_H
#define LANPARTY_RELAY_CONTROL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "lanparty/edge/linux/local.h"
#include "lanparty/edge/options.h"
#include "lanparty/edge/linux/command.h"
#include "workers.h"

struct control {
	struct lp_local local;
	struct workers *workers;
	bool shows_addresses; /* of members */
	pthread_t thread;
	bool running;
	int end; /* eventfd: the thread ends; -1: there is none */
};

/* What was never opened. */
#define CONTROL_CLOSED {.local = LP_LOCAL_CLOSED, .end = -1}

/* Makes the socket. Call it before rights are dropped. */
void control_open(struct control *c);
/* Starts the thread, once rights are dropped. A relay without one goes on; that was logged. */
void control_start(struct control *c, struct workers *workers, bool shows_addresses);
/* Ends the thread, and removes the socket. */
void control_close(struct control *c);

/* True if the command is one of those that reach a relay that runs. */
bool control_is_command(const struct lp_options *options);
/* Sends it, and says what the relay answers. Returns an exit code. */
int control_command(const struct lp_options *options, const struct lp_show_options *show);

#endif
