/* quiet.h - whether ngtcp2 has anything to write, without trying. A debug build tries, too. */
#ifndef LANPARTY_QUIC_QUIET_H
#define LANPARTY_QUIC_QUIET_H

#include <stdbool.h>

struct lp_quic_conn;

/* True when the packet that conn has just read gives ngtcp2 nothing to write now. */
bool lp_conn_is_quiet(struct lp_quic_conn *conn);
/* True when ngtcp2 has something to write now beside streams and DATAGRAMs of ours. Congestion control
 * can still forbid it. */
bool lp_conn_has_more(struct lp_quic_conn *conn);

#endif
