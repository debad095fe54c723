/* timers.h - the connections of an endpoint, ordered by deadline: a binary heap. */
#ifndef LANPARTY_QUIC_TIMERS_H
#define LANPARTY_QUIC_TIMERS_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/base/time.h"

struct lp_quic_conn;

struct lp_timers {
	struct lp_quic_conn **heap;
	size_t count, cap;
};

/* Makes room for `connections` connections in total, so that lp_timers_set never fails for them.
 * False without memory. */
bool lp_timers_reserve(struct lp_timers *timers, size_t connections);
/* Sets the deadline of conn; LP_NEVER takes conn out of the heap. */
void lp_timers_set(struct lp_timers *timers, struct lp_quic_conn *conn, lp_time deadline);
/* The connection with the earliest deadline; NULL when none has one. */
struct lp_quic_conn *lp_timers_first(const struct lp_timers *timers);

#endif
