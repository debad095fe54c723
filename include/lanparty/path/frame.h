/* frame.h - frames in memory: a pool made at start, and references to its buffers.
 *
 * A frame is copied once, into a pooled buffer; a broadcast shares it between all queues. */
#ifndef LANPARTY_PATH_FRAME_H
#define LANPARTY_PATH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/packet/eth.h"
#include "lanparty/packet/flow.h"
#include "lanparty/base/time.h"

struct lp_frame {
	struct lp_frame *next; /* in the pool's free list */
	uint32_t references;
	uint32_t room;
	uint16_t peer; /* where it comes from */
	uint16_t len;
	struct lp_flow_key flow;
	uint8_t bytes[LP_ETH_FRAME_MAX + 2];
};

struct lp_pool;

/* NULL when out of memory. */
struct lp_pool *lp_pool_new(size_t frames);
/* Every frame must have been given back. */
void lp_pool_free(struct lp_pool *pool);
/* A frame with one reference and len 0, or NULL when all are taken. Never allocates. */
struct lp_frame *lp_pool_take(struct lp_pool *pool);
/* How many are free. */
size_t lp_pool_free_count(const struct lp_pool *pool);
/* How many places (below) are. */
size_t lp_pool_free_entries(const struct lp_pool *pool);
/* Less than half of either are. */
bool lp_pool_is_scarce(const struct lp_pool *pool);
/* One more reference; returns frame. */
struct lp_frame *lp_frame_hold(struct lp_frame *frame);
/* One less; the last one gives the frame back. */
void lp_frame_drop(struct lp_pool *pool, struct lp_frame *frame);

/* A frame's place in one queue. The pool has LP_ENTRIES_PER_FRAME of them for each frame. */
#define LP_ENTRIES_PER_FRAME 8
struct lp_entry {
	struct lp_entry *next, *prev;
	struct lp_frame *frame;
	const void *queue;   /* the one that it is in */
	lp_time at;          /* when it was queued */
	uint32_t generation; /* of its tag */
	uint16_t number;     /* once it has been sent */
	uint8_t tries;       /* times that it was sent as a numbered frame */
	bool in_flight;      /* sent, and kept */
	uint8_t flow;        /* which of the queue's */
};

/* Takes over one reference of the frame. NULL when all are taken. Never allocates. */
struct lp_entry *lp_entry_take(struct lp_pool *pool, struct lp_frame *frame);
/* Drops the frame, and ends the tag. */
void lp_entry_free(struct lp_pool *pool, struct lp_entry *place);
/* A number below 2^56, not 0, by which it is found until it is freed or renewed. */
uint64_t lp_entry_tag(const struct lp_pool *pool, const struct lp_entry *place);
struct lp_entry *lp_entry_find(struct lp_pool *pool, uint64_t tag);
void lp_entry_renew(struct lp_entry *place);

#endif
