/* early.h - holds IP fragments that arrived before the first fragment of their datagram, for LP_EARLY_WAIT:
 * some paths reorder packets, and only the first fragment tells whether the others can pass.
 *
 * It judges no frame, reads no clock and never allocates. */
#ifndef LANPARTY_PATH_EARLY_H
#define LANPARTY_PATH_EARLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/path/frame.h"
#include "lanparty/path/receiver.h"

#define LP_EARLY_SLOTS   64 /* frames of all members */
#define LP_EARLY_OF_PEER 4  /* frames of one member */
#define LP_EARLY_WAIT    (50 * LP_MILLISECOND)

struct lp_early_slot {
	struct lp_frame *frame;
	lp_time until;
};

struct lp_early {
	struct lp_pool *pool;
	bool (*pass)(void *owner, const struct lp_received *in, lp_time now);
	struct lp_early_slot slots[LP_EARLY_SLOTS]; /* the oldest first */
	size_t count;
};

/* Holds nothing. Buffers come from pool, which is borrowed. lp_early_retry calls pass, which must not call this
 * module: true when the frame need not wait any more. */
void lp_early_init(struct lp_early *e, struct lp_pool *pool,
	bool (*pass)(void *owner, const struct lp_received *in, lp_time now));
/* Keeps a frame of a member of the room for LP_EARLY_WAIT. False, and nothing happens, when that member or all
 * of them have too many, or buffers are scarce. */
bool lp_early_hold(struct lp_early *e, uint32_t room, const struct lp_received *in, lp_time now);
/* Calls pass with owner for each frame of that member, the oldest first, and gives back those that pass. */
void lp_early_retry(struct lp_early *e, uint32_t room, uint16_t peer, void *owner, lp_time now);
/* Gives back frames that have waited too long, and returns how many. Call it now and then. */
size_t lp_early_expire(struct lp_early *e, lp_time now);
/* Gives back all frames. */
void lp_early_clear(struct lp_early *e);

#endif
