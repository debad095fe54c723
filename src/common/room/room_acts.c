/* room_acts.c - what the host of a room can do (row H3). */
#include <string.h>

#include "lanparty/base/bytes.h"
#include "room_private.h"

static bool has_id(const struct lp_hosted_member *who)
{
	return !lp_is_zero(who->id, sizeof(who->id));
}

static bool same_id(const struct lp_hosted_member *a, const struct lp_hosted_member *b)
{
	return has_id(a) && memcmp(a->id, b->id, sizeof(a->id)) == 0;
}

/* Whoever gives himself another MAC is still the same computer. */
static bool is_removed(const struct lp_hosted_member *ban, const struct lp_hosted_member *who)
{
	bool at_address = !lp_is_zero(ban->address, sizeof(ban->address)) &&
			  memcmp(ban->address, who->address, sizeof(ban->address)) == 0;
	return at_address || same_id(ban, who) || lp_mac_equal(&ban->mac, &who->mac);
}

/* Everybody sees the MAC of a member, so it says who somebody is only if the member has told no more. */
static bool is_member(const struct lp_hosted_member *member, const struct lp_hosted_member *who)
{
	return has_id(member) ? same_id(member, who) : lp_mac_equal(&member->mac, &who->mac);
}

static struct lp_hosted_member who_joins(const struct lp_join *join)
{
	struct lp_hosted_member who = {.mac = join->hello->mac};
	memcpy(who.id, join->hello->member_id, sizeof(who.id));
	memcpy(who.address, join->address, sizeof(who.address));
	return who;
}

static struct lp_hosted_member who_is(const struct lp_member *m)
{
	struct lp_hosted_member who = {.mac = m->mac};
	memcpy(who.id, m->id, sizeof(who.id));
	return who;
}

static bool is_kicked(const struct lp_room *room, const struct lp_hosted_member *who, lp_time now)
{
	for (size_t i = 0; room && i < KICKED; i++)
		if (now < room->kicked[i].until && is_removed(&room->kicked[i].who, who))
			return true;
	return false;
}

bool lp_room_bars(const struct lp_room *room, const struct lp_hosted *hosted,
	const struct lp_join *join, enum lp_reject_reason *ret_reason)
{
	const struct lp_hosted_member who = who_joins(join);
	bool removed = is_kicked(room, &who, join->now), known = false;
	for (size_t i = 0; i < hosted->ban_count; i++)
		removed = removed || is_removed(&hosted->bans[i], &who);
	for (size_t i = 0; i < hosted->member_count; i++)
		known = known || is_member(&hosted->members[i], &who);
	*ret_reason = removed ? LP_REJECT_REMOVED : LP_REJECT_LOCKED;
	return removed || (hosted->locked && !known);
}

bool lp_room_parts(const struct lp_member *a, const struct lp_member *b)
{
	return a->room->hosted.isolated && a->role == LP_ROLE_CLIENT && b->role == LP_ROLE_CLIENT;
}

static void lock(struct lp_room *room)
{
	struct lp_hosted *h = &room->hosted;
	h->locked = true;
	h->member_count = 0;
	for (size_t i = 0; i < room->count && h->member_count < LP_HOSTED_MEMBERS; i++)
		if (room->members[i]->role == LP_ROLE_CLIENT)
			h->members[h->member_count++] = who_is(room->members[i]);
}

/* It cannot come back into the locked room either. */
static void forget_member(struct lp_hosted *h, const struct lp_hosted_member *who)
{
	for (size_t i = 0; i < h->member_count;) {
		if (is_removed(&h->members[i], who))
			h->members[i] = h->members[--h->member_count];
		else
			i++;
	}
	memset(h->members + h->member_count, 0,
		(LP_HOSTED_MEMBERS - h->member_count) * sizeof(h->members[0]));
}

static void kick(struct lp_room *room, const struct lp_member *member, lp_time now)
{
	struct lp_kicked *kicked = &room->kicked[room->next_kicked++ % KICKED];
	*kicked = (struct lp_kicked){who_is(member), now + KICKED_TIME};
	forget_member(&room->hosted, &kicked->who);
}

static enum lp_acted ban(struct lp_room *room, const struct lp_member *member, lp_time now)
{
	struct lp_hosted *h = &room->hosted;
	if (h->ban_count == LP_HOSTED_BANS)
		return LP_ACTED_FULL;
	struct lp_hosted_member *who = &h->bans[h->ban_count++];
	*who = who_is(member);
	memcpy(who->address, member->address, sizeof(who->address));
	memcpy(who->name, member->name, sizeof(who->name));
	kick(room, member, now);
	return LP_ACTED_DONE;
}

static void end_kicks(struct lp_room *room, const struct lp_hosted_member *who)
{
	for (size_t i = 0; i < KICKED; i++)
		if (is_removed(&room->kicked[i].who, who))
			room->kicked[i].until = 0;
}

/* No name: all bans and kicks. */
static enum lp_acted unban(struct lp_room *room, const char *name)
{
	struct lp_hosted *h = &room->hosted;
	size_t before = h->ban_count;
	if (!name[0])
		memset(room->kicked, 0, sizeof(room->kicked));
	for (size_t i = 0; i < h->ban_count;) {
		if (name[0] && strcmp(h->bans[i].name, name) != 0) {
			i++;
			continue;
		}
		end_kicks(room, &h->bans[i]);
		h->bans[i] = h->bans[--h->ban_count];
	}
	memset(h->bans + h->ban_count, 0, (LP_HOSTED_BANS - h->ban_count) * sizeof(h->bans[0]));
	return h->ban_count < before || !name[0] ? LP_ACTED_DONE : LP_ACTED_NO_BAN;
}

static enum lp_acted act_on(
	struct lp_room *room, const struct lp_host_act *act, struct lp_member *member, lp_time now)
{
	struct lp_hosted *h = &room->hosted;
	switch (act->act) {
	case LP_ACT_NONE:
		return LP_ACTED_UNKNOWN;
	case LP_ACT_LOCK:
		lock(room);
		break;
	case LP_ACT_UNLOCK:
		h->locked = false;
		h->member_count = 0;
		memset(h->members, 0, sizeof(h->members));
		break;
	case LP_ACT_KICK:
		kick(room, member, now);
		break;
	case LP_ACT_BAN:
		return ban(room, member, now);
	case LP_ACT_UNBAN:
		return unban(room, act->name);
	case LP_ACT_RENAME:
		memcpy(member->name, act->name, sizeof(member->name));
		member->renamed = true;
		break;
	case LP_ACT_ISOLATE:
	case LP_ACT_UNISOLATE:
		h->isolated = act->act == LP_ACT_ISOLATE;
		break;
	}
	return LP_ACTED_DONE;
}

static bool is_about_member(enum lp_act act)
{
	return act == LP_ACT_KICK || act == LP_ACT_BAN || act == LP_ACT_RENAME;
}

enum lp_acted lp_room_act(
	struct lp_room *room, const struct lp_host_act *act, struct lp_member *member, lp_time now)
{
	if (is_about_member(act->act) && !member)
		return LP_ACTED_NO_MEMBER;
	enum lp_acted acted = act_on(room, act, member, now);
	bool kept = lp_room_keep_host(room);
	bool lasts = act->act != LP_ACT_KICK && act->act != LP_ACT_RENAME;
	return acted == LP_ACTED_DONE && lasts && !kept ? LP_ACTED_NOT_KEPT : acted;
}

enum lp_acted lp_room_host_act(
	struct lp_room *room, const struct lp_host_act *act, struct lp_member *member, lp_time now)
{
	if (!lp_bucket_take(&room->acts, 1, now))
		return LP_ACTED_BUSY;
	bool removes = act->act == LP_ACT_KICK || act->act == LP_ACT_BAN;
	if (removes && member && member->host)
		return LP_ACTED_NO_MEMBER;
	return lp_room_act(room, act, member, now);
}

struct lp_member *lp_room_peer(const struct lp_room *room, uint16_t peer)
{
	for (size_t i = 0; i < room->count; i++)
		if (room->members[i]->peer == peer)
			return room->members[i];
	return NULL;
}
