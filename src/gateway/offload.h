/* offload.h - turns off what merges or rewrites received frames on an interface, and puts it back.
 *
 * Changing features needs CAP_NET_ADMIN, which the gateway gives up: a child keeps it, waits for
 * the gateway's end, puts back, and ends. It does so when the gateway was killed, too. */
#ifndef LANPARTY_GATEWAY_OFFLOAD_H
#define LANPARTY_GATEWAY_OFFLOAD_H

#include <sys/types.h>

#include "interface.h"

struct lp_offload {
	pid_t keeper; /* 0: nothing was changed */
	int socket;   /* the keeper acts when this is closed */
};

/* Leaves what cannot be changed, and warns: most merged frames can be taken apart again. */
void lp_offload_disable(const struct lp_interface *interface, struct lp_offload *ret_offload);
/* Returns when all is as it was. */
void lp_offload_restore(struct lp_offload *o);

#endif
