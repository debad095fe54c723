/* room_limits.c - how many rooms a source can have, and how often it can join (row N6). */
#include "room_private.h"

/* A gateway speaks for a whole LAN, but anybody with the room code can be one. It gets this many
 * times the limits of a client. */
#define GATEWAY_SHARE 16

static bool is_private(const struct lp_rooms *rooms)
{
	return rooms->permitted && !rooms->permitted->open;
}

static bool counts(const struct lp_room *room, const struct lp_join *join)
{
	return room && !join->source.local;
}

bool lp_rooms_init_limits(struct lp_rooms *rooms)
{
	const struct lp_limits *limits = &rooms->config.limits;
	uint64_t fresh = limits->join_rate ? LP_ROOM_FRESH_RATE : 0;
	uint64_t hosts = limits->open_rate ? LP_ROOM_HOSTS : 0;
	return lp_limiter_init(&rooms->joins, limits->join_rate, limits->join_burst, LP_SECOND) &&
	       lp_limiter_init(
		       &rooms->opened, limits->open_rate, limits->open_rate, 60 * LP_SECOND) &&
	       lp_limiter_init(&rooms->fresh, fresh, LP_ROOM_FRESH_BURST, 60 * LP_SECOND) &&
	       lp_limiter_init(
		       &rooms->failures, LP_ROOM_FAILURES, LP_ROOM_FAILURES, 60 * LP_SECOND) &&
	       lp_limiter_init(&rooms->hosts, hosts, LP_ROOM_HOSTS, 24 * 3600 * LP_SECOND);
}

void lp_rooms_clear_limits(struct lp_rooms *rooms)
{
	lp_limiter_clear(&rooms->joins);
	lp_limiter_clear(&rooms->opened);
	lp_limiter_clear(&rooms->fresh);
	lp_limiter_clear(&rooms->failures);
	lp_limiter_clear(&rooms->hosts);
}

bool lp_rooms_can_join(struct lp_rooms *rooms, struct lp_room *room, const struct lp_join *join)
{
	const struct lp_source *source = &join->source;
	return lp_limiter_has(&rooms->joins, source, join->now) &&
	       lp_limiter_has(&rooms->opened, source, join->now) &&
	       (!is_private(rooms) || lp_limiter_has(&rooms->failures, source, join->now)) &&
	       (!counts(room, join) || lp_bucket_has(&room->joins, 1, join->now));
}

bool lp_rooms_may_prove(struct lp_rooms *rooms, const struct lp_join *join)
{
	struct lp_room *room = lp_rooms_find(rooms, join->hello->room_key);
	struct lp_member *rival = room ? lp_room_rival(room, join->hello) : NULL;
	bool resumes = rival && lp_member_is_peer(rival, join->hello);
	return resumes || lp_rooms_can_join(rooms, room, join);
}

void lp_rooms_note_bad_pass(struct lp_rooms *rooms, const struct lp_join *join)
{
	lp_limiter_take(&rooms->joins, &join->source, join->now);
}

bool lp_rooms_within_limits(
	struct lp_rooms *rooms, struct lp_room *room, const struct lp_join *join)
{
	const struct lp_source *source = &join->source;
	if (!lp_rooms_can_join(rooms, room, join))
		return false;
	if (counts(room, join))
		lp_bucket_take(&room->joins, 1, join->now);
	lp_limiter_take(&rooms->joins, source, join->now);
	return room || lp_limiter_take(&rooms->opened, source, join->now);
}

bool lp_rooms_has_share(const struct lp_rooms *rooms, const struct lp_source *source)
{
	size_t left = rooms->config.max_rooms - rooms->count;
	for (size_t level = 0; level < LP_SOURCE_LEVELS; level++) {
		size_t own = 0;
		for (size_t i = 0; i < rooms->count; i++)
			own += rooms->list[i]->source.of[level] == source->of[level];
		if (own >= LP_ROOMS_OF_SOURCE + 2 * left)
			return false;
	}
	return true;
}

static lp_time silent_since(const struct lp_member *member)
{
	return member->active > member->since ? member->active : member->since;
}

struct lp_room *lp_rooms_silent(const struct lp_rooms *rooms, lp_time now)
{
	struct lp_room *found = NULL;
	for (size_t i = 0; i < rooms->count; i++) {
		struct lp_room *room = rooms->list[i];
		if (room->count > 1 || now - silent_since(room->members[0]) < LP_ROOM_SILENT)
			continue;
		if (!found || silent_since(room->members[0]) < silent_since(found->members[0]))
			found = room;
	}
	return found;
}

void lp_room_find_terms(struct lp_room *room)
{
	const struct lp_room_list *list = room->rooms->permitted;
	room->terms = list ? lp_room_list_find(list, room->key) : NULL;
}

void lp_rooms_permit(struct lp_rooms *rooms, struct lp_room_list *list)
{
	lp_room_list_free(rooms->permitted);
	rooms->permitted = list;
	for (size_t i = 0; i < rooms->count; i++)
		lp_room_find_terms(rooms->list[i]);
}

bool lp_room_is_permitted(const struct lp_room *room)
{
	const struct lp_room_list *list = room->rooms->permitted;
	return !list || lp_room_list_opens(list, room->terms, room->opening);
}

bool lp_rooms_knows(
	const struct lp_rooms *rooms, const struct lp_room *room, const struct lp_hello *hello)
{
	const struct lp_room_list *list = rooms->permitted;
	if (!list)
		return true;
	bool opens =
		lp_room_list_opens(list, lp_room_list_find(list, hello->room_key), hello->opening);
	return opens || room;
}

void lp_rooms_note_failure(struct lp_rooms *rooms, const struct lp_join *join)
{
	if (is_private(rooms))
		lp_limiter_take(&rooms->failures, &join->source, join->now);
}

size_t lp_room_max_clients(const struct lp_room *room)
{
	size_t own = room->terms ? room->terms->max_clients : 0;
	return own > 0 ? own : room->rooms->config.max_clients;
}

static struct lp_limits limits_of(const struct lp_room *room)
{
	struct lp_limits limits = room->rooms->config.limits;
	if (room->terms && room->terms->has_rate)
		limits.client_rate = room->terms->rate;
	return limits;
}

bool lp_member_limit(struct lp_member *m, const struct lp_room *room, lp_time now)
{
	const struct lp_limits limits = limits_of(room);
	const struct lp_bucket old = m->bytes;
	uint64_t times = m->role == LP_ROLE_GATEWAY ? GATEWAY_SHARE : 1;
	lp_bucket_change(&m->bytes, times * limits.client_rate, times * limits.client_burst, now);
	lp_bucket_change(
		&m->broadcast, times * limits.broadcast_rate, times * limits.broadcast_burst, now);
	lp_bucket_change(&m->unknown, limits.unknown_rate, limits.unknown_burst, now);
	return m->bytes.rate != old.rate || m->bytes.cap != old.cap;
}
