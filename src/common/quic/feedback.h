/* feedback.h - what acknowledgements and losses tell a connection about its path: how many bulk bytes can be
 * in flight, whether large packets arrive, and what became of each DATAGRAM. */
#ifndef LANPARTY_QUIC_FEEDBACK_H
#define LANPARTY_QUIC_FEEDBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

struct lp_quic_conn;

void lp_feedback_callbacks(ngtcp2_callbacks *callbacks);
/* A new connection, or a connection on a new path. */
void lp_feedback_init(struct lp_quic_conn *conn);
/* After each packet that conn has read. */
void lp_feedback_on_read(struct lp_quic_conn *conn);
/* True when a packet of len bytes can carry bulk now. info: conn's, before the packet. */
bool lp_feedback_admits_bulk(struct lp_quic_conn *conn, const ngtcp2_conn_info *info, size_t len);
/* conn has sent a packet larger than LP_MTU_SAFE. info: as above. */
void lp_feedback_on_large(struct lp_quic_conn *conn, const ngtcp2_conn_info *info);
/* ngtcp2's ID of a DATAGRAM with that tag; large: in a packet larger than LP_MTU_SAFE. */
uint64_t lp_feedback_id(uint64_t tag, bool large);

#endif
