/* One queue. The input is what is pushed, sent, acknowledged and lost, and when. Whatever happens,
 * the lists and the count are consistent, no frame is sent twice unless it was reported lost, and
 * every frame returns to the pool. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/bytes.h"
#include "lanparty/path/queue.h"

#define FRAMES 48
#define TAGS   256
#define ROOM   0x01020304
#define PEER   7 /* and the next one */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct world {
	struct lp_reader in;
	struct lp_pool *pool;
	struct lp_queue queue;
	uint64_t drops[LP_DROP_COUNT];
	lp_time now;
	uint64_t tags[TAGS]; /* the latest tags */
	size_t tag_count;
	struct lp_frame *held[FRAMES]; /* by another owner */
	size_t held_count;
	uint32_t serial; /* of the next frame */
	uint8_t sent[1u
		     /* number of transmissions of each frame, as numbered frame and as frame or
		      * first fragment */
		     << 16];
	uint32_t half; /* the frame whose first fragment was sent last */
	uint16_t half_id;
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

static size_t count_places(const struct lp_entries *list)
{
	size_t count = 0;
	const struct lp_entry *before = NULL;
	for (const struct lp_entry *p = list->first; p; before = p, p = p->next) {
		check(p->prev == before && p->frame && p->frame->references == 1);
		check(++count <= FRAMES);
	}
	check(list->last == before);
	return count;
}

/* Each flow with frames is in exactly the list that its state requires. */
static void check_flows(const struct lp_queue *q)
{
	size_t listed = 0, busy = 0;
	for (int n = 0; n < 2; n++) {
		const struct lp_flows *flows = n ? &q->bulk : &q->sparse;
		const struct lp_flow *last = NULL;
		for (const struct lp_flow *f = flows->first; f; last = f, f = f->next) {
			check(f->list == n + 1);
			check(++listed <= LP_QUEUE_FLOWS);
		}
		check(flows->last == last);
	}
	for (size_t i = 0; i < LP_QUEUE_FLOWS; i++) {
		const struct lp_flow *f = &q->flows[i];
		size_t bytes = 0;
		for (const struct lp_entry *p = f->places.first; p; p = p->next) {
			check(p->flow == i && p->tries == 0);
			bytes += p->frame->len;
		}
		check(bytes == f->bytes);
		check(!f->places.first || f->list != 0);
		check(f->deficit <= (int32_t)LP_QUEUE_QUANTUM && f->deficit > -LP_ETH_FRAME_MAX);
		busy += f->list != 0;
	}
	check(busy == listed);
}

static void check_all(const struct world *w)
{
	const struct lp_queue *q = &w->queue;
	size_t waiting = 0, kept = count_places(&q->flight);
	for (size_t i = 0; i < LP_QUEUE_FLOWS; i++)
		waiting += count_places(&q->flows[i].places);
	waiting += count_places(&q->again) + (q->half != NULL);
	check(waiting == q->count);
	check(lp_pool_free_count(w->pool) == FRAMES - waiting - kept - w->held_count);
	check(lp_pool_free_entries(w->pool) == FRAMES * LP_ENTRIES_PER_FRAME - waiting - kept);
	check_flows(q);
}

static void op_push(struct world *w)
{
	uint8_t size = lp_read_u8(&w->in), flow = lp_read_u8(&w->in), limit = lp_read_u8(&w->in);
	struct lp_frame *frame = lp_pool_take(w->pool);
	size_t before = w->queue.count;
	if (!frame)
		return;
	frame->room = ROOM;
	frame->peer = PEER + (size & 1);
	frame->len = (uint16_t)(LP_ETH_HEADER + size * 1500u / 255);
	frame->flow = (struct lp_flow_key){.hash = flow >> 1, .tcp = flow & 1};
	for (size_t i = 0; i < frame->len; i++)
		frame->bytes[i] = (uint8_t)(w->serial + i);
	struct lp_writer writer = lp_writer_of(frame->bytes, 4);
	lp_write_u32(&writer, w->serial);
	w->serial = (w->serial + 1) % sizeof(w->sent);
	w->sent[(w->serial + sizeof(w->sent) - 1) % sizeof(w->sent)] = 0;
	size_t most = limit ? limit : 1;
	check(lp_queue_push(&w->queue, w->pool, frame, most, w->now, w->drops));
	check(w->queue.count <= (before > most ? before : most));
}

/* Decodes a datagram as a receiver does. */
static void check_datagram(struct world *w, const struct lp_datagram *d, bool sent)
{
	uint8_t bytes[LP_DATAGRAM_MAX + LP_OVERLAY_FRAGMENT_HEADER];
	struct lp_overlay o;
	check(d->len > 0 && d->header_len + d->len <= sizeof(bytes));
	memcpy(bytes, d->header, d->header_len);
	memcpy(bytes + d->header_len, d->bytes, d->len);
	check(lp_overlay_decode(bytes, d->header_len + d->len, &o) == LP_DROP_NONE);
	check(o.room == ROOM && (o.peer == PEER || o.peer == PEER + 1) && o.len == d->len);
	check((d->tag != 0) == (o.type == LP_OVERLAY_NUMBERED) && d->tag >> 48 == 0);
	if (o.type == LP_OVERLAY_SECOND) {
		check(o.frame_id == w->half_id && w->queue.half);
		size_t at = (o.frame_len + 1u) / 2;
		check(o.bytes[0] == (at < 4 ? o.bytes[0] : (uint8_t)(w->half + at)));
		return;
	}
	struct lp_reader r = lp_reader_of(o.bytes, 4);
	uint32_t serial = lp_read_u32(&r);
	check(serial < sizeof(w->sent));
	if (!sent)
		return;
	w->half = serial;
	w->half_id = o.frame_id;
	check(++w->sent[serial] <= (w->queue.retransmit ? LP_QUEUE_TRIES : 1));
	if (d->tag)
		w->tags[w->tag_count++ % TAGS] = d->tag;
}

static void op_send(struct world *w, bool sent)
{
	size_t max = 7 * (size_t)lp_read_u8(&w->in);
	uint8_t choice = lp_read_u8(&w->in);
	struct lp_datagram d;
	for (int n = choice % 8; n >= 0; n--) {
		if (!lp_queue_peek(&w->queue, w->pool, max, choice & 8, w->now, w->drops, &d)) {
			check(!(choice & 8) || w->queue.count == 0); /* not the governor's turn */
			return;
		}
		check(d.header_len + d.len <= max);
		check_datagram(w, &d, sent);
		if (!sent)
			continue;
		lp_queue_pop(&w->queue, w->pool);
		check(d.last == (w->queue.count == 0));
	}
}

static void op_fate(struct world *w, bool acked)
{
	uint8_t choice = lp_read_u8(&w->in);
	uint64_t tag = w->tags[choice % TAGS];
	/* a made-up tag, except those of waiting frames, which are never issued */
	if (choice == 255)
		tag = (uint64_t)1 << 47 | lp_read_u8(&w->in);
	if (acked)
		lp_queue_acked(&w->queue, w->pool, tag);
	else
		lp_queue_lost(&w->queue, w->pool, tag, w->now);
}

static void op_hold(struct world *w)
{
	uint8_t count = lp_read_u8(&w->in) % FRAMES;
	while (w->held_count < count && (w->held[w->held_count] = lp_pool_take(w->pool)))
		w->held_count++;
	while (w->held_count > count)
		lp_frame_drop(w->pool, w->held[--w->held_count]);
}

static void step(struct world *w)
{
	uint8_t op = lp_read_u8(&w->in);
	switch (op % 12) {
	case 0:
	case 1:
	case 2:
		op_push(w);
		break;
	case 3:
	case 4:
		op_send(w, true);
		break;
	case 5:
		op_send(w, false);
		break;
	case 6:
		op_fate(w, true);
		break;
	case 7:
	case 8:
		op_fate(w, false);
		break;
	case 9:
		w->now += lp_read_u8(&w->in) * (op & 128 ? 100u : 1u) * LP_MILLISECOND;
		break;
	case 10:
		op_hold(w);
		break;
	default:
		if (op > 250)
			lp_queue_clear(&w->queue, w->pool);
		else
			lp_queue_expire(&w->queue, w->pool, w->now);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct world world;
	struct world *w = &world;
	memset(w, 0, sizeof(*w));
	w->in = lp_reader_of(bytes, len);
	w->pool = lp_pool_new(FRAMES);
	check(w->pool != NULL);
	uint8_t can = lp_read_u8(&w->in);
	w->queue.fragments = can & 1;
	w->queue.retransmit = can & 2;
	while (lp_reader_left(&w->in)) {
		step(w);
		check_all(w);
	}
	while (w->held_count)
		lp_frame_drop(w->pool, w->held[--w->held_count]);
	lp_queue_clear(&w->queue, w->pool);
	check(w->queue.count == 0 && lp_pool_free_count(w->pool) == FRAMES);
	check(lp_pool_free_entries(w->pool) == FRAMES * LP_ENTRIES_PER_FRAME);
	lp_pool_free(w->pool);
	return 0;
}
