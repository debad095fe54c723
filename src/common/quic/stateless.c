#include "internal.h"

#include <stdlib.h>
#include <string.h>

#include "lanparty/quic/identity.h"
#include "identity_internal.h"

/* Answers that a source prefix, and all together, may cause: enough for all members of a restarted
 * relay behind one address, and for a Retry to each honest newcomer among spoofed ones. */
#define LP_PREFIX_RATE  200
#define LP_PREFIX_BURST 1000
#define LP_ALL_RATE     100000
#define LP_PREFIX_SHARE 2

#define LP_TOKEN_LIFE (10 * LP_SECOND)

/* A stateless reset is one byte shorter than its cause and never longer than this: like a short
 * packet with a little in it (RFC 9000, section 10.3). */
#define LP_RESET_MAX       43
#define LP_RESET_MIN_CAUSE 22
#define LP_FIXED_BIT       0x40

bool lp_stateless_init(struct lp_quic *q)
{
	static const uint8_t none[LP_QUIC_SECRET_SIZE];
	struct lp_stateless *s = &q->stateless;
	/* Nobody but us may know it: without one, a fresh one. */
	uint8_t *secret = q->config.secret;
	if (memcmp(secret, none, sizeof none) == 0 && !lp_random(secret, LP_QUIC_SECRET_SIZE))
		return false;
	if (!lp_derive(secret, LP_QUIC_SECRET_SIZE, "lanparty/1 stateless reset", s->reset_key) ||
		!lp_derive(secret, LP_QUIC_SECRET_SIZE, "lanparty/1 retry token", s->token_key) ||
		!lp_random(s->key, sizeof s->key))
		return false;
	if (!q->identity)
		return true;
	s->prefixes = calloc(LP_PREFIX_COUNT, sizeof *s->prefixes);
	s->replies = calloc(LP_REPLY_MAX, sizeof *s->replies);
	s->taken = calloc(LP_PREFIX_COUNT, sizeof *s->taken);
	s->half_open = calloc(LP_PREFIX_COUNT, sizeof *s->half_open);
	if (!s->prefixes || !s->replies || !s->taken || !s->half_open)
		return false;
	for (size_t i = 0; i < LP_PREFIX_COUNT; i++)
		lp_bucket_init(&s->prefixes[i], LP_PREFIX_RATE, LP_PREFIX_BURST, 0);
	lp_bucket_init(&s->all, LP_ALL_RATE, LP_ALL_RATE, 0);
	return true;
}

void lp_stateless_clear(struct lp_stateless *s)
{
	free(s->prefixes);
	free(s->replies);
	free(s->taken);
	free(s->half_open);
}

void lp_stateless_token(const struct lp_quic *q, const ngtcp2_cid *cid, uint8_t *ret_token)
{
	if (ngtcp2_crypto_generate_stateless_reset_token(
		    ret_token, q->stateless.reset_key, LP_KEY_SIZE, cid) != 0 &&
		!lp_random(ret_token, NGTCP2_STATELESS_RESET_TOKENLEN))
		memset(ret_token, 0, NGTCP2_STATELESS_RESET_TOKENLEN);
}

/* Hashed as in cids.c. */
size_t lp_stateless_prefix(const struct lp_stateless *s, const union lp_sockaddr *remote)
{
	uint8_t bytes[16] = {0};
	uint32_t words[4];
	if (remote->sa.sa_family == AF_INET) {
		bytes[10] = bytes[11] = 0xff; /* ::ffff:0:0/96, so that both spellings are one */
		memcpy(bytes + 12, &remote->in.sin_addr, 3);
	} else {
		static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
		const uint8_t *address = remote->in6.sin6_addr.s6_addr;
		memcpy(bytes, address, memcmp(address, mapped, 12) == 0 ? 15 : 7);
	}
	memcpy(words, bytes, sizeof words);
	uint64_t sum = s->key[0];
	for (size_t i = 0; i < 4; i++)
		sum += s->key[i + 1] * words[i];
	return (size_t)(sum >> 32) % LP_PREFIX_COUNT;
}

/* A place for an answer, if one may be given. */
static struct lp_reply *reply_to(struct lp_quic *q, const struct lp_path *path)
{
	struct lp_stateless *s = &q->stateless;
	if (s->count == LP_REPLY_MAX ||
		!lp_bucket_take(&s->prefixes[lp_stateless_prefix(s, &path->remote)], 1, q->now) ||
		!lp_bucket_take(&s->all, 1, q->now)) {
		q->counters.ignored++;
		return NULL;
	}
	struct lp_reply *reply = &s->replies[(s->first + s->count) % LP_REPLY_MAX];
	reply->path = *path;
	return reply;
}

/* The answer stands when it was written and is no longer than what caused it. */
static bool commit(
	struct lp_stateless *s, struct lp_reply *reply, ngtcp2_ssize len, size_t cause_len)
{
	if (len <= 0 || (size_t)len > cause_len)
		return false;
	reply->len = (size_t)len;
	s->count++;
	return true;
}

size_t lp_stateless_write(
	struct lp_stateless *s, uint8_t *bytes, size_t cap, struct lp_path *ret_path)
{
	if (s->count == 0)
		return 0;
	const struct lp_reply *reply = &s->replies[s->first];
	s->first = (s->first + 1) % LP_REPLY_MAX;
	s->count--;
	if (reply->len > cap)
		return 0;
	memcpy(bytes, reply->bytes, reply->len);
	*ret_path = reply->path;
	return reply->len;
}

void lp_stateless_negotiate_version(struct lp_quic *q, const struct lp_path *path,
	const ngtcp2_version_cid *ids, size_t cause_len)
{
	struct lp_reply *reply = reply_to(q, path);
	uint8_t random[2];
	if (!reply || !lp_random(random, sizeof random))
		return;
	/* One that nobody has, so that no client comes to rely on the list: RFC 9000, section 6.3. */
	uint32_t reserved = 0x0a0a0a0a | (uint32_t)random[1] << 28;
	uint32_t versions[] = {reserved, NGTCP2_PROTO_VER_V1};
	ngtcp2_ssize n = ngtcp2_pkt_write_version_negotiation(reply->bytes, sizeof reply->bytes,
		random[0] & 0x3f, ids->scid, ids->scidlen, ids->dcid, ids->dcidlen, versions, 2);
	if (commit(&q->stateless, reply, n, cause_len))
		q->counters.version_negotiations++;
}

static void send_retry(struct lp_quic *q, const struct lp_path *path, const ngtcp2_pkt_hd *initial,
	size_t cause_len)
{
	struct lp_reply *reply = reply_to(q, path);
	if (!reply)
		return;
	ngtcp2_cid scid = {.datalen = LP_CID_SIZE};
	if (!lp_random(scid.data, scid.datalen))
		return;
	memcpy(scid.data, initial->dcid.data, 2); /* steering */
	uint8_t token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2];
	ngtcp2_ssize len = ngtcp2_crypto_generate_retry_token2(token, q->stateless.token_key,
		LP_KEY_SIZE, initial->version, &path->remote.sa, path->remote_len, &scid,
		&initial->dcid, q->now);
	if (len < 0)
		return;
	len = ngtcp2_crypto_write_retry(reply->bytes, sizeof reply->bytes, initial->version,
		&initial->scid, &scid, &initial->dcid, token, (size_t)len);
	if (commit(&q->stateless, reply, len, cause_len))
		q->counters.retries++;
}

static void refuse(struct lp_quic *q, const struct lp_path *path, const ngtcp2_pkt_hd *initial,
	uint64_t code, size_t cause_len)
{
	q->counters.refused++;
	struct lp_reply *reply = reply_to(q, path);
	if (!reply)
		return;
	ngtcp2_ssize n = ngtcp2_crypto_write_connection_close(reply->bytes, sizeof reply->bytes,
		initial->version, &initial->scid, &initial->dcid, code, NULL, 0);
	commit(&q->stateless, reply, n, cause_len);
}

static bool is_ours(const struct lp_quic *q, const uint8_t *id)
{
	unsigned steer = (unsigned)id[0] << 8 | id[1];
	return q->config.workers < 2 || steer % q->config.workers == q->config.worker;
}

/* A short packet with an id that nobody has: its connection was lost with a restart. */
static void send_reset(
	struct lp_quic *q, const struct lp_path *path, const uint8_t *bytes, size_t cause_len)
{
	if (!(bytes[0] & LP_FIXED_BIT) || cause_len < LP_RESET_MIN_CAUSE) {
		q->counters.ignored++;
		return;
	}
	if (!is_ours(q, bytes + 1)) {
		q->counters.misrouted++;
		return;
	}
	struct lp_reply *reply = reply_to(q, path);
	if (!reply)
		return;
	ngtcp2_cid cid;
	ngtcp2_cid_init(&cid, bytes + 1, LP_CID_SIZE);
	size_t len = cause_len - 1 < LP_RESET_MAX ? cause_len - 1 : LP_RESET_MAX;
	size_t random_len = len - NGTCP2_STATELESS_RESET_TOKENLEN;
	uint8_t random[LP_RESET_MAX];
	ngtcp2_stateless_reset_token token;
	lp_stateless_token(q, &cid, token.data);
	if (!lp_random(random, random_len))
		return;
	ngtcp2_ssize n = ngtcp2_pkt_write_stateless_reset2(
		reply->bytes, sizeof reply->bytes, &token, random, random_len);
	if (commit(&q->stateless, reply, n, cause_len))
		q->counters.resets++;
}

/* A source prefix has at most LP_PREFIX_SHARE times the places that are free: alone two thirds of all,
 * and however many fill theirs, some are left for the others. */
static bool has_share(const struct lp_quic *q, const struct lp_path *path)
{
	const struct lp_stateless *s = &q->stateless;
	size_t prefix = lp_stateless_prefix(s, &path->remote);
	return s->taken[prefix] < LP_PREFIX_SHARE * (q->config.max_connections - q->live) &&
	       s->half_open[prefix] < LP_PREFIX_SHARE * (q->config.max_half_open - q->half_open);
}

void lp_stateless_read(
	struct lp_quic *q, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	if (!(bytes[0] & LP_LONG_HEADER)) {
		send_reset(q, path, bytes, len);
		return;
	}
	ngtcp2_pkt_hd initial;
	if (ngtcp2_accept(&initial, bytes, len) != 0 || initial.dcid.datalen < LP_CID_SIZE) {
		q->counters
			.ignored++; /* clients choose at least 8 bytes (RFC 9000, 7.2), Retry so many */
		return;
	}
	if (!is_ours(q, initial.dcid.data)) {
		q->counters.misrouted++;
		return;
	}
	ngtcp2_cid original;
	bool proved = false;
	if (initial.tokenlen > 0 && initial.token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2) {
		if (ngtcp2_crypto_verify_retry_token2(&original, initial.token, initial.tokenlen,
			    q->stateless.token_key, LP_KEY_SIZE, initial.version, &path->remote.sa,
			    path->remote_len, &initial.dcid, LP_TOKEN_LIFE, q->now) != 0) {
			refuse(q, path, &initial, NGTCP2_INVALID_TOKEN, len);
			return;
		}
		proved = true;
	}
	if (q->half_open >= q->config.max_half_open) {
		q->counters.refused++;
	} else if (!proved && q->half_open >= q->config.retry_from) {
		send_retry(q, path, &initial, len);
	} else if (q->live >= q->config.max_connections || !has_share(q, path)) {
		refuse(q, path, &initial, NGTCP2_CONNECTION_REFUSED, len);
	} else {
		struct lp_quic_conn *conn =
			lp_conn_accept(q, path, &initial, proved ? &original : NULL);
		if (conn)
			lp_conn_read(conn, path, bytes, len);
		else
			q->counters.refused++;
	}
}
