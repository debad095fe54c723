/* tunnel_frames.c - the frame path of client and gateway: port to relay, relay to port. */
#include <assert.h>
#include <string.h>

#include "lanparty/packet/dhcp_strip.h"
#include "lanparty/packet/mss.h"
#include "tunnel_private.h"

/* A frame for no member stays on the LAN (row F3, from the other side). */
static bool is_for_members(const struct lp_tunnel *t, const struct lp_mac *dst)
{
	return lp_mac_is_group(dst) || lp_tunnel_reaches(t, dst);
}

static uint64_t hash_of(const struct lp_tunnel *t, const struct lp_view *view)
{
	return lp_loop_hash(&t->config.flow_secret, view->frame, view->len);
}

/* A client: a group frame that comes from the room, and at the port from a computer behind it, shows that
 * the two are connected by another way. Then no group frame must go on, in either direction. People and the
 * relay hear of it at once, but not from here, because that allocates. */
static bool is_in_loop(
	struct lp_tunnel *t, enum lp_loop_way way, const struct lp_view *view, lp_time now)
{
	if (t->config.role != LP_ROLE_CLIENT || !lp_mac_is_group(&view->eth.dst))
		return false;
	if (lp_loop_note(&t->loop, way, hash_of(t, view), now)) {
		t->loop_until = now + LP_LOOP_REST;
		if (!t->stats.loops)
			t->deadline = now;
	}
	return now < t->loop_until;
}

/* A frame from the LAN with a member's MAC. What the gateway has just written comes back, or will come from
 * the room as well, when the member's computer is connected with the LAN. Otherwise a station has the same
 * MAC, which is then the station's (row K4): the relay is told. */
static void note_twin(struct lp_tunnel *t, const struct lp_view *view, lp_time now)
{
	struct tunnel_member *m = lp_tunnel_member_with(t, &view->eth.src);
	if (m->loops)
		return; /* its own frames look like a station's, and it is cut off anyway */
	if (lp_loop_note(&t->loop, LP_LOOP_PORT, hash_of(t, view), now)) {
		m->twins = 0;
		return;
	}
	if (m->twins++ == 0)
		m->twin_at = now;
	if (m->twins < LP_LOOP_TWINS || now - m->twin_at < LP_LOOP_TWIN_TIME)
		return;
	if (!lp_neighbours_on_lan(t->neighbours, &m->joined.mac, now))
		lp_tunnel_tell_lan_anew(t, now);
	lp_neighbours_see(t->neighbours, &m->joined.mac, now);
}

static void note_frame(struct lp_tunnel *t, enum lp_port_way way, const struct lp_view *view,
	const struct lp_filter_facts *facts)
{
	if (t->port->ops->note)
		t->port->ops->note(t->port, way, view, facts);
}

static bool takes_part(const struct lp_tunnel *t, const struct lp_mac *station)
{
	return !t->config.stations || lp_stations_has(t->config.stations, station);
}

/* What only a gateway must ask of the frames of its LAN. It learns from them also while there is no room
 * (row K4). */
static enum lp_drop check_lan(struct lp_tunnel *t, const struct lp_view *view,
	const struct lp_filter_facts *facts, lp_time now)
{
	const struct lp_eth *eth = &view->eth;
	bool is_group = lp_mac_is_group(&eth->dst);
	/* The port can still be told of a MAC that has become a station's: that frame is the station's. */
	bool is_for_member = !is_group && lp_tunnel_reaches(t, &eth->dst) &&
			     !lp_neighbours_on_lan(t->neighbours, &eth->dst, now);
	if (is_for_member)
		note_frame(t, LP_PORT_READ, view, facts);
	if (lp_tunnel_has_mac(t, &eth->src)) {
		note_twin(t, view, now);
		return LP_DROP_LOOP;
	}
	if (is_group && lp_loop_is_storm(&t->loop, hash_of(t, view), now))
		return LP_DROP_LOOP;
	lp_neighbours_see(t->neighbours, &eth->src, now);
	if (!lp_neighbours_note_lan(t->neighbours, &eth->src, facts, now))
		return LP_DROP_ADDRESS_TAKEN;
	if (!is_group && !is_for_member)
		return LP_DROP_NO_TARGET;
	if (!takes_part(t, &eth->src) && !lp_dhcp_is_to_client(view))
		return LP_DROP_STATION;
	if (!facts->lease_ipv4)
		return LP_DROP_NONE;
	for (size_t i = 0; i < t->member_count; i++)
		if (lp_mac_equal(&t->members[i]->joined.mac, &facts->lease_mac) &&
			lp_filter_asked(&t->members[i]->source, facts))
			lp_neighbours_lease(
				t->neighbours, t->members[i]->joined.peer, facts->lease_ipv4, now);
	return LP_DROP_NONE;
}

/* The largest frame that goes in one datagram, both ways. */
static size_t frame_max(const struct lp_tunnel *t)
{
	size_t datagram = lp_sender_max(&t->sender);
	size_t head = t->sender.retransmit ? LP_OVERLAY_NUMBERED_HEADER : LP_OVERLAY_HEADER;
	return datagram > head ? datagram - head : 0;
}

/* A lease must not move a player's default route, name servers or proxy into the LAN. The gateway removes
 * these options on the way from the LAN to the room, and the client all that offer.h names on the way from
 * the room to the player's computer. */
static bool is_guarded(const struct lp_tunnel *t, enum lp_role role)
{
	return t->config.role == role && !(role == LP_ROLE_GATEWAY && t->config.keep_default_route);
}

/* The options of a fragmented lease cannot be removed, and no honest server sends one. The caller names
 * the member of its way. */
static enum lp_drop check_lease(
	const struct lp_tunnel *t, enum lp_role role, const struct lp_view *view)
{
	return is_guarded(t, role) && lp_dhcp_is_fragment(view) ? LP_DROP_DHCP_FRAGMENT
								: LP_DROP_NONE;
}

static enum lp_drop enqueue(struct lp_tunnel *t, const struct lp_view *view, lp_time now)
{
	struct lp_frame *copy = lp_pool_take(t->pool);
	if (!copy)
		return LP_DROP_QUEUE_FULL;
	memcpy(copy->bytes, view->frame, view->len);
	copy->len = (uint16_t)view->len;
	if (is_guarded(t, LP_ROLE_GATEWAY))
		lp_dhcp_strip(copy->bytes, view);
	lp_mss_clamp(copy->bytes, view, frame_max(t));
	copy->room = t->welcome.room;
	copy->peer = t->welcome.peer;
	copy->flow = lp_flow_of(view, &t->config.flow_secret);
	copy->copies = lp_mac_is_group(&view->eth.dst) && t->member_count > 1
			       ? (uint16_t)t->member_count
			       : 1;
	bool queued = lp_sender_push(&t->sender, copy, now);
	lp_frame_drop(t->pool, copy);
	return queued ? LP_DROP_NONE : LP_DROP_QUEUE_FULL;
}

static enum lp_drop judge_out(
	struct lp_tunnel *t, const uint8_t *frame, size_t len, lp_time now, struct lp_verdict *v)
{
	struct lp_view view;
	struct lp_filter_facts facts;
	if (t->state != TUNNEL_JOINED && t->config.role != LP_ROLE_GATEWAY)
		return LP_DROP_NOT_JOINED;
	lp_view_of(frame, len, &view);
	enum lp_drop drop = lp_filter_check(&t->config.filter, &t->self, &view, now, &facts);
	v->eth = view.eth;
	/* A system that sends the last fragment first: the relay holds it until the first one has come. */
	if (drop == LP_DROP_FRAGMENT && facts.is_early)
		drop = LP_DROP_NONE;
	if (drop == LP_DROP_NONE && t->config.role == LP_ROLE_GATEWAY)
		drop = check_lan(t, &view, &facts, now);
	if (t->state != TUNNEL_JOINED)
		return LP_DROP_NOT_JOINED;
	if (drop == LP_DROP_LLC || drop == LP_DROP_ETHERTYPE)
		lp_tunnel_note_old(t, &view, now);
	if (drop == LP_DROP_NONE && now < t->late_until)
		drop = LP_DROP_LATE;
	if ((drop == LP_DROP_NONE || drop == LP_DROP_SOURCE_MAC) &&
		is_in_loop(t, LP_LOOP_PORT, &view, now))
		drop = LP_DROP_LOOP;
	if (drop == LP_DROP_NONE && len > (size_t)LP_ETH_HEADER + t->welcome.mtu)
		drop = LP_DROP_JUMBO;
	if (drop == LP_DROP_NONE)
		drop = check_lease(t, LP_ROLE_GATEWAY, &view);
	if (drop == LP_DROP_NONE)
		drop = lp_tunnel_check_group(t, &view.eth.dst, now);
	if (drop == LP_DROP_NONE)
		drop = enqueue(t, &view, now);
	if (drop == LP_DROP_NONE)
		lp_tunnel_note_game(t, t->welcome.peer, &view, now);
	if (drop == LP_DROP_NONE && t->config.trace) /* it walks the members */
		v->action = is_for_members(t, &view.eth.dst)
				    ? lp_action_for(&view.eth.dst, LP_ACTION_UNICAST)
				    : LP_ACTION_GATEWAY;
	return drop;
}

static uint16_t verdict_len(size_t len)
{
	return len < UINT16_MAX ? (uint16_t)len : UINT16_MAX;
}

static void trace(
	const struct lp_tunnel *t, enum lp_tunnel_direction way, const struct lp_verdict *v)
{
	if (t->config.trace)
		t->config.trace(t->config.trace_context, way, v);
}

void lp_tunnel_on_frame(struct lp_tunnel *t, const uint8_t *frame, size_t len, lp_time now)
{
	struct lp_verdict v = {.len = verdict_len(len), .targets = 1};
	v.drop = judge_out(t, frame, len, now, &v);
	if (v.drop == LP_DROP_NONE) {
		t->stats.tx_frames++;
		t->stats.tx_bytes += len;
	} else {
		v.action = LP_ACTION_DROP;
		v.targets = 0;
		t->stats.tx_drops[v.drop]++;
	}
	trace(t, LP_TUNNEL_TO_ROOM, &v);
}

/* A frame of the relay. */
struct arrival {
	struct lp_received in;
	struct lp_view view;
	bool is_early;
};

/* The relay is not trusted either: the frame must be one that its sender is allowed to send (row S5). */
static enum lp_drop check_sender(
	struct lp_tunnel *t, const struct arrival *a, struct lp_filter_facts *facts, lp_time now)
{
	const struct lp_view *view = &a->view;
	struct tunnel_member *from = lp_tunnel_member(t, a->in.peer);
	if (!from)
		return LP_DROP_WRONG_PEER;
	if (!from->trusted)
		return LP_DROP_NOT_HOST;
	enum lp_drop drop = lp_filter_check(&t->config.filter, &from->source, view, now, facts);
	if (drop != LP_DROP_NONE)
		return drop;
	if (view->len > (size_t)LP_ETH_HEADER + t->welcome.mtu)
		return LP_DROP_JUMBO;
	if (t->config.role != LP_ROLE_GATEWAY)
		return LP_DROP_NONE;
	/* A computer in a loop is cut off from the LAN, whatever it sends. */
	if (from->loops)
		return LP_DROP_LOOP;
	if (lp_loop_note(&t->loop, LP_LOOP_ROOM, hash_of(t, view), now))
		from->twins = 0;
	/* An honest relay admits nobody under the MAC of a station of the LAN (row R4). */
	if (lp_neighbours_on_lan(t->neighbours, &view->eth.src, now))
		return LP_DROP_LOOP;
	if (!lp_mac_is_group(&view->eth.dst) && !takes_part(t, &view->eth.dst) &&
		!facts->is_dhcp_request)
		return LP_DROP_STATION;
	lp_filter_asks(&from->source, facts);
	if (!from->heard && !lp_bucket_take(&t->fresh, LP_TUNNEL_FRESH_SECONDS, now))
		lp_claimant_spend(&from->claimant, now);
	from->heard = true;
	return lp_claimant_admit(&from->claimant, t->neighbours, facts, now);
}

void lp_tunnel_set_own(struct lp_tunnel *t, const struct lp_own_list *own)
{
	t->own = *own;
}

/* The lease of another address in the same range is the same to the player. */
static bool is_same_offer(const struct lp_offer *a, const struct lp_offer *b)
{
	return a->fault == b->fault && a->prefix.length == b->prefix.length &&
	       lp_prefix_overlaps(&a->prefix, &b->prefix) && a->own.kind == b->own.kind &&
	       lp_prefix_same_address(&a->own.prefix, &b->own.prefix);
}

static void tell_offer(struct lp_tunnel *t, const struct lp_offer *offer)
{
	for (size_t i = 0; i < t->told_count; i++)
		if (is_same_offer(&t->told[i], offer))
			return;
	if (t->told_count == LP_TUNNEL_TOLD)
		return;
	t->told[t->told_count++] = *offer;
	struct lp_tunnel_action *action = lp_tunnel_add_action(t, LP_TUNNEL_OFFER);
	if (action)
		action->offer = *offer;
}

/* Row N5. `copy` is the frame of the view. */
static enum lp_drop check_offer(struct lp_tunnel *t, uint8_t *copy, const struct lp_view *view)
{
	struct lp_offer offer;
	enum lp_drop drop = lp_offer_check(copy, view, &t->own, &offer);
	if (offer.fault != LP_OFFER_GOOD)
		tell_offer(t, &offer);
	return drop;
}

static enum lp_drop write_bytes(struct lp_tunnel *t, const uint8_t *frame,
	const struct lp_view *view, const struct lp_filter_facts *facts)
{
	if (!t->port->ops->write(t->port, frame, view->len))
		return LP_DROP_PORT;
	note_frame(t, LP_PORT_WRITTEN, view, facts);
	return LP_DROP_NONE;
}

/* A function of its own, because the compiler fills the copy with zeros. */
static enum lp_drop write_changed(struct lp_tunnel *t, const struct lp_view *view,
	const struct lp_filter_facts *facts, bool offer)
{
	uint8_t copy[LP_ETH_FRAME_MAX];
	assert(view->len <= sizeof(copy)); /* check_sender drops longer frames */
	memcpy(copy, view->frame, view->len);
	lp_mss_clamp(copy, view, frame_max(t));
	enum lp_drop drop = offer ? check_offer(t, copy, view) : LP_DROP_NONE;
	return drop == LP_DROP_NONE ? write_bytes(t, copy, view, facts) : drop;
}

/* Frames that nothing changes are written without a copy. */
static enum lp_drop write_frame(
	struct lp_tunnel *t, const struct lp_view *view, const struct lp_filter_facts *facts)
{
	bool offer = is_guarded(t, LP_ROLE_CLIENT) && lp_offer_is(view);
	if (offer || lp_mss_is_syn(view))
		return write_changed(t, view, facts, offer);
	return write_bytes(t, view->frame, view, facts);
}

static enum lp_drop judge_in(
	struct lp_tunnel *t, struct arrival *a, lp_time now, struct lp_verdict *v)
{
	const struct lp_view *view = &a->view;
	lp_view_of(a->in.bytes, a->in.len, &a->view);
	v->len = verdict_len(a->in.len);
	v->eth = view->eth;
	struct lp_filter_facts facts = {.is_early = false};
	enum lp_drop drop = check_sender(t, a, &facts, now);
	a->is_early = facts.is_early;
	if (drop == LP_DROP_NONE && now < t->late_until)
		drop = LP_DROP_LATE;
	if (drop == LP_DROP_NONE)
		drop = check_lease(t, LP_ROLE_CLIENT, view);
	if (drop == LP_DROP_NONE && is_in_loop(t, LP_LOOP_ROOM, view, now))
		drop = LP_DROP_LOOP;
	if (drop == LP_DROP_NONE)
		drop = write_frame(t, view, &facts);
	if (drop != LP_DROP_NONE)
		return drop;
	lp_tunnel_note_game(t, a->in.peer, view, now);
	v->action = lp_action_for(&view->eth.dst,
		t->config.role == LP_ROLE_GATEWAY ? LP_ACTION_GATEWAY : LP_ACTION_UNICAST);
	return LP_DROP_NONE;
}

static void conclude(struct lp_tunnel *t, struct lp_verdict *v)
{
	if (v->drop != LP_DROP_NONE) {
		v->action = LP_ACTION_DROP;
		v->targets = 0;
		t->stats.rx_drops[v->drop]++;
	} else if (v->action != LP_ACTION_WAIT) {
		t->stats.rx_frames++;
		t->stats.rx_bytes += v->len;
	}
	trace(t, LP_TUNNEL_FROM_ROOM, v);
}

bool lp_tunnel_pass_early(void *owner, const struct lp_received *in, lp_time now)
{
	struct lp_tunnel *t = owner;
	struct lp_verdict v = {.targets = 1};
	struct arrival a = {.in = *in};
	v.drop = judge_in(t, &a, now, &v);
	if (a.is_early)
		return false; /* it waits for another first fragment */
	conclude(t, &v);
	return true;
}

void lp_tunnel_deliver(void *owner, const struct lp_received *in, lp_time now)
{
	struct lp_tunnel *t = owner;
	struct lp_verdict v = {.drop = in->drop, .targets = 1};
	struct arrival a = {.in = *in};
	t->stats.rx_drops[LP_DROP_FRAGMENT] += lp_early_expire(&t->early, now);
	if (v.drop == LP_DROP_NONE && !in->waits)
		v.drop = judge_in(t, &a, now, &v);
	if (in->waits || (a.is_early && lp_early_hold(&t->early, t->welcome.room, in, now)))
		v = (struct lp_verdict){.action = LP_ACTION_WAIT};
	conclude(t, &v);
	if (v.drop == LP_DROP_NONE && lp_view_is_first_fragment(&a.view))
		lp_early_retry(&t->early, t->welcome.room, in->peer, t, now);
}
