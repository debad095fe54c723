/* internal.h - what the files of the QUIC layer share.
 *
 * endpoint.c   the loop's entry points; who wants to write, who ends
 * stateless.c  a server's answers without a connection: version negotiation, Retry, resets
 * conn.c       one connection's life: settings, callbacks, how it ends
 * stream.c     what waits to be sent on streams, until it is acknowledged
 * packet.c     one packet: streams first, then DATAGRAMs
 * line.c       how much the line takes: bulk under way, large packets, lost DATAGRAMs
 * settings.c   what a connection begins with
 * cids.c, timers.c, list.h  connection ids, deadlines, intrusive lists */
#ifndef LANPARTY_QUIC_INTERNAL_H
#define LANPARTY_QUIC_INTERNAL_H

#include "lanparty/quic/quic.h"

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "lanparty/base/bucket.h"
#include "lanparty/path/governor.h"
#include "lanparty/path/mtu.h"
#include "lanparty/base/list.h"
#include "tls.h"

#define LP_CID_SIZE          8  /* of all ids that we choose for ourselves */
#define LP_INITIAL_DCID_SIZE 16 /* of a client's first id for its server */
#define LP_UNI_STREAMS       64 /* that a peer may have open at once */
#define LP_ACTIVE_CIDS       4
#define LP_KEY_SIZE          32
#define LP_LONG_HEADER       0x80 /* in a packet's first byte (RFC 8999, section 5.1) */

/* Connection ids. A peer chooses some of them, so the hash has a secret key. */
struct lp_cid_entry {
	struct lp_cid_entry *next;         /* in the bucket */
	struct lp_cid_entry *next_of_conn; /* of the same connection */
	struct lp_quic_conn *conn;
	size_t bucket;
	uint8_t len;
	uint8_t bytes[NGTCP2_MAX_CIDLEN];
};
#define LP_CID_WORDS (NGTCP2_MAX_CIDLEN / 4)
struct lp_cids {
	struct lp_cid_entry **buckets;
	unsigned bits; /* 2^bits buckets */
	size_t count;
	uint64_t key[LP_CID_WORDS + 2];
};
bool lp_cids_init(struct lp_cids *cids, size_t expected);
void lp_cids_clear(struct lp_cids *cids); /* after its connections */
struct lp_quic_conn *lp_cids_find(const struct lp_cids *cids, const uint8_t *bytes, size_t len);
/* False without memory, for one that is there already and for one that is empty or too long. */
bool lp_cids_add(struct lp_cids *cids, struct lp_quic_conn *conn, const uint8_t *bytes, size_t len);
void lp_cids_remove(
	struct lp_cids *cids, struct lp_quic_conn *conn, const uint8_t *bytes, size_t len);
void lp_cids_remove_all(struct lp_cids *cids, struct lp_quic_conn *conn);

/* A binary heap of connections by deadline. */
struct lp_timers {
	struct lp_quic_conn **heap;
	size_t count, cap;
};
/* Makes place for one more connection: lp_timers_set never fails then. */
bool lp_timers_reserve(struct lp_timers *timers, size_t connections);
void lp_timers_set(struct lp_timers *timers, struct lp_quic_conn *conn, lp_time deadline);
struct lp_quic_conn *lp_timers_first(const struct lp_timers *timers);

/* Answers that need no connection. */
#define LP_REPLY_MAX    64 /* that wait to be sent */
#define LP_REPLY_SIZE   256
#define LP_PREFIX_COUNT 4096 /* rate limits by hashed source prefix */
struct lp_reply {
	struct lp_path path;
	size_t len;
	uint8_t bytes[LP_REPLY_SIZE];
};
struct lp_stateless {
	struct lp_bucket *prefixes; /* LP_PREFIX_COUNT */
	struct lp_bucket all;
	uint32_t *taken, *half_open; /* connections of each prefix, and those in handshake */
	struct lp_reply *replies;    /* a ring of LP_REPLY_MAX */
	size_t first, count;
	uint64_t key[5]; /* of the prefix hash */
	uint8_t reset_key[LP_KEY_SIZE], token_key[LP_KEY_SIZE];
};
bool lp_stateless_init(struct lp_quic *q);
void lp_stateless_clear(struct lp_stateless *s);
/* The /24 or /56 that an address belongs to, below LP_PREFIX_COUNT. */
size_t lp_stateless_prefix(const struct lp_stateless *s, const union lp_sockaddr *remote);
/* A packet for no connection of this server. */
void lp_stateless_read(
	struct lp_quic *q, const struct lp_path *path, const uint8_t *bytes, size_t len);
void lp_stateless_negotiate_version(struct lp_quic *q, const struct lp_path *path,
	const ngtcp2_version_cid *ids, size_t cause_len);
size_t lp_stateless_write(
	struct lp_stateless *s, uint8_t *bytes, size_t cap, struct lp_path *ret_path);
void lp_stateless_token(const struct lp_quic *q, const ngtcp2_cid *cid, uint8_t *ret_token);

struct lp_quic {
	const struct lp_quic_handler *handler;
	void *context;
	struct lp_quic_config config;
	struct lp_identity *identity;        /* NULL: clients only */
	WOLFSSL_CTX *pinned_tls, *store_tls; /* made when first needed */
	const char *alpn;
	lp_time now;
	struct lp_cids cids;
	struct lp_timers timers;
	struct lp_stateless stateless;
	struct lp_node conns; /* all, with those that only linger */
	struct lp_node dirty; /* to be looked at before the loop sleeps */
	struct lp_node ended; /* to be told and taken down */
	size_t live, half_open, lingering;
	struct lp_quic_counters counters;
};

struct lp_chunk {
	struct lp_chunk *next;
	size_t len;
	uint8_t bytes[];
};

/* What is sent on a stream, until the peer has acknowledged it. ngtcp2 points at it (stream user
 * data) from the opening of the stream to its close. */
struct lp_out {
	struct lp_node link;
	int64_t id; /* -1: a message that waits for stream credit */
	struct lp_chunk *first, *last;
	uint64_t start;           /* offset of the first chunk */
	uint64_t written, queued; /* offsets; start <= written <= queued */
	bool fin, fin_written, blocked;
};

enum lp_conn_phase {
	LP_CONN_HANDSHAKE,
	LP_CONN_UP,
	LP_CONN_LINGERING, /* closing or draining (RFC 9000, section 10.2): nc is gone */
};

struct lp_quic_conn {
	struct lp_quic *q;
	ngtcp2_conn *nc;
	WOLFSSL *session;
	ngtcp2_crypto_conn_ref ref;
	void *user;
	enum lp_conn_phase phase;
	bool server;
	bool handed_out; /* the user knows it, so closed is owed */
	bool reset;      /* a stateless reset came */
	struct lp_trust trust;
	uint16_t steer;
	size_t prefix; /* servers: where it came from */
	/* Links of q->conns, q->dirty and q->ended. */
	struct lp_node all, dirty, ended;
	struct lp_cid_entry *cids;
	lp_time deadline;
	size_t timer;   /* its place in the heap, from 1; 0: none */
	unsigned burst; /* packets written in a row */
	bool eager;     /* on q->dirty, to write: without it, only its timer is to be set */
	/* Streams */
	struct lp_node outs;
	size_t pending; /* bytes in outs, with what keeping them costs */
	size_t unsent;  /* outs with something to write that are not blocked */
	bool any_blocked;
	/* The line */
	struct lp_governor governor;
	struct lp_mtu mtu;
	bool acked; /* a DATAGRAM, by the packet being read */
	/* The end */
	bool ending; /* nothing goes into nc or to the user any more but the end itself */
	bool silent; /* no close packet */
	struct lp_quic_close why;
	ngtcp2_ccerr error;
	uint8_t *close_packet;
	size_t close_len;
	struct lp_path close_path;
	bool close_due;
	unsigned heard; /* packets while lingering */
};

/* endpoint.c */
/* Its timer is set before the loop sleeps; eager: it may have something to write, too. */
void lp_conn_mark_dirty(struct lp_quic_conn *conn, bool eager);
void lp_path_to_ngtcp2(const struct lp_path *path, ngtcp2_path *ret_path);
void lp_path_from_ngtcp2(const ngtcp2_path *path, struct lp_path *ret_path);

/* conn.c */
/* Retry: original is the first id that the client used, NULL without. */
struct lp_quic_conn *lp_conn_accept(struct lp_quic *q, const struct lp_path *path,
	const ngtcp2_pkt_hd *initial, const ngtcp2_cid *original);
void lp_conn_read(
	struct lp_quic_conn *conn, const struct lp_path *path, const uint8_t *bytes, size_t len);
void lp_conn_on_time(struct lp_quic_conn *conn);
/* An error of ngtcp2 ends it. */
void lp_conn_failed(struct lp_quic_conn *conn, int error);
/* Tells the user, writes the close packet, takes down what is large. It may be freed. */
void lp_conn_finish(struct lp_quic_conn *conn);
void lp_conn_free(struct lp_quic_conn *conn);
size_t lp_conn_write_close(struct lp_quic_conn *conn, uint8_t *bytes, struct lp_path *ret_path);

/* settings.c */
#define LP_PROBES 6 /* sizes that path MTU discovery tries */
/* probes has LP_PROBES places, and must live until the connection is made. */
void lp_fill_settings(const struct lp_quic *q, ngtcp2_settings *settings, uint16_t *probes);
void lp_fill_params(const struct lp_quic *q, ngtcp2_transport_params *params, bool server);

/* line.c */
void lp_line_callbacks(ngtcp2_callbacks *callbacks);
/* A new connection, or a new path of it. */
void lp_line_init(struct lp_quic_conn *conn);
void lp_line_on_read(struct lp_quic_conn *conn);
bool lp_line_admits_bulk(struct lp_quic_conn *conn, size_t len);
uint64_t lp_line_id(uint64_t tag, bool large);

/* stream.c */
/* Opens streams for messages, as far as there is credit: before a packet is begun. */
void lp_outs_open(struct lp_quic_conn *conn);
/* The first with something to write, its stream open; NULL. */
struct lp_out *lp_out_next(struct lp_quic_conn *conn);
void lp_out_written(struct lp_quic_conn *conn, struct lp_out *out, size_t len);
void lp_out_blocked(struct lp_quic_conn *conn, struct lp_out *out);
void lp_out_abandon(struct lp_quic_conn *conn, struct lp_out *out);
/* Credit may have come. */
void lp_outs_unblock(struct lp_quic_conn *conn);
void lp_outs_clear(struct lp_quic_conn *conn);
void lp_stream_callbacks(ngtcp2_callbacks *callbacks);

/* packet.c */
/* The length of the packet, 0 when there is nothing to send or nothing may be, an error of
 * ngtcp2. */
ngtcp2_ssize lp_packet_write(
	struct lp_quic_conn *conn, ngtcp2_path *path, uint8_t *bytes, size_t cap);

#endif
