/* wire.h - a hub, many tunnels and a wire between them, on a fake clock: how time passes.
 *
 * The wire is a model of QUIC, not QUIC: datagrams are lost, delayed, reordered and come twice (and
 * the second one is thrown away, as QUIC does by packet number); what became of those with a tag is
 * told late, and what was only slow is called lost now and then; streams arrive whole but late and in any
 * order; connections take time to make and to notice that the other end is gone. */
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

#include "frames.h"
#include "lanparty/hub.h"
#include "lanparty/overlay.h"
#include "lanparty/tunnel.h"

#define WORLD_PEERS     208
#define WORLD_IDLE      (15 * LP_SECOND) /* until a silent end is noticed */
#define WORLD_HANDSHAKE (5 * LP_SECOND)
#define WORLD_RESEND    (200 * LP_MILLISECOND)
#define WORLD_SERIALS   32768 /* frames that can be told apart */
#define WORLD_WINDOW    1024  /* packet numbers that are remembered */

static uint64_t world_seed; /* printed when something fails */

#define check(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("%s:%d: %s, with LANPARTY_SEED=%llu", __FILE__, __LINE__,         \
				#condition, (unsigned long long)world_seed);                       \
	} while (0)

struct wire {
	unsigned loss, duplicates; /* of a thousand */
	lp_time delay, jitter;     /* one way */
	unsigned doubts;           /* of a thousand that arrive, are called lost */
};

enum event_kind { RELAY_OPENS, PEER_OPENS, STREAM, DATAGRAM, ACKED, LOST, CLOSED };

struct event {
	lp_time at;
	uint64_t order; /* of events at the same time */
	enum event_kind kind;
	bool to_relay, fin, final;
	size_t conn;
	int64_t stream; /* or a packet number */
	uint64_t tag;
	enum lp_leave_reason reason;
	size_t len;
	uint8_t *bytes;
};

/* One direction's packet numbers. */
struct numbers {
	int64_t next, highest;
	uint8_t seen[WORLD_WINDOW];
};

struct conn {
	size_t index, peer;
	struct lp_session *session;
	lp_time begun;              /* when its first packet would reach the relay */
	bool relay_open, peer_open; /* handshake complete, not closed */
	bool relay_over, peer_over;
	int64_t next_stream[2]; /* to the peer, to the relay */
	struct numbers numbers[2];
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
	struct lp_tunnel *tunnel; /* NULL: the program does not run */
	size_t conn;              /* the current one; 0: none */
	struct lp_mac mac;
	size_t path;
	bool up;
	struct lp_welcome welcome;
	struct other others[WORLD_PEERS]; /* what it was told of the room */
	size_t other_count;
	size_t told_macs; /* what the port was told */
	bool clean;       /* the relay knows that what it was before is gone */
	bool old;         /* has only the capabilities below */
	uint64_t capabilities;
	int reject; /* -1: none */
	size_t received, got_bytes;
	uint8_t got[WORLD_SERIALS]; /* how often each frame came */
	lp_time joined_at;
};

/* Takes what comes out of a peer's port, beside the counting; may be NULL. */
typedef void world_sink(struct world *w, size_t peer, const uint8_t *frame, size_t len);

struct world {
	lp_time now;
	uint64_t random;
	struct wire wire;
	struct lp_hub_config config;
	struct lp_hub *hub; /* NULL: the relay is down */
	struct event *heap;
	size_t heap_count, heap_cap;
	uint64_t order;
	struct conn **conns; /* index 0 is none */
	size_t conn_count, conn_cap;
	struct peer peers[WORLD_PEERS];
	size_t peer_count;
	world_sink *sink;
	uint32_t room;      /* the last one that somebody has joined */
	uint16_t last_peer; /* the id given last in it */
	size_t joins, rejects;
	lp_time *connects; /* when peers began to connect; NULL: not written down */
	size_t connect_count;
};

static inline uint64_t world_random(struct world *w)
{
	uint64_t z = w->random += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline size_t world_below(struct world *w, size_t limit)
{
	return (size_t)(world_random(w) % limit);
}

static inline bool world_chance(struct world *w, unsigned permille)
{
	return world_below(w, 1000) < permille;
}

/* Events, earliest first. */

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

/* The wire. */

static inline lp_time one_way(struct world *w)
{
	return w->wire.delay + (w->wire.jitter ? world_random(w) % w->wire.jitter : 0);
}

static inline lp_time reliable(struct world *w)
{
	lp_time delay = one_way(w);
	while (world_chance(w, w->wire.loss))
		delay += WORLD_RESEND;
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

/* A message on a stream, now and then in two pieces. */
static inline void send_stream(struct world *w, size_t conn, bool to_relay, int64_t stream,
	const uint8_t *bytes, size_t len)
{
	lp_time at = w->now + reliable(w);
	struct event e = {
		.kind = STREAM, .to_relay = to_relay, .conn = conn, .stream = stream, .fin = true};
	if (world_chance(w, 200)) {
		struct event first = e;
		first.len = world_below(w, len + 1);
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

/* The sender hears of it after a round trip; a few hear nothing, as with QUIC. */
static inline void tell_fate(
	struct world *w, size_t conn, bool to_relay, uint64_t tag, bool arrives)
{
	struct event e = {.kind = ACKED, .to_relay = !to_relay, .conn = conn, .tag = tag};
	lp_time after = 2 * (w->wire.delay + w->wire.jitter);
	if (world_chance(w, 10))
		return;
	if (!arrives || world_chance(w, w->wire.doubts)) {
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
	uint8_t bytes[LP_DATAGRAM_MAX + LP_OVERLAY_HALF_HEAD];
	struct event e = {.kind = DATAGRAM, .to_relay = to_relay, .conn = conn};
	e.stream = w->conns[conn]->numbers[to_relay].next++;
	e.len = d->header_len + d->len;
	memcpy(bytes, d->header, d->header_len);
	memcpy(bytes + d->header_len, d->bytes, d->len);
	int copies = 1 + world_chance(w, w->wire.duplicates);
	bool arrives = false;
	while (copies--) {
		if (world_chance(w, w->wire.loss))
			continue;
		e.bytes = copy_of(bytes, e.len);
		schedule(w, w->now + one_way(w), e);
		arrives = true;
	}
	if (d->tag)
		tell_fate(w, conn, to_relay, d->tag, arrives);
}

/* Has this packet been here before, or may it have been? */
static inline bool is_repeated(struct numbers *n, int64_t number)
{
	for (; n->highest < number; n->highest++)
		n->seen[(n->highest + 1) % WORLD_WINDOW] = 0;
	if (number + WORLD_WINDOW <= n->highest)
		return true;
	return n->seen[number % WORLD_WINDOW]++ != 0;
}

/* Connections. */

static inline void connect_peer(struct world *w, size_t i)
{
	struct event e = {.kind = RELAY_OPENS};
	lp_time start = w->now + 2 * one_way(w), at = start, wait = 300 * LP_MILLISECOND;
	if (w->conn_count == w->conn_cap) {
		w->conn_cap = w->conn_cap ? 2 * w->conn_cap : 64;
		w->conns = realloc(w->conns, w->conn_cap * sizeof(struct conn *));
		assert_non_null(w->conns);
	}
	struct conn *c = calloc(1, sizeof(*c));
	assert_non_null(c);
	c->index = w->conn_count;
	c->peer = i;
	c->next_stream[0] = 3;
	c->next_stream[1] = 2;
	e.conn = w->conn_count++;
	w->conns[e.conn] = c;
	w->peers[i].conn = e.conn;
	if (w->connects)
		w->connects[w->connect_count++] = w->now;
	while (world_chance(w, w->wire.loss)) {
		at += wait;
		wait *= 2;
	}
	c->begun = at;
	schedule(w, at, e);
}

static inline void relay_closed(struct world *w, size_t conn, enum lp_leave_reason reason)
{
	struct conn *c = w->conns[conn];
	c->relay_over = true;
	if (w->hub && c->relay_open)
		lp_hub_on_closed(w->hub, c->session, reason, w->now);
	c->relay_open = false;
	c->session = NULL;
}

static inline void peer_closed(struct world *w, size_t conn, bool final, const char *why)
{
	struct conn *c = w->conns[conn];
	struct peer *p = &w->peers[c->peer];
	bool mine = p->tunnel && p->conn == conn && !c->peer_over;
	c->peer_over = true;
	c->peer_open = false;
	if (!mine)
		return;
	p->conn = 0;
	lp_tunnel_on_closed(p->tunnel, final, why, w->now);
}

static inline void send_close(
	struct world *w, size_t conn, bool to_relay, enum lp_leave_reason reason, lp_time after)
{
	struct event e = {.kind = CLOSED, .to_relay = to_relay, .conn = conn, .reason = reason};
	schedule(w, w->now + after, e);
}

static inline void relay_opens(struct world *w, struct event *e)
{
	struct conn *c = w->conns[e->conn];
	struct peer *p = &w->peers[c->peer];
	lp_time since = w->now - c->begun;
	if (c->relay_over || !p->tunnel || p->conn != e->conn)
		return;
	if (!w->hub) { /* it asks again, later and later */
		struct event again = *e;
		if (since > WORLD_HANDSHAKE / 2)
			send_close(w, e->conn, false, LP_LEAVE_TIMED_OUT, WORLD_HANDSHAKE - since);
		else
			schedule(w, w->now + since + 300 * LP_MILLISECOND, again);
		return;
	}
	c->session = lp_hub_open(w->hub, c, 0, p->path, w->now);
	check(c->session);
	c->relay_open = true;
	e->kind = PEER_OPENS;
	schedule(w, w->now + one_way(w), *e);
}

/* What the hub and the tunnels want done. */

static inline void saw_id(struct world *w, uint32_t room, uint16_t peer)
{
	if (room == w->room)
		check(peer > w->last_peer); /* never given twice */
	w->room = room;
	w->last_peer = peer;
	w->joins++;
}

static inline void do_hub_action(struct world *w, const struct lp_hub_action *a)
{
	struct conn *c = a->session ? lp_session_user(a->session) : NULL;
	size_t conn = c ? c->index : 0;
	switch (a->kind) {
	case LP_HUB_REPLY:
		send_stream(w, conn, false, 0, a->bytes, a->len);
		break;
	case LP_HUB_MESSAGE:
		send_stream(w, conn, false, c->next_stream[0], a->bytes, a->len);
		c->next_stream[0] += 4;
		break;
	case LP_HUB_CLOSE:
		send_close(w, conn, false, a->leave, reliable(w));
		send_close(w, conn, true, LP_LEAVE_OTHER, 0);
		break;
	case LP_HUB_JOINED:
		saw_id(w, a->room, a->peer);
		break;
	case LP_HUB_REJECTED:
		w->rejects++;
		break;
	default:
		break;
	}
}

static inline size_t find_other(const struct peer *p, uint16_t id)
{
	size_t at = 0;
	while (at < p->other_count && p->others[at].peer != id)
		at++;
	return at;
}

/* Peers of former releases say less, and the relay answers with no more than that. */
static inline void send_hello(
	struct world *w, const struct peer *p, const uint8_t *bytes, size_t len)
{
	uint8_t again[LP_CONTROL_SENT_MAX];
	struct lp_control m;
	size_t used;
	check(lp_control_decode(bytes, len, &m, &used) == LP_OK && m.type == LP_HELLO);
	if (p->old) {
		m.hello.capabilities = p->capabilities;
		bytes = again;
		len = lp_control_encode(&m, again, sizeof(again));
	}
	send_stream(w, p->conn, true, 0, bytes, len);
}

static inline void do_tunnel_action(struct world *w, size_t i, const struct lp_tunnel_action *a)
{
	struct peer *p = &w->peers[i];
	size_t at;
	switch (a->kind) {
	case LP_TUNNEL_CONNECT:
		check(!p->conn);
		connect_peer(w, i);
		break;
	case LP_TUNNEL_HELLO:
		send_hello(w, p, a->bytes, a->len);
		break;
	case LP_TUNNEL_MESSAGE:
		send_stream(w, p->conn, true, w->conns[p->conn]->next_stream[1], a->bytes, a->len);
		w->conns[p->conn]->next_stream[1] += 4;
		break;
	case LP_TUNNEL_CLOSE:
		if (p->conn) {
			send_close(w, p->conn, true, LP_LEAVE_NORMAL, reliable(w));
			send_close(w, p->conn, false, a->leave, 0);
		}
		break;
	case LP_TUNNEL_JOINED:
		p->welcome = a->welcome;
		p->joined_at = w->now;
		p->reject = -1;
		check(p->other_count == 0);
		break;
	case LP_TUNNEL_REJECTED:
		p->reject = (int)a->reject.reason;
		break;
	case LP_TUNNEL_PEER_JOINED:
		check(find_other(p, a->member.peer) == p->other_count);
		p->others[p->other_count++] = (struct other){a->member.peer, a->member.mac};
		break;
	case LP_TUNNEL_PEER_LEFT:
		at = find_other(p, a->peer_left.peer);
		check(at < p->other_count);
		p->others[at] = p->others[--p->other_count];
		break;
	case LP_TUNNEL_PEER_STATUS:
		break;
	case LP_TUNNEL_DISCONNECTED:
		p->other_count = 0;
		break;
	}
}

static inline void pump_hub(struct world *w)
{
	struct lp_hub_action action;
	struct lp_session *ready;
	struct lp_datagram d;
	while (lp_hub_next(w->hub, &action))
		do_hub_action(w, &action);
	while ((ready = lp_hub_next_ready(w->hub))) {
		struct conn *c = lp_session_user(ready);
		while (lp_hub_next_datagram(
			w->hub, ready, w->peers[c->peer].path, true, w->now, &d)) {
			send_datagram(w, c->index, false, &d);
			lp_hub_datagram_sent(w->hub, ready);
		}
	}
}

static inline void pump_tunnel(struct world *w, size_t i)
{
	struct peer *p = &w->peers[i];
	struct lp_tunnel_action action;
	struct lp_datagram d;
	while (p->tunnel && lp_tunnel_next(p->tunnel, &action))
		do_tunnel_action(w, i, &action);
	while (p->tunnel && p->conn && lp_tunnel_has_datagram(p->tunnel) &&
		lp_tunnel_next_datagram(p->tunnel, p->path, true, w->now, &d)) {
		send_datagram(w, p->conn, true, &d);
		lp_tunnel_datagram_sent(p->tunnel);
	}
}

static inline void pump(struct world *w)
{
	if (w->hub)
		pump_hub(w);
	for (size_t i = 0; i < w->peer_count; i++)
		pump_tunnel(w, i);
}

/* Time. */

static inline void arrive(struct world *w, struct event *e)
{
	struct conn *c = w->conns[e->conn];
	struct peer *p = &w->peers[c->peer];
	bool peer_hears = p->tunnel && p->conn == e->conn && c->peer_open;
	bool repeated = e->kind == DATAGRAM && is_repeated(&c->numbers[e->to_relay], e->stream);
	struct lp_verdict v;
	if (repeated || (e->to_relay ? !c->relay_open : !peer_hears))
		return;
	if (e->kind == STREAM && e->to_relay)
		lp_hub_on_stream(w->hub, c->session, e->stream, e->bytes, e->len, e->fin, w->now);
	else if (e->kind == STREAM)
		lp_tunnel_on_stream(p->tunnel, e->stream, e->bytes, e->len, e->fin, w->now);
	else if (e->to_relay)
		lp_hub_on_datagram(w->hub, c->session, e->bytes, e->len, w->now, &v);
	else
		lp_tunnel_on_datagram(p->tunnel, e->bytes, e->len, w->now, &v);
}

/* To the relay or to a peer: what became of one of its own. */
static inline void fate(struct world *w, const struct event *e)
{
	struct conn *c = w->conns[e->conn];
	struct peer *p = &w->peers[c->peer];
	if (e->to_relay ? !c->relay_open : !(p->tunnel && p->conn == e->conn && c->peer_open))
		return;
	if (e->to_relay && e->kind == ACKED)
		lp_hub_datagram_acked(w->hub, c->session, e->tag);
	else if (e->to_relay)
		lp_hub_datagram_lost(w->hub, c->session, e->tag, w->now);
	else if (e->kind == ACKED)
		lp_tunnel_datagram_acked(p->tunnel, e->tag);
	else
		lp_tunnel_datagram_lost(p->tunnel, e->tag, w->now);
}

static inline void happen(struct world *w, struct event *e)
{
	struct conn *c = w->conns[e->conn];
	struct peer *p = &w->peers[c->peer];
	switch (e->kind) {
	case RELAY_OPENS:
		relay_opens(w, e);
		break;
	case PEER_OPENS:
		if (p->tunnel && p->conn == e->conn && !c->peer_over) {
			c->peer_open = true;
			lp_tunnel_on_path(p->tunnel, p->path);
			lp_tunnel_on_connected(p->tunnel, w->now);
		}
		break;
	case STREAM:
	case DATAGRAM:
		arrive(w, e);
		break;
	case ACKED:
	case LOST:
		fate(w, e);
		break;
	case CLOSED:
		if (e->to_relay && !c->relay_over)
			relay_closed(w, e->conn, e->reason);
		else if (!e->to_relay)
			peer_closed(w, e->conn, e->final, "the relay closed the connection");
		break;
	}
	free(e->bytes);
}

static inline lp_time earliest(lp_time a, lp_time b)
{
	return a < b ? a : b;
}

static inline lp_time next_moment(const struct world *w)
{
	lp_time at = w->heap_count ? w->heap[0].at : LP_NEVER;
	if (w->hub)
		at = earliest(at, lp_hub_deadline(w->hub));
	for (size_t i = 0; i < w->peer_count; i++)
		if (w->peers[i].tunnel)
			at = earliest(at, lp_tunnel_deadline(w->peers[i].tunnel));
	return at;
}

/* Lets that much time pass. */
static inline void world_run(struct world *w, lp_time duration)
{
	lp_time end = w->now + duration, at;
	pump(w);
	while ((at = next_moment(w)) <= end) {
		w->now = at > w->now ? at : w->now;
		if (w->heap_count && w->heap[0].at <= w->now) {
			struct event e = take_event(w);
			happen(w, &e);
		}
		if (w->hub)
			lp_hub_on_time(w->hub, w->now);
		for (size_t i = 0; i < w->peer_count; i++)
			if (w->peers[i].tunnel && lp_tunnel_deadline(w->peers[i].tunnel) <= w->now)
				lp_tunnel_on_time(w->peers[i].tunnel, w->now);
		pump(w);
	}
	w->now = end;
}

#endif
