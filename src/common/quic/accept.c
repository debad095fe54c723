#include "accept.h"

#include <stdbool.h>

#include <ngtcp2/ngtcp2_crypto.h>

#include "conn.h"
#include "prefix.h"
#include "state.h"
#include "stateless.h"

#define LP_TOKEN_LIFE (10 * LP_SECOND)

static bool has_share(const struct lp_quic *q, const struct lp_source *source)
{
	return lp_tally_has_share(&q->prefixes.taken, source) &&
	       lp_tally_has_share(&q->prefixes.half_open, source);
}

enum answer {
	ACCEPT,
	PROVE, /* by a Retry */
	REFUSE,
	SILENCE,
};

/* Handshakes with a proved address have a limit of their own: somebody who forges addresses cannot use up
 * the limit of their owners. */
static enum answer answer_to(struct lp_quic *q, const struct lp_path *path, bool proved)
{
	struct lp_source source;
	lp_source_of(path, &q->prefixes.key, &source);
	if (q->half_open >= q->config.max_half_open)
		return SILENCE;
	bool within = lp_limiter_take(proved ? &q->proved : &q->unproved, &source, q->now);
	if (!proved && (!within || q->half_open >= q->config.retry_from))
		return PROVE;
	if (!within || q->live >= q->config.max_connections || !has_share(q, &source))
		return REFUSE;
	return ACCEPT;
}

void lp_accept_read(struct lp_quic *q, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	if (!(bytes[0] & LP_LONG_HEADER)) {
		lp_stateless_reset(q, path, bytes, len);
		return;
	}
	ngtcp2_pkt_hd initial;
	if (ngtcp2_accept(&initial, bytes, len) != 0 || initial.dcid.datalen < LP_CID_SIZE) {
		/* Clients choose at least 8 bytes (RFC 9000, section 7.2), and so does our Retry. */
		q->counters.ignored++;
		return;
	}
	if (!lp_stateless_is_ours(q, initial.dcid.data)) {
		q->counters.misrouted++;
		return;
	}
	ngtcp2_cid original;
	bool proved = false;
	struct lp_quic_conn *conn;
	if (initial.tokenlen > 0 && initial.token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2) {
		if (ngtcp2_crypto_verify_retry_token2(&original, initial.token, initial.tokenlen,
			    q->tokens.retry_key, LP_TOKEN_KEY_SIZE, initial.version,
			    &path->remote.sa, path->remote.len, &initial.dcid, LP_TOKEN_LIFE,
			    q->now) != 0) {
			lp_stateless_refuse(q, path, &initial, NGTCP2_INVALID_TOKEN, len);
			return;
		}
		proved = true;
	}
	switch (answer_to(q, path, proved)) {
	case ACCEPT:
		conn = lp_conn_accept(q, path, &initial, proved ? &original : NULL);
		if (conn)
			lp_conn_read(conn, path, bytes, len);
		else
			q->counters.refused++;
		break;
	case PROVE:
		lp_stateless_retry(q, path, &initial, len);
		break;
	case REFUSE:
		lp_stateless_refuse(q, path, &initial, NGTCP2_CONNECTION_REFUSED, len);
		break;
	case SILENCE:
		q->counters.refused++;
		break;
	}
}
