#include "guard.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/edge/linux/own.h"
#include "lanparty/edge/log.h"

#define SETTLE (200 * LP_MILLISECOND) /* changes come in groups */

void lp_guard_open(struct lp_guard *g, int tap)
{
	*g = (struct lp_guard){.tap = tap, .fd = -1, .look_at = LP_NEVER};
	if (tap == 0)
		return;
	g->fd = lp_own_watch();
	if (g->fd < 0)
		lp_log(LP_LOG_WARNING, "watch_failed", "error=%s hint=%s", strerror(errno),
			"changes of this computer's networks are noticed with the next connection");
}

void lp_guard_close(struct lp_guard *g)
{
	if (g->fd >= 0)
		close(g->fd);
	g->fd = -1;
}

void lp_guard_read(struct lp_guard *g, lp_time now)
{
	lp_own_drain(g->fd);
	if (g->look_at == LP_NEVER)
		g->look_at = now + SETTLE;
}

static void list_networks(struct lp_guard *g, struct lp_link *link)
{
	struct lp_own_list own = {0};
	if (!lp_own_read(g->tap, &own) && !g->told) {
		g->told = true;
		lp_log(LP_LOG_WARNING, "networks_not_listed", "count=%zu hint=%s", own.count,
			"a lease of the room could cover one that is missing");
	}
	lp_link_set_own(link, &own);
}

static void pin(struct lp_guard *g, const struct lp_link *link, struct lp_udp *udp)
{
	const struct lp_address *remote = lp_link_remote(link);
	unsigned best = udp && remote->len > 0 ? lp_own_way(remote, g->tap) : 0;
	if (best == g->pinned || !udp)
		return;
	bool good = lp_udp_pin(udp, best);
	lp_log(good ? LP_LOG_DEBUG : LP_LOG_WARNING, good ? "pinned" : "pin_failed", "interface=%u",
		best);
	if (good)
		g->pinned = best;
}

void lp_guard_look(struct lp_guard *g, struct lp_link *link, struct lp_udp *udp)
{
	g->look_at = LP_NEVER;
	if (g->tap == 0)
		return;
	list_networks(g, link);
	pin(g, link, udp);
}
