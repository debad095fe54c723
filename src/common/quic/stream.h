/* stream.h - bytes that wait on streams until the QUIC peer has acknowledged them. */
#ifndef LANPARTY_QUIC_STREAM_H
#define LANPARTY_QUIC_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

#include "lanparty/base/list.h"
#include "lanparty/base/time.h"

struct lp_quic_conn;

struct lp_chunk {
	struct lp_chunk *next;
	size_t len;
	uint8_t bytes[];
};

/* The bytes of one stream. ngtcp2 points at it (stream user data) from the opening of the stream to
 * its close. */
struct lp_out {
	struct lp_node link; /* in conn->outs */
	int64_t id;          /* -1: a message that waits for stream credit */
	struct lp_chunk *first, *last;
	uint64_t start;           /* offset of the first chunk */
	uint64_t written, queued; /* offsets; start <= written <= queued */
	bool fin, fin_written, blocked;
};

/* Opens streams for waiting messages as far as there is credit. Call it before a packet is begun. */
void lp_outs_open(struct lp_quic_conn *conn);
/* The first open stream with something to write; NULL. */
struct lp_out *lp_out_next(struct lp_quic_conn *conn);
/* len more bytes of out are in a packet; with the last of them, its fin. */
void lp_out_written(struct lp_quic_conn *conn, struct lp_out *out, size_t len);
/* out must wait for credit: lp_out_next skips it until lp_outs_unblock. */
void lp_out_blocked(struct lp_quic_conn *conn, struct lp_out *out);
/* The stream takes no more bytes: out has nothing to write from now on. */
void lp_out_abandon(struct lp_quic_conn *conn, struct lp_out *out);
/* After each packet that conn has read: credit can have come. */
void lp_outs_unblock(struct lp_quic_conn *conn);
/* Frees all. ngtcp2's connection must be gone. */
void lp_outs_clear(struct lp_quic_conn *conn);
/* Servers, after each packet of the QUIC peer, before conn->heard is set: true when its oldest incomplete
 * stream is late. A peer that cannot be heard cannot end its streams either, so of the first longer pause
 * between its packets only LP_QUIC_PAUSE_MAX counts. Later pauses of the same stream count in full. */
bool lp_incoming_is_late(struct lp_quic_conn *conn);
void lp_stream_callbacks(ngtcp2_callbacks *callbacks);

#endif
