/* resolve.h - looks up a host's addresses while the loop goes on. */
#ifndef LANPARTY_EDGE_WINDOWS_RESOLVE_H
#define LANPARTY_EDGE_WINDOWS_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/edge/lookup.h"
#include "lanparty/edge/windows/loop.h"

struct lp_resolve; /* a question that is being asked */

/* Asks in a thread of its own. answered is called by lp_loop_wait, once; then the question is gone.
 * NULL when the system has no memory or thread to give. */
struct lp_resolve *lp_resolve(HANDLE loop, const char *host, uint16_t port,
	void (*answered)(void *context, const struct lp_addresses *found), void *context);
/* No answer is wanted any more: answered is not called. The loop may be closed then. */
void lp_resolve_forget(struct lp_resolve *r);

#endif
