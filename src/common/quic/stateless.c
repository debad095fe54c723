#include "stateless.h"

#include <stdlib.h>
#include <string.h>

#include <ngtcp2/ngtcp2_crypto.h>

#include "lanparty/base/bytes.h"
#include "lanparty/quic/crypto.h"
#include "cids.h"
#include "prefix.h"
#include "state.h"
#include "tokens.h"

/* Answers per second that one source prefix, and all together, can cause. That is enough for all members
 * of a restarted relay behind one address, and for a Retry to each honest newcomer among spoofed ones. */
#define LP_PREFIX_RATE  200
#define LP_PREFIX_BURST 1000
#define LP_ALL_RATE     100000

/* A stateless reset is one byte shorter than its cause and never longer than this. It looks like a short
 * packet with few bytes in it (RFC 9000, section 10.3). */
#define LP_RESET_MAX       43
#define LP_RESET_MIN_CAUSE 22
#define LP_FIXED_BIT       0x40

bool lp_stateless_init(struct lp_stateless *s)
{
	s->prefixes = calloc(LP_PREFIX_COUNT, sizeof *s->prefixes);
	s->replies = calloc(LP_REPLY_MAX, sizeof *s->replies);
	if (!s->prefixes || !s->replies)
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
}

bool lp_stateless_is_ours(const struct lp_quic *q, const uint8_t *id)
{
	return q->config.workers < 2 || lp_get16(id) % q->config.workers == q->config.worker;
}

/* The next free slot of the ring; NULL when the ring is full or the rate limit forbids an answer. */
static struct lp_reply *reply_to(struct lp_quic *q, const struct lp_path *path)
{
	struct lp_stateless *s = &q->stateless;
	struct lp_source source;
	lp_source_of(path, &q->prefixes.key, &source);
	struct lp_bucket *net = &s->prefixes[source.of[LP_SOURCE_NET] % LP_PREFIX_COUNT];
	if (s->count == LP_REPLY_MAX || !lp_bucket_take(net, 1, q->now) ||
		!lp_bucket_take(&s->all, 1, q->now)) {
		q->counters.ignored++;
		return NULL;
	}
	struct lp_reply *reply = &s->replies[(s->first + s->count) % LP_REPLY_MAX];
	reply->path = *path;
	return reply;
}

/* Queues the answer. False when it was not written, or is longer than what caused it. */
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
	/* A version that nobody has, so that no client relies on the list: RFC 9000, section 6.3. */
	uint32_t reserved = 0x0a0a0a0a | (uint32_t)random[1] << 28;
	uint32_t versions[] = {reserved, NGTCP2_PROTO_VER_V1};
	ngtcp2_ssize n = ngtcp2_pkt_write_version_negotiation(reply->bytes, sizeof reply->bytes,
		random[0] & 0x3f, ids->scid, ids->scidlen, ids->dcid, ids->dcidlen, versions, 2);
	if (commit(&q->stateless, reply, n, cause_len))
		q->counters.version_negotiations++;
}

void lp_stateless_retry(struct lp_quic *q, const struct lp_path *path, const ngtcp2_pkt_hd *initial,
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
	ngtcp2_ssize len = ngtcp2_crypto_generate_retry_token2(token, q->tokens.retry_key,
		LP_TOKEN_KEY_SIZE, initial->version, &path->remote.sa, path->remote.len, &scid,
		&initial->dcid, q->now);
	if (len < 0)
		return;
	len = ngtcp2_crypto_write_retry(reply->bytes, sizeof reply->bytes, initial->version,
		&initial->scid, &scid, &initial->dcid, token, (size_t)len);
	if (commit(&q->stateless, reply, len, cause_len))
		q->counters.retries++;
}

void lp_stateless_refuse(struct lp_quic *q, const struct lp_path *path,
	const ngtcp2_pkt_hd *initial, uint64_t code, size_t cause_len)
{
	q->counters.refused++;
	struct lp_reply *reply = reply_to(q, path);
	if (!reply)
		return;
	ngtcp2_ssize n = ngtcp2_crypto_write_connection_close(reply->bytes, sizeof reply->bytes,
		initial->version, &initial->scid, &initial->dcid, code, NULL, 0);
	commit(&q->stateless, reply, n, cause_len);
}

void lp_stateless_reset(
	struct lp_quic *q, const struct lp_path *path, const uint8_t *bytes, size_t cause_len)
{
	if (!(bytes[0] & LP_FIXED_BIT) || cause_len < LP_RESET_MIN_CAUSE) {
		q->counters.ignored++;
		return;
	}
	if (!lp_stateless_is_ours(q, bytes + 1)) {
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
	lp_tokens_reset(&q->tokens, &cid, token.data);
	if (!lp_random(random, random_len))
		return;
	ngtcp2_ssize n = ngtcp2_pkt_write_stateless_reset2(
		reply->bytes, sizeof reply->bytes, &token, random, random_len);
	if (commit(&q->stateless, reply, n, cause_len))
		q->counters.resets++;
}
