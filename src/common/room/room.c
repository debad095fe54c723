#include "lanparty/room/room.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "lanparty/base/bytes.h"
#include "lanparty/room/known_lan.h"
#include "lanparty/wire/overlay.h"
#include "room_private.h"

struct lp_rooms *lp_rooms_new(const struct lp_room_config *config)
{
	struct lp_rooms *rooms = calloc(1, sizeof(*rooms));
	if (!rooms)
		return NULL;
	assert(config->max_clients >= 1 && config->max_clients <= LP_MAX_CLIENTS);
	assert(config->max_rooms >= 1);
	rooms->config = *config;
	if (!config->first_id)
		rooms->config.first_id = 1;
	if (!config->id_step)
		rooms->config.id_step = 1;
	rooms->list = calloc(config->max_rooms, sizeof(struct lp_room *));
	if (rooms->list && lp_rooms_init_limits(rooms))
		return rooms;
	lp_rooms_free(rooms);
	return NULL;
}

static void room_free(struct lp_room *room)
{
	for (size_t i = 0; i < room->count; i++)
		lp_member_free(room->members[i]);
	free(room->members);
	lp_peer_ids_clear(&room->ids);
	lp_neighbours_free(room->neighbours);
	lp_zero_free(room, sizeof(*room)); /* its key */
}

void lp_rooms_free(struct lp_rooms *rooms)
{
	if (!rooms)
		return;
	for (size_t i = 0; rooms->list && i < rooms->count; i++)
		room_free(rooms->list[i]);
	lp_rooms_clear_limits(rooms);
	lp_room_list_free(rooms->permitted);
	free(rooms->list);
	free(rooms);
}

size_t lp_rooms_count(const struct lp_rooms *rooms)
{
	return rooms->count;
}

struct lp_room *lp_rooms_at(const struct lp_rooms *rooms, size_t index)
{
	return index < rooms->count ? rooms->list[index] : NULL;
}

struct lp_traffic *lp_room_traffic(struct lp_room *room)
{
	return &room->traffic;
}

/* Compares every room, and every byte of each key, so that the time reveals nothing about the
 * keys. */
struct lp_room *lp_rooms_find(const struct lp_rooms *rooms, const uint8_t *key)
{
	struct lp_room *found = NULL;
	for (size_t i = 0; i < rooms->count; i++)
		if (lp_equal_secret(rooms->list[i]->key, key, LP_ROOM_KEY_SIZE))
			found = rooms->list[i];
	return found;
}

static bool id_taken(const struct lp_rooms *rooms, uint32_t id)
{
	for (size_t i = 0; i < rooms->count; i++) {
		assert(rooms->list[i]);
		if (rooms->list[i]->id == id)
			return true;
	}
	return id == 0;
}

static uint32_t next_id(const struct lp_rooms *rooms)
{
	uint32_t last = rooms->last_id, step = rooms->config.id_step;
	/* At the end start again from first_id: a wrapped sum would be another registry's id. */
	return last && last <= UINT32_MAX - step ? last + step : rooms->config.first_id;
}

static struct lp_room *room_new(struct lp_rooms *rooms, const struct lp_join *join)
{
	struct lp_room *room = calloc(1, sizeof(*room));
	if (!room)
		return NULL;
	bool known = lp_rooms_hosted(rooms, NULL, join->hello->room_key, &room->hosted);
	room->neighbours = known ? lp_neighbours_new(&rooms->config.secret) : NULL;
	if (!room->neighbours) {
		free(room);
		return NULL;
	}
	room->rooms = rooms;
	room->source = join->source;
	memcpy(room->key, join->hello->room_key, LP_ROOM_KEY_SIZE);
	memcpy(room->opening, join->hello->opening, LP_ROOM_KEY_SIZE);
	lp_bucket_init(&room->acts, ACTS_RATE, ACTS_BURST, join->now);
	lp_bucket_init(&room->joins, LP_ROOM_JOIN_RATE, LP_ROOM_JOIN_BURST, join->now);
	do
		rooms->last_id = next_id(rooms);
	while (id_taken(rooms, rooms->last_id));
	room->id = rooms->last_id;
	lp_room_find_terms(room);
	rooms->list[rooms->count++] = room;
	return room;
}

static void remove_room(struct lp_rooms *rooms, struct lp_room *room)
{
	for (size_t i = 0; i < rooms->count; i++) {
		if (rooms->list[i] == room) {
			rooms->list[i] = rooms->list[--rooms->count];
			break;
		}
	}
	room_free(room);
}

static size_t mac_chain(const struct lp_mac *mac)
{
	return (size_t)(mac->b[5] ^ mac->b[4] * 7 ^ mac->b[3] * 31) % MAC_CHAINS;
}

struct lp_member *lp_room_find(const struct lp_room *room, const struct lp_mac *mac)
{
	struct lp_member *m = room->by_mac[mac_chain(mac)];
	while (m && !lp_mac_equal(&m->mac, mac))
		m = m->next_mac;
	return m;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The largest datagram that can reach a member: its budget, clamped to its path (row R6). */
static size_t clamp_datagram(uint64_t budget, size_t path)
{
	return budget < path ? (size_t)budget : path;
}

/* The largest frame that fits datagrams of that size, in two fragments if both sides support it. */
static size_t largest_frame(uint64_t capabilities, size_t datagram)
{
	size_t whole = datagram > LP_OVERLAY_HEADER ? datagram - LP_OVERLAY_HEADER : 0;
	size_t fragment =
		datagram > LP_OVERLAY_FRAGMENT_HEADER ? datagram - LP_OVERLAY_FRAGMENT_HEADER : 0;
	return (capabilities & LP_CAP_FRAGMENTS) && 2 * fragment > whole ? 2 * fragment : whole;
}

bool lp_member_carries(const struct lp_member *member, size_t len)
{
	return len <= largest_frame(member->capabilities, member->datagram_max);
}

/* The largest TAP MTU that a newcomer supports; 0 if it is below the minimum (row R5). */
static uint16_t mtu_of(const struct lp_hello *hello, size_t datagram)
{
	size_t mtu = hello->mtu < LP_ETH_MTU ? (size_t)hello->mtu : LP_ETH_MTU;
	size_t frame = largest_frame(hello->capabilities, datagram);
	mtu = least(mtu, frame > LP_ETH_HEADER ? frame - LP_ETH_HEADER : 0);
	return mtu >= LP_MTU_MIN ? (uint16_t)mtu : 0;
}

/* True if the newcomer holds the member's resume token. */
bool lp_member_is_peer(const struct lp_member *member, const struct lp_hello *hello)
{
	static const uint8_t none[LP_TOKEN_SIZE];
	bool latest = lp_equal_secret(hello->resume_token, member->resume_token, LP_TOKEN_SIZE);
	bool former = lp_equal_secret(hello->resume_token, member->former_token, LP_TOKEN_SIZE);
	return !lp_equal_secret(hello->resume_token, none, LP_TOKEN_SIZE) && (latest || former);
}

struct lp_member *lp_room_rival(const struct lp_room *room, const struct lp_hello *hello)
{
	return hello->role == LP_ROLE_GATEWAY ? room->gateway : lp_room_find(room, &hello->mac);
}

static size_t clients_in(const struct lp_room *room)
{
	return room->count - (room->gateway ? 1 : 0);
}

/* Checks rows R2-R5 for an existing room. */
static bool admits(const struct lp_room *room, const struct lp_hello *hello, uint16_t mtu,
	lp_time now, enum lp_reject_reason *ret_reason)
{
	struct lp_member *rival = lp_room_rival(room, hello);
	bool resumes = rival && lp_member_is_peer(rival, hello);
	bool client = hello->role == LP_ROLE_CLIENT;
	if (rival && !resumes)
		*ret_reason = client ? LP_REJECT_MAC_IN_USE : LP_REJECT_GATEWAY_PRESENT;
	else if (client && !resumes && lp_neighbours_on_lan(room->neighbours, &hello->mac, now))
		*ret_reason = LP_REJECT_MAC_IN_USE;
	else if (client && !resumes && clients_in(room) >= lp_room_max_clients(room))
		*ret_reason = LP_REJECT_ROOM_FULL;
	else if (mtu < room->mtu)
		*ret_reason = LP_REJECT_MTU;
	else
		return true;
	return false;
}

/* What a member has from its connection: new with each. */
static void take_connection(struct lp_member *m, const struct lp_join *join)
{
	const struct lp_hello *hello = join->hello;
	m->capabilities = hello->capabilities & LP_CAPS_KNOWN;
	m->datagram_budget = clamp_datagram(hello->datagram_budget, LP_DATAGRAM_MAX);
	m->datagram_max = clamp_datagram(hello->datagram_budget, join->path_datagram);
	memcpy(m->resume_token, join->token, LP_TOKEN_SIZE);
}

/* Row K1: another connection of the same peer. Until it has shown that it knows its new token, the one
 * that it came with is good: the WELCOME can be lost. */
static void resume(struct lp_member *m, const struct lp_join *join)
{
	memcpy(m->former_token, join->hello->resume_token, LP_TOKEN_SIZE);
	take_connection(m, join);
}

void lp_member_confirm(struct lp_member *member)
{
	lp_zero(member->former_token, sizeof(member->former_token));
}

static struct lp_member *member_new(const struct lp_join *join, const struct lp_room *room)
{
	const struct lp_hello *hello = join->hello;
	lp_time now = join->now;
	struct lp_member *m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->role = hello->role;
	m->since = now;
	if (hello->role == LP_ROLE_CLIENT)
		m->mac = hello->mac;
	memcpy(m->name, hello->name, sizeof(m->name));
	memcpy(m->id, hello->member_id, sizeof(m->id));
	memcpy(m->address, join->address, sizeof(m->address));
	take_connection(m, join);
	lp_filter_source_init(&m->source, m->role, &m->mac);
	lp_member_limit(m, room, now);
	return m;
}

/* Makes space for one more in the room's array. */
static bool reserve(struct lp_room *room)
{
	if (room->count < room->cap)
		return true;
	size_t cap = room->cap ? 2 * room->cap : 8;
	struct lp_member **members = realloc(room->members, cap * sizeof(*members));
	if (!members)
		return false;
	room->members = members;
	room->cap = cap;
	return true;
}

static void enter(struct lp_room *room, struct lp_member *m)
{
	m->room = room;
	m->index = room->count;
	room->members[room->count++] = m;
	if (m->role == LP_ROLE_GATEWAY) {
		room->gateway = m;
		return;
	}
	size_t chain = mac_chain(&m->mac);
	m->next_mac = room->by_mac[chain];
	room->by_mac[chain] = m;
}

static void leave(struct lp_room *room, struct lp_member *m, lp_time now)
{
	lp_peer_ids_give_back(&room->ids, m->peer, now);
	room->members[m->index] = room->members[--room->count];
	room->members[m->index]->index = m->index;
	if (m->role == LP_ROLE_GATEWAY) {
		room->gateway = NULL;
	} else {
		struct lp_member **at = &room->by_mac[mac_chain(&m->mac)];
		while (*at != m)
			at = &(*at)->next_mac;
		*at = m->next_mac;
	}
	m->room = NULL;
}

void lp_member_mark_station(struct lp_member *member, lp_time now)
{
	struct lp_neighbours *n = member->room->neighbours;
	bool on_lan = lp_neighbours_on_lan(n, &member->mac, now);
	member->is_station =
		on_lan && (member->is_station || lp_neighbours_may_take(n, member->peer, now));
}

/* Rows N1, K4: which members have come before the gateway could tell of the station with their MAC. */
static void mark_stations(struct lp_room *room, lp_time now)
{
	for (size_t i = 0; i < room->count; i++)
		lp_member_mark_station(room->members[i], now);
}

static bool moves_lan(struct lp_room *room, const struct lp_protected *has)
{
	if (!lp_known_lan_moves(&room->lan, has))
		return false;
	lp_neighbours_forget(room->neighbours, LP_OWNER_LAN);
	return true;
}

bool lp_room_learn(struct lp_room *room, const struct lp_lan_report *report, lp_time now)
{
	bool moved = report->replaces && moves_lan(room, &report->protected);
	lp_neighbours_learn(room->neighbours, report, now);
	mark_stations(room, now);
	return moved || report->moved;
}

static void forget(struct lp_room *room, const struct lp_member *m)
{
	bool gateway = m->role == LP_ROLE_GATEWAY;
	lp_neighbours_forget(room->neighbours, gateway ? LP_OWNER_LAN : m->peer);
	if (gateway)
		mark_stations(room, 0); /* there are none now, at any time */
}

/* Checks what does not depend on a room. */
static bool acceptable(
	const struct lp_hello *hello, uint16_t mtu, enum lp_reject_reason *ret_reason)
{
	if (hello->version_min > LP_PROTOCOL_VERSION || hello->version_max < LP_PROTOCOL_VERSION)
		*ret_reason = LP_REJECT_VERSION;
	else if (hello->role == LP_ROLE_CLIENT && !lp_mac_is_station(&hello->mac))
		*ret_reason = LP_REJECT_MAC_INVALID;
	else if (!mtu)
		*ret_reason = LP_REJECT_MTU;
	else
		return true;
	return false;
}

/* A room for the newcomer, perhaps instead of one whose only member is silent. */
static struct lp_room *open_room(
	struct lp_rooms *rooms, const struct lp_join *join, uint16_t mtu, struct lp_joined *joined)
{
	bool full = rooms->count == rooms->config.max_rooms;
	struct lp_room *silent = full ? lp_rooms_silent(rooms, join->now) : NULL;
	joined->reason = LP_REJECT_TOO_MANY_ROOMS;
	if ((full && !silent) || !lp_rooms_has_share(rooms, &join->source))
		return NULL;
	joined->reason = LP_REJECT_OTHER;
	if (silent) {
		joined->gave_way = silent->members[0];
		lp_rooms_leave(rooms, joined->gave_way, join->now);
	}
	struct lp_room *room = room_new(rooms, join);
	if (room)
		room->mtu = mtu;
	return room;
}

/* A new member. NULL when out of memory. */
static struct lp_member *add(
	struct lp_rooms *rooms, struct lp_room *room, const struct lp_join *join)
{
	uint16_t peer = reserve(room) ? lp_peer_ids_take(&room->ids, join->now) : 0;
	struct lp_member *m = peer ? member_new(join, room) : NULL;
	if (m) {
		m->peer = peer;
		lp_claimant_init(&m->claimant, peer);
		if (m->role == LP_ROLE_CLIENT &&
			!lp_limiter_take(&rooms->fresh, &join->source, join->now))
			lp_claimant_spend(&m->claimant, join->now);
		enter(room, m);
	} else if (room->count == 0) {
		remove_room(rooms, room);
	} else if (peer) {
		lp_peer_ids_give_back(&room->ids, peer, join->now);
	}
	return m;
}

/* True if the newcomer comes in as soon as the gateway has left, perhaps with its room. */
static bool can_replace(struct lp_rooms *rooms, struct lp_room *room, const struct lp_join *join)
{
	const struct lp_hello *hello = join->hello;
	enum lp_reject_reason ignored;
	bool alone = room->count == 1;
	size_t datagram = clamp_datagram(hello->datagram_budget, join->path_datagram);
	uint16_t mtu = mtu_of(hello, datagram);
	if (!acceptable(hello, mtu, &ignored) || !lp_rooms_can_join(rooms, room, join) ||
		!lp_rooms_knows(rooms, alone ? NULL : room, hello))
		return false;
	return hello->role == LP_ROLE_GATEWAY ? alone || mtu >= room->mtu
					      : admits(room, hello, mtu, join->now, &ignored);
}

struct lp_member *lp_rooms_unproven(struct lp_rooms *rooms, const struct lp_join *join)
{
	struct lp_room *room = lp_rooms_find(rooms, join->hello->room_key);
	bool yields = room && room->gateway && !room->gateway->host;
	if (!yields || !lp_room_is_host(&room->hosted, join) || !can_replace(rooms, room, join))
		return NULL;
	lp_room_register(room, join);
	return lp_room_has_host(&room->hosted) ? room->gateway : NULL;
}

bool lp_rooms_join(struct lp_rooms *rooms, const struct lp_join *join, struct lp_joined *ret_joined)
{
	const struct lp_hello *hello = join->hello;
	struct lp_joined *o = ret_joined;
	*o = (struct lp_joined){.reason = LP_REJECT_OTHER};
	uint16_t mtu = mtu_of(hello, clamp_datagram(hello->datagram_budget, join->path_datagram));
	if (!acceptable(hello, mtu, &o->reason))
		return false;
	struct lp_room *room = lp_rooms_find(rooms, hello->room_key);
	struct lp_member *rival = room ? lp_room_rival(room, hello) : NULL;
	bool resumes = rival && lp_member_is_peer(rival, hello);
	if (!resumes && !lp_rooms_within_limits(rooms, room, join)) {
		o->reason = LP_REJECT_BUSY;
		return false;
	}
	if (!resumes && !lp_rooms_knows(rooms, room, hello)) {
		o->reason = LP_REJECT_ROOM_FULL; /* row H3: it says no more */
		lp_rooms_note_failure(rooms, join);
		return false;
	}
	struct lp_hosted hosted;
	if (!lp_rooms_hosted(rooms, room, hello->room_key, &hosted))
		return false;
	bool host = lp_room_is_host(&hosted, join);
	if (hello->role == LP_ROLE_GATEWAY && lp_room_has_host(&hosted) && !host) {
		o->reason = LP_REJECT_NOT_HOST;
		return false;
	}
	enum lp_reject_reason bar;
	if (!host && !resumes && lp_room_bars(room, &hosted, join, &bar)) {
		o->reason = bar;
		return false;
	}
	o->member = rival;
	if (room && !admits(room, hello, mtu, join->now, &o->reason)) {
		if (o->reason == LP_REJECT_ROOM_FULL)
			lp_rooms_note_failure(rooms, join);
		return false;
	}
	o->resumed = resumes;
	if (!resumes && !room)
		room = open_room(rooms, join, mtu, o);
	if (resumes)
		resume(rival, join);
	else if (room)
		o->member = add(rooms, room, join);
	if (!o->member)
		return false;
	room = o->member->room;
	if (host)
		lp_room_register(room, join);
	o->member->host = host && lp_room_has_host(&room->hosted);
	if (hello->role == LP_ROLE_GATEWAY) {
		o->new_lan = (moves_lan(room, &hello->protected) || hello->fresh) && resumes;
		lp_neighbours_protect_told(room->neighbours, &hello->protected, join->now);
		mark_stations(room, join->now);
	}
	return true;
}

bool lp_rooms_leave(struct lp_rooms *rooms, struct lp_member *member, lp_time now)
{
	struct lp_room *room = member->room;
	if (member->host)
		lp_room_keep_host(room);
	leave(room, member, now);
	if (room->count) {
		forget(room, member);
		return false;
	}
	remove_room(rooms, room);
	return true;
}

void lp_member_free(struct lp_member *member)
{
	lp_zero_free(member, sizeof(*member)); /* its resume token */
}

bool lp_member_is_cut_off(const struct lp_member *member)
{
	return member->is_station || member->loops;
}

void lp_member_set_path(struct lp_member *member, size_t path_datagram)
{
	member->datagram_max = least(member->datagram_budget, path_datagram);
}

uint32_t lp_room_id(const struct lp_room *room)
{
	return room->id;
}

uint16_t lp_room_mtu(const struct lp_room *room)
{
	return room->mtu;
}

struct lp_member *lp_room_gateway(const struct lp_room *room)
{
	return room->gateway;
}

struct lp_neighbours *lp_room_neighbours(const struct lp_room *room)
{
	return room->neighbours;
}

struct lp_member *const *lp_room_members(const struct lp_room *room, size_t *ret_count)
{
	*ret_count = room->count;
	return room->members;
}

static void add_target(const struct lp_member *from, struct lp_member *to, size_t len,
	struct lp_member **targets, struct lp_route *route)
{
	if (lp_room_parts(from, to)) {
		route->drop = LP_DROP_ISOLATED;
		return;
	}
	if (lp_member_carries(to, len)) {
		targets[route->count++] = to;
		return;
	}
	route->skipped++;
	if (to->datagram_max > 0) /* else it has no connection now */
		route->drop = LP_DROP_TOO_BIG;
}

struct lp_route lp_room_route(const struct lp_member *from, const struct lp_eth *eth, size_t len,
	lp_time now, struct lp_member **targets)
{
	struct lp_room *room = from->room;
	struct lp_route route = {.action = LP_ACTION_UNICAST, .drop = LP_DROP_NO_TARGET};
	struct lp_member *to = lp_mac_is_group(&eth->dst) ? NULL : lp_room_find(room, &eth->dst);
	if (lp_mac_is_group(&eth->dst)) {
		route.action = LP_ACTION_FLOOD;
		for (size_t i = 0; i < room->count; i++)
			if (room->members[i] != from)
				add_target(from, room->members[i], len, targets, &route);
	} else if (to && lp_member_is_cut_off(to)) {
		route.drop = LP_DROP_LOOP;
	} else if (to) {
		route.known = true;
		if (to != from)
			add_target(from, to, len, targets, &route);
	} else if (from->role == LP_ROLE_CLIENT) {
		route.action = LP_ACTION_GATEWAY; /* row F3 */
		route.known = lp_neighbours_on_lan(room->neighbours, &eth->dst, now);
		if (room->gateway)
			add_target(from, room->gateway, len, targets, &route);
	} else {
		route.drop = LP_DROP_UNKNOWN_UNICAST;
	}
	if (route.count)
		route.drop = LP_DROP_NONE;
	else
		route.action = LP_ACTION_DROP;
	return route;
}
