#include "guard.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/linux/netlink.h"
#include "lanparty/edge/linux/own.h"
#include "lanparty/edge/linux/tcp.h"
#include "lanparty/edge/log.h"
#include "lanparty/peer/tell.h"
#include "stream.h"

#define SETTLE (200 * LP_MILLISECOND) /* changes come in groups */
#define RETRY  (2 * LP_SECOND)        /* after a look that has failed */

void lp_guard_open(struct lp_guard *g, int tap)
{
	*g = (struct lp_guard){.tap = tap, .fd = -1, .news_at = LP_NEVER, .look_at = LP_NEVER};
	g->fd = lp_netlink_watch(LP_NEWS_ADDRESSES);
	if (g->fd < 0)
		lp_log(LP_LOG_WARNING, "watch_failed", "error=%s hint=%s", strerror(errno),
			"this program does not notice changes of this computer's networks: start "
			"it again after one");
}

void lp_guard_close(struct lp_guard *g)
{
	if (g->fd >= 0)
		close(g->fd);
	g->fd = -1;
}

void lp_guard_read(struct lp_guard *g, lp_time now)
{
	lp_netlink_has_changed(g->fd);
	if (g->news_at == LP_NEVER)
		g->news_at = now + SETTLE;
}

/* What is known stays while the kernel does not answer. */
static void list_networks(struct lp_guard *g, struct lp_link *link)
{
	struct lp_own_list own = {0};
	bool whole = false, read = lp_own_read(g->tap, &own, &whole);
	if (read)
		g->own = own;
	else
		g->look_at = lp_clock() + RETRY;
	if (!whole && !g->told) {
		g->told = true;
		lp_log(LP_LOG_WARNING, "networks_not_listed", "count=%zu hint=%s", g->own.count,
			LP_TELL_UNLISTED);
	}
	lp_link_set_own(link, &g->own);
}

unsigned lp_guard_way(const struct lp_guard *g, const struct lp_address *remote)
{
	return g->tap == 0 ? 0 : lp_own_interface(remote, g->tap);
}

static bool pin(const struct lp_guarded *socket, unsigned interface)
{
	return socket->udp ? lp_udp_pin(socket->udp, interface)
			   : lp_tcp_pin(lp_stream_fd(socket->stream), interface);
}

/* The kernel lets only root bind TCP to another interface. */
static bool is_settled(const struct lp_guarded *socket)
{
	return !socket->udp &&
	       (!socket->stream || lp_stream_fd(socket->stream) < 0 || socket->pinned);
}

void lp_guard_pin(struct lp_guard *g, struct lp_guarded *socket)
{
	if (g->tap == 0 || is_settled(socket))
		return;
	unsigned best = lp_own_way(&socket->remote, g->tap);
	if (best == socket->pinned)
		return;
	bool good = pin(socket, best);
	if (good)
		lp_log(LP_LOG_DEBUG, "pinned", "interface=%u", best);
	else if (!g->pin_told)
		lp_log(LP_LOG_WARNING, "pin_failed", "interface=%u error=%s hint=%s", best,
			strerror(errno),
			"the room can get the packets to the relay, and the connection is lost "
			"then: remove the address or route of the room's interface that covers "
			"the relay");
	g->pin_told = !good;
	if (good)
		socket->pinned = best;
}

void lp_guard_look(struct lp_guard *g, struct lp_link *link)
{
	g->look_at = LP_NEVER;
	if (g->tap != 0)
		list_networks(g, link);
}
