/* The network of a simulated world: its events, in the order of time. */
#include "world_inner.h"

uint64_t world_seed;

/* Orders events by time. */

static bool sooner(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void world_schedule(struct world *w, lp_time at, struct event e)
{
	if (w->heap_count == w->heap_cap) {
		w->heap_cap = w->heap_cap ? 2 * w->heap_cap : 64;
		w->heap = realloc(w->heap, w->heap_cap * sizeof(*w->heap));
		assert_non_null(w->heap);
	}
	e.at = at;
	e.order = ++w->order;
	size_t i = w->heap_count++;
	for (; i && sooner(&e, &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		w->heap[i] = w->heap[(i - 1) / 2];
	w->heap[i] = e;
}

struct event world_take_event(struct world *w)
{
	struct event first = w->heap[0], last = w->heap[--w->heap_count];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < w->heap_count; i = child) {
		if (child + 1 < w->heap_count && sooner(&w->heap[child + 1], &w->heap[child]))
			child++;
		if (!sooner(&w->heap[child], &last))
			break;
		w->heap[i] = w->heap[child];
	}
	w->heap[i] = last;
	return first;
}

/* The network. */

lp_time world_one_way(struct world *w)
{
	return w->wire.delay + (w->wire.jitter ? dice_roll(&w->dice) % w->wire.jitter : 0);
}

lp_time world_reliable(struct world *w)
{
	lp_time delay = world_one_way(w);
	while (dice_chance(&w->dice, w->wire.loss))
		delay += WORLD_RETRANSMIT;
	return delay;
}

static uint8_t *copy_of(const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	assert_non_null(copy);
	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

void world_send_stream(struct world *w, size_t conn, bool to_relay, int64_t stream,
	const uint8_t *bytes, size_t len)
{
	lp_time at = w->now + world_reliable(w);
	struct event e = {
		.kind = STREAM, .to_relay = to_relay, .conn = conn, .stream = stream, .fin = true};
	if (dice_chance(&w->dice, 200)) {
		struct event first = e;
		first.len = dice_below(&w->dice, len + 1);
		first.bytes = copy_of(bytes, first.len);
		first.fin = false;
		world_schedule(w, at, first);
		bytes += first.len;
		len -= first.len;
		at += world_reliable(w);
	}
	e.len = len;
	e.bytes = copy_of(bytes, len);
	world_schedule(w, at, e);
}

/* Reports the fate to the sender after a round trip; a few are never reported, as in QUIC. */
static void tell_fate(struct world *w, size_t conn, bool to_relay, uint64_t tag, bool arrives)
{
	struct event e = {.kind = ACKED, .to_relay = !to_relay, .conn = conn, .tag = tag};
	lp_time after = 2 * (w->wire.delay + w->wire.jitter);
	if (dice_chance(&w->dice, 10))
		return;
	if (!arrives || dice_chance(&w->dice, w->wire.doubts)) {
		e.kind = LOST;
		world_schedule(w, w->now + after, e);
		after += world_one_way(w);
		e.kind = ACKED;
	}
	if (arrives)
		world_schedule(w, w->now + after, e);
}

void world_send_datagram(struct world *w, size_t conn, bool to_relay, const struct lp_datagram *d)
{
	uint8_t bytes[LP_DATAGRAM_MAX + LP_OVERLAY_FRAGMENT_HEADER];
	struct event e = {.kind = DATAGRAM, .to_relay = to_relay, .conn = conn};
	e.stream = w->conns[conn]->numbers[to_relay].next++;
	e.len = d->header_len + d->len;
	memcpy(bytes, d->header, d->header_len);
	memcpy(bytes + d->header_len, d->bytes, d->len);
	int copies = 1 + dice_chance(&w->dice, w->wire.duplicates);
	bool arrives = false;
	while (copies--) {
		if (dice_chance(&w->dice, w->wire.loss))
			continue;
		e.bytes = copy_of(bytes, e.len);
		world_schedule(w, w->now + world_one_way(w), e);
		arrives = true;
	}
	if (d->tag)
		tell_fate(w, conn, to_relay, d->tag, arrives);
}

bool world_is_repeated(struct numbers *n, int64_t number)
{
	for (; n->highest < number; n->highest++)
		n->seen[(n->highest + 1) % WORLD_WINDOW] = 0;
	if (number + WORLD_WINDOW <= n->highest)
		return true;
	return n->seen[number % WORLD_WINDOW]++ != 0;
}
