#include "feedback.h"

#include "lanparty/path/governor.h"
#include "lanparty/path/mtu.h"
#include "move.h"
#include "state.h"

/* A DATAGRAM's id in ngtcp2: the user's tag, and whether its packet was a large one. */
#define LARGE 1u

#define JITTER_SAMPLES 16 /* RFC 3550, section 6.4.1 */

uint64_t lp_feedback_id(uint64_t tag, bool large)
{
	return tag << 1 | (large ? LARGE : 0);
}

static int on_acked(ngtcp2_conn *nc, uint64_t id, void *user)
{
	struct lp_quic_conn *conn = user;
	(void)nc;
	conn->acked = true;
	conn->datagrams_acked++;
	conn->q->counters.datagrams_acked++;
	lp_mtu_on_acked(&conn->mtu, id & LARGE);
	if (id >> 1 && conn->source)
		conn->source->ops->acked(conn->source, id >> 1);
	return 0;
}

static int on_lost(ngtcp2_conn *nc, uint64_t id, void *user)
{
	struct lp_quic_conn *conn = user;
	(void)nc;
	conn->datagrams_lost++;
	conn->q->counters.datagrams_lost++;
	lp_mtu_on_lost(&conn->mtu, id & LARGE, conn->q->now);
	if (id >> 1 && conn->source)
		conn->source->ops->lost(conn->source, id >> 1, conn->q->now);
	return 0;
}

static int on_path_validated(ngtcp2_conn *nc, uint32_t flags, const ngtcp2_path *path,
	const ngtcp2_path *fallback, ngtcp2_path_validation_result result, void *user)
{
	struct lp_quic_conn *conn = user;
	bool good = result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS;
	(void)nc;
	(void)flags;
	(void)path;
	(void)fallback;
	/* A server that fails goes back to the old path; a client has not left it. */
	if (good || conn->server)
		lp_feedback_init(conn);
	lp_conn_on_validated(conn, good);
	return 0;
}

void lp_feedback_callbacks(ngtcp2_callbacks *callbacks)
{
	callbacks->ack_datagram = on_acked;
	callbacks->lost_datagram = on_lost;
	callbacks->path_validation = on_path_validated;
}

void lp_feedback_init(struct lp_quic_conn *conn)
{
	lp_governor_init(&conn->governor, conn->q->now);
	conn->mtu = (struct lp_mtu){0};
	conn->last_rtt = 0;
	conn->jitter = 0;
}

/* The mean difference of two samples in a row, as RTP has it. Not each acknowledgement is a new sample. */
static void note_jitter(struct lp_quic_conn *conn, lp_time rtt)
{
	lp_time before = conn->last_rtt;
	double apart = (double)(rtt > before ? rtt - before : before - rtt);
	if (before && rtt != before)
		conn->jitter += (apart - conn->jitter) / JITTER_SAMPLES;
	conn->last_rtt = rtt;
}

void lp_feedback_on_read(struct lp_quic_conn *conn)
{
	if (!conn->acked)
		return;
	ngtcp2_conn_info info;
	lp_time rtt = ngtcp2_conn_get_adjusted_rtt(conn->nc);
	conn->acked = false;
	ngtcp2_conn_get_conn_info2(conn->nc, &info);
	if (rtt == 0)
		return; /* the path has changed with this very packet */
	note_jitter(conn, rtt);
	lp_governor_on_rtt(&conn->governor, rtt, info.smoothed_rtt,
		info.bytes_sent - info.bytes_lost - info.bytes_in_flight, conn->q->now);
}

bool lp_feedback_admits_bulk(struct lp_quic_conn *conn, const ngtcp2_conn_info *info, size_t len)
{
	return lp_governor_admits(&conn->governor, info->bytes_in_flight, len);
}

void lp_feedback_on_large(struct lp_quic_conn *conn, const ngtcp2_conn_info *info)
{
	lp_mtu_on_large(&conn->mtu, info->smoothed_rtt, conn->q->now);
}
