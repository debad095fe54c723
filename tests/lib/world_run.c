/* The time of a simulated world: connections are made and end, the actions of hub and tunnels are
 * executed, and packets arrive. */
#include "world_inner.h"

/* Connections. */

static void connect_peer(struct world *w, size_t i)
{
	struct event e = {.kind = RELAY_OPENS};
	lp_time start = w->now + 2 * world_one_way(w), at = start, wait = 300 * LP_MILLISECOND;
	if (w->conn_count == w->conn_cap) {
		w->conn_cap = w->conn_cap ? 2 * w->conn_cap : 64;
		w->conns = realloc(w->conns, w->conn_cap * sizeof(struct conn *));
		assert_non_null(w->conns);
	}
	struct conn *c = calloc(1, sizeof(*c));
	assert_non_null(c);
	c->world = w;
	c->index = w->conn_count;
	c->peer = i;
	c->next_stream[0] = 3;
	c->next_stream[1] = 2;
	e.conn = w->conn_count++;
	w->conns[e.conn] = c;
	w->peers[i].conn = e.conn;
	if (w->connects)
		w->connects[w->connect_count++] = w->now;
	while (dice_chance(&w->dice, w->wire.loss)) {
		at += wait;
		wait *= 2;
	}
	c->begun = at;
	world_schedule(w, at, e);
}

static void relay_closed(struct world *w, size_t conn, enum lp_leave_reason reason)
{
	struct conn *c = w->conns[conn];
	c->relay_over = true;
	if (w->hub && c->relay_open)
		lp_hub_on_closed(w->hub, c->session, reason, w->now);
	c->relay_open = false;
	c->session = NULL;
}

static void peer_closed(struct world *w, size_t conn, bool final, const char *why)
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

void world_send_close(
	struct world *w, size_t conn, bool to_relay, enum lp_leave_reason reason, lp_time after)
{
	struct event e = {.kind = CLOSED, .to_relay = to_relay, .conn = conn, .reason = reason};
	world_schedule(w, w->now + after, e);
}

static void wake_conn(void *carrier)
{
	struct conn *c = carrier;
	if (c->woken)
		return;
	c->woken = true;
	c->next_woken = c->world->woken;
	c->world->woken = c;
}

static void relay_opens(struct world *w, struct event *e)
{
	struct conn *c = w->conns[e->conn];
	struct peer *p = &w->peers[c->peer];
	lp_time since = w->now - c->begun;
	if (c->relay_over || !p->tunnel || p->conn != e->conn)
		return;
	if (!w->hub) { /* it retries with growing delays */
		struct event again = *e;
		if (since > WORLD_HANDSHAKE / 2)
			world_send_close(
				w, e->conn, false, LP_LEAVE_TIMED_OUT, WORLD_HANDSHAKE - since);
		else
			world_schedule(w, w->now + since + 300 * LP_MILLISECOND, again);
		return;
	}
	c->session = lp_hub_open(w->hub, c, &(struct lp_source){.local = true}, p->path, w->now);
	check(c->session);
	lp_session_source(c->session)->wake = wake_conn;
	lp_session_source(c->session)->carrier = c;
	c->relay_open = true;
	e->kind = PEER_OPENS;
	world_schedule(w, w->now + world_one_way(w), *e);
}

/* Actions of the hub and the tunnels. */

static void saw_id(struct world *w, uint32_t room, uint16_t peer)
{
	if (room != w->room)
		memset(w->free_at, 0, sizeof(w->free_at));
	check(w->now >= w->free_at[peer]);
	w->room = room;
	w->free_at[peer] = LP_NEVER;
	w->joins++;
}

static void do_hub_action(struct world *w, const struct lp_hub_action *a)
{
	struct conn *c = a->session ? lp_session_user(a->session) : NULL;
	size_t conn = c ? c->index : 0;
	switch (a->kind) {
	case LP_HUB_REPLY:
		world_send_stream(w, conn, false, 0, a->bytes, a->len);
		break;
	case LP_HUB_MESSAGE:
		world_send_stream(w, conn, false, c->next_stream[0], a->bytes, a->len);
		c->next_stream[0] += 4;
		break;
	case LP_HUB_CLOSE:
		world_send_close(w, conn, false, a->leave, world_reliable(w));
		world_send_close(w, conn, true, LP_LEAVE_OTHER, 0);
		break;
	case LP_HUB_JOINED:
		saw_id(w, a->room, a->peer);
		break;
	case LP_HUB_LEFT:
		if (a->room == w->room)
			w->free_at[a->peer] = w->now + 600 * LP_SECOND; /* row N6 */
		break;
	case LP_HUB_REJECTED:
		w->rejects++;
		break;
	default:
		break;
	}
}

size_t world_find_other(const struct peer *p, uint16_t id)
{
	size_t at = 0;
	while (at < p->other_count && p->others[at].peer != id)
		at++;
	return at;
}

/* Members of older releases send fewer fields, and the relay grants no more than that. */
static void send_hello(struct world *w, const struct peer *p, const uint8_t *bytes, size_t len)
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
	world_send_stream(w, p->conn, true, 0, bytes, len);
}

static void do_tunnel_action(struct world *w, size_t i, const struct lp_tunnel_action *a)
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
		world_send_stream(
			w, p->conn, true, w->conns[p->conn]->next_stream[1], a->bytes, a->len);
		w->conns[p->conn]->next_stream[1] += 4;
		break;
	case LP_TUNNEL_CLOSE:
		if (p->conn) {
			world_send_close(w, p->conn, true, LP_LEAVE_NORMAL, world_reliable(w));
			world_send_close(w, p->conn, false, a->leave, 0);
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
		check(world_find_other(p, a->member.peer) == p->other_count);
		p->others[p->other_count++] = (struct other){a->member.peer, a->member.mac};
		break;
	case LP_TUNNEL_PEER_LEFT:
		at = world_find_other(p, a->peer_left.peer);
		check(at < p->other_count);
		p->others[at] = p->others[--p->other_count];
		break;
	case LP_TUNNEL_PEER_STATUS:
	case LP_TUNNEL_OFFER:
	case LP_TUNNEL_LOOP:
	case LP_TUNNEL_CONFLICT:
	case LP_TUNNEL_ACTED:
	case LP_TUNNEL_RENAMED:
	case LP_TUNNEL_HOST:
	case LP_TUNNEL_GAME:
	case LP_TUNNEL_OLD:
	case LP_TUNNEL_LIMITED:
		break;
	case LP_TUNNEL_DISCONNECTED:
		p->other_count = 0;
		break;
	}
}

static void send_all(
	struct world *w, struct conn *c, bool to_relay, struct lp_datagram_source *source)
{
	struct lp_datagram d;
	while (source->ops->peek(source, w->peers[c->peer].path, true, w->now, &d)) {
		world_send_datagram(w, c->index, to_relay, &d);
		source->ops->pop(source);
	}
}

static void pump_hub(struct world *w)
{
	struct lp_hub_action action;
	struct conn *c;
	while (lp_hub_next(w->hub, &action))
		do_hub_action(w, &action);
	while ((c = w->woken)) {
		w->woken = c->next_woken;
		c->woken = false;
		if (c->session)
			send_all(w, c, false, lp_session_source(c->session));
	}
}

static void pump_tunnel(struct world *w, size_t i)
{
	struct peer *p = &w->peers[i];
	struct lp_tunnel_action action;
	while (p->tunnel && lp_tunnel_next(p->tunnel, &action))
		do_tunnel_action(w, i, &action);
	bool woken = p->woken;
	p->woken = false;
	if (woken && p->tunnel && p->conn)
		send_all(w, w->conns[p->conn], true, lp_tunnel_source(p->tunnel));
}

void world_pump(struct world *w)
{
	if (w->hub)
		pump_hub(w);
	for (size_t i = 0; i < w->peer_count; i++)
		pump_tunnel(w, i);
}

/* Time. */

static void arrive(struct world *w, struct event *e)
{
	struct conn *c = w->conns[e->conn];
	struct peer *p = &w->peers[c->peer];
	bool peer_hears = p->tunnel && p->conn == e->conn && c->peer_open;
	bool repeated =
		e->kind == DATAGRAM && world_is_repeated(&c->numbers[e->to_relay], e->stream);
	struct lp_datagram_sink *sink;
	if (repeated || (e->to_relay ? !c->relay_open : !peer_hears))
		return;
	if (e->kind == STREAM && e->to_relay)
		lp_hub_on_stream(w->hub, c->session,
			&(struct lp_piece){e->stream, e->bytes, e->len, e->fin}, w->now);
	else if (e->kind == STREAM)
		lp_tunnel_on_stream(
			p->tunnel, &(struct lp_piece){e->stream, e->bytes, e->len, e->fin}, w->now);
	else {
		sink = e->to_relay ? lp_session_sink(c->session) : lp_tunnel_sink(p->tunnel);
		sink->take(sink, e->bytes, e->len, w->now);
	}
}

/* Reports to the relay or to a member the fate of one of its datagrams. */
static void fate(struct world *w, const struct event *e)
{
	struct conn *c = w->conns[e->conn];
	struct peer *p = &w->peers[c->peer];
	if (e->to_relay ? !c->relay_open : !(p->tunnel && p->conn == e->conn && c->peer_open))
		return;
	struct lp_datagram_source *source =
		e->to_relay ? lp_session_source(c->session) : lp_tunnel_source(p->tunnel);
	if (e->kind == ACKED)
		source->ops->acked(source, e->tag);
	else
		source->ops->lost(source, e->tag, w->now);
}

static void happen(struct world *w, struct event *e)
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
			struct lp_datagram_source *source = lp_tunnel_source(p->tunnel);
			source->ops->path(source, p->path);
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

static lp_time earliest(lp_time a, lp_time b)
{
	return a < b ? a : b;
}

static lp_time next_moment(const struct world *w)
{
	lp_time at = w->heap_count ? w->heap[0].at : LP_NEVER;
	if (w->hub)
		at = earliest(at, lp_hub_deadline(w->hub));
	for (size_t i = 0; i < w->peer_count; i++)
		if (w->peers[i].tunnel)
			at = earliest(at, lp_tunnel_deadline(w->peers[i].tunnel));
	return at;
}

void world_run(struct world *w, lp_time duration)
{
	lp_time end = w->now + duration, at;
	world_pump(w);
	while ((at = next_moment(w)) <= end) {
		w->now = at > w->now ? at : w->now;
		if (w->heap_count && w->heap[0].at <= w->now) {
			struct event e = world_take_event(w);
			happen(w, &e);
		}
		if (w->hub)
			lp_hub_on_time(w->hub, w->now);
		for (size_t i = 0; i < w->peer_count; i++)
			if (w->peers[i].tunnel && lp_tunnel_deadline(w->peers[i].tunnel) <= w->now)
				lp_tunnel_on_time(w->peers[i].tunnel, w->now);
		world_pump(w);
	}
	w->now = end;
}
