/* limits.c - a member keeps the limits that its relay told, and tells when it stays at one (rows L1, L3). */
#include "tunnel_private.h"

void lp_tunnel_keep_limits(struct lp_tunnel *t, lp_time now)
{
	const struct lp_welcome *w = &t->welcome;
	lp_sender_limit(&t->sender, w->byte_rate, w->byte_burst, now);
	lp_bucket_change(&t->group, w->group_rate, w->group_burst, now);
	t->byte_limit = t->group_limit = (struct tunnel_limit){.told = false};
}

/* True when it is time to tell: the limit has been reached for a while, and the episode is not told yet. */
static bool is_news(struct tunnel_limit *l, lp_time now)
{
	if (l->at == 0 || now > l->at + LP_TUNNEL_LIMIT_PAUSE)
		l->since = now;
	if (now > l->at + LP_TUNNEL_LIMIT_OVER)
		l->told = false;
	l->at = now;
	if (l->told || now < l->since + LP_TUNNEL_LIMIT_TIME)
		return false;
	l->told = true;
	return true;
}

static void note(struct lp_tunnel *t, enum lp_drop limit, lp_time now)
{
	bool bytes = limit == LP_DROP_BYTE_RATE;
	if (!is_news(bytes ? &t->byte_limit : &t->group_limit, now))
		return;
	struct lp_tunnel_action *action = lp_tunnel_add_action(t, LP_TUNNEL_LIMITED);
	if (!action)
		return;
	action->limit = limit;
	action->rate = bytes ? t->welcome.byte_rate : t->welcome.group_rate;
}

void lp_tunnel_release_bulk(struct lp_tunnel *t, lp_time now)
{
	if (now < lp_sender_ready_at(&t->sender))
		return;
	lp_sender_release(&t->sender);
	note(t, LP_DROP_BYTE_RATE, now);
}

enum lp_drop lp_tunnel_check_group(struct lp_tunnel *t, const struct lp_mac *dst, lp_time now)
{
	if (!lp_mac_is_group(dst) || lp_bucket_take(&t->group, 1, now))
		return LP_DROP_NONE;
	note(t, LP_DROP_BROADCAST_RATE, now);
	return LP_DROP_BROADCAST_RATE;
}
