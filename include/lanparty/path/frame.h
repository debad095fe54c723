/* frame.h - frames in memory: a pool that is made at start, and references to its buffers.
 *
 * A frame is copied once, into a buffer of the pool. A broadcast shares that buffer between all senders.
 * Only lp_pool_new allocates. */
#ifndef LANPARTY_PATH_FRAME_H
#define LANPARTY_PATH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/packet/eth.h"
#include "lanparty/packet/flow.h"

struct lp_sender;

struct lp_frame {
	struct lp_frame *next; /* in the pool's free list */
	uint32_t references;
	uint32_t room;
	uint16_t peer;   /* that sent it */
	uint16_t len;    /* bytes */
	uint16_t copies; /* that the relay makes and charges for; senders with a limit need it */
	struct lp_flow_key flow;
	uint8_t bytes[LP_ETH_FRAME_MAX + 2];
};

struct lp_pool;

/* A pool of so many frames and LP_ENTRIES_PER_FRAME times as many entries. NULL when out of memory. */
struct lp_pool *lp_pool_new(size_t frames);
/* Every frame must have been given back. */
void lp_pool_free(struct lp_pool *pool);
/* A frame with one reference and len 0; NULL when all are taken. */
struct lp_frame *lp_pool_take(struct lp_pool *pool);
/* Number of free frames, and of free entries. */
size_t lp_pool_free_count(const struct lp_pool *pool);
size_t lp_pool_free_entries(const struct lp_pool *pool);
/* Less than half of the frames or of the entries are free. */
bool lp_pool_is_scarce(const struct lp_pool *pool);
/* At least three quarters of the frames and of the entries are free. Bursts that end with that cannot
 * make the pool scarce. */
bool lp_pool_is_ample(const struct lp_pool *pool);
/* Adds a reference; returns frame. */
struct lp_frame *lp_frame_hold(struct lp_frame *frame);
/* Takes a reference away. The last one gives the frame back. */
void lp_frame_drop(struct lp_pool *pool, struct lp_frame *frame);

/* One frame in one sender. */
#define LP_ENTRIES_PER_FRAME 8
struct lp_entry {
	struct lp_entry *next, *prev;
	struct lp_frame *frame;
	const struct lp_sender *sender; /* that it is in */
	lp_time at;                     /* when the frame was queued */
	uint32_t generation;            /* of its tag */
	uint16_t number;                /* id on the wire, once the frame was sent */
	uint8_t tries;                  /* transmissions as a numbered frame */
	bool in_flight;                 /* sent, and kept until acknowledged */
	uint8_t flow;                   /* index in the sender's flows */
};

/* Takes over one reference of the frame. NULL when all entries are taken. */
struct lp_entry *lp_entry_take(struct lp_pool *pool, struct lp_frame *frame);
/* Drops the frame, and makes the tag invalid. */
void lp_entry_free(struct lp_pool *pool, struct lp_entry *entry);
/* A number below 2^56, never 0, by which lp_entry_find finds the entry until it is freed or renewed. */
uint64_t lp_entry_tag(const struct lp_pool *pool, const struct lp_entry *entry);
struct lp_entry *lp_entry_find(struct lp_pool *pool, uint64_t tag);
/* Makes the tag invalid. */
void lp_entry_renew(struct lp_entry *entry);

#endif
