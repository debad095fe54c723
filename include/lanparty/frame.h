/* frame.h - frames in memory: a pool made at start, and references to its buffers.
 *
 * A frame is copied once, into a pooled buffer; a broadcast shares it between all queues. */
#ifndef LANPARTY_FRAME_H
#define LANPARTY_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "lanparty/eth.h"

struct lp_frame {
	struct lp_frame *next; /* in the pool's free list */
	uint32_t references;
	uint32_t room;
	uint16_t peer; /* where it comes from */
	uint16_t len;
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
/* One more reference; returns frame. */
struct lp_frame *lp_frame_hold(struct lp_frame *frame);
/* One less; the last one gives the frame back. */
void lp_frame_drop(struct lp_pool *pool, struct lp_frame *frame);

#endif
