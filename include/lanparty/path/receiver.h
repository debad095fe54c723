/* receiver.h - what a receiver remembers of datagrams: which ids it has had, and fragments of frames. */
#ifndef LANPARTY_PATH_RECEIVER_H
#define LANPARTY_PATH_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/path/frame.h"
#include "lanparty/wire/overlay.h"

/* Which ids have come of late: a window that moves on with the newest (as RFC 4303, section 3.4.3). */
#define LP_REPLAY_WINDOW 4096 /* a power of two, far below 65,536 */
struct lp_replay {
	uint64_t bits[LP_REPLAY_WINDOW / 64];
	uint16_t newest;
	bool any;
};
/* True the first time; false when it has been here, or is too old to tell. Zero-initialise. */
bool lp_replay_accept(struct lp_replay *s, uint16_t id);
/* The same without remembering it. */
bool lp_replay_has(const struct lp_replay *s, uint16_t id);

/* Frames of which one half is here. Bounded; the oldest gives way, and LP_REASSEMBLY_TIMEOUT ends all. */
#define LP_REASSEMBLY_SLOTS   8
#define LP_REASSEMBLY_TIMEOUT (500 * LP_MILLISECOND)

struct lp_partial {
	struct lp_frame *frame; /* NULL: free */
	uint16_t peer, frame_id;
	enum lp_overlay_type have;
	lp_time until;
};

struct lp_reassembly {
	struct lp_partial slots[LP_REASSEMBLY_SLOTS];
};

/* Takes one half (type FIRST or SECOND). Gives the whole frame when both are here: the caller drops
 * it with lp_frame_drop. NULL when the other half is missing, the same half came twice (the first
 * one counts), the halves disagree on the length, or the pool is empty. Zero-initialise first. */
struct lp_frame *lp_reassembly_add(
	struct lp_reassembly *h, struct lp_pool *pool, const struct lp_overlay *half, lp_time now);
/* Gives back those whose time is over, for peers that send no more. */
void lp_reassembly_expire(struct lp_reassembly *h, struct lp_pool *pool, lp_time now);
/* Gives all frames back. */
void lp_reassembly_clear(struct lp_reassembly *h, struct lp_pool *pool);

#endif
