/* stateless.h - a server's answers that need no connection: version negotiation, Retry, refusal,
 * stateless reset. An answer is never longer than its cause, and answers are rate limited per source
 * prefix and in total. They wait in a ring of LP_REPLY_MAX; an answer past that is not given. */
#ifndef LANPARTY_QUIC_STATELESS_H
#define LANPARTY_QUIC_STATELESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

#include "lanparty/base/bucket.h"
#include "lanparty/quic/quic.h"

#define LP_REPLY_MAX   64
#define LP_REPLY_SIZE  256
#define LP_LONG_HEADER 0x80 /* in a packet's first byte (RFC 8999, section 5.1) */

struct lp_reply {
	struct lp_path path;
	size_t len;
	uint8_t bytes[LP_REPLY_SIZE];
};

struct lp_stateless {
	struct lp_bucket *prefixes; /* LP_PREFIX_COUNT; NULL in a client's endpoint */
	struct lp_bucket all;
	struct lp_reply *replies; /* the ring */
	size_t first, count;
};

/* False without memory; lp_stateless_clear is allowed then, too. */
bool lp_stateless_init(struct lp_stateless *s);
void lp_stateless_clear(struct lp_stateless *s);
/* Takes the oldest answer out of the ring. Its length; 0 when there is none. */
size_t lp_stateless_write(
	struct lp_stateless *s, uint8_t *bytes, size_t cap, struct lp_path *ret_path);

/* False when packets with this connection ID (at least 2 bytes) belong to another worker. */
bool lp_stateless_is_ours(const struct lp_quic *q, const uint8_t *id);

/* cause_len: bytes of the packet that is answered. */
void lp_stateless_negotiate_version(struct lp_quic *q, const struct lp_path *path,
	const ngtcp2_version_cid *ids, size_t cause_len);
void lp_stateless_retry(struct lp_quic *q, const struct lp_path *path, const ngtcp2_pkt_hd *initial,
	size_t cause_len);
/* Closes before a connection exists, with a transport error code. */
void lp_stateless_refuse(struct lp_quic *q, const struct lp_path *path,
	const ngtcp2_pkt_hd *initial, uint64_t code, size_t cause_len);
/* A packet with a short header whose connection ID is unknown: its connection was lost, for example
 * with a restart. */
void lp_stateless_reset(
	struct lp_quic *q, const struct lp_path *path, const uint8_t *bytes, size_t cause_len);

#endif
