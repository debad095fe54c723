#include "lanparty/quic/quic.h"

#include <stdlib.h>

#include "lanparty/base/list.h"
#include "lanparty/base/wipe.h"
#include "lanparty/quic/identity.h"
#include "lanparty/wire/control.h"
#include "accept.h"
#include "cids.h"
#include "conn.h"
#include "dirty.h"
#include "ending.h"
#include "move.h"
#include "packet.h"
#include "path.h"
#include "prefix.h"
#include "quic_test.h"
#include "state.h"
#include "stateless.h"
#include "stream.h"
#include "timers.h"
#include "tls.h"
#include "tokens.h"

#define LP_DEFAULT_IDLE        (15 * LP_SECOND)
#define LP_DEFAULT_KEEP_ALIVE  (3 * LP_SECOND)
#define LP_DEFAULT_HANDSHAKE   (5 * LP_SECOND)
#define LP_DEFAULT_CONNECTIONS 4096
#define LP_DEFAULT_RETRY_FROM  64
#define LP_DEFAULT_HALF_OPEN   1024
#define LP_PACKET_MIN          1200 /* RFC 9000, section 14 */
#define LP_BURST               32 /* packets of one connection before the next connection is served */
#define LP_IDS_PER_CONNECTION  6
/* Timers fire that much late, so that a packet that wakes the loop anyway can serve them, too. */
#define LP_TIMER_SLACK LP_MILLISECOND

static void apply_defaults(struct lp_quic_config *config)
{
	if (config->idle_timeout == 0)
		config->idle_timeout = LP_DEFAULT_IDLE;
	if (config->keep_alive == 0)
		config->keep_alive = LP_DEFAULT_KEEP_ALIVE;
	if (config->handshake_timeout == 0)
		config->handshake_timeout = LP_DEFAULT_HANDSHAKE;
	if (config->max_connections == 0)
		config->max_connections = LP_DEFAULT_CONNECTIONS;
	if (config->retry_from == 0)
		config->retry_from = LP_DEFAULT_RETRY_FROM;
	if (config->max_half_open == 0)
		config->max_half_open = LP_DEFAULT_HALF_OPEN;
	if (config->max_packet == 0 || config->max_packet > LP_QUIC_PACKET_MAX)
		config->max_packet = LP_QUIC_PACKET_MAX;
	if (config->max_packet < LP_PACKET_MIN)
		config->max_packet = LP_PACKET_MIN;
}

static bool init_server(struct lp_quic *q)
{
	uint64_t rate = q->config.handshake_rate, burst = q->config.handshake_burst;
	return lp_stateless_init(&q->stateless) &&
	       lp_limiter_init(&q->unproved, rate, burst, LP_SECOND) &&
	       lp_limiter_init(&q->proved, rate, burst, LP_SECOND);
}

struct lp_quic *lp_quic_new(const struct lp_quic_config *config, struct lp_identity *identity)
{
	if (wolfSSL_Init() != WOLFSSL_SUCCESS)
		return NULL;
	struct lp_quic *q = calloc(1, sizeof *q);
	if (!q) {
		wolfSSL_Cleanup();
		return NULL;
	}
	q->config = *config;
	apply_defaults(&q->config);
	q->handler = config->handler;
	q->context = config->context;
	q->identity = identity;
	q->alpn = LP_ALPN;
	lp_list_init(&q->conns);
	lp_list_init(&q->dirty);
	lp_list_init(&q->held);
	lp_list_init(&q->ended);
	lp_list_init(&q->moved);
	size_t ids = identity ? q->config.max_connections * LP_IDS_PER_CONNECTION : 0;
	if (lp_tokens_init(&q->tokens, q->config.secret) &&
		lp_prefixes_init(&q->prefixes, identity ? q->config.max_connections : 0,
			q->config.max_half_open) &&
		lp_cids_init(&q->cids, ids) && (!identity || init_server(q)))
		return q;
	lp_quic_free(q);
	return NULL;
}

void lp_quic_set_identity(struct lp_quic *q, struct lp_identity *identity)
{
	q->identity = identity;
}

void lp_quic_free(struct lp_quic *q)
{
	if (!q)
		return;
	struct lp_node *link;
	while ((link = lp_list_first(&q->conns)))
		lp_conn_free(LP_ELEMENT(link, struct lp_quic_conn, all));
	lp_cids_clear(&q->cids);
	lp_prefixes_clear(&q->prefixes);
	lp_stateless_clear(&q->stateless);
	lp_limiter_clear(&q->unproved);
	lp_limiter_clear(&q->proved);
	free(q->timers.heap);
	if (q->pinned_tls)
		lp_tls_context_free(q->pinned_tls);
	lp_quic_forget_store(q);
	lp_zero(q, sizeof *q);
	free(q);
	wolfSSL_Cleanup();
}

void lp_quic_set_alpn(struct lp_quic *q, const char *alpn)
{
	q->alpn = alpn;
}

void lp_quic_set_source_key(struct lp_quic *q, const struct lp_siphash_key *key)
{
	q->prefixes.key = *key;
}

/* ngtcp2 aborts when the time steps back. */
static void advance(struct lp_quic *q, lp_time now)
{
	if (now > q->now)
		q->now = now;
}

/* A handler that is told of a move or an end can end further connections. */
static void finish_ended(struct lp_quic *q)
{
	struct lp_node *link;
	lp_tell_moved(q);
	while ((link = lp_list_first(&q->ended)))
		lp_conn_finish(LP_ELEMENT(link, struct lp_quic_conn, ended));
}

/* A stateless reset has a random connection ID: each client connection to that server tries it. */
static void read_possible_reset(
	struct lp_quic *q, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	for (struct lp_node *at = q->conns.next; at != &q->conns; at = at->next) {
		struct lp_quic_conn *conn = LP_ELEMENT(at, struct lp_quic_conn, all);
		if (conn->phase != LP_CONN_UP || conn->server)
			continue;
		struct lp_path own;
		lp_quic_get_path(conn, &own);
		if (lp_address_equal(&own.remote, &path->remote))
			lp_conn_read(conn, path, bytes, len);
	}
}

static void dispatch(
	struct lp_quic *q, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	ngtcp2_version_cid ids;
	int rv = len == 0 ? NGTCP2_ERR_INVALID_ARGUMENT
			  : ngtcp2_pkt_decode_version_cid(&ids, bytes, len, LP_CID_SIZE);
	if (rv == NGTCP2_ERR_VERSION_NEGOTIATION && q->identity) {
		lp_stateless_negotiate_version(q, path, &ids, len);
		return;
	}
	if (rv != 0) {
		q->counters.ignored++;
		return;
	}
	struct lp_quic_conn *conn = lp_cids_find(&q->cids, ids.dcid, ids.dcidlen);
	if (conn)
		lp_conn_read(conn, path, bytes, len);
	else if (q->identity)
		lp_accept_read(q, path, bytes, len);
	else if (!(bytes[0] & LP_LONG_HEADER))
		read_possible_reset(q, path, bytes, len);
	else
		q->counters.ignored++;
}

bool lp_quic_read(struct lp_quic *q, const struct lp_path *path, const uint8_t *bytes, size_t len,
	lp_time now)
{
	advance(q, now);
	q->counters.packets_in++;
	q->heard = false;
	dispatch(q, path, bytes, len);
	finish_ended(q);
	return q->heard;
}

void lp_quic_on_time(struct lp_quic *q, lp_time now)
{
	advance(q, now);
	struct lp_quic_conn *conn;
	while ((conn = lp_timers_first(&q->timers)) && conn->deadline <= q->now)
		lp_conn_on_time(conn);
	finish_ended(q);
}

lp_time lp_quic_deadline(struct lp_quic *q)
{
	const struct lp_quic_conn *conn = lp_timers_first(&q->timers);
	return conn ? conn->deadline + LP_TIMER_SLACK : LP_NEVER;
}

/* The length of conn's next packet; 0 when it has nothing to send. */
static size_t write_one(
	struct lp_quic_conn *conn, uint8_t *bytes, size_t cap, struct lp_path *ret_path)
{
	if (conn->phase == LP_CONN_LINGERING)
		return lp_conn_write_close(conn, bytes, ret_path);
	ngtcp2_path np;
	np.local.addr = &ret_path->local.sa;
	np.remote.addr = &ret_path->remote.sa;
	np.user_data = NULL;
	ngtcp2_ssize n = lp_packet_write(conn, &np, bytes, cap);
	if (n < 0) {
		lp_conn_failed(conn, (int)n);
		return 0;
	}
	ret_path->local.len = np.local.addrlen;
	ret_path->remote.len = np.remote.addrlen;
	return (size_t)n;
}

static void rest(struct lp_quic_conn *conn)
{
	conn->burst = 0;
	conn->eager = false;
	lp_list_remove(&conn->dirty);
	if (conn->ending)
		return;
	if (conn->asks)
		ngtcp2_conn_set_keep_alive_timeout(conn->nc, conn->q->config.keep_alive);
	conn->asks = false;
	lp_packet_source_max(conn);
	lp_timers_set(&conn->q->timers, conn, lp_conn_next_timer(conn));
}

size_t lp_quic_write(
	struct lp_quic *q, uint8_t *bytes, size_t cap, struct lp_path *ret_path, lp_time now)
{
	advance(q, now);
	if (cap > q->config.max_packet)
		cap = q->config.max_packet;
	size_t n = lp_stateless_write(&q->stateless, bytes, cap, ret_path);
	finish_ended(q);
	struct lp_node *link;
	while (n == 0 && (link = lp_list_first(&q->dirty))) {
		struct lp_quic_conn *conn = LP_ELEMENT(link, struct lp_quic_conn, dirty);
		n = conn->eager && !lp_conn_hold(conn) ? write_one(conn, bytes, cap, ret_path) : 0;
		if (n == 0) {
			rest(conn);
		} else if (++conn->burst >= LP_BURST) {
			conn->burst = 0;
			lp_list_remove(&conn->dirty);
			lp_list_append(&q->dirty, &conn->dirty);
		}
		finish_ended(q);
	}
	if (n > 0)
		q->counters.packets_out++;
	return n;
}

void lp_quic_write_all(struct lp_quic *q, const struct lp_outlet *outlet, lp_time now)
{
	struct lp_path path;
	size_t len;
	while ((len = lp_quic_write(q, outlet->slot(outlet->context), LP_PAYLOAD_MAX, &path, now)))
		outlet->put(outlet->context, &path, len);
}

/* ngtcp2 sends a PING when the connection was silent for longer than the timeout. */
void lp_quic_probe(struct lp_quic_conn *conn)
{
	if (conn->phase != LP_CONN_UP || conn->ending)
		return;
	conn->asks = true;
	ngtcp2_conn_set_keep_alive_timeout(conn->nc, 1);
	lp_conn_mark_dirty(conn, true);
}

void *lp_quic_user(const struct lp_quic_conn *conn)
{
	return conn->user;
}

void lp_quic_set_user(struct lp_quic_conn *conn, void *user)
{
	conn->user = user;
}

const uint8_t *lp_quic_binding(const struct lp_quic_conn *conn)
{
	return conn->binding;
}

const struct lp_source *lp_quic_source(const struct lp_quic_conn *conn)
{
	return &conn->origin;
}

void lp_quic_get_path(const struct lp_quic_conn *conn, struct lp_path *ret_path)
{
	lp_path_from_ngtcp2(ngtcp2_conn_get_path2(conn->nc), ret_path);
}

void lp_quic_get_info(const struct lp_quic_conn *conn, struct lp_quic_info *ret_info)
{
	ngtcp2_conn_info info;
	ngtcp2_conn_get_conn_info2(conn->nc, &info);
	ret_info->rtt = ngtcp2_conn_get_adjusted_rtt(conn->nc);
	ret_info->smoothed = ret_info->rtt ? info.smoothed_rtt : 0;
	ret_info->jitter = (lp_time)conn->jitter;
	ret_info->datagrams_acked = conn->datagrams_acked;
	ret_info->datagrams_lost = conn->datagrams_lost;
	ret_info->packets_sent = info.pkt_sent;
	ret_info->packets_lost = info.pkt_lost;
	ret_info->bytes_sent = info.bytes_sent;
	ret_info->bytes_received = info.bytes_recv;
}

lp_time lp_quic_heard(const struct lp_quic_conn *conn)
{
	return conn->heard;
}

void lp_quic_get_counters(const struct lp_quic *q, struct lp_quic_counters *ret_counters)
{
	*ret_counters = q->counters;
}

size_t lp_quic_connection_count(const struct lp_quic *q)
{
	return q->live;
}

size_t lp_quic_lingering_count(const struct lp_quic *q)
{
	return q->lingering;
}

size_t lp_quic_id_count(const struct lp_quic *q)
{
	return q->cids.count;
}
