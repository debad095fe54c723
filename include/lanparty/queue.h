/* queue.h - frames that wait for a connection that can be slow: bounded, first in first out.
 *
 * Hands them out as datagrams of whatever size fits at that moment, whole or in halves. */
#ifndef LANPARTY_QUEUE_H
#define LANPARTY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/frame.h"
#include "lanparty/overlay.h"

#define LP_QUEUE_FRAMES 256 /* a power of two */

struct lp_queue {
	struct lp_frame *ring[LP_QUEUE_FRAMES];
	uint16_t head; /* index of the oldest */
	uint16_t count;
	uint16_t frame_id;           /* of the next frame that goes out in halves */
	bool half_sent;              /* the first half of the oldest is out */
	bool halves;                 /* the receiver can put halves together */
	enum lp_overlay_type peeked; /* what the last peek gave */
};

/* One datagram: a header and a part of a frame, which stays in its buffer. */
struct lp_datagram {
	uint8_t header[LP_OVERLAY_HALF_HEAD];
	size_t header_len;
	const uint8_t *bytes;
	size_t len;
};

/* Zero-initialise, set halves. Takes over one reference of the frame when it answers true; false
 * when full. */
bool lp_queue_push(struct lp_queue *q, struct lp_frame *frame);
/* The datagram to send next, if its whole length is to be at most max bytes. False when there is
 * none. A frame that cannot be sent at that size (row F5) is dropped and counted in *too_big. */
bool lp_queue_peek(struct lp_queue *q, struct lp_pool *pool, size_t max, uint64_t *too_big,
	struct lp_datagram *ret_datagram);
/* The datagram of the last peek is sent. */
void lp_queue_pop(struct lp_queue *q, struct lp_pool *pool);
void lp_queue_clear(struct lp_queue *q, struct lp_pool *pool);

#endif
