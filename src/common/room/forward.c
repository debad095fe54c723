/* forward.c - the frame path of the hub: one datagram in, a verdict and full queues out. */
#include <string.h>

#include "hub_private.h"
#include "lanparty/room/claimant.h"

/* Checks who owns the sender's addresses: a client has none of the LAN's, and none of another client. */
static enum lp_drop check_addresses(struct lp_member *m, const struct lp_eth *eth,
	const struct lp_filter_facts *facts, lp_time now)
{
	struct lp_neighbours *n = lp_room_neighbours(m->room);
	if (m->role == LP_ROLE_CLIENT) {
		if (lp_member_is_cut_off(m))
			return LP_DROP_LOOP;
		lp_filter_asks(&m->source, facts);
		return lp_claimant_admit(&m->claimant, n, facts, now);
	}
	if (lp_room_find(m->room, &eth->src))
		return LP_DROP_LOOP;
	lp_neighbours_see(n, &eth->src, now);
	if (!lp_neighbours_note_lan(n, &eth->src, facts, now))
		return LP_DROP_ADDRESS_TAKEN;
	if (facts->lease_ipv4) {
		const struct lp_member *holder = lp_room_find(m->room, &facts->lease_mac);
		if (holder && lp_filter_asked(&holder->source, facts))
			lp_neighbours_lease(n, holder->peer, facts->lease_ipv4, now);
	}
	return LP_DROP_NONE;
}

/* Rows L1-L3. */
static enum lp_drop charge(
	struct lp_member *m, const struct lp_route *route, size_t cost, lp_time now)
{
	if (route->action == LP_ACTION_FLOOD && !lp_bucket_take(&m->broadcast, 1, now))
		return LP_DROP_BROADCAST_RATE;
	if (route->action == LP_ACTION_GATEWAY && !route->known &&
		!lp_bucket_take(&m->unknown, 1, now))
		return LP_DROP_UNKNOWN_RATE;
	if (!lp_bucket_take(&m->bytes, cost, now))
		return LP_DROP_BYTE_RATE;
	return LP_DROP_NONE;
}

/* Puts the frame into the sender of each target; they share the one copy. Returns how many took it. */
static size_t spread(struct lp_hub *hub, struct lp_frame *frame, size_t count, lp_time now)
{
	size_t queued = 0;
	for (size_t i = 0; i < count; i++) {
		struct lp_session *to = hub->targets[i]->user;
		bool taken = lp_sender_push(&to->sender, frame, now);
		to->traffic.frames_out += taken;
		to->traffic.bytes_out += taken ? frame->len : 0;
		queued += taken;
	}
	return queued;
}

struct arrival {
	struct lp_received in;
	size_t paid; /* bytes that its member was charged when it began to wait */
	struct lp_view view;
	bool is_early;
};

/* All checks of a frame, and where it goes. */
static enum lp_drop judge(struct lp_hub *hub, struct lp_member *m, struct arrival *a, lp_time now,
	struct lp_route *route)
{
	const struct lp_view *view = &a->view;
	struct lp_filter_facts facts;
	enum lp_drop drop = lp_filter_check(&hub->config.filter, &m->source, view, now, &facts);
	a->is_early = facts.is_early;
	if (drop == LP_DROP_NONE && view->len > (size_t)LP_ETH_HEADER + lp_room_mtu(m->room))
		drop = LP_DROP_JUMBO;
	if (drop == LP_DROP_NONE)
		drop = check_addresses(m, &view->eth, &facts, now);
	if (drop != LP_DROP_NONE)
		return drop;
	*route = lp_room_route(m, &view->eth, view->len, now, hub->targets);
	hub->counters.skipped += route->skipped;
	if (route->drop != LP_DROP_NONE)
		return route->drop;
	/* A group frame is charged once per recipient. */
	return charge(m, route, view->len * route->count - a->paid, now);
}

static enum lp_drop forward(struct lp_hub *hub, struct lp_member *m, struct arrival *a, lp_time now,
	struct lp_verdict *v)
{
	const struct lp_received *in = &a->in;
	size_t len = in->len;
	struct lp_route route = {.skipped = 0};
	lp_view_of(in->bytes, len, &a->view);
	v->eth = a->view.eth;
	v->len = (uint16_t)len;
	if (!lp_bucket_has(&m->bytes, len - a->paid, now))
		return LP_DROP_BYTE_RATE; /* whatever it is: it must not cost more */
	enum lp_drop drop = judge(hub, m, a, now, &route);
	v->skipped = (uint16_t)route.skipped;
	if (drop != LP_DROP_NONE) {
		lp_bucket_take(&m->bytes, len - a->paid, now);
		return drop;
	}
	struct lp_frame *frame = lp_received_hold(hub->pool, in);
	if (!frame)
		return LP_DROP_QUEUE_FULL;
	frame->room = lp_room_id(m->room);
	frame->peer = m->peer;
	frame->flow = lp_flow_of(&a->view, &hub->flow_secret);
	size_t queued = spread(hub, frame, route.count, now);
	lp_frame_drop(hub->pool, frame);
	v->action = route.action;
	v->targets = (uint16_t)queued;
	v->skipped = (uint16_t)(v->skipped + route.count - queued);
	hub->counters.skipped += route.count - queued;
	hub->counters.copies += queued;
	return queued ? LP_DROP_NONE : LP_DROP_QUEUE_FULL;
}

/* Row L4: no honest program sends these. Ordinary safety drops never count. */
static bool is_malformed(enum lp_drop drop)
{
	return drop == LP_DROP_OVERLAY || drop == LP_DROP_WRONG_ROOM ||
	       drop == LP_DROP_WRONG_PEER || drop == LP_DROP_WRONG_TYPE || drop == LP_DROP_ETHERNET;
}

static void count(struct lp_hub *hub, const struct lp_verdict *v)
{
	hub->counters.actions[v->action]++;
	if (v->drop != LP_DROP_NONE) {
		hub->counters.drops[v->drop]++;
	} else if (v->action != LP_ACTION_WAIT) {
		hub->counters.frames_in++;
		hub->counters.bytes_in += v->len;
	}
}

static void count_in_room(struct lp_traffic *traffic, const struct lp_verdict *v)
{
	bool passed = v->drop == LP_DROP_NONE && v->action != LP_ACTION_WAIT;
	traffic->drops += v->drop != LP_DROP_NONE;
	traffic->frames += passed;
	traffic->bytes += passed ? v->len : 0;
}

static void count_in_session(struct lp_session_traffic *traffic, const struct lp_verdict *v)
{
	bool passed = v->drop == LP_DROP_NONE && v->action != LP_ACTION_WAIT;
	traffic->drops[v->drop] += v->drop != LP_DROP_NONE;
	traffic->frames_in += passed;
	traffic->bytes_in += passed ? v->len : 0;
}

static void conclude(struct lp_session *s, struct lp_verdict *v)
{
	struct lp_hub *hub = s->hub;
	if (v->drop != LP_DROP_NONE) {
		v->action = LP_ACTION_DROP;
		v->targets = 0;
	}
	count(hub, v);
	count_in_session(&s->traffic, v);
	if (s->member)
		count_in_room(lp_room_traffic(s->member->room), v);
	if (hub->config.trace)
		hub->config.trace(hub->config.trace_context, s, v);
}

bool lp_hub_pass_early(void *owner, const struct lp_received *in, lp_time now)
{
	struct lp_session *s = owner;
	struct lp_verdict v = {.action = LP_ACTION_WAIT};
	struct arrival a = {.in = *in, .paid = in->len};
	v.drop = forward(s->hub, s->member, &a, now, &v);
	if (a.is_early)
		return false; /* it waits for another first fragment */
	conclude(s, &v);
	return true;
}

void lp_hub_expire_early(struct lp_hub *hub, lp_time now)
{
	size_t late = lp_early_expire(&hub->early, now);
	hub->counters.drops[LP_DROP_FRAGMENT] += late;
	hub->counters.actions[LP_ACTION_DROP] += late;
}

void lp_hub_deliver(void *owner, const struct lp_received *in, lp_time now)
{
	struct lp_session *s = owner;
	struct lp_hub *hub = s->hub;
	struct lp_verdict v = {.action = LP_ACTION_WAIT, .drop = in->drop};
	struct arrival a = {.in = *in};
	lp_hub_expire_early(hub, now);
	if (v.drop == LP_DROP_NONE)
		s->member->active = now;
	if (v.drop == LP_DROP_NONE && !in->waits)
		v.drop = forward(hub, s->member, &a, now, &v);
	if (a.is_early && lp_early_hold(&hub->early, s->room, in, now))
		v.drop = LP_DROP_NONE;
	conclude(s, &v);
	if (v.drop == LP_DROP_NONE && lp_view_is_first_fragment(&a.view))
		lp_early_retry(&hub->early, s->room, in->peer, s, now);
	if (is_malformed(v.drop) && ++s->malformed > LP_HUB_MALFORMED_MAX)
		lp_hub_protocol_error(hub, s, "too many malformed datagrams");
}

void lp_hub_path_changed(void *owner, size_t datagram_max)
{
	struct lp_session *s = owner;
	if (s->member)
		lp_member_set_path(s->member, datagram_max);
}
