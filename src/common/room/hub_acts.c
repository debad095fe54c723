/* hub_acts.c - a host acts (row H3). */
#include "hub_private.h"

static void answer(struct lp_hub *hub, struct lp_session *s, uint64_t id, enum lp_acted acted)
{
	const struct lp_control message = {
		.type = LP_HOST_DONE, .done = {.id = id, .acted = acted}};
	lp_hub_send(hub, LP_HUB_MESSAGE, s, &message);
}

/* Everybody hears of a name, also in large rooms. */
static void tell_name(struct lp_hub *hub, const struct lp_member *who)
{
	size_t count;
	struct lp_member *const *members = lp_room_members(who->room, &count);
	for (size_t i = 0; i < count; i++)
		lp_hub_send_status(
			hub, lp_hub_session_of(members[i]), lp_hub_session_of(who), false);
}

static void change(struct lp_hub *hub, struct lp_member *m, enum lp_act act)
{
	if (act == LP_ACT_RENAME)
		tell_name(hub, m);
	else if (act == LP_ACT_KICK || act == LP_ACT_BAN)
		lp_hub_remove_member(hub, lp_hub_session_of(m), lp_reject_text(LP_REJECT_REMOVED));
}

void lp_hub_on_act(
	struct lp_hub *hub, struct lp_session *s, const struct lp_host_act *act, lp_time now)
{
	struct lp_member *m = lp_room_peer(s->member->room, act->peer);
	enum lp_acted acted = lp_room_host_act(s->member->room, act, m, now);
	struct lp_hub_action *log = lp_hub_add_action(hub, LP_HUB_ACTED, s);
	if (log) {
		log->act = act->act;
		log->acted = acted;
	}
	answer(hub, s, act->id, acted);
	if (lp_acted_is_done(acted))
		change(hub, m, act->act);
}

enum lp_acted lp_hub_act(
	struct lp_hub *hub, uint32_t room, const struct lp_host_act *act, lp_time now)
{
	struct lp_room *found;
	size_t i = 0;
	hub->now = now;
	while ((found = lp_rooms_at(hub->rooms, i)) && lp_room_id(found) != room)
		i++;
	struct lp_member *m = found ? lp_room_peer(found, act->peer) : NULL;
	if (!m)
		return LP_ACTED_NO_MEMBER;
	enum lp_acted acted = lp_room_act(found, act, m, now);
	if (lp_acted_is_done(acted))
		change(hub, m, act->act);
	return acted;
}
