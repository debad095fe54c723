/* quic_test.h - functions for tests alone. */
#ifndef LANPARTY_QUIC_TEST_H
#define LANPARTY_QUIC_TEST_H

#include "lanparty/quic/quic.h"

/* Sets the ALPN of connections from now on; NULL: none at all. Borrowed until lp_quic_free. */
void lp_quic_set_alpn(struct lp_quic *q, const char *alpn);
/* Decides which networks share a count of the limits, instead of a random key. Call it before the first
 * packet. */
void lp_quic_set_source_key(struct lp_quic *q, const struct lp_siphash_key *key);
/* Connections that only linger, and connection IDs in use. */
size_t lp_quic_lingering_count(const struct lp_quic *q);
size_t lp_quic_id_count(const struct lp_quic *q);
/* Resets a stream and asks the peer to stop sending on it. */
void lp_quic_break_stream(struct lp_quic_conn *conn, int64_t stream);
/* One identity's certificate with another's key. */
struct lp_identity *lp_identity_forge(
	const struct lp_identity *cert_of, const struct lp_identity *key_of);

#endif
