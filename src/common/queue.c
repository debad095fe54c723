#include "lanparty/queue.h"

bool lp_queue_push(struct lp_queue *q, struct lp_frame *frame)
{
	if (q->count == LP_QUEUE_FRAMES)
		return false;
	q->ring[(q->head + q->count) % LP_QUEUE_FRAMES] = frame;
	q->count++;
	return true;
}

/* The oldest frame is done with, sent or not. */
static void next_frame(struct lp_queue *q, struct lp_pool *pool)
{
	lp_frame_drop(pool, q->ring[q->head]);
	q->head = (uint16_t)((q->head + 1) % LP_QUEUE_FRAMES);
	q->count--;
	if (q->half_sent)
		q->frame_id++;
	q->half_sent = false;
	q->peeked = LP_OVERLAY_WHOLE;
}

/* How the frame goes out in at most max bytes; false when it cannot. */
static bool fit(const struct lp_queue *q, const struct lp_frame *frame, size_t max,
	enum lp_overlay_type *ret_type)
{
	enum lp_overlay_type type = q->half_sent ? LP_OVERLAY_SECOND : LP_OVERLAY_WHOLE;
	size_t need = LP_OVERLAY_HEADER + (size_t)frame->len;

	if (q->half_sent) {
		need = LP_OVERLAY_HALF_HEAD + (size_t)frame->len / 2;
	} else if (need > max && q->halves) {
		type = LP_OVERLAY_FIRST;
		need = LP_OVERLAY_HALF_HEAD + ((size_t)frame->len + 1) / 2;
	}
	if (need > max)
		return false;
	*ret_type = type;
	return true;
}

bool lp_queue_peek(struct lp_queue *q, struct lp_pool *pool, size_t max, uint64_t *too_big,
	struct lp_datagram *ret_datagram)
{
	while (q->count > 0 && !fit(q, q->ring[q->head], max, &q->peeked)) {
		next_frame(q, pool);
		++*too_big;
	}
	if (q->count == 0)
		return false;
	const struct lp_frame *frame = q->ring[q->head];
	struct lp_overlay overlay = {
		.type = q->peeked,
		.peer = frame->peer,
		.room = frame->room,
		.frame_id = q->frame_id,
		.frame_len = frame->len,
	};
	size_t first = ((size_t)frame->len + 1) / 2;

	ret_datagram->header_len = lp_overlay_encode(&overlay, ret_datagram->header);
	ret_datagram->bytes = frame->bytes;
	ret_datagram->len = q->peeked == LP_OVERLAY_WHOLE ? frame->len : first;
	if (q->peeked == LP_OVERLAY_SECOND) {
		ret_datagram->bytes = frame->bytes + first;
		ret_datagram->len = frame->len - first;
	}
	return true;
}

void lp_queue_pop(struct lp_queue *q, struct lp_pool *pool)
{
	if (q->peeked == LP_OVERLAY_FIRST) {
		q->half_sent = true;
		q->peeked = LP_OVERLAY_SECOND;
	} else {
		next_frame(q, pool);
	}
}

void lp_queue_clear(struct lp_queue *q, struct lp_pool *pool)
{
	while (q->count > 0)
		next_frame(q, pool);
}
