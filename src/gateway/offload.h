/* offload.h - turns off the features of an interface that merge or change received frames, and turns
 * them on again.
 *
 * Changing features needs CAP_NET_ADMIN, which the gateway gives up. A child process keeps it: it waits
 * until the gateway ends, turns the features on, and ends. It does so when the gateway was killed,
 * too. */
#ifndef LANPARTY_GATEWAY_OFFLOAD_H
#define LANPARTY_GATEWAY_OFFLOAD_H

#include "lanparty/edge/linux/child.h"
#include "interface.h"

/* Turns off what can be turned off. Warns of the rest: most merged frames can be split again. ret_keeper: the
 * child; none when nothing was changed. */
void lp_offload_disable(const struct lp_interface *interface, struct lp_child *ret_keeper);
/* A child of the gateway has ended: warns if it was this one. */
void lp_offload_look(struct lp_child *keeper);
/* Ends the child. Returns when the features are as they were. */
void lp_offload_restore(struct lp_child *keeper);

#endif
