/* move.h - a connection that moves to another path, and one that waits until its socket takes packets. */
#ifndef LANPARTY_QUIC_MOVE_H
#define LANPARTY_QUIC_MOVE_H

#include <stdbool.h>

#include <ngtcp2/ngtcp2.h>

#include "lanparty/base/time.h"

struct lp_quic;
struct lp_quic_conn;

/* Asks whether the socket of conn takes a packet. True: it does not, and conn is held. */
bool lp_conn_hold(struct lp_quic_conn *conn);
/* A packet that the peer has protected came on this path: ngtcp2 can have to answer there. */
void lp_conn_heard_on(struct lp_quic_conn *conn, const ngtcp2_path *path);
/* The timer of conn has fired: ngtcp2 can have to ask again on the path that it moves to. */
void lp_conn_move_on_time(struct lp_quic_conn *conn);
/* When the timer of conn, which has nothing to write now, must fire. */
lp_time lp_conn_next_timer(const struct lp_quic_conn *conn);

/* The validation of a path has ended. */
void lp_conn_on_validated(struct lp_quic_conn *conn, bool good);
/* Calls the handler's moved where it is due. */
void lp_tell_moved(struct lp_quic *q);

#endif
