/* queue.h - frames that wait for a connection that can be slow: bounded, fair between flows, short.
 *
 * Flow queueing after RFC 8290: each flow has its turn (deficit round robin), and flows that have little
 * to say, as games have, go before all others. Those that fill the line are bulk: they wait until the
 * connection lets them (governor.h), and lose frames when they wait for long (codel.h). Where the queue
 * is full, the longest flow loses its oldest frame.
 *
 * Hands frames out as datagrams of whatever size fits at that moment, whole or in halves. TCP frames of
 * peers that can tell doubles apart are numbered, kept until they are acknowledged, and sent again when
 * their packet is lost: what a path loses at random does not slow TCP down then. */
#ifndef LANPARTY_PATH_QUEUE_H
#define LANPARTY_PATH_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/path/codel.h"
#include "lanparty/path/frame.h"
#include "lanparty/wire/overlay.h"
#include "lanparty/base/time.h"

#define LP_QUEUE_FRAMES  256
#define LP_QUEUE_FLOWS   32 /* a power of two; when there are more, some share one */
#define LP_QUEUE_SENDERS 32
#define LP_QUEUE_SHARE   4 /* of the free buffers, one in so many may be kept until acknowledged */
#define LP_QUEUE_WAYS    8 /* places where a flow may be: two meet only when all are taken */
#define LP_QUEUE_QUANTUM                                                                           \
	(LP_ETH_FRAME_MAX + LP_OVERLAY_FRAGMENT_HEADER) /* bytes of a flow in a round */
#define LP_QUEUE_SPARSE         600 /* bytes with which a flow goes before all others, once in a round */
#define LP_QUEUE_TRIES          4 /* of a frame at most */
#define LP_QUEUE_LARGE          3 /* times that one is sent whole, when it may be too large for the path */
#define LP_QUEUE_RETRANSMIT_MAX (500 * LP_MILLISECOND) /* older frames are not sent again */

struct lp_entries {
	struct lp_entry *first, *last;
};

struct lp_flow {
	struct lp_entries places; /* of its frames, the oldest first */
	struct lp_flow *next;     /* in the list that it is in */
	uint32_t bytes;           /* that wait */
	int32_t deficit;          /* bytes that it may send in this round yet */
	uint32_t hash;            /* whose flow it is */
	uint32_t turn;            /* of the queue, when it might go before all others last */
	struct lp_codel codel;
	uint8_t list; /* enum in queue.c; 0: it has said nothing for a round */
	bool fresh;   /* has not used up its first quantum */
};

struct lp_flows {
	struct lp_flow *first, *last;
};

struct lp_queue {
	struct lp_flow flows[LP_QUEUE_FLOWS];
	struct lp_flows sparse, bulk;
	struct lp_entries again;  /* lost, to be sent once more */
	struct lp_entries flight; /* sent, and kept until acknowledged */
	struct lp_entry *half;    /* its first half is out */
	struct lp_entry *peeked;  /* what the last peek gave */
	enum lp_overlay_type peeked_type;
	uint32_t again_bytes;
	uint16_t flight_count;
	uint16_t waiting
		[LP_QUEUE_SENDERS]; /* frames of a peer; those of equal remainder share one */
	uint32_t turns;             /* that flows which fill the line have had */
	uint16_t count;             /* frames that wait */
	uint16_t number;            /* of the next frame that is numbered or goes out in halves */
	bool fragments;             /* the receiver can put halves together */
	bool retransmit;            /* the receiver can tell doubles apart */
	uint64_t retransmitted;     /* frames */
};

/* One datagram: a header and a part of a frame, which stays in its buffer. */
struct lp_datagram {
	uint8_t header[LP_OVERLAY_FRAGMENT_HEADER];
	size_t header_len;
	const uint8_t *bytes;
	size_t len;
	uint64_t tag; /* for acked and lost; below 2^56. 0: nobody wants to know */
	bool last;    /* nothing waits behind it; false: perhaps */
};

/* Zero-initialise, set halves and resend. drops counts by LP_DROP_QUEUE_FULL, LP_DROP_LATE and
 * LP_DROP_TOO_BIG what the queue lets fall.
 *
 * Takes over one reference of the frame, whose flow is set. At most limit frames (1 to
 * LP_QUEUE_FRAMES) will wait then. False when the pool has no place left. */
bool lp_queue_push(struct lp_queue *q, struct lp_pool *pool, struct lp_frame *frame, size_t limit,
	lp_time now, uint64_t drops[LP_DROP_COUNT]);
/* The datagram to send next, if its whole length is to be at most max bytes; bulk: also of flows that
 * fill the line. False when there is none. A frame that cannot be sent at that size (row F5) is
 * dropped. */
bool lp_queue_peek(struct lp_queue *q, struct lp_pool *pool, size_t max, bool bulk, lp_time now,
	uint64_t drops[LP_DROP_COUNT], struct lp_datagram *ret_datagram);
/* The datagram of the last peek is sent. */
void lp_queue_pop(struct lp_queue *q, struct lp_pool *pool);
/* What became of a datagram with a tag. Tags that are over are ignored. */
void lp_queue_acked(struct lp_queue *q, struct lp_pool *pool, uint64_t tag);
void lp_queue_lost(struct lp_queue *q, struct lp_pool *pool, uint64_t tag, lp_time now);
/* Gives back what was sent long ago and nobody tells of: to be called now and then. */
void lp_queue_expire(struct lp_queue *q, struct lp_pool *pool, lp_time now);
void lp_queue_clear(struct lp_queue *q, struct lp_pool *pool);

#endif
