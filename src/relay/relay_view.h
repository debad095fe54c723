/* relay_view.h - what all workers of a relay know at one moment (row H4): their snapshots, and sums. */
#ifndef LANPARTY_RELAY_RELAY_VIEW_H
#define LANPARTY_RELAY_RELAY_VIEW_H

#include "snapshot.h"
#include "workers.h"

struct relay_view {
	struct snapshot *workers[WORKERS_MAX];
	size_t count;
	bool shows_addresses, shows_members; /* of members; otherwise rooms alone */
};

/* What to tell whoever wanted to see it, when it could not be taken. */
#define RELAY_VIEW_MISSING                                                                         \
	"a part of the relay does not answer, or has no memory: look into its log"

/* Asks all workers. False: one of them does not answer, or has no memory. relay_view_clear frees what was
 * taken, in both cases. */
bool relay_view_take(struct relay_view *view, struct workers *workers);
void relay_view_clear(struct relay_view *view);

/* In percent, of the frames to the member whose fate is known. */
double relay_view_loss(const struct snapshot_member *m);
/* How many members from this one on are in its room. */
size_t relay_view_room_size(const struct snapshot *s, size_t first);

struct relay_totals {
	struct server_counters counters;
	uint64_t left_out; /* members */
};
void relay_view_add_up(const struct relay_view *view, struct relay_totals *ret_totals);

#endif
