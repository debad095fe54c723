/* resolve.h - looks up a host's addresses while the loop goes on. */
#ifndef LANPARTY_EDGE_RESOLVE_H
#define LANPARTY_EDGE_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linux/address.h"

#define LP_RESOLVE_MAX 8 /* addresses of a host that are tried */

struct lp_resolved {
	struct lp_address addresses[LP_RESOLVE_MAX]; /* in the order to be tried */
	size_t count;                                /* 0: not found */
	bool unknown;   /* the name does not exist: asking again is of no use */
	char error[80]; /* when not found: why */
};

/* Begins. A descriptor that becomes readable when lp_resolve_take has something, -1 when the
 * system has no thread or descriptor to give. Close it to give up. */
int lp_resolve(const char *host, uint16_t port);
/* The answer; closes the descriptor. False when the look-up broke off. */
bool lp_resolve_take(int fd, struct lp_resolved *ret_resolved);

#endif
