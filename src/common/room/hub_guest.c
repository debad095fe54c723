/* hub_guest.c - a guest shows a pass of the room's host instead of the room's key (row H3). */
#include <string.h>

#include "hub_private.h"

static enum lp_reject_reason judge(const struct lp_hub *hub, const struct lp_room *room,
	const struct lp_hello *hello, lp_time now, lp_time *ret_end)
{
	const struct lp_hosted *hosted = lp_room_hosted(room);
	if (memcmp(hosted->print, hello->guest_host, LP_HOST_PRINT) != 0 ||
		hub->config.steer(lp_room_secret(room)) != lp_guest_steer(hello->guest_pass))
		return LP_REJECT_GUEST_WAITS;
	if (!hub->config.admits(hello->guest_pass, hosted->key, now, ret_end))
		return LP_REJECT_GUEST_WRONG;
	return *ret_end > now ? LP_REJECT_OTHER : LP_REJECT_GUEST_EXPIRED;
}

/* A host can have several rooms. NULL, with the reason: none of them is the guest's. */
static const struct lp_room *find_room(const struct lp_hub *hub, const struct lp_hello *hello,
	lp_time now, lp_time *ret_end, enum lp_reject_reason *ret_reason)
{
	const struct lp_room *room;
	*ret_reason = LP_REJECT_GUEST_WAITS;
	for (size_t i = 0; (room = lp_rooms_at(hub->rooms, i)); i++) {
		enum lp_reject_reason reason = judge(hub, room, hello, now, ret_end);
		if (reason == LP_REJECT_OTHER)
			return room;
		if (reason != LP_REJECT_GUEST_WAITS)
			*ret_reason = reason;
	}
	return NULL;
}

bool lp_hub_admit(struct lp_hub *hub, struct lp_session *s, struct lp_hello *hello, lp_time now,
	lp_time *ret_end)
{
	enum lp_reject_reason reason = LP_REJECT_GUEST_WAITS;
	const struct lp_room *room = NULL;
	*ret_end = LP_NEVER;
	if (!lp_host_is_known(hello->guest_host))
		return true;
	if (hub->config.admits)
		room = find_room(hub, hello, now, ret_end, &reason);
	if (!room) {
		lp_hub_reject(hub, s, &(struct lp_reject){.reason = reason}, now);
		return false;
	}
	memcpy(hello->room_key, lp_room_secret(room), LP_ROOM_KEY_SIZE);
	memset(hello->host_key, 0, LP_HOST_KEY_SIZE); /* whoever has it needs no pass */
	return true;
}
