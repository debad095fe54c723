/* packet.h - composes one packet. */
#ifndef LANPARTY_QUIC_PACKET_H
#define LANPARTY_QUIC_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

struct lp_quic_conn;

/* Writes the next packet of conn and sets *path to its addresses. The length; 0 when there is nothing
 * to send or congestion control forbids it; below 0 an error of ngtcp2. */
ngtcp2_ssize lp_packet_write(
	struct lp_quic_conn *conn, ngtcp2_path *path, uint8_t *bytes, size_t cap);
/* Bytes of the largest DATAGRAM for the source of conn; 0: none. Tells the source when that changes. */
size_t lp_packet_source_max(struct lp_quic_conn *conn);

#endif
