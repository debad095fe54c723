#include "conn.h"

#include <stdlib.h>
#include <string.h>

#include <ngtcp2/ngtcp2_crypto.h>

#include "lanparty/base/bucket.h"
#include "lanparty/base/bytes.h"
#include "lanparty/base/list.h"
#include "lanparty/quic/crypto.h"
#include "attach.h"
#include "cids.h"
#include "dirty.h"
#include "ending.h"
#include "identity_internal.h"
#include "feedback.h"
#include "memory.h"
#include "move.h"
#include "path.h"
#include "prefix.h"
#include "protection.h"
#include "quiet.h"
#include "settings.h"
#include "state.h"
#include "stream.h"
#include "timers.h"
#include "tls.h"
#include "tokens.h"

#define LP_LINGER_PTOS   3 /* RFC 9000, section 10.2 */
#define LP_LINGER_MAX    (3 * LP_SECOND)
#define LP_CLOSE_REPEATS 4

/* Bytes of packets that carry nothing for the user, per second and at once: acknowledgements, path MTU
 * probes, the handshake. They can hold one frame per byte, and somebody who sends only such packets keeps a
 * core busy. 100 MB/s to a member cause about 120 KiB of acknowledgements per second. */
#define LP_OVERHEAD_RATE  (512 * 1024)
#define LP_OVERHEAD_BURST (64 * 1024)
#define LP_PACKET_HEAD    29 /* of a packet's bytes: header and tag */
#define LP_FRAME_HEAD     3  /* of a DATAGRAM frame's: type and length (RFC 9221, section 4) */

static ngtcp2_conn *conn_of_ref(ngtcp2_crypto_conn_ref *ref)
{
	struct lp_quic_conn *conn = ref->user_data;
	return conn->nc;
}

static void on_rand(uint8_t *bytes, size_t len, const ngtcp2_rand_ctx *context)
{
	(void)context;
	if (!lp_random(bytes, len))
		memset(bytes, 0, len); /* greasing and skipped packet numbers: no secrets */
}

/* A fresh id of ours that nobody has; the server's carry the client's steering bytes. */
static bool choose_cid(struct lp_quic_conn *conn, ngtcp2_cid *ret_cid, size_t len)
{
	do {
		ret_cid->datalen = len;
		if (!lp_random(ret_cid->data, len))
			return false;
		if (conn->server) {
			ret_cid->data[0] = (uint8_t)(conn->steer >> 8);
			ret_cid->data[1] = (uint8_t)conn->steer;
		}
	} while (lp_cids_find(&conn->q->cids, ret_cid->data, ret_cid->datalen));
	return true;
}

static int on_new_cid(ngtcp2_conn *nc, ngtcp2_cid *cid, ngtcp2_stateless_reset_token *token,
	size_t len, void *user)
{
	struct lp_quic_conn *conn = user;
	(void)nc;
	if (!choose_cid(conn, cid, len))
		return NGTCP2_ERR_CALLBACK_FAILURE;
	conn->starved = !lp_cids_add(&conn->q->cids, conn, cid->data, cid->datalen);
	if (conn->starved)
		return NGTCP2_ERR_CALLBACK_FAILURE;
	lp_tokens_reset(&conn->q->tokens, cid, token->data);
	return 0;
}

static int on_remove_cid(ngtcp2_conn *nc, const ngtcp2_cid *cid, void *user)
{
	struct lp_quic_conn *conn = user;
	(void)nc;
	lp_cids_remove(&conn->q->cids, conn, cid->data, cid->datalen);
	return 0;
}

static int on_reset(ngtcp2_conn *nc, const ngtcp2_pkt_stateless_reset2 *reset, void *user)
{
	struct lp_quic_conn *conn = user;
	(void)nc;
	(void)reset;
	conn->reset = true;
	return 0;
}

static void end_handshake(struct lp_quic_conn *conn)
{
	conn->q->half_open--;
	lp_tally_remove(&conn->q->prefixes.half_open, &conn->origin);
}

static void end_life(struct lp_quic_conn *conn)
{
	conn->q->live--;
	if (!conn->server)
		return;
	lp_tally_remove(&conn->q->prefixes.taken, &conn->origin);
	if (conn->phase == LP_CONN_HANDSHAKE)
		end_handshake(conn);
}

/* Nothing reaches the user before this has agreed. */
static int on_handshake_completed(ngtcp2_conn *nc, void *user)
{
	struct lp_quic_conn *conn = user;
	struct lp_quic *q = conn->q;
	if (conn->ending)
		return 0;
	if (!lp_tls_alpn_is(conn->session, q->alpn)) {
		lp_conn_end_with_alert(
			conn, LP_QUIC_END_ALPN, LP_TLS_NO_APPLICATION_PROTOCOL, "no common ALPN");
		return 0;
	}
	if (!conn->server && !lp_tls_peer_is_pinned(conn->session, &conn->trust)) {
		lp_conn_end_with_alert(conn, LP_QUIC_END_PIN, LP_TLS_BAD_CERTIFICATE,
			"the certificate is not the one expected");
		return 0;
	}
	conn->starved = !lp_tls_take_binding(conn->session, conn->binding);
	if (conn->starved)
		return NGTCP2_ERR_CALLBACK_FAILURE;
	if (conn->server)
		end_handshake(conn);
	else
		ngtcp2_conn_set_keep_alive_timeout(nc, q->config.keep_alive);
	conn->phase = LP_CONN_UP;
	conn->handed_out = true;
	q->handler->connected(q->context, conn);
	return 0;
}

/* A server's TLS has nothing more to say after the handshake: no tickets, no authentication later. Its
 * memory is a third of what a connection takes. */
static void drop_session(struct lp_quic_conn *conn)
{
	if (!conn->server || !conn->session || conn->phase != LP_CONN_UP)
		return;
	ngtcp2_conn_set_tls_native_handle(conn->nc, NULL);
	wolfSSL_free(conn->session);
	conn->session = NULL;
}

static int on_crypto(ngtcp2_conn *nc, ngtcp2_encryption_level level, uint64_t offset,
	const uint8_t *bytes, size_t len, void *user)
{
	struct lp_quic_conn *conn = user;
	if (conn->session)
		return ngtcp2_crypto_recv_crypto_data_cb(nc, level, offset, bytes, len, user);
	ngtcp2_conn_set_tls_alert(nc, LP_TLS_UNEXPECTED_MESSAGE);
	return NGTCP2_ERR_CRYPTO;
}

static int on_datagram(
	ngtcp2_conn *nc, uint32_t flags, const uint8_t *bytes, size_t len, void *user)
{
	struct lp_quic_conn *conn = user;
	(void)nc;
	(void)flags;
	conn->carried += LP_FRAME_HEAD + len;
	if (conn->sink)
		conn->sink->take(conn->sink, bytes, len, conn->q->now);
	return 0;
}

static void fill_callbacks(ngtcp2_callbacks *callbacks)
{
	memset(callbacks, 0, sizeof *callbacks);
	callbacks->client_initial = ngtcp2_crypto_client_initial_cb;
	callbacks->recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
	callbacks->recv_crypto_data = on_crypto;
	callbacks->encrypt = ngtcp2_crypto_encrypt_cb;
	callbacks->decrypt = ngtcp2_crypto_decrypt_cb;
	callbacks->hp_mask = ngtcp2_crypto_hp_mask_cb;
	callbacks->recv_retry = ngtcp2_crypto_recv_retry_cb;
	callbacks->update_key = ngtcp2_crypto_update_key_cb;
	callbacks->delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
	callbacks->delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
	callbacks->get_path_challenge_data2 = ngtcp2_crypto_get_path_challenge_data2_cb;
	callbacks->version_negotiation = ngtcp2_crypto_version_negotiation_cb;
	callbacks->rand = on_rand;
	callbacks->get_new_connection_id2 = on_new_cid;
	callbacks->remove_connection_id = on_remove_cid;
	callbacks->recv_stateless_reset2 = on_reset;
	callbacks->handshake_completed = on_handshake_completed;
	callbacks->recv_datagram = on_datagram;
	lp_stream_callbacks(callbacks);
	lp_feedback_callbacks(callbacks);
}

/* from: NULL for a client. */
static struct lp_quic_conn *conn_new(struct lp_quic *q, const struct lp_path *from)
{
	bool server = from != NULL;
	if (!lp_timers_reserve(&q->timers, q->live + q->lingering + 1))
		return NULL;
	struct lp_quic_conn *conn = calloc(1, sizeof *conn);
	if (!conn)
		return NULL;
	conn->q = q;
	conn->server = server;
	conn->ref.get_conn = conn_of_ref;
	conn->ref.user_data = conn;
	conn->deadline = LP_NEVER;
	lp_list_init(&conn->outs);
	lp_feedback_init(conn);
	ngtcp2_ccerr_default(&conn->error);
	lp_list_append(&q->conns, &conn->all);
	q->live++;
	if (server) {
		lp_source_of(from, &q->prefixes.key, &conn->origin);
		lp_tally_add(&q->prefixes.taken, &conn->origin);
		lp_tally_add(&q->prefixes.half_open, &conn->origin);
		lp_bucket_init(&conn->overhead, LP_OVERHEAD_RATE, LP_OVERHEAD_BURST, q->now);
		q->half_open++;
	}
	return conn;
}

static bool attach(struct lp_quic_conn *conn, WOLFSSL *session)
{
	conn->session = session;
	if (!session)
		return false;
	ngtcp2_conn_set_tls_native_handle(conn->nc, session);
	return true;
}

struct lp_quic_conn *lp_conn_accept(struct lp_quic *q, const struct lp_path *path,
	const ngtcp2_pkt_hd *initial, const ngtcp2_cid *original)
{
	struct lp_quic_conn *conn = conn_new(q, path);
	if (!conn)
		return NULL;
	conn->steer = lp_get16(initial->dcid.data);
	ngtcp2_callbacks callbacks;
	ngtcp2_settings settings;
	ngtcp2_transport_params params;
	uint16_t probes[LP_PROBES];
	fill_callbacks(&callbacks);
	lp_fill_settings(q, &settings, probes);
	lp_fill_params(q, &params, true);
	params.original_dcid = original ? *original : initial->dcid;
	params.original_dcid_present = 1;
	if (original) {
		params.retry_scid = initial->dcid;
		params.retry_scid_present = 1;
		settings.token = initial->token;
		settings.tokenlen = initial->tokenlen;
		settings.token_type = NGTCP2_TOKEN_TYPE_RETRY;
	}
	ngtcp2_path np;
	lp_path_to_ngtcp2(path, &np);
	ngtcp2_cid scid;
	if (!choose_cid(conn, &scid, LP_CID_SIZE) ||
		!lp_cids_add(&q->cids, conn, scid.data, scid.datalen) ||
		!lp_cids_add(&q->cids, conn, initial->dcid.data, initial->dcid.datalen))
		goto fail;
	lp_tokens_reset(&q->tokens, &scid, params.stateless_reset_token);
	params.stateless_reset_token_present = 1;
	if (ngtcp2_conn_server_new(&conn->nc, &initial->scid, &scid, &np, initial->version,
		    &callbacks, &settings, &params, lp_memory_of(conn), conn) != 0 ||
		!attach(conn, lp_tls_accept(q->identity->tls, &conn->ref, q->alpn)))
		goto fail;
	lp_apply_policies(conn->nc);
	return conn;
fail:
	lp_conn_free(conn);
	return NULL;
}

static bool copy_pins(struct lp_trust *trust, const struct lp_quic_target *target)
{
	trust->why = target->pin_count > 0 ? LP_QUIC_END_PIN : LP_QUIC_END_AUTHORITY;
	if (target->pin_count == 0)
		return true;
	trust->pins = calloc(target->pin_count, LP_PIN_SIZE);
	if (!trust->pins)
		return false;
	memcpy(trust->pins, target->pins, target->pin_count * LP_PIN_SIZE);
	trust->pin_count = target->pin_count;
	return true;
}

static WOLFSSL_CTX *client_tls(
	struct lp_quic *q, bool with_system_store, enum lp_status *ret_status)
{
	WOLFSSL_CTX **tls = with_system_store ? &q->store_tls : &q->pinned_tls;
	if (!*tls)
		*tls = lp_tls_client_context(with_system_store, ret_status);
	return *tls;
}

void lp_quic_forget_store(struct lp_quic *q)
{
	if (q->store_tls)
		lp_tls_context_free(q->store_tls);
	q->store_tls = NULL;
}

static enum lp_status begin(struct lp_quic_conn *conn, const struct lp_quic_target *target)
{
	struct lp_quic *q = conn->q;
	ngtcp2_callbacks callbacks;
	ngtcp2_settings settings;
	ngtcp2_transport_params params;
	uint16_t probes[LP_PROBES];
	fill_callbacks(&callbacks);
	lp_fill_settings(q, &settings, probes);
	lp_fill_params(q, &params, false);
	ngtcp2_path np;
	lp_path_to_ngtcp2(&target->path, &np);
	ngtcp2_cid scid, dcid;
	if (!choose_cid(conn, &scid, LP_CID_SIZE) || !choose_cid(conn, &dcid, LP_INITIAL_DCID_SIZE))
		return LP_CRYPTO;
	dcid.data[0] = (uint8_t)(target->steer >> 8);
	dcid.data[1] = (uint8_t)target->steer;
	if (!copy_pins(&conn->trust, target) ||
		!lp_cids_add(&q->cids, conn, scid.data, scid.datalen))
		return LP_NO_MEMORY;
	if (ngtcp2_conn_client_new(&conn->nc, &dcid, &scid, &np, NGTCP2_PROTO_VER_V1, &callbacks,
		    &settings, &params, NULL, conn) != 0)
		return LP_NO_MEMORY;
	lp_apply_policies(conn->nc);
	enum lp_status status = LP_CRYPTO;
	WOLFSSL_CTX *tls = client_tls(q, target->pin_count == 0, &status);
	if (!tls)
		return status;
	WOLFSSL *session =
		lp_tls_connect(tls, &conn->ref, q->alpn, target->server_name, &conn->trust);
	return attach(conn, session) ? LP_OK : LP_CRYPTO;
}

struct lp_quic_conn *lp_quic_connect(struct lp_quic *q, const struct lp_quic_target *target,
	void *user, lp_time now, enum lp_status *ret_status)
{
	if (now > q->now)
		q->now = now;
	bool named = target->server_name && target->server_name[0] != '\0';
	if (target->pin_count == 0 && !named) {
		*ret_status = LP_INVALID;
		return NULL;
	}
	struct lp_quic_conn *conn = conn_new(q, NULL);
	if (!conn) {
		*ret_status = LP_NO_MEMORY;
		return NULL;
	}
	conn->user = user;
	enum lp_status status = begin(conn, target);
	if (status != LP_OK) {
		lp_conn_free(conn);
		*ret_status = status;
		return NULL;
	}
	conn->handed_out = true;
	lp_conn_mark_dirty(conn, true);
	return conn;
}

static void lingering_read(struct lp_quic_conn *conn, size_t len)
{
	conn->late++;
	bool power_of_two = (conn->late & (conn->late - 1)) == 0;
	if (conn->close_len == 0 || !power_of_two || conn->late > 1u << LP_CLOSE_REPEATS ||
		len < conn->close_len)
		return;
	conn->close_due = true;
	lp_conn_mark_dirty(conn, true);
}

/* True when the packet can be read. A client's bucket has no rate, so it reads all. */
static bool affords(struct lp_quic_conn *conn)
{
	bool good = lp_bucket_has(&conn->overhead, LP_QUIC_PACKET_MAX, conn->q->now);
	conn->q->counters.overhead += !good;
	conn->carried = 0;
	return good;
}

/* How many packets ngtcp2 has taken since the last call. Forged packets, and copies of packets that were read
 * before, are not among them. ngtcp2 alone knows the copies, but it counts each packet with a long header,
 * although nothing is in it after the handshake. */
static uint64_t packets_taken(struct lp_quic_conn *conn)
{
	ngtcp2_conn_info info;
	ngtcp2_conn_get_conn_info2(conn->nc, &info);
	uint64_t before = conn->taken;
	conn->taken = info.pkt_recv;
	return info.pkt_recv - before;
}

static void pay(struct lp_quic_conn *conn, size_t len)
{
	size_t free_of_charge = conn->carried + LP_PACKET_HEAD;
	if (len > free_of_charge)
		lp_bucket_take(&conn->overhead, len - free_of_charge, conn->q->now);
}

static void hear_on(struct lp_quic_conn *conn, const ngtcp2_path *path, size_t len)
{
	pay(conn, len);
	if (lp_incoming_is_late(conn))
		lp_conn_end_as_hostile(conn, "a stream that does not end");
	conn->heard = conn->q->now;
	conn->q->heard = true;
	lp_conn_heard_on(conn, path);
}

void lp_conn_read(
	struct lp_quic_conn *conn, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	if (conn->phase == LP_CONN_LINGERING) {
		lingering_read(conn, len);
		return;
	}
	if (conn->ending || !affords(conn))
		return;
	/* Before those that are woken by what the packet holds: its acknowledgement leaves first. */
	lp_conn_mark_dirty(conn, false);
	ngtcp2_path np;
	lp_path_to_ngtcp2(path, &np);
	const uint64_t opened = lp_protection_opened();
	int error = ngtcp2_conn_read_pkt(conn->nc, &np, NULL, bytes, len, conn->q->now);
	if (error != 0) {
		lp_conn_failed(conn, error);
		return;
	}
	if (packets_taken(conn) > 0 && lp_protection_opened() > opened)
		hear_on(conn, &np, len);
	drop_session(conn);
	lp_feedback_on_read(conn);
	lp_outs_unblock(conn);
	lp_conn_mark_dirty(conn, !lp_conn_is_quiet(conn));
}

void lp_conn_on_time(struct lp_quic_conn *conn)
{
	lp_timers_set(&conn->q->timers, conn, LP_NEVER); /* set again when it has written */
	if (conn->phase == LP_CONN_LINGERING) {
		lp_conn_free(conn);
		return;
	}
	if (conn->ending)
		return;
	int error = ngtcp2_conn_handle_expiry(conn->nc, conn->q->now);
	if (error != 0)
		lp_conn_failed(conn, error);
	else
		lp_conn_mark_dirty(conn, true);
	lp_conn_move_on_time(conn);
}

static void write_close_packet(struct lp_quic_conn *conn)
{
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	ngtcp2_path np;
	memset(&conn->close_path, 0, sizeof conn->close_path);
	np.local.addr = &conn->close_path.local.sa;
	np.remote.addr = &conn->close_path.remote.sa;
	np.user_data = NULL;
	ngtcp2_ssize n = ngtcp2_conn_write_connection_close(
		conn->nc, &np, NULL, bytes, sizeof bytes, &conn->error, conn->q->now);
	if (n <= 0)
		return; /* no keys yet, or an address that is not proved */
	conn->close_packet = malloc((size_t)n);
	if (!conn->close_packet)
		return;
	memcpy(conn->close_packet, bytes, (size_t)n);
	conn->close_len = (size_t)n;
	conn->close_path.local.len = np.local.addrlen;
	conn->close_path.remote.len = np.remote.addrlen;
	conn->close_due = true;
}

static void forget_peer(struct lp_quic_conn *conn)
{
	ngtcp2_conn_del(conn->nc);
	conn->nc = NULL;
	lp_outs_clear(conn);
	wolfSSL_free(conn->session);
	conn->session = NULL;
	free(conn->trust.pins);
	conn->trust.pins = NULL;
}

void lp_conn_finish(struct lp_quic_conn *conn)
{
	struct lp_quic *q = conn->q;
	lp_list_remove(&conn->ended);
	lp_list_remove(&conn->dirty);
	lp_list_remove(&conn->held);
	lp_list_remove(&conn->moved);
	bool drains = conn->why.end == LP_QUIC_END_PEER;
	if (!conn->silent)
		write_close_packet(conn);
	if (conn->handed_out)
		q->handler->closed(q->context, conn, &conn->why);
	if ((!drains && !conn->close_due) || q->lingering >= q->config.max_connections) {
		/* With that many around, this one's peer learns it by a stateless reset. */
		lp_conn_free(conn);
		return;
	}
	lp_time linger = LP_LINGER_PTOS * ngtcp2_conn_get_pto2(conn->nc);
	if (linger > LP_LINGER_MAX)
		linger = LP_LINGER_MAX;
	forget_peer(conn);
	end_life(conn);
	q->lingering++;
	conn->phase = LP_CONN_LINGERING;
	lp_timers_set(&q->timers, conn, q->now + linger);
	if (conn->close_due)
		lp_conn_mark_dirty(conn, true);
}

size_t lp_conn_write_close(struct lp_quic_conn *conn, uint8_t *bytes, struct lp_path *ret_path)
{
	if (!conn->close_due)
		return 0;
	conn->close_due = false;
	memcpy(bytes, conn->close_packet, conn->close_len);
	*ret_path = conn->close_path;
	return conn->close_len;
}

void lp_conn_free(struct lp_quic_conn *conn)
{
	struct lp_quic *q = conn->q;
	if (conn->phase == LP_CONN_LINGERING) {
		q->lingering--;
	} else {
		end_life(conn);
	}
	lp_conn_detach(conn);
	lp_timers_set(&q->timers, conn, LP_NEVER);
	lp_cids_remove_all(&q->cids, conn);
	lp_list_remove(&conn->all);
	lp_list_remove(&conn->dirty);
	lp_list_remove(&conn->held);
	lp_list_remove(&conn->ended);
	lp_list_remove(&conn->moved);
	forget_peer(conn);
	free(conn->close_packet);
	free(conn);
}
