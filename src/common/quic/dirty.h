/* dirty.h - the list of connections that the endpoint must look at before its loop sleeps. */
#ifndef LANPARTY_QUIC_DIRTY_H
#define LANPARTY_QUIC_DIRTY_H

#include <stdbool.h>

struct lp_quic_conn;

/* Puts conn on the list. lp_quic_write then sets its timer and, when eager, first asks it for
 * packets. A connection that is eager already stays eager. */
void lp_conn_mark_dirty(struct lp_quic_conn *conn, bool eager);

#endif
