/* sender.h - frames that wait for one connection: bounded, fair between flows, short.
 *
 * Flow queueing after RFC 8290: flows take turns (deficit round robin), and sparse flows, which send
 * little, as games do, go before all others. All other flows are bulk: their frames wait until the
 * connection admits them (governor.h), and CoDel drops those that wait too long (codel.h). When the
 * sender is full, the longest flow loses its oldest frame. A burst can be longer than a standing queue,
 * because a new connection's window admits few frames at once, and grows within milliseconds.
 *
 * The connection pulls DATAGRAMs of whatever size fits its path at that moment: a frame goes out whole,
 * or as two fragments. A TCP frame for a peer that detects duplicates is numbered, kept until it is
 * acknowledged, and retransmitted when its packet is lost, so that random loss does not slow TCP down.
 *
 * A sender with a limit keeps bulk below what the relay takes from it: CoDel then tells TCP early to slow
 * down, where the relay would drop whatever exceeds the limit. Sparse flows use the limit and never wait.
 *
 * Never reads a clock, never allocates. */
#ifndef LANPARTY_PATH_SENDER_H
#define LANPARTY_PATH_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/bucket.h"
#include "lanparty/base/time.h"
#include "lanparty/packet/verdict.h"
#include "lanparty/path/codel.h"
#include "lanparty/path/datagram.h"
#include "lanparty/path/frame.h"

#define LP_SENDER_FRAMES 256  /* that wait at most; a burst can be longer */
#define LP_SENDER_BURST  4096 /* that wait at most in a burst */
/* A queue whose oldest frame waits longer is no burst. LP_SENDER_FRAMES large frames take as long at
 * 6 Mbit/s, so that bursts add no delay to slow paths. */
#define LP_SENDER_BURST_TIME (500 * LP_MILLISECOND)
#define LP_SENDER_LEAST      8  /* that can always wait, however scarce buffers are */
#define LP_SENDER_FLOWS      32 /* a power of two; when there are more, some share a slot */
#define LP_SENDER_WAYS       8 /* slots that a flow can have: two share one only when all are taken */
#define LP_SENDER_PEERS      32 /* counters of frames by originating peer; more peers share counters */
#define LP_SENDER_SHARE      4 /* one sender holds at most one in so many of the free buffers */
#define LP_SENDER_QUANTUM                                                                          \
	(LP_ETH_FRAME_MAX + LP_OVERLAY_FRAGMENT_HEADER) /* bytes a flow sends in a turn */
#define LP_SENDER_SPARSE 600 /* bytes that a flow sends before all others, once in a round */
#define LP_SENDER_TRIES  4   /* transmissions of one frame at most */
#define LP_SENDER_LARGE  3   /* transmissions as one DATAGRAM before it is sent as fragments */
/* A sender with a limit leaves this much of the rate unused, and this much of the burst to sparse flows:
 * frames can arrive closer together than they left. */
#define LP_SENDER_SPARE_PERCENT  3
#define LP_SENDER_SPARSE_PERCENT 25
#define LP_SENDER_RETRANSMIT_MAX (500 * LP_MILLISECOND) /* older frames are not retransmitted */
#define LP_SENDER_AGE_MAX        (500 * LP_MILLISECOND) /* older frames are dropped, as after an outage */

struct lp_entries {
	struct lp_entry *first, *last;
};

struct lp_flow {
	struct lp_entries entries; /* the oldest first */
	struct lp_flow *next;      /* in the list that it is in */
	uint32_t bytes;            /* that wait */
	int32_t deficit;           /* bytes that it can still send in this round */
	uint32_t hash;             /* whose slot this is */
	uint32_t turn; /* value of turns when this flow last received a sparse quantum */
	struct lp_codel codel;
	uint8_t list; /* enum in sender.c; 0: it has sent nothing for a round */
	bool fresh;   /* has not used up its sparse quantum */
};

struct lp_flows {
	struct lp_flow *first, *last;
};

struct lp_sender {
	struct lp_datagram_source source; /* for the connection; first member */
	struct lp_pool *pool;
	uint64_t *drops; /* of whoever owns the sender, by reason: QUEUE_FULL, LATE, TOO_BIG */
	/* Called when the path's largest DATAGRAM changes; can be NULL. */
	void (*path_changed)(void *owner, size_t datagram_max);
	void *owner;

	size_t budget;   /* bytes of the largest DATAGRAM that the peer takes */
	size_t path_max; /* bytes of the largest DATAGRAM that the path carries */
	bool fragments;  /* the peer reassembles fragments */
	bool retransmit; /* the peer detects duplicates */

	struct lp_bucket limit; /* bytes that the relay takes from this member */
	uint64_t bulk_least;    /* bytes in the bucket from which on bulk is sent */
	bool held;              /* a bulk frame waits for lp_sender_ready_at */
	struct lp_flow flows[LP_SENDER_FLOWS];
	struct lp_flows sparse, bulk;
	struct lp_entries lost;   /* to be retransmitted */
	struct lp_entries flight; /* sent, and kept until acknowledged */
	struct lp_entry *second;  /* its first fragment is sent, its second one is next */
	struct lp_entry *peeked;  /* what the last peek gave */
	enum lp_overlay_type peeked_type;
	uint32_t lost_bytes;
	uint16_t flight_count;
	uint16_t waiting[LP_SENDER_PEERS]; /* frames by originating peer */
	uint32_t turns;                    /* that bulk flows have had */
	uint16_t count;                    /* frames that wait */
	uint16_t number;                   /* id of the next frame that is numbered or fragmented */
	uint64_t retransmitted;            /* frames */
};

/* Buffers come from pool, and dropped frames are counted in drops[LP_DROP_COUNT]; both are borrowed for
 * the sender's life. Until lp_sender_open the peer is assumed to have no capabilities. */
void lp_sender_init(struct lp_sender *s, struct lp_pool *pool, uint64_t *drops);
/* The peer takes DATAGRAMs of up to budget bytes and has these capabilities (LP_CAP_...). */
void lp_sender_open(struct lp_sender *s, size_t budget, uint64_t capabilities);
/* The relay takes this many bytes of frames per second and at once; a frame counts `copies` times. rate 0: no
 * limit, as after lp_sender_init. Outlives lp_sender_clear: a relay also keeps what a member that resumes has
 * used up. */
void lp_sender_limit(struct lp_sender *s, uint64_t rate, uint64_t burst, lp_time now);
/* When the limit permits the bulk frame that waits: call lp_sender_release then. LP_NEVER: none waits. */
lp_time lp_sender_ready_at(const struct lp_sender *s);
/* Permits bulk to be peeked again, and wakes the connection. */
void lp_sender_release(struct lp_sender *s);
/* Queues the frame, whose flow is set, and wakes the connection. The sender holds a reference of its
 * own. False, and nothing happens, when the pool has no entry left.
 *
 * The sender's share is one in LP_SENDER_SHARE of the pool's free buffers, LP_SENDER_LEAST to LP_SENDER_BURST
 * frames. It holds a burst while the pool is ample, it has no more than its share, and the oldest frame of its
 * longest flow is not TCP and has not waited for LP_SENDER_BURST_TIME. With the new frame it holds:
 *
 *   frames                                               dropped, at most
 *   no more than its share and LP_SENDER_FRAMES          none
 *   a burst                                              none
 *   more than its share, no more than LP_SENDER_FRAMES   1: the queue does not grow
 *   more than LP_SENDER_FRAMES, no burst                 2: the queue shrinks */
bool lp_sender_push(struct lp_sender *s, struct lp_frame *frame, lp_time now);
/* Gives back frames that were sent long ago and never acknowledged. Call it now and then. */
void lp_sender_expire(struct lp_sender *s, lp_time now);
/* Gives back all frames. Capabilities, path and counters stay. */
void lp_sender_clear(struct lp_sender *s);
/* Bytes of the largest DATAGRAM that the peer takes and the path carries. */
size_t lp_sender_max(const struct lp_sender *s);

#endif
