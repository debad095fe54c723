/* resolve.h - looks up the addresses of a host in a thread, so that the event loop does not
 * block. */
#ifndef LANPARTY_EDGE_WINDOWS_RESOLVE_H
#define LANPARTY_EDGE_WINDOWS_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/edge/lookup.h"
#include "lanparty/edge/windows/loop.h"

struct lp_resolve; /* a look-up in progress */

/* Starts a look-up. lp_loop_wait calls answered once; after that the look-up no longer exists.
 * NULL: out of memory or threads. */
struct lp_resolve *lp_resolve(HANDLE loop, const char *host, uint16_t port,
	void (*answered)(void *context, const struct lp_addresses *found), void *context);
/* Cancels the look-up: answered is not called. The loop can be closed afterwards. */
void lp_resolve_forget(struct lp_resolve *r);

#endif
