#include "packet.h"

#include <assert.h>
#include <stdbool.h>

#include "lanparty/path/mtu.h"
#include "feedback.h"
#include "quiet.h"
#include "state.h"
#include "stream.h"

/* A short header (RFC 9000, section 17.3.1) with the longest packet number, and the AEAD's tag. */
#define LP_SHORT_HEADER(dcid_len) (1 + (dcid_len) + 4)
#define LP_AEAD_TAG               16

/* A DATAGRAM frame's own bytes (RFC 9221, section 4): type and length. */
static size_t datagram_room(size_t frame_room)
{
	size_t overhead = frame_room <= 2 + 63 ? 2 : 3;
	return frame_room > overhead ? frame_room - overhead : 0;
}

/* The largest DATAGRAM payload in a packet of so many bytes; 0: none. */
static size_t datagram_max(const struct lp_quic_conn *conn, size_t packet)
{
	const ngtcp2_transport_params *peer = ngtcp2_conn_get_remote_transport_params2(conn->nc);
	if (!peer)
		return 0;
	size_t overhead = LP_SHORT_HEADER(ngtcp2_conn_get_dcid2(conn->nc)->datalen) + LP_AEAD_TAG;
	size_t room = packet - overhead;
	if (peer->max_datagram_frame_size < room)
		room = (size_t)peer->max_datagram_frame_size;
	return datagram_room(room);
}

size_t lp_quic_datagram_max(struct lp_quic_conn *conn)
{
	if (!conn->nc)
		return 0;
	size_t packet = ngtcp2_conn_get_path_max_tx_udp_payload_size2(conn->nc);
	bool small = packet > LP_MTU_SAFE && lp_mtu_is_small(&conn->mtu, conn->q->now);
	return datagram_max(conn, small ? LP_MTU_SAFE : packet);
}

/* The packet being written. */
struct packet {
	size_t cap;  /* bytes at most */
	size_t size; /* bytes that this one takes at most */
	bool begun;  /* from then on size must stay */
};

/* Adds what waits on streams. True when the packet is complete, or there can be none. */
static bool add_streams(struct lp_quic_conn *conn, ngtcp2_path *path, uint8_t *bytes,
	struct packet *packet, ngtcp2_ssize *ret_len)
{
	struct lp_out *out;
	while ((out = lp_out_next(conn))) {
		uint64_t skip = out->written - out->start;
		struct lp_chunk *chunk = out->first;
		while (chunk && skip >= chunk->len) {
			skip -= chunk->len;
			chunk = chunk->next;
		}
		ngtcp2_vec vec = {NULL, 0};
		if (chunk)
			vec = (ngtcp2_vec){chunk->bytes + skip, chunk->len - (size_t)skip};
		/* Without the connection's credit ngtcp2 writes nothing, and does not say why. */
		if (vec.len > 0 && ngtcp2_conn_get_max_data_left2(conn->nc) == 0) {
			lp_out_blocked(conn, out);
			continue;
		}
		uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_MORE;
		if (out->fin && (!chunk || !chunk->next))
			flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
		ngtcp2_ssize taken = -1;
		ngtcp2_ssize n = ngtcp2_conn_writev_stream(conn->nc, path, NULL, bytes,
			packet->size, &taken, flags, out->id, &vec, chunk ? 1 : 0, conn->q->now);
		packet->begun = true;
		if (taken >= 0)
			lp_out_written(conn, out, (size_t)taken);
		if (n == NGTCP2_ERR_STREAM_DATA_BLOCKED) {
			lp_out_blocked(conn, out);
		} else if (n == NGTCP2_ERR_STREAM_NOT_FOUND || n == NGTCP2_ERR_STREAM_SHUT_WR) {
			lp_out_abandon(conn, out);
		} else if (n != NGTCP2_ERR_WRITE_MORE) {
			*ret_len = n;
			return true;
		}
	}
	return false;
}

static size_t vectors_of(const struct lp_datagram *datagram, ngtcp2_vec vec[2])
{
	const ngtcp2_vec pieces[2] = {
		{(uint8_t *)(uintptr_t)datagram->header, datagram->header_len},
		{(uint8_t *)(uintptr_t)datagram->bytes, datagram->len},
	};
	size_t count = 0;
	for (size_t i = 0; i < 2; i++)
		if (pieces[i].len > 0)
			vec[count++] = pieces[i];
	return count;
}

size_t lp_packet_source_max(struct lp_quic_conn *conn)
{
	size_t max = conn->source ? lp_quic_datagram_max(conn) : 0;
	if (max > 0 && max != conn->path_max) {
		conn->path_max = max;
		conn->source->ops->path(conn->source, max);
	}
	return max;
}

/* Adds DATAGRAMs as long as the source has some. True as above. A packet is larger than LP_MTU_SAFE only
 * for a DATAGRAM that needs it, so that a path that drops large packets drops no small DATAGRAM. */
static bool add_datagrams(struct lp_quic_conn *conn, ngtcp2_path *path, uint8_t *bytes,
	struct packet *packet, ngtcp2_ssize *ret_len)
{
	struct lp_quic *q = conn->q;
	struct lp_datagram_source *source = conn->source;
	size_t max = lp_packet_source_max(conn);
	size_t small = datagram_max(conn, LP_MTU_SAFE);
	if (max > small && !lp_mtu_admits_large(&conn->mtu, q->now))
		max = small; /* fragments, for a while */
	/* ngtcp2 then sends only probes, and waits twice as long after each that is lost: none is large. */
	bool full = ngtcp2_conn_get_cwnd_left2(conn->nc) == 0;
	ngtcp2_conn_info info;
	ngtcp2_conn_get_conn_info2(conn->nc, &info);
	bool bulk = max > 0 && lp_feedback_admits_bulk(conn, &info, packet->cap);
	struct lp_datagram datagram = {.tag = 0};
	while (max > 0 && !conn->ending &&
		source->ops->peek(source, max, bulk, q->now, &datagram)) {
		size_t len = datagram.header_len + datagram.len;
		assert(len > 0 && len <= max);
		bool large = len > small;
		if (large ? full : packet->size > LP_MTU_SAFE)
			break; /* asked for again, for a later packet */
		if (!packet->begun && large)
			packet->size = packet->cap;
		packet->begun = true;
		ngtcp2_vec vec[2];
		size_t parts = vectors_of(&datagram, vec);
		int accepted = 0;
		conn->eager = !datagram.last; /* again when it is woken from within */
		ngtcp2_ssize n = ngtcp2_conn_writev_datagram(conn->nc, path, NULL, bytes,
			packet->size, &accepted,
			datagram.last ? NGTCP2_WRITE_DATAGRAM_FLAG_NONE
				      : NGTCP2_WRITE_DATAGRAM_FLAG_MORE,
			lp_feedback_id(datagram.tag, large), vec, parts, q->now);
		if (datagram.last && (!accepted || n <= 0 || lp_conn_has_more(conn)))
			conn->eager = true;
		if (accepted && large)
			lp_feedback_on_large(conn, &info);
		if (accepted)
			source->ops->pop(source);
		/* 0 is congestion: the length was checked. A packet without the DATAGRAM had no
		 * space left for it: it goes into the next. */
		if (n != NGTCP2_ERR_WRITE_MORE) {
			*ret_len = n;
			return true;
		}
	}
	return false;
}

ngtcp2_ssize lp_packet_write(
	struct lp_quic_conn *conn, ngtcp2_path *path, uint8_t *bytes, size_t cap)
{
	ngtcp2_ssize len = 0;
	struct packet packet = {.cap = cap, .size = cap < LP_MTU_SAFE ? cap : LP_MTU_SAFE};
	lp_outs_open(conn);
	if (add_streams(conn, path, bytes, &packet, &len) ||
		add_datagrams(conn, path, bytes, &packet, &len))
		return len;
	/* Closes a packet that was begun; or acknowledgements, probes, the handshake. */
	return ngtcp2_conn_writev_stream(conn->nc, path, NULL, bytes,
		packet.begun ? packet.size : cap, NULL, NGTCP2_WRITE_STREAM_FLAG_NONE, -1, NULL, 0,
		conn->q->now);
}
