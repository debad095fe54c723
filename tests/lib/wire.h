/* wire.h - a hub and many tunnels, simulated on a fake clock, and the network between them.
 *
 * The network is a model of QUIC, not QUIC itself: datagrams are lost, delayed, reordered and
 * duplicated (the second copy is discarded, as QUIC does by packet number). The fate of datagrams
 * with a tag is reported late, and some slow ones are reported as lost. Streams arrive completely
 * but late and in any order. Connections need time until they are established and until they notice
 * that the other end is gone. */
#ifndef LANPARTY_TESTS_WIRE_H
#define LANPARTY_TESTS_WIRE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dice.h"
#include "frames.h"
#include "lanparty/room/hub.h"
#include "lanparty/wire/overlay.h"
#include "lanparty/tunnel/tunnel.h"

#define WORLD_PEERS      208
#define WORLD_IDLE       (15 * LP_SECOND) /* until a silent end is noticed */
#define WORLD_HANDSHAKE  (5 * LP_SECOND)
#define WORLD_RETRANSMIT (200 * LP_MILLISECOND)
#define WORLD_SERIALS    32768 /* number of distinguishable frames */
#define WORLD_WINDOW     1024  /* packet numbers that are remembered */

static uint64_t world_seed; /* printed when a check fails */

#define check(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("%s:%d: %s, with LANPARTY_SEED=%llu", __FILE__, __LINE__,         \
				#condition, (unsigned long long)world_seed);                       \
	} while (0)

struct wire {
	unsigned loss, duplicates; /* per thousand */
	lp_time delay, jitter;     /* in one direction */
	unsigned doubts;           /* per thousand that arrive but are reported lost */
};

enum event_kind { RELAY_OPENS, PEER_OPENS, STREAM, DATAGRAM, ACKED, LOST, CLOSED };

struct event {
	lp_time at;
	uint64_t order; /* order of events at the same time */
	enum event_kind kind;
	bool to_relay, fin, final;
	size_t conn;
	int64_t stream; /* or a packet number */
	uint64_t tag;
	enum lp_leave_reason reason;
	size_t len;
	uint8_t *bytes;
};

/* Packet numbers of one direction. */
struct numbers {
	int64_t next, highest;
	uint8_t seen[WORLD_WINDOW];
};

struct conn {
	size_t index, peer;
	struct lp_session *session;
	lp_time begun;              /* when its first packet would reach the relay */
	bool relay_open, peer_open; /* handshake complete and not closed */
	bool relay_over, peer_over;
	int64_t next_stream[2]; /* towards the member, towards the relay */
	struct numbers numbers[2];
	struct world *world;
	bool woken; /* in the world's list */
	struct conn *next_woken;
};

struct other {
	uint16_t peer;
	struct lp_mac mac;
};

struct world;

struct peer_port {
	struct lp_port port;
	struct world *world;
	size_t peer;
};

struct peer {
	struct peer_port port;
	struct lp_tunnel *tunnel; /* NULL: the program is not running */
	size_t conn;              /* the current one; 0: none */
	struct lp_mac mac;
	size_t path;
	bool up, woken; /* woken: its tunnel wants to send */
	struct lp_welcome welcome;
	struct other others[WORLD_PEERS]; /* the members that the relay reported */
	size_t other_count;
	size_t told_macs; /* the MACs that the port received */
	bool clean;       /* the relay knows that its earlier connection has ended */
	bool old;         /* has only the capabilities below */
	uint64_t capabilities;
	int reject; /* -1: none */
	size_t received, got_bytes;
	uint8_t got[WORLD_SERIALS]; /* number of arrivals of each frame */
	lp_time joined_at;
};

/* Receives the frames of a member's port besides the counting; can be NULL. */
typedef void world_sink(struct world *w, size_t peer, const uint8_t *frame, size_t len);

struct world {
	lp_time now;
	uint64_t dice;
	struct wire wire;
	struct lp_hub_config config;
	struct lp_hub *hub; /* NULL: the relay is down */
	struct event *heap;
	size_t heap_count, heap_cap;
	uint64_t order;
	struct conn **conns; /* index 0 is none */
	struct conn *woken;  /* whose relay end wants to send */
	size_t conn_count, conn_cap;
	struct peer peers[WORLD_PEERS];
	size_t peer_count;
	world_sink *sink;
	uint32_t room;      /* the last room that somebody joined */
	uint16_t last_peer; /* the last id assigned in it */
	size_t joins, rejects;
	lp_time *connects; /* when members started to connect; NULL: not recorded */
	size_t connect_count;
};

/* Orders events by time. */

static inline bool sooner(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static inline void schedule(struct world *w, lp_time at, struct event e)
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

static inline struct event take_event(struct world *w)
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

static inline lp_time one_way(struct world *w)
{
	return w->wire.delay + (w->wire.jitter ? dice_roll(&w->dice) % w->wire.jitter : 0);
}

static inline lp_time reliable(struct world *w)
{
	lp_time delay = one_way(w);
	while (dice_chance(&w->dice, w->wire.loss))
		delay += WORLD_RETRANSMIT;
	return delay;
}

static inline uint8_t *copy_of(const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	assert_non_null(copy);
	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

/* Sends a message on a stream, sometimes in two pieces. */
static inline void send_stream(struct world *w, size_t conn, bool to_relay, int64_t stream,
	const uint8_t *bytes, size_t len)
{
	lp_time at = w->now + reliable(w);
	struct event e = {
		.kind = STREAM, .to_relay = to_relay, .conn = conn, .stream = stream, .fin = true};
	if (dice_chance(&w->dice, 200)) {
		struct event first = e;
		first.len = dice_below(&w->dice, len + 1);
		first.bytes = copy_of(bytes, first.len);
		first.fin = false;
		schedule(w, at, first);
		bytes += first.len;
		len -= first.len;
		at += reliable(w);
	}
	e.len = len;
	e.bytes = copy_of(bytes, len);
	schedule(w, at, e);
}

/* Reports the fate to the sender after a round trip; a few are never reported, as in QUIC. */
static inline void tell_fate(
	struct world *w, size_t conn, bool to_relay, uint64_t tag, bool arrives)
{
	struct event e = {.kind = ACKED, .to_relay = !to_relay, .conn = conn, .tag = tag};
	lp_time after = 2 * (w->wire.delay + w->wire.jitter);
	if (dice_chance(&w->dice, 10))
		return;
	if (!arrives || dice_chance(&w->dice, w->wire.doubts)) {
		e.kind = LOST;
		schedule(w, w->now + after, e);
		after += one_way(w);
		e.kind = ACKED;
	}
	if (arrives)
		schedule(w, w->now + after, e);
}

static inline void send_datagram(
	struct world *w, size_t conn, bool to_relay, const struct lp_datagram *d)
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
		schedule(w, w->now + one_way(w), e);
		arrives = true;
	}
	if (d->tag)
		tell_fate(w, conn, to_relay, d->tag, arrives);
}

/* True if this packet has arrived before, or is too old to tell. */
static inline bool is_repeated(struct numbers *n, int64_t number)
{
	for (; n->highest < number; n->highest++)
		n->seen[(n->highest + 1) % WORLD_WINDOW] = 0;
	if (number + WORLD_WINDOW <= n->highest)
		return true;
	return n->seen[number % WORLD_WINDOW]++ != 0;
}

#endif
