/* state.h - an endpoint and its connections: the two structs that the files of this folder share. No
 * function belongs to it.
 *
 * Each file has a header of its own and includes only the headers that it calls. From top to bottom:
 *
 *   endpoint.c    quic.h's entry points: what a packet, a timer and the writer lead to
 *   move.c        moves a connection to another path; holds it while its socket is full
 *   accept.c      a packet of no connection
 *   conn.c        one connection's life; handshake.c its TLS, attach.c its DATAGRAMs, ending.c its end
 *   packet.c      composes one packet: streams first, then DATAGRAMs
 *   stream.c      bytes that wait on streams until they are acknowledged
 *   stateless.c   answers without a connection
 *   feedback.c    bulk bytes in flight, large packets, the fate of each DATAGRAM
 *   settings.c    what a connection begins with
 *   memory.c      what it can allocate
 *   dirty.c, cids.c, timers.c, prefix.c, tokens.c, path.c, quiet.c    what these need
 *   identity.c, tls.c, protection.c, crypto.c    certificates, TLS sessions, packet protection, hashes */
#ifndef LANPARTY_QUIC_STATE_H
#define LANPARTY_QUIC_STATE_H

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "lanparty/base/limiter.h"
#include "lanparty/base/list.h"
#include "lanparty/path/governor.h"
#include "lanparty/path/mtu.h"
#include "lanparty/quic/quic.h"
#include "cids.h"
#include "memory.h"
#include "prefix.h"
#include "settings.h"
#include "stateless.h"
#include "timers.h"
#include "tls.h"
#include "tokens.h"

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
	struct lp_prefixes prefixes;
	struct lp_limiter unproved, proved; /* handshakes, by what is known of the address */
	struct lp_tokens tokens;
	struct lp_stateless stateless;
	struct lp_node conns; /* all, with those that only linger */
	struct lp_node dirty; /* dirty.h */
	struct lp_node held;  /* their sockets take nothing now */
	struct lp_node ended; /* lp_conn_finish is due */
	struct lp_node moved; /* the handler's moved is due */
	bool heard;           /* the packet that is read now is of a connection, and new to it */
	size_t live, half_open, lingering;
	struct lp_quic_counters counters;
};

struct lp_incoming {
	int64_t stream;
	lp_time since;
	bool excused; /* a pause was taken off */
};

enum lp_conn_phase {
	LP_CONN_HANDSHAKE,
	LP_CONN_UP,
	LP_CONN_LINGERING, /* closing or draining (RFC 9000, section 10.2): nc is NULL */
};

struct lp_quic_conn {
	struct lp_quic *q;
	ngtcp2_conn *nc;
	WOLFSSL *session;
	ngtcp2_crypto_conn_ref ref;
	void *user;
	enum lp_conn_phase phase;
	bool server;
	bool handed_out; /* the user knows it: the handler's closed must be called */
	bool reset;      /* a stateless reset came */
	struct lp_trust trust;
	uint8_t binding[LP_QUIC_BINDING_SIZE]; /* once the handshake is complete */
	uint16_t steer;
	struct lp_source origin; /* servers: where it came from at first */
	/* Nodes of the endpoint's lists. */
	struct lp_node all, dirty, held, ended, moved;
	struct lp_cid_entry *cids;
	lp_time deadline;
	lp_time heard;  /* a packet came that the peer has protected */
	size_t timer;   /* index in the heap plus 1; 0: not in the heap */
	unsigned burst; /* packets written in a row */
	bool eager;     /* on q->dirty, to write; otherwise only its timer must be set */
	bool asks;      /* a PING is due, whatever was sent a moment ago */
	bool moving;    /* lp_quic_migrate's path is being validated */
	bool aside;     /* a packet is due on another path, whatever the socket of this one takes */
	bool good_move; /* what moved will say */
	/* Streams */
	struct lp_node outs;
	size_t pending; /* bytes in outs, with what keeping them costs */
	size_t unsent;  /* outs with something to write that are not blocked */
	bool any_blocked;
	/* Servers: unidirectional streams of the QUIC peer that are not complete, the oldest first. */
	struct lp_incoming incoming[LP_INCOMING_MAX];
	size_t incoming_count;
	ngtcp2_mem memory;
	void *reordered[LP_REORDER_BUFFERS]; /* memory.h */
	bool too_early;                      /* the peer sent bytes that would need one more */
	/* Servers: bytes of packets that carry nothing for the user. */
	struct lp_bucket overhead;
	size_t carried; /* bytes for the user in the packet that is being read */
	uint64_t taken; /* packets that ngtcp2 has taken */
	/* DATAGRAMs: NULL until it is attached, and from its end on */
	struct lp_datagram_source *source;
	struct lp_datagram_sink *sink;
	size_t path_max; /* bytes: what the source was told last */
	/* The path */
	struct lp_governor governor;
	lp_time last_rtt; /* the sample before; 0: none on this path */
	double jitter;    /* nanoseconds */
	uint64_t datagrams_acked, datagrams_lost;
	struct lp_mtu mtu;
	bool acked; /* the packet that is being read acknowledged a DATAGRAM */
	/* The end */
	bool ending;  /* nothing more enters nc, and the user hears only of the end */
	bool silent;  /* no close packet */
	bool starved; /* a callback had no memory: what ngtcp2 calls a failed callback */
	struct lp_quic_close why;
	ngtcp2_ccerr error;
	uint8_t *close_packet;
	size_t close_len;
	struct lp_path close_path;
	bool close_due;
	unsigned late; /* packets received while lingering */
};

#endif
