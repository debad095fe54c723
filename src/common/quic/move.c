#include "move.h"

#include "lanparty/base/list.h"
#include "lanparty/quic/quic.h"
#include "dirty.h"
#include "path.h"
#include "state.h"

/* A connection that is held has timers of the past, because it could not write. It looks again so often. */
#define LP_HELD_RETRY (100 * LP_MILLISECOND)

/* Asked before each packet, so most are answered by the family alone. */
static bool begins_at_stream(const ngtcp2_path *path)
{
	return path->local.addr->sa_family == AF_INET6 &&
	       lp_address_is_stream((const struct lp_address *)path->local.addr, NULL);
}

/* False for a connection that only lingers: its last packet is put where it can be lost. */
static bool can_be_full(const struct lp_quic_conn *conn)
{
	return conn->q->config.takes && conn->phase != LP_CONN_LINGERING &&
	       begins_at_stream(ngtcp2_conn_get_path2(conn->nc));
}

static bool is_full(const struct lp_quic_conn *conn)
{
	const struct lp_quic_config *config = &conn->q->config;
	struct lp_path path;
	if (!can_be_full(conn))
		return false;
	lp_quic_get_path(conn, &path);
	return !config->takes(config->context, &path);
}

/* ngtcp2 writes first what validates a path. One packet is let through for that, also when the stream is stuck:
 * it is why the connection moves. */
bool lp_conn_hold(struct lp_quic_conn *conn)
{
	bool aside = conn->aside;
	lp_list_remove(&conn->held);
	conn->aside = false;
	if (aside || !is_full(conn))
		return false;
	lp_list_append(&conn->q->held, &conn->held);
	return true;
}

void lp_conn_heard_on(struct lp_quic_conn *conn, const ngtcp2_path *path)
{
	struct lp_path current;
	if (!can_be_full(conn))
		return;
	lp_quic_get_path(conn, &current);
	if (!lp_address_equal(&current.local, (const struct lp_address *)path->local.addr))
		conn->aside = true;
}

void lp_conn_move_on_time(struct lp_quic_conn *conn)
{
	conn->aside = conn->aside || conn->moving;
}

lp_time lp_conn_next_timer(const struct lp_quic_conn *conn)
{
	lp_time expiry = ngtcp2_conn_get_expiry2(conn->nc);
	lp_time retry = conn->q->now + LP_HELD_RETRY;
	return lp_list_has(&conn->held) && expiry < retry ? retry : expiry;
}

void lp_quic_release(struct lp_quic *q)
{
	struct lp_node *link;
	while ((link = lp_list_first(&q->held))) {
		lp_list_remove(link);
		lp_conn_mark_dirty(LP_ELEMENT(link, struct lp_quic_conn, held), true);
	}
}

/* From within ngtcp2, so the handler is told later. */
void lp_conn_on_validated(struct lp_quic_conn *conn, bool good)
{
	if (!conn->moving)
		return;
	conn->moving = false;
	conn->good_move = good;
	lp_list_append(&conn->q->moved, &conn->moved);
}

void lp_tell_moved(struct lp_quic *q)
{
	struct lp_node *link;
	while ((link = lp_list_first(&q->moved))) {
		struct lp_quic_conn *conn = LP_ELEMENT(link, struct lp_quic_conn, moved);
		lp_list_remove(link);
		if (q->handler->moved && !conn->ending)
			q->handler->moved(q->context, conn, conn->good_move);
	}
}

bool lp_quic_migrate(struct lp_quic_conn *conn, const struct lp_path *path, lp_time now)
{
	struct lp_quic *q = conn->q;
	if (now > q->now)
		q->now = now;
	if (conn->server || conn->phase != LP_CONN_UP || conn->ending || conn->moving ||
		lp_list_has(&conn->moved))
		return false;
	ngtcp2_path np;
	lp_path_to_ngtcp2(path, &np);
	conn->moving = true;
	if (ngtcp2_conn_initiate_migration(conn->nc, &np, q->now) != 0) {
		conn->moving = false;
		return false;
	}
	conn->aside = true;
	lp_conn_mark_dirty(conn, true);
	/* A path that the connection has used before is taken at once, without a validation. */
	struct lp_path current;
	lp_quic_get_path(conn, &current);
	if (lp_address_equal(&current.local, &path->local))
		lp_conn_on_validated(conn, true);
	return true;
}
