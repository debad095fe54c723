#include "lanparty/path/queue.h"

#define FORGET                                                                                     \
	(8 * LP_QUEUE_RETRANSMIT_MAX) /* what was sent so long ago was acknowledged, or lost */

enum list { IDLE, SPARSE, BULK };

static void append(struct lp_entries *list, struct lp_entry *place)
{
	place->next = NULL;
	place->prev = list->last;
	if (list->last)
		list->last->next = place;
	else
		list->first = place;
	list->last = place;
}

static void take_out(struct lp_entries *list, struct lp_entry *place)
{
	if (place->prev)
		place->prev->next = place->next;
	else
		list->first = place->next;
	if (place->next)
		place->next->prev = place->prev;
	else
		list->last = place->prev;
}

static struct lp_flows *flows_of(struct lp_queue *q, enum list list)
{
	return list == SPARSE ? &q->sparse : &q->bulk;
}

static void add_flow(struct lp_queue *q, struct lp_flow *f, enum list list)
{
	struct lp_flows *flows = flows_of(q, list);
	f->list = (uint8_t)list;
	f->next = NULL;
	if (flows->last)
		flows->last->next = f;
	else
		flows->first = f;
	flows->last = f;
}

/* Off its list, where it is the first. */
static void next_flow(struct lp_queue *q, struct lp_flow *f)
{
	struct lp_flows *flows = flows_of(q, (enum list)f->list);
	flows->first = f->next;
	if (!f->next)
		flows->last = NULL;
	f->list = IDLE;
}

static void take_out_flow(struct lp_queue *q, struct lp_flow *f)
{
	struct lp_flows *flows = flows_of(q, (enum list)f->list);
	struct lp_flow *before = NULL, *at = flows->first;
	for (; at && at != f; at = at->next)
		before = at;
	if (before)
		before->next = f->next;
	else
		flows->first = f->next;
	if (flows->last == f)
		flows->last = before;
	f->list = IDLE;
}

/* The flow with this hash, or a place for it; one of another flow when all places are taken. */
static struct lp_flow *find_flow(struct lp_queue *q, uint32_t hash)
{
	struct lp_flow *empty = NULL;
	for (uint32_t i = 0; i < LP_QUEUE_WAYS; i++) {
		struct lp_flow *f = &q->flows[(hash + i) % LP_QUEUE_FLOWS];
		if (f->list != IDLE && f->hash == hash)
			return f;
		if (f->list == IDLE && (!empty || f->hash == hash))
			empty = f;
	}
	if (!empty)
		return &q->flows[hash % LP_QUEUE_FLOWS];
	if (empty->hash != hash)
		empty->codel = (struct lp_codel){0};
	empty->hash = hash;
	return empty;
}

static uint16_t *waiting_of(struct lp_queue *q, const struct lp_frame *frame)
{
	return &q->waiting[frame->peer % LP_QUEUE_SENDERS];
}

/* From its flow; it belongs to nobody then. */
static void unqueue(struct lp_queue *q, struct lp_entry *place)
{
	struct lp_flow *f = &q->flows[place->flow];
	take_out(&f->places, place);
	f->bytes -= place->frame->len;
	--*waiting_of(q, place->frame);
	q->count--;
}

/* From those that are to be sent again. */
static void take_again(struct lp_queue *q, struct lp_entry *place)
{
	take_out(&q->again, place);
	q->again_bytes -= place->frame->len;
	q->count--;
}

static void leave_flight(struct lp_queue *q, struct lp_entry *place)
{
	take_out(&q->flight, place);
	place->in_flight = false;
	q->flight_count--;
}

/* The oldest frame of the longest flow of the peer that has most frames here: with many flows one peer
 * does not push out what the others send. Flows can share a place: where none begins with a frame of that
 * peer, any flow will do. What is to be sent again counts as a flow. */
static void drop_longest(struct lp_queue *q, struct lp_pool *pool)
{
	size_t sender = 0;
	for (size_t i = 1; i < LP_QUEUE_SENDERS; i++)
		if (q->waiting[i] > q->waiting[sender])
			sender = i;
	struct lp_flow *longest = NULL;
	for (int any = 0; any < 2 && !longest; any++)
		for (size_t i = 0; i < LP_QUEUE_FLOWS; i++) {
			struct lp_flow *f = &q->flows[i];
			const struct lp_entry *first = f->places.first;
			if (first && (any || first->frame->peer % LP_QUEUE_SENDERS == sender) &&
				(!longest || f->bytes > longest->bytes))
				longest = f;
		}
	struct lp_entry *oldest = longest ? longest->places.first : NULL;
	if (q->again.first && (!longest || q->again_bytes > longest->bytes)) {
		oldest = q->again.first;
		take_again(q, oldest);
	} else if (oldest) {
		unqueue(q, oldest);
	} else {
		return; /* there is only one of which half is out */
	}
	lp_entry_free(pool, oldest);
}

/* Turns until each flow that fills the line has had one. */
static uint32_t round_of(const struct lp_queue *q)
{
	uint32_t count = 0;
	for (const struct lp_flow *f = q->bulk.first; f; f = f->next)
		count += f->places.first != NULL;
	return count;
}

/* Flows that come up, and those that still have some of their first quantum, go first. On a slow line a
 * game says something more than once in a round, and bulk's turn never finds it idle: it has that
 * quantum again after a round all the same. */
static void wake_flow(struct lp_queue *q, struct lp_flow *f)
{
	bool idle = f->list == IDLE;
	if (!idle && (f->list != BULK || !f->fresh))
		return;
	if (idle || q->turns - f->turn >= round_of(q)) {
		f->deficit = LP_QUEUE_SPARSE;
		f->fresh = true;
		f->turn = q->turns;
	}
	if (f->deficit <= 0)
		return;
	if (!idle)
		take_out_flow(q, f);
	add_flow(q, f, SPARSE);
}

bool lp_queue_push(struct lp_queue *q, struct lp_pool *pool, struct lp_frame *frame, size_t limit,
	lp_time now, uint64_t drops[LP_DROP_COUNT])
{
	struct lp_entry *place = lp_entry_take(pool, frame);
	if (!place)
		return false;
	place->at = now;
	place->queue = q;
	++*waiting_of(q, frame);
	struct lp_flow *f = find_flow(q, frame->flow.hash);
	place->flow = (uint8_t)(f - q->flows);
	if (!f->places.first)
		wake_flow(q, f);
	append(&f->places, place);
	f->bytes += frame->len;
	q->count++;
	if (q->count > limit) {
		drops[LP_DROP_QUEUE_FULL]++;
		drop_longest(q, pool);
	}
	return true;
}

static void drop(struct lp_queue *q, struct lp_pool *pool, struct lp_entry *place)
{
	if (place == q->half) {
		q->half = NULL;
		q->count--;
	} else if (place == q->again.first) {
		take_again(q, place);
	} else {
		unqueue(q, place);
	}
	lp_entry_free(pool, place);
}

/* The flow whose turn it is, and that has something to send; NULL. */
static struct lp_flow *next_turn(struct lp_queue *q, bool bulk)
{
	for (;;) {
		struct lp_flow *f = q->sparse.first;
		if (!f && bulk)
			f = q->bulk.first;
		if (!f)
			return NULL;
		bool sparse = f->list == SPARSE;
		const struct lp_entry *first = f->places.first;
		if (!first) {
			/* Forgotten when bulk has its turn: else it would go first with each frame. */
			next_flow(q, f);
			if (sparse)
				add_flow(q, f, BULK);
		} else if (f->deficit <= 0) {
			next_flow(q, f);
			q->turns += !sparse;
			f->deficit += LP_QUEUE_QUANTUM;
			f->fresh = false;
			add_flow(q, f, BULK);
		} else if (!bulk && first->frame->len > f->deficit) {
			next_flow(q, f);
			f->fresh = false;
			add_flow(q, f, BULK);
		} else {
			return f;
		}
	}
}

static struct lp_entry *choose(struct lp_queue *q, struct lp_pool *pool, bool bulk, lp_time now,
	uint64_t drops[LP_DROP_COUNT])
{
	if (q->half)
		return q->half;
	while (q->again.first && now > q->again.first->at + LP_QUEUE_RETRANSMIT_MAX) {
		drops[LP_DROP_LATE]++;
		drop(q, pool, q->again.first);
	}
	if (bulk && q->again.first && !q->sparse.first)
		return q->again.first;
	struct lp_flow *f;
	while ((f = next_turn(q, bulk))) {
		struct lp_entry *place = f->places.first;
		lp_time waited = now > place->at ? now - place->at : 0;
		if (f->list == SPARSE || !lp_codel_drops(&f->codel, waited, !place->next, now))
			return place;
		drops[LP_DROP_LATE]++;
		drop(q, pool, place);
	}
	return bulk ? q->again.first : NULL;
}

/* Whoever acknowledges little leaves buffers for the others. */
static bool may_keep(const struct lp_queue *q, const struct lp_pool *pool)
{
	return !lp_pool_is_scarce(pool) &&
	       q->flight_count < lp_pool_free_count(pool) / LP_QUEUE_SHARE;
}

/* How the frame goes out in at most max bytes; false when it cannot. */
static bool fit(const struct lp_queue *q, const struct lp_pool *pool, const struct lp_entry *place,
	size_t max, enum lp_overlay_type *ret_type)
{
	size_t len = place->frame->len, first = (len + 1) / 2;
	bool again = place->tries > 0;
	bool numbered = q->retransmit && place->frame->flow.tcp && (again || may_keep(q, pool));
	/* The fourth time small: perhaps the path carries no large packets any more (mtu.h). */
	bool small = q->fragments && place->tries >= LP_QUEUE_LARGE && len > LP_DATAGRAM_MIN;
	if (place == q->half) {
		*ret_type = LP_OVERLAY_SECOND;
		return LP_OVERLAY_FRAGMENT_HEADER + len - first <= max;
	}
	if (numbered && !small && LP_OVERLAY_NUMBERED_HEADER + len <= max)
		*ret_type = LP_OVERLAY_NUMBERED;
	else if (!again && LP_OVERLAY_HEADER + len <= max)
		*ret_type = LP_OVERLAY_WHOLE;
	else if (q->fragments && LP_OVERLAY_FRAGMENT_HEADER + first <= max)
		*ret_type = LP_OVERLAY_FIRST;
	else
		return false;
	return true;
}

static void describe(
	const struct lp_queue *q, const struct lp_pool *pool, struct lp_datagram *ret_datagram)
{
	const struct lp_entry *place = q->peeked;
	const struct lp_frame *frame = place->frame;
	struct lp_overlay overlay = {
		.type = q->peeked_type,
		.peer = frame->peer,
		.room = frame->room,
		.frame_id = place->tries > 0 || place == q->half ? place->number : q->number,
		.frame_len = frame->len,
	};
	size_t first = ((size_t)frame->len + 1) / 2;
	ret_datagram->header_len = lp_overlay_encode(&overlay, ret_datagram->header);
	ret_datagram->bytes = frame->bytes;
	ret_datagram->len = frame->len;
	if (q->peeked_type == LP_OVERLAY_FIRST) {
		ret_datagram->len = first;
	} else if (q->peeked_type == LP_OVERLAY_SECOND) {
		ret_datagram->bytes += first;
		ret_datagram->len -= first;
	}
	ret_datagram->tag = q->peeked_type == LP_OVERLAY_NUMBERED ? lp_entry_tag(pool, place) : 0;
	ret_datagram->last = q->count == 1 && q->peeked_type != LP_OVERLAY_FIRST;
}

/* QUIC does not tell what became of each one, and a peer that acknowledges nothing is not asked. */
void lp_queue_expire(struct lp_queue *q, struct lp_pool *pool, lp_time now)
{
	struct lp_entry *oldest;
	while ((oldest = q->flight.first) && now >= oldest->at + FORGET) {
		leave_flight(q, oldest);
		lp_entry_free(pool, oldest);
	}
}

bool lp_queue_peek(struct lp_queue *q, struct lp_pool *pool, size_t max, bool bulk, lp_time now,
	uint64_t drops[LP_DROP_COUNT], struct lp_datagram *ret_datagram)
{
	lp_queue_expire(q, pool, now);
	while ((q->peeked = choose(q, pool, bulk, now, drops))) {
		if (fit(q, pool, q->peeked, max, &q->peeked_type)) {
			describe(q, pool, ret_datagram);
			return true;
		}
		drops[LP_DROP_TOO_BIG]++;
		drop(q, pool, q->peeked);
	}
	return false;
}

void lp_queue_pop(struct lp_queue *q, struct lp_pool *pool)
{
	struct lp_entry *place = q->peeked;
	q->peeked = NULL;
	if (place == q->half) {
		drop(q, pool, place);
		return;
	}
	if (place->tries > 0) {
		take_again(q, place);
		q->retransmitted++;
	} else {
		q->flows[place->flow].deficit -= place->frame->len;
		unqueue(q, place);
		if (q->peeked_type != LP_OVERLAY_WHOLE)
			place->number = q->number++;
	}
	if (q->peeked_type == LP_OVERLAY_NUMBERED) {
		place->tries++;
		place->in_flight = true;
		q->flight_count++;
		append(&q->flight, place);
	} else if (q->peeked_type == LP_OVERLAY_FIRST) {
		q->half = place;
		q->count++;
	} else {
		lp_entry_free(pool, place);
	}
}

/* Tags come round some day: what is found must be ours, and under way. */
static struct lp_entry *in_flight(const struct lp_queue *q, struct lp_pool *pool, uint64_t tag)
{
	struct lp_entry *place = lp_entry_find(pool, tag);
	return place && place->queue == q && place->in_flight ? place : NULL;
}

void lp_queue_acked(struct lp_queue *q, struct lp_pool *pool, uint64_t tag)
{
	struct lp_entry *place = in_flight(q, pool, tag);
	if (!place)
		return;
	leave_flight(q, place);
	lp_entry_free(pool, place);
}

void lp_queue_lost(struct lp_queue *q, struct lp_pool *pool, uint64_t tag, lp_time now)
{
	struct lp_entry *place = in_flight(q, pool, tag);
	if (!place)
		return;
	leave_flight(q, place);
	if (place->tries >= LP_QUEUE_TRIES || now > place->at + LP_QUEUE_RETRANSMIT_MAX ||
		q->count >= LP_QUEUE_FRAMES) {
		lp_entry_free(pool, place);
		return;
	}
	lp_entry_renew(place);
	append(&q->again, place);
	q->again_bytes += place->frame->len;
	q->count++;
}

static void clear(struct lp_entries *list, struct lp_pool *pool)
{
	struct lp_entry *place;
	while ((place = list->first)) {
		take_out(list, place);
		lp_entry_free(pool, place);
	}
}

void lp_queue_clear(struct lp_queue *q, struct lp_pool *pool)
{
	bool fragments = q->fragments, retransmit = q->retransmit;
	uint64_t retransmitted = q->retransmitted;
	for (size_t i = 0; i < LP_QUEUE_FLOWS; i++)
		clear(&q->flows[i].places, pool);
	clear(&q->again, pool);
	clear(&q->flight, pool);
	if (q->half)
		lp_entry_free(pool, q->half);
	*q = (struct lp_queue){
		.fragments = fragments, .retransmit = retransmit, .retransmitted = retransmitted};
}
