/* ways.h - the sockets of a member's link on Linux, one for each way (peer/link.h): UDP sockets and
 * streams. */
#ifndef LANPARTY_PEER_LINUX_WAYS_H
#define LANPARTY_PEER_LINUX_WAYS_H

#include "guard.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/peer/link.h"
#include "stream.h"

struct lp_ways {
	const struct lp_peer_options *options;
	struct lp_waiter *waiter;
	struct lp_guard *guard;
	struct lp_link *link;
	lp_time now; /* of the wake-up */
	struct lp_guarded list[LP_LINK_WAYS];
};

/* As lp_link_ops. */
bool lp_ways_open(struct lp_ways *ways, unsigned way, const struct lp_entry *entry,
	struct lp_address *ret_local);
void lp_ways_close(struct lp_ways *ways, unsigned way);
bool lp_ways_take(struct lp_ways *ways, unsigned way);
uint8_t *lp_ways_slot(struct lp_ways *ways, unsigned way);
void lp_ways_put(struct lp_ways *ways, unsigned way, const struct lp_path *path, size_t len);
void lp_ways_flush(struct lp_ways *ways, unsigned way);

/* True if the descriptor is one of theirs: what is ready was read for the link. */
bool lp_ways_read(struct lp_ways *ways, int fd);
/* Networks have changed. */
void lp_ways_on_networks(struct lp_ways *ways);
void lp_ways_close_all(struct lp_ways *ways);

/* What an errno value of a send says. */
enum lp_send_failure lp_send_failure_of(int error);

#endif
