/* resolve.h - looks up a host's addresses while the loop goes on. */
#ifndef LANPARTY_EDGE_RESOLVE_H
#define LANPARTY_EDGE_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/edge/lookup.h"

/* Begins. A descriptor that becomes readable when lp_resolve_take has something, -1 when the
 * system has no thread or descriptor to give. Close it to give up. */
int lp_resolve(const char *host, uint16_t port);
/* The answer; closes the descriptor. False when the look-up broke off. */
bool lp_resolve_take(int fd, struct lp_addresses *ret_addresses);

#endif
