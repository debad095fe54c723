/* tunnel_lan.c - what a gateway knows of its LAN and tells the relay (rows N1, K4, K5). */
#include <assert.h>

#include "lanparty/room/known_lan.h"
#include "tunnel_private.h"

static_assert(LP_TUNNEL_LAN_AGAIN < LP_NEIGHBOUR_TTL, "the relay hears of the LAN in time");

/* An older relay does not know the message. */
static bool takes_lan(const struct lp_tunnel *t)
{
	return t->config.role == LP_ROLE_GATEWAY && t->welcome.capabilities & LP_CAP_LAN;
}

lp_time lp_tunnel_list_lan(const struct lp_tunnel *t, size_t *next, lp_time silent, lp_time now,
	struct lp_lan_report *ret_part)
{
	lp_neighbours_list_lan(t->neighbours, next, silent, now, ret_part);
	if (*next < LP_NEIGHBOURS_END)
		return now + LP_TUNNEL_LAN_INTERVAL;
	*next = 0;
	return now + LP_TUNNEL_LAN_AGAIN;
}

void lp_tunnel_tell_lan(struct lp_tunnel *t, lp_time now)
{
	struct lp_control message = {.type = LP_LAN};
	if (now < t->lan_at)
		return;
	t->lan_at = lp_tunnel_list_lan(t, &t->lan_next, 0, now, &message.lan);
	if (message.lan.mac_count + message.lan.ipv4_count + message.lan.ipv6_count > 0)
		lp_tunnel_send_control(t, LP_TUNNEL_MESSAGE, &message);
}

void lp_tunnel_tell_lan_anew(struct lp_tunnel *t, lp_time now)
{
	if (t->state != TUNNEL_JOINED)
		return;
	t->lan_next = 0;
	t->lan_at = takes_lan(t) ? now : LP_NEVER;
	t->deadline = now;
}

void lp_tunnel_tell_protected(struct lp_tunnel *t)
{
	struct lp_control message = {.type = LP_LAN,
		.lan = {.replaces = true, .moved = t->moved, .protected = t->config.protected}};
	if (!t->untold || t->state != TUNNEL_JOINED || !takes_lan(t))
		return;
	t->untold = t->moved = false;
	lp_tunnel_send_control(t, LP_TUNNEL_MESSAGE, &message);
}

void lp_tunnel_protect(
	struct lp_tunnel *t, const struct lp_protected *protected, bool moved, lp_time now)
{
	bool moves = lp_known_lan_moves(&t->lan, protected);
	t->moved = t->moved || moved;
	t->config.protected = *protected;
	if (moves)
		lp_neighbours_forget(t->neighbours, LP_OWNER_LAN);
	lp_neighbours_protect_only(t->neighbours, protected);
	lp_tunnel_tell_port(t, now);
	t->untold = true;
	lp_tunnel_tell_protected(t);
	if (moves)
		lp_tunnel_tell_lan_anew(t, now);
}
