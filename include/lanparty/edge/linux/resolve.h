/* resolve.h - looks up the addresses of a host in a thread, so that the event loop does not
 * block. */
#ifndef LANPARTY_EDGE_RESOLVE_H
#define LANPARTY_EDGE_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/edge/lookup.h"

/* Starts a look-up. Returns a descriptor that becomes readable when lp_resolve_take has the result,
 * or -1 when the system is out of threads, descriptors or memory. Close the descriptor to
 * cancel. */
int lp_resolve(const char *host, uint16_t port);
/* Reads a result, which can be an error, and closes the descriptor unless more is to come. False: there is none
 * yet. */
bool lp_resolve_take(int fd, struct lp_addresses *ret_addresses);

#endif
