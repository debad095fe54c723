/* offload.h - turns off the features of an interface that merge or change received frames, and turns
 * them on again.
 *
 * Changing features needs CAP_NET_ADMIN, which the gateway gives up. A child process keeps it: it waits
 * until the gateway ends, turns the features on, and ends. It does so when the gateway was killed,
 * too. */
#ifndef LANPARTY_GATEWAY_OFFLOAD_H
#define LANPARTY_GATEWAY_OFFLOAD_H

#include <sys/types.h>

#include "interface.h"

struct lp_offload {
	pid_t keeper; /* the child; 0: nothing was changed */
	int socket;   /* the child acts when this is closed */
};

/* Turns off what can be turned off. Warns of the rest: most merged frames can be split again. */
void lp_offload_disable(const struct lp_interface *interface, struct lp_offload *ret_offload);
/* Ends the child. Returns when the features are as they were. */
void lp_offload_restore(struct lp_offload *o);

#endif
