/* forward.c - the frame path of the hub: one datagram in, a verdict and full queues out. */
#include <string.h>

#include "hub_private.h"
#include "lanparty/room/neighbours.h"

#define QUEUE_LEAST 8 /* frames */
#define QUEUE_SHARE 4 /* of the free buffers, a queue may hold one in so many */

static void add_ready(struct lp_hub *hub, struct lp_session *s)
{
	if (s->ready)
		return;
	s->ready = true;
	s->next_ready = NULL;
	s->prev_ready = hub->last_ready;
	if (s->prev_ready)
		s->prev_ready->next_ready = s;
	else
		hub->first_ready = s;
	hub->last_ready = s;
}

void lp_hub_unready(struct lp_hub *hub, struct lp_session *s)
{
	if (!s->ready)
		return;
	s->ready = false;
	if (s->prev_ready)
		s->prev_ready->next_ready = s->next_ready;
	else
		hub->first_ready = s->next_ready;
	if (s->next_ready)
		s->next_ready->prev_ready = s->prev_ready;
	else
		hub->last_ready = s->prev_ready;
}

struct lp_session *lp_hub_next_ready(struct lp_hub *hub)
{
	struct lp_session *s = hub->first_ready;
	if (s)
		lp_hub_unready(hub, s);
	return s;
}

void lp_hub_on_path(struct lp_session *session, size_t datagram_max)
{
	if (session->path_datagram == datagram_max)
		return;
	session->path_datagram = datagram_max;
	if (session->member)
		lp_member_set_path(session->member, datagram_max);
}

/* Row F1: do the ids name this connection? */
static enum lp_drop check_overlay(const struct lp_member *m, const struct lp_overlay *overlay)
{
	if (overlay->room != lp_room_id(m->room))
		return LP_DROP_WRONG_ROOM;
	if (overlay->peer != m->peer)
		return LP_DROP_WRONG_PEER;
	if (overlay->type == LP_OVERLAY_WHOLE)
		return LP_DROP_NONE;
	uint64_t needs =
		overlay->type == LP_OVERLAY_NUMBERED ? LP_CAP_RETRANSMIT : LP_CAP_FRAGMENTS;
	return m->capabilities & needs ? LP_DROP_NONE : LP_DROP_WRONG_TYPE;
}

/* Who may use which address (security: one IPv4 address per client, the LAN's are the LAN's). */
static enum lp_drop check_addresses(struct lp_member *m, const struct lp_eth *eth,
	const struct lp_filter_facts *facts, lp_time now)
{
	struct lp_neighbours *n = lp_room_neighbours(m->room);
	bool arp = eth->type == LP_ETHERTYPE_ARP;
	if (m->role == LP_ROLE_CLIENT) {
		bool may = arp ? lp_neighbours_claim(n, m->peer, facts->claim_ipv4, now)
			       : lp_neighbours_use(n, m->peer, facts->claim_ipv4, now);
		return may ? LP_DROP_NONE : LP_DROP_ADDRESS_TAKEN;
	}
	if (lp_room_find(m->room, &eth->src))
		return LP_DROP_LOOP;
	lp_neighbours_see(n, &eth->src, now);
	if (arp)
		lp_neighbours_claim(n, LP_OWNER_LAN, facts->claim_ipv4, now);
	else
		lp_neighbours_use(n, LP_OWNER_LAN, facts->claim_ipv4, now); /* keeps it the LAN's */
	if (facts->lease_ipv4) {
		const struct lp_member *holder = lp_room_find(m->room, &facts->lease_mac);
		if (holder)
			lp_neighbours_lease(n, holder->peer, facts->lease_ipv4, now);
	}
	return LP_DROP_NONE;
}

/* Rows L1-L3. Bytes to many count as many times. */
static enum lp_drop charge(
	struct lp_member *m, const struct lp_route *route, size_t len, lp_time now)
{
	if (route->action == LP_ACTION_FLOOD && !lp_bucket_take(&m->broadcast, 1, now))
		return LP_DROP_BROADCAST_RATE;
	if (route->action == LP_ACTION_GATEWAY && !route->known &&
		!lp_bucket_take(&m->unknown, 1, now))
		return LP_DROP_UNKNOWN_RATE;
	if (!lp_bucket_take(&m->bytes, len * route->count, now))
		return LP_DROP_BYTE_RATE;
	return LP_DROP_NONE;
}

/* A queue may hold a quarter of what is free, and always a few: slow readers, however many, leave
 * buffers for the others (dynamic thresholds, Choudhury and Hahne, 1998). Broadcasts take a place in
 * each queue, and few buffers. */
static size_t queue_limit(const struct lp_hub *hub)
{
	size_t frames = lp_pool_free_count(hub->pool), places = lp_pool_free_entries(hub->pool);
	size_t share = (frames < places ? frames : places) / QUEUE_SHARE;
	if (share < QUEUE_LEAST)
		return QUEUE_LEAST;
	return share < LP_QUEUE_FRAMES ? share : LP_QUEUE_FRAMES;
}

/* One copy of the frame, shared by all that get it. */
static size_t spread(struct lp_hub *hub, struct lp_frame *frame, size_t count, lp_time now)
{
	size_t queued = 0, limit = queue_limit(hub);
	for (size_t i = 0; i < count; i++) {
		struct lp_session *to = hub->targets[i]->user;
		if (!lp_queue_push(&to->queue, hub->pool, lp_frame_hold(frame), limit, now,
			    hub->counters.copy_drops)) {
			lp_frame_drop(hub->pool, frame);
			continue;
		}
		queued++;
		add_ready(hub, to);
	}
	return queued;
}

static struct lp_frame *copy_of(struct lp_hub *hub, const uint8_t *bytes, size_t len)
{
	struct lp_frame *frame = lp_pool_take(hub->pool);
	if (frame) {
		memcpy(frame->bytes, bytes, len);
		frame->len = (uint16_t)len;
	}
	return frame;
}

/* All checks of a frame, and where it goes. whole is the frame if it is in a buffer already. */
static enum lp_drop forward(struct lp_hub *hub, struct lp_member *m, struct lp_frame *whole,
	const uint8_t *bytes, size_t len, lp_time now, struct lp_verdict *v)
{
	struct lp_view view;
	struct lp_filter_facts facts;
	struct lp_route route = {0};
	lp_view_of(bytes, len, &view);
	enum lp_drop drop = lp_filter_check(&hub->config.filter, &m->source, &view, now, &facts);
	v->eth = view.eth;
	v->len = (uint16_t)len;
	if (drop == LP_DROP_NONE && len > (size_t)LP_ETH_HEADER + lp_room_mtu(m->room))
		drop = LP_DROP_JUMBO;
	if (drop == LP_DROP_NONE)
		drop = check_addresses(m, &view.eth, &facts, now);
	if (drop != LP_DROP_NONE)
		return drop;
	lp_room_route(m, &view.eth, len, now, hub->targets, &route);
	v->skipped = (uint16_t)route.skipped;
	hub->counters.skipped += route.skipped;
	if (route.drop != LP_DROP_NONE)
		return route.drop;
	drop = charge(m, &route, len, now);
	if (drop != LP_DROP_NONE)
		return drop;
	struct lp_frame *frame = whole ? lp_frame_hold(whole) : copy_of(hub, bytes, len);
	if (!frame)
		return LP_DROP_QUEUE_FULL;
	frame->room = lp_room_id(m->room);
	frame->peer = m->peer;
	frame->flow = lp_flow_of(&view, &hub->flow_secret);
	size_t queued = spread(hub, frame, route.count, now);
	lp_frame_drop(hub->pool, frame);
	v->action = route.action;
	v->targets = (uint16_t)queued;
	v->skipped = (uint16_t)(v->skipped + route.count - queued);
	hub->counters.skipped += route.count - queued;
	hub->counters.copies += queued;
	return queued ? LP_DROP_NONE : LP_DROP_QUEUE_FULL;
}

/* While buffers are scarce a member keeps one half, its latest, so that halves that nothing follows
 * cannot take what all wait for. */
static struct lp_frame *put_together(
	struct lp_hub *hub, struct lp_session *s, const struct lp_overlay *half, lp_time now)
{
	struct lp_frame *whole = lp_reassembly_add(&s->reassembly, hub->pool, half, now);
	if (whole || lp_pool_free_count(hub->pool) >= hub->config.frames / 2)
		return whole;
	lp_reassembly_clear(&s->reassembly, hub->pool);
	return lp_reassembly_add(&s->reassembly, hub->pool, half, now);
}

static enum lp_drop judge(struct lp_hub *hub, struct lp_session *s, const uint8_t *bytes,
	size_t len, lp_time now, struct lp_verdict *v)
{
	struct lp_overlay overlay;
	if (s->state != SESSION_JOINED)
		return LP_DROP_NOT_JOINED;
	enum lp_drop drop = lp_overlay_decode(bytes, len, &overlay);
	if (drop == LP_DROP_NONE)
		drop = check_overlay(s->member, &overlay);
	if (drop != LP_DROP_NONE)
		return drop;
	if (overlay.type == LP_OVERLAY_WHOLE)
		return forward(hub, s->member, NULL, overlay.bytes, overlay.len, now, v);
	bool once = s->member->capabilities & LP_CAP_RETRANSMIT;
	if (once && lp_replay_has(&s->seen, overlay.frame_id))
		return LP_DROP_DUPLICATE;
	if (overlay.type == LP_OVERLAY_NUMBERED) {
		lp_replay_accept(&s->seen, overlay.frame_id);
		return forward(hub, s->member, NULL, overlay.bytes, overlay.len, now, v);
	}
	struct lp_frame *whole = put_together(hub, s, &overlay, now);
	if (!whole) {
		v->action = LP_ACTION_WAIT;
		return LP_DROP_NONE;
	}
	if (once)
		lp_replay_accept(&s->seen, overlay.frame_id);
	drop = forward(hub, s->member, whole, whole->bytes, whole->len, now, v);
	lp_frame_drop(hub->pool, whole);
	return drop;
}

/* Row L4: no honest program sends these. Ordinary safety drops never count. */
static bool is_malformed(enum lp_drop drop)
{
	return drop == LP_DROP_OVERLAY || drop == LP_DROP_WRONG_ROOM ||
	       drop == LP_DROP_WRONG_PEER || drop == LP_DROP_WRONG_TYPE || drop == LP_DROP_ETHERNET;
}

void lp_hub_on_datagram(struct lp_hub *hub, struct lp_session *session, const uint8_t *bytes,
	size_t len, lp_time now, struct lp_verdict *ret_verdict)
{
	struct lp_verdict *v = ret_verdict;
	*v = (struct lp_verdict){.action = LP_ACTION_DROP};
	v->drop = judge(hub, session, bytes, len, now, v);
	if (v->drop != LP_DROP_NONE) {
		v->action = LP_ACTION_DROP;
		v->targets = 0;
		hub->counters.drops[v->drop]++;
	} else if (v->action != LP_ACTION_WAIT) {
		hub->counters.frames_in++;
		hub->counters.bytes_in += v->len;
	}
	hub->counters.actions[v->action]++;
	if (is_malformed(v->drop) && ++session->malformed > LP_HUB_MALFORMED_MAX)
		lp_hub_protocol_error(hub, session, "too many malformed datagrams");
}

bool lp_hub_next_datagram(struct lp_hub *hub, struct lp_session *session, size_t max, bool bulk,
	lp_time now, struct lp_datagram *ret_datagram)
{
	if (!session->member)
		return false; /* it has left: the room's frames are no longer its own */
	if (max > session->member->datagram_budget)
		max = session->member->datagram_budget; /* a path can be wider than the peer */
	return lp_queue_peek(
		&session->queue, hub->pool, max, bulk, now, hub->counters.copy_drops, ret_datagram);
}

void lp_hub_datagram_sent(struct lp_hub *hub, struct lp_session *session)
{
	lp_queue_pop(&session->queue, hub->pool);
}

void lp_hub_datagram_acked(struct lp_hub *hub, struct lp_session *session, uint64_t tag)
{
	lp_queue_acked(&session->queue, hub->pool, tag);
}

void lp_hub_datagram_lost(struct lp_hub *hub, struct lp_session *session, uint64_t tag, lp_time now)
{
	lp_queue_lost(&session->queue, hub->pool, tag, now);
	if (session->queue.count > 0)
		add_ready(hub, session);
}
