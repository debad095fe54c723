/* ending.h - why a connection ends: the first reason counts, and is kept for user and QUIC peer.
 *
 * Nothing here frees the connection: it is put on q->ended, and lp_conn_finish takes it down once nothing
 * of ngtcp2 is on the stack. */
#ifndef LANPARTY_QUIC_ENDING_H
#define LANPARTY_QUIC_ENDING_H

#include <stdint.h>

#include "lanparty/quic/quic.h"

/* TLS alerts (RFC 8446, section 6). */
#define LP_TLS_UNEXPECTED_MESSAGE      10
#define LP_TLS_BAD_CERTIFICATE         42
#define LP_TLS_NO_APPLICATION_PROTOCOL 120

/* Ends conn because ngtcp2 returned this error. */
void lp_conn_failed(struct lp_quic_conn *conn, int error);
/* Ends conn because the QUIC peer does what no honest one does. */
void lp_conn_end_as_hostile(struct lp_quic_conn *conn, const char *text);
/* Ends conn and tells the QUIC peer by this TLS alert; text is for the user. */
void lp_conn_end_with_alert(
	struct lp_quic_conn *conn, enum lp_quic_end why, uint8_t alert, const char *text);

#endif
