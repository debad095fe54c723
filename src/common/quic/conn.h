/* conn.h - one connection's life, from the first packet to the last. */
#ifndef LANPARTY_QUIC_CONN_H
#define LANPARTY_QUIC_CONN_H

#include <stddef.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

#include "lanparty/quic/quic.h"

/* A server's new connection, which must then read the Initial packet. original: the first ID that the
 * client used when it came back from a Retry; NULL otherwise. NULL without memory. */
struct lp_quic_conn *lp_conn_accept(struct lp_quic *q, const struct lp_path *path,
	const ngtcp2_pkt_hd *initial, const ngtcp2_cid *original);
/* One UDP payload for conn. */
void lp_conn_read(
	struct lp_quic_conn *conn, const struct lp_path *path, const uint8_t *bytes, size_t len);
/* The deadline of conn has passed. conn is freed when it has lingered long enough. */
void lp_conn_on_time(struct lp_quic_conn *conn);
/* Ends a connection on q->ended: prepares the close packet, tells the user, frees what is large. conn
 * can be gone after return. */
void lp_conn_finish(struct lp_quic_conn *conn);
/* Frees conn without a word to user or QUIC peer. */
void lp_conn_free(struct lp_quic_conn *conn);
/* Writes the close packet of a lingering connection when it is due. Its length; 0 otherwise. */
size_t lp_conn_write_close(struct lp_quic_conn *conn, uint8_t *bytes, struct lp_path *ret_path);

#endif
