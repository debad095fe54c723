/* memory.h - the memory of one ngtcp2 connection.
 *
 * ngtcp2 keeps bytes that arrive too early in buffers of LP_REORDER_CHUNK bytes, one for each part of a
 * stream that has some. A QUIC peer could fill many of them with few bytes each, so a connection has
 * LP_REORDER_BUFFERS at most. One byte that needs another one ends the connection. */
#ifndef LANPARTY_QUIC_MEMORY_H
#define LANPARTY_QUIC_MEMORY_H

#include <ngtcp2/ngtcp2.h>

struct lp_quic_conn;

#define LP_REORDER_CHUNK   8192
#define LP_REORDER_BUFFERS 2

/* What a new ngtcp2 connection of conn allocates with; valid as long as conn. */
const ngtcp2_mem *lp_memory_of(struct lp_quic_conn *conn);

#endif
