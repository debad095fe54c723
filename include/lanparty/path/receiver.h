/* receiver.h - the datagrams of one connection on their way in: checks their ids, drops duplicates,
 * reassembles fragments, and hands each frame to its owner.
 *
 * Knows nothing of rooms and addresses: what a frame holds is the owner's concern.
 * Never reads a clock, never allocates. */
#ifndef LANPARTY_PATH_RECEIVER_H
#define LANPARTY_PATH_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/packet/verdict.h"
#include "lanparty/path/datagram.h"
#include "lanparty/path/frame.h"
#include "lanparty/wire/overlay.h"

/* Which ids have arrived: a window that moves on with the newest (as RFC 4303, section 3.4.3). */
#define LP_REPLAY_WINDOW 4096 /* ids; a power of two, far below 65,536 */
struct lp_replay {
	uint64_t bits[LP_REPLAY_WINDOW / 64];
	uint16_t newest;
	bool any;
};
/* True the first time; false when the id has arrived before, or is too old to tell. Zero-initialise. */
bool lp_replay_accept(struct lp_replay *r, uint16_t id);
/* Whether lp_replay_accept would be false; remembers nothing. */
bool lp_replay_has(const struct lp_replay *r, uint16_t id);

/* Frames of which one fragment has arrived. When all slots are taken, the oldest frame gives way. */
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

/* Takes one fragment (type FIRST or SECOND). Returns the frame when both have arrived: the caller drops
 * it with lp_frame_drop. NULL when the other fragment is missing, when the same one comes twice (the
 * first copy counts), when the two disagree on the length, or when the pool is empty. Zero-initialise. */
struct lp_frame *lp_reassembly_add(struct lp_reassembly *r, struct lp_pool *pool,
	const struct lp_overlay *fragment, lp_time now);
/* Gives back frames that have waited for LP_REASSEMBLY_TIMEOUT. */
void lp_reassembly_expire(struct lp_reassembly *r, struct lp_pool *pool, lp_time now);
/* Gives back all frames. */
void lp_reassembly_clear(struct lp_reassembly *r, struct lp_pool *pool);

/* What became of one datagram. */
struct lp_received {
	enum lp_drop drop; /* LP_DROP_NONE: there is a frame, or it waits */
	bool waits;        /* one fragment is here: nothing to decide yet */
	uint16_t peer;     /* that sent the frame, as the datagram says */
	const uint8_t *bytes;
	size_t len;
	struct lp_frame *frame; /* holds bytes when they were reassembled, else NULL; borrowed */
};

/* The frame in a buffer, with a reference for the caller: the one that holds it, or a copy. NULL when the pool
 * is empty. */
struct lp_frame *lp_received_hold(struct lp_pool *pool, const struct lp_received *received);

struct lp_receiver {
	struct lp_datagram_sink sink; /* for the connection; first member */
	struct lp_pool *pool;
	/* Called once for each datagram. The owner can close the receiver from within. */
	void (*deliver)(void *owner, const struct lp_received *received, lp_time now);
	void *owner;
	bool open;
	uint32_t room;
	uint16_t peer;   /* the only sender; 0: any */
	bool fragments;  /* the peer can send fragments */
	bool retransmit; /* the peer numbers frames, and can send one again */
	struct lp_replay replay;
	struct lp_reassembly reassembly;
};

/* Buffers for fragments come from pool, which is borrowed. Closed: every datagram is NOT_JOINED. */
void lp_receiver_init(struct lp_receiver *r, struct lp_pool *pool,
	void (*deliver)(void *owner, const struct lp_received *received, lp_time now), void *owner);
/* From now on a datagram must name this room and peer (0: any peer), and be of a type that the
 * capabilities (LP_CAP_...) allow (row F1). */
void lp_receiver_open(struct lp_receiver *r, uint32_t room, uint16_t peer, uint64_t capabilities);
/* Forgets all that it has received. */
void lp_receiver_close(struct lp_receiver *r);
/* Gives back fragments that have waited too long. Call it now and then. */
void lp_receiver_expire(struct lp_receiver *r, lp_time now);

#endif
