/* tunnel_events.c - who is in the room, from the relay's events (rows C2, C3, C8). */
#include <stdlib.h>
#include <string.h>

#include "tunnel_private.h"

struct tunnel_member *lp_tunnel_member(const struct lp_tunnel *t, uint16_t peer)
{
	for (size_t i = 0; i < t->member_count; i++)
		if (t->members[i]->joined.peer == peer)
			return t->members[i];
	return NULL;
}

struct tunnel_member *lp_tunnel_member_with(const struct lp_tunnel *t, const struct lp_mac *mac)
{
	size_t i = 0;
	while (t->members[i]->joined.role != LP_ROLE_CLIENT ||
		!lp_mac_equal(&t->members[i]->joined.mac, mac))
		i++;
	return t->members[i];
}

static int compare_macs(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct lp_mac));
}

void lp_tunnel_members_changed(struct lp_tunnel *t)
{
	t->mac_count = 0;
	for (size_t i = 0; i < t->member_count; i++)
		if (t->members[i]->joined.role == LP_ROLE_CLIENT)
			t->macs[t->mac_count++] = t->members[i]->joined.mac;
	qsort(t->macs, t->mac_count, sizeof(t->macs[0]), compare_macs);
	t->port_is_old = true;
}

void lp_tunnel_tell_port(struct lp_tunnel *t, lp_time now)
{
	struct lp_mac macs[LP_MAX_MEMBERS];
	size_t count = 0;
	t->port_is_old = false;
	for (size_t i = 0; i < t->member_count; i++) {
		const struct tunnel_member *m = t->members[i];
		if (m->joined.role == LP_ROLE_CLIENT && !m->loops &&
			!lp_neighbours_on_lan(t->neighbours, &m->joined.mac, now))
			macs[count++] = m->joined.mac;
	}
	qsort(macs, count, sizeof(*macs), compare_macs);
	if (count == t->port_mac_count && memcmp(macs, t->port_macs, count * sizeof(*macs)) == 0)
		return;
	memcpy(t->port_macs, macs, count * sizeof(*macs));
	t->port_mac_count = count;
	t->port->ops->members(t->port, t->port_macs, count);
}

bool lp_tunnel_has_mac(const struct lp_tunnel *t, const struct lp_mac *mac)
{
	return bsearch(mac, t->macs, t->mac_count, sizeof(*mac), compare_macs) != NULL;
}

bool lp_tunnel_reaches(const struct lp_tunnel *t, const struct lp_mac *mac)
{
	return bsearch(mac, t->port_macs, t->port_mac_count, sizeof(*mac), compare_macs) != NULL;
}

/* Can there be such a member beside that one? Ids and MACs are unique, and a room has one gateway:
 * a second one would be free of the filter (row S5). */
static bool can_be_beside(const struct lp_peer_joined *joined, enum lp_role role, uint16_t peer,
	const struct lp_mac *mac)
{
	return joined->peer != peer &&
	       (joined->role != role ||
		       (role == LP_ROLE_CLIENT && !lp_mac_equal(&joined->mac, mac)));
}

/* Would an honest relay admit it? */
static bool is_plausible(const struct lp_tunnel *t, const struct lp_peer_joined *joined)
{
	if (joined->role == LP_ROLE_CLIENT && !lp_mac_is_station(&joined->mac))
		return false;
	if (!can_be_beside(joined, t->config.role, t->welcome.peer, &t->config.mac))
		return false;
	for (size_t i = 0; i < t->member_count; i++) {
		const struct lp_peer_joined *other = &t->members[i]->joined;
		if (!can_be_beside(joined, other->role, other->peer, &other->mac))
			return false;
	}
	return t->member_count < LP_MAX_MEMBERS;
}

static enum lp_status add_member(struct lp_tunnel *t, const struct lp_peer_joined *joined)
{
	if (!is_plausible(t, joined))
		return LP_INVALID;
	if (t->member_count == t->member_cap) {
		size_t cap = t->member_cap ? 2 * t->member_cap : 8;
		struct tunnel_member **list =
			realloc(t->members, cap * sizeof(struct tunnel_member *));
		if (!list)
			return LP_NO_MEMORY;
		t->members = list;
		t->member_cap = cap;
	}
	struct tunnel_member *member = calloc(1, sizeof(*member));
	if (!member)
		return LP_NO_MEMORY;
	member->joined = *joined;
	member->trusted = lp_tunnel_trusts(t, joined);
	lp_filter_source_init(&member->source, joined->role, &joined->mac);
	lp_claimant_init(&member->claimant, joined->peer);
	t->members[t->member_count++] = member;
	struct lp_tunnel_action *action = lp_tunnel_add_action(t, LP_TUNNEL_PEER_JOINED);
	if (action)
		action->member = *joined;
	lp_tunnel_members_changed(t);
	return LP_OK;
}

static enum lp_status remove_member(struct lp_tunnel *t, const struct lp_peer_left *left)
{
	struct tunnel_member *member = lp_tunnel_member(t, left->peer);
	if (!member)
		return LP_INVALID;
	struct lp_tunnel_action *action = lp_tunnel_add_action(t, LP_TUNNEL_PEER_LEFT);
	if (action) {
		action->member = member->joined;
		action->peer_left = *left;
	}
	size_t at = 0;
	while (t->members[at] != member)
		at++;
	t->members[at] = t->members[--t->member_count];
	lp_neighbours_forget(t->neighbours, left->peer); /* what it had claimed is free again */
	lp_tunnel_forget_games(t, left->peer);
	free(member);
	lp_tunnel_members_changed(t);
	return LP_OK;
}

/* member: NULL for this one. */
static void note_trouble(struct lp_tunnel *t, enum lp_tunnel_kind kind,
	const struct tunnel_member *member, bool *known, bool now)
{
	if (*known == now)
		return;
	*known = now;
	t->port_is_old = true;
	struct lp_tunnel_action *action = lp_tunnel_add_action(t, kind);
	if (!action)
		return;
	if (member)
		action->member = member->joined;
	action->begins = now;
}

static void note_troubles(
	struct lp_tunnel *t, struct tunnel_member *member, const struct lp_peer_status *s)
{
	if (member) {
		member->status = *s;
		note_trouble(t, LP_TUNNEL_LOOP, member, &member->loops, s->loops);
		note_trouble(t, LP_TUNNEL_CONFLICT, member, &member->conflict, s->conflict);
	} else if (s->peer == t->welcome.peer) {
		t->status = *s;
		note_trouble(t, LP_TUNNEL_CONFLICT, NULL, &t->conflict, s->conflict);
	}
}

/* member: NULL for this one. */
static void note_name(
	struct lp_tunnel *t, struct tunnel_member *member, const struct lp_peer_status *s)
{
	char *known = member ? member->joined.name : t->told_name;
	bool own = s->peer == t->welcome.peer;
	if (!s->name[0] || (!member && !own) || strcmp(known, s->name) == 0)
		return;
	memcpy(known, s->name, sizeof(s->name));
	struct lp_tunnel_action *action = lp_tunnel_add_action(t, LP_TUNNEL_RENAMED);
	if (!action)
		return;
	if (member)
		action->member = member->joined;
	memcpy(action->member.name, s->name, sizeof(s->name));
}

/* The relay's operator can change the limits of a room (row H3). */
static void note_limits(struct lp_tunnel *t, const struct lp_peer_status *s, lp_time now)
{
	struct lp_welcome *w = &t->welcome;
	bool same = s->byte_rate == w->byte_rate && s->byte_burst == w->byte_burst;
	if (s->peer != w->peer || s->byte_burst == 0 || same)
		return;
	w->byte_rate = s->byte_rate;
	w->byte_burst = s->byte_burst;
	lp_tunnel_keep_limits(t, now);
}

static enum lp_status apply(struct lp_tunnel *t, const struct lp_control *event, lp_time now)
{
	if (event->type == LP_PEER_JOINED)
		return add_member(t, &event->peer_joined);
	if (event->type == LP_PEER_LEFT)
		return remove_member(t, &event->peer_left);
	struct tunnel_member *member = lp_tunnel_member(t, event->peer_status.peer);
	note_troubles(t, member, &event->peer_status);
	note_name(t, member, &event->peer_status);
	note_limits(t, &event->peer_status, now);
	struct lp_tunnel_action *action = lp_tunnel_add_action(t, LP_TUNNEL_PEER_STATUS);
	if (action) {
		if (member)
			action->member = member->joined;
		action->peer_status = event->peer_status;
	}
	return LP_OK; /* one's own status comes too */
}

static uint64_t sequence_of(const struct lp_control *event)
{
	switch (event->type) {
	case LP_PEER_JOINED:
		return event->peer_joined.sequence;
	case LP_PEER_LEFT:
		return event->peer_left.sequence;
	case LP_PEER_STATUS:
		return event->peer_status.sequence;
	default:
		return 0;
	}
}

static enum lp_status keep_waiting(struct lp_tunnel *t, const struct lp_control *event)
{
	if (t->waiting_event_count >= LP_TUNNEL_WAITING_EVENTS)
		return LP_INVALID;
	for (size_t i = 0; i < t->waiting_event_count; i++)
		if (sequence_of(t->waiting_events[i]) == sequence_of(event))
			return LP_INVALID;
	struct lp_control *copy = malloc(sizeof(*copy));
	if (!copy)
		return LP_NO_MEMORY;
	*copy = *event;
	t->waiting_events[t->waiting_event_count++] = copy;
	return LP_OK;
}

enum lp_status lp_tunnel_take_waiting_events(struct lp_tunnel *t, lp_time now)
{
	for (size_t i = 0; i < t->waiting_event_count;) {
		struct lp_control *event = t->waiting_events[i];
		if (sequence_of(event) != t->sequence + 1) {
			i++;
			continue;
		}
		t->waiting_events[i] = t->waiting_events[--t->waiting_event_count];
		t->sequence++;
		enum lp_status status = apply(t, event, now);
		free(event);
		if (status != LP_OK)
			return status;
		i = 0;
	}
	return LP_OK;
}

enum lp_status lp_tunnel_event(struct lp_tunnel *t, const struct lp_control *event, lp_time now)
{
	uint64_t sequence = sequence_of(event);
	if (event->type == LP_HOST_DONE) {
		struct lp_tunnel_action *action = lp_tunnel_add_action(t, LP_TUNNEL_ACTED);
		if (action)
			action->done = event->done;
		return LP_OK;
	}
	if (sequence <= t->sequence)
		return LP_INVALID; /* not an event, or one that came before */
	if (t->state != TUNNEL_JOINED || sequence != t->sequence + 1)
		return keep_waiting(t, event);
	t->sequence++;
	enum lp_status status = apply(t, event, now);
	return status == LP_OK ? lp_tunnel_take_waiting_events(t, now) : status;
}
