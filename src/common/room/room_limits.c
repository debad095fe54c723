/* room_limits.c - how many rooms a source can have, and how often it can join (row N6). */
#include "room_private.h"

bool lp_rooms_within_limits(
	struct lp_rooms *rooms, struct lp_room *room, const struct lp_join *join)
{
	if (!lp_limiter_take(&rooms->joins, &join->source, join->now))
		return false;
	if (!room)
		return lp_limiter_take(&rooms->opened, &join->source, join->now);
	return lp_limiter_has(&rooms->opened, &join->source, join->now) &&
	       (join->source.local || lp_bucket_take(&room->joins, 1, join->now));
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
