/* One sender: bytes are what is pushed, sent, acknowledged and lost, and when. Whatever happens, the lists
 * are whole, the count is right, no frame goes out twice but those that were called lost, and every frame
 * comes back to the pool. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/bytes.h"
#include "lanparty/path/sender.h"

#define FRAMES 48
#define TAGS   256
#define ROOM   0x01020304
#define PEER   7 /* and the next one */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct world {
	struct lp_reader in;
	struct lp_pool *pool;
	struct lp_sender sender;
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

static size_t count_entries(const struct lp_entries *list)
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

/* Each flow that has frames is in one list, and each list has what says so. */
static void check_flows(const struct lp_sender *s)
{
	size_t listed = 0, busy = 0;
	for (int n = 0; n < 2; n++) {
		const struct lp_flows *flows = n ? &s->bulk : &s->sparse;
		const struct lp_flow *last = NULL;
		for (const struct lp_flow *f = flows->first; f; last = f, f = f->next) {
			check(f->list == n + 1);
			check(++listed <= LP_SENDER_FLOWS);
		}
		check(flows->last == last);
	}
	for (size_t i = 0; i < LP_SENDER_FLOWS; i++) {
		const struct lp_flow *f = &s->flows[i];
		size_t bytes = 0;
		for (const struct lp_entry *p = f->entries.first; p; p = p->next) {
			check(p->flow == i && p->tries == 0);
			bytes += p->frame->len;
		}
		check(bytes == f->bytes);
		check(!f->entries.first || f->list != 0);
		check(f->deficit <= (int32_t)LP_SENDER_QUANTUM && f->deficit > -LP_ETH_FRAME_MAX);
		busy += f->list != 0;
	}
	check(busy == listed);
}

static void check_all(const struct world *w)
{
	const struct lp_sender *s = &w->sender;
	size_t waiting = 0, kept = count_entries(&s->flight);
	for (size_t i = 0; i < LP_SENDER_FLOWS; i++)
		waiting += count_entries(&s->flows[i].entries);
	waiting += count_entries(&s->lost) + (s->second != NULL);
	check(waiting == s->count);
	check(lp_pool_free_count(w->pool) == FRAMES - waiting - kept - w->held_count);
	check(lp_pool_free_entries(w->pool) == FRAMES * LP_ENTRIES_PER_FRAME - waiting - kept);
	check_flows(s);
}

static struct lp_datagram_source *source_of(struct world *w)
{
	return &w->sender.source;
}

static void op_push(struct world *w)
{
	uint8_t size = lp_read_u8(&w->in), flow = lp_read_u8(&w->in);
	lp_read_u8(&w->in); /* was a limit: the corpus has it */
	struct lp_frame *frame = lp_pool_take(w->pool);
	size_t before = w->sender.count;
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
	size_t share = lp_pool_free_count(w->pool) / LP_SENDER_SHARE;
	size_t most = share > LP_SENDER_LEAST ? share : LP_SENDER_LEAST;
	check(lp_sender_push(&w->sender, frame, w->now));
	lp_frame_drop(w->pool, frame);
	check(w->sender.count <= (before > most ? before : most));
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
		check(o.frame_id == w->half_id && w->sender.second);
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
	check(++w->sent[serial] <= (w->sender.retransmit ? LP_SENDER_TRIES : 1));
	if (d->tag)
		w->tags[w->tag_count++ % TAGS] = d->tag;
}

static void op_send(struct world *w, bool sent)
{
	size_t max = 7 * (size_t)lp_read_u8(&w->in);
	uint8_t choice = lp_read_u8(&w->in);
	struct lp_datagram d;
	for (int n = choice % 8; n >= 0; n--) {
		if (!source_of(w)->ops->peek(source_of(w), max, choice & 8, w->now, &d)) {
			check(!(choice & 8) ||
				w->sender.count == 0); /* bulk: nothing is held back */
			return;
		}
		check(d.header_len + d.len <= max);
		check_datagram(w, &d, sent);
		if (!sent)
			continue;
		source_of(w)->ops->pop(source_of(w));
		check(d.last == (w->sender.count == 0));
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
		source_of(w)->ops->acked(source_of(w), tag);
	else
		source_of(w)->ops->lost(source_of(w), tag, w->now);
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
			lp_sender_clear(&w->sender);
		else
			lp_sender_expire(&w->sender, w->now);
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
	lp_sender_init(&w->sender, w->pool, w->drops);
	w->sender.fragments = can & 1;
	w->sender.retransmit = can & 2;
	while (lp_reader_left(&w->in)) {
		step(w);
		check_all(w);
	}
	while (w->held_count)
		lp_frame_drop(w->pool, w->held[--w->held_count]);
	lp_sender_clear(&w->sender);
	check(w->sender.count == 0 && lp_pool_free_count(w->pool) == FRAMES);
	check(lp_pool_free_entries(w->pool) == FRAMES * LP_ENTRIES_PER_FRAME);
	lp_pool_free(w->pool);
	return 0;
}
