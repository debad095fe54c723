/* hub_guest.c - a guest shows a pass of the room's host instead of the room's key (row H3). */
#include <string.h>

#include "hub_private.h"

/* A host can have several rooms. Of two with the same steer, the pass opens the first. NULL: none is the
 * guest's. */
static const struct lp_room *find_room(const struct lp_hub *hub, const struct lp_hello *hello)
{
	const struct lp_room *room;
	for (size_t i = 0; (room = lp_rooms_at(hub->rooms, i)); i++)
		if (memcmp(lp_room_hosted(room)->print, hello->guest_host, LP_HOST_PRINT) == 0 &&
			hub->config.steer(lp_room_secret(room)) ==
				lp_guest_steer(hello->guest_pass))
			return room;
	return NULL;
}

/* LP_REJECT_OTHER: it is good. Row N6: a bad pass costs as much as a join. */
static enum lp_reject_reason judge(struct lp_hub *hub, const struct lp_room *room,
	const struct lp_join *join, lp_time *ret_end)
{
	const struct lp_hosted *hosted = lp_room_hosted(room);
	if (!lp_rooms_may_prove(hub->rooms, join))
		return LP_REJECT_BUSY;
	bool good = hub->config.admits(join->hello->guest_pass, hosted->key, join->now, ret_end);
	if (good && *ret_end > join->now)
		return LP_REJECT_OTHER;
	lp_rooms_note_bad_pass(hub->rooms, join);
	return good ? LP_REJECT_GUEST_EXPIRED : LP_REJECT_GUEST_WRONG;
}

bool lp_hub_admit(struct lp_hub *hub, struct lp_session *s, struct lp_hello *hello, lp_time now,
	lp_time *ret_end)
{
	const struct lp_join join = {.hello = hello, .source = s->source, .now = now};
	struct lp_reject why = {.reason = LP_REJECT_GUEST_WAITS};
	*ret_end = LP_NEVER;
	if (!lp_host_is_known(hello->guest_host))
		return true;
	const struct lp_room *room = hub->config.admits ? find_room(hub, hello) : NULL;
	if (room) {
		memcpy(hello->room_key, lp_room_secret(room), LP_ROOM_KEY_SIZE);
		why.reason = judge(hub, room, &join, ret_end);
	}
	if (why.reason != LP_REJECT_OTHER) {
		lp_hub_reject(hub, s, &why, now);
		return false;
	}
	memset(hello->host_key, 0, LP_HOST_KEY_SIZE); /* whoever has it needs no pass */
	return true;
}
