/* tunnel_seen.c - who is in the room, for people (row H4). */
#include <string.h>

#include "lanparty/base/wipe.h"
#include "tunnel_private.h"

static void see_own(const struct lp_tunnel *t, struct lp_seen *seen)
{
	const char *name = t->told_name[0] ? t->told_name : t->name;
	*seen = (struct lp_seen){.own = true,
		.joined = {.peer = t->welcome.peer, .role = t->config.role},
		.status = t->status,
		.loops = t->stats.loops,
		.conflict = t->conflict,
		.trusted = true};
	memcpy(seen->joined.name, name, strlen(name) + 1);
	if (t->status.peer != t->welcome.peer)
		seen->status = (struct lp_peer_status){0}; /* of an earlier membership */
}

bool lp_tunnel_seen(const struct lp_tunnel *t, size_t index, struct lp_seen *ret_seen)
{
	if (index == 0) {
		see_own(t, ret_seen);
		return true;
	}
	if (index > t->member_count)
		return false;
	const struct tunnel_member *m = t->members[index - 1];
	*ret_seen = (struct lp_seen){.joined = m->joined,
		.status = m->status,
		.loops = m->loops,
		.conflict = m->conflict,
		.trusted = m->trusted};
	return true;
}

void lp_tunnel_welcome(const struct lp_tunnel *t, struct lp_welcome *ret_welcome)
{
	*ret_welcome = t->welcome;
	lp_zero(ret_welcome->resume_token, sizeof(ret_welcome->resume_token));
}
