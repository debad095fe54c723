#include "quiet.h"

#include <assert.h>

#include <ngtcp2/ngtcp2.h>

#include "state.h"

#ifdef LANPARTY_DEBUG
/* A wrong "nothing" would hold an acknowledgement or a probe back until the next timer. */
static bool writes_nothing(struct lp_quic_conn *conn)
{
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	return ngtcp2_conn_writev_stream(conn->nc, NULL, NULL, bytes, conn->q->config.max_packet,
		       NULL, NGTCP2_WRITE_STREAM_FLAG_NONE, -1, NULL, 0, conn->q->now) == 0;
}
#else
static bool writes_nothing(struct lp_quic_conn *conn)
{
	(void)conn;
	return true;
}
#endif

bool lp_conn_is_quiet(struct lp_quic_conn *conn)
{
	bool quiet = ngtcp2_conn_is_quiet(conn->nc, conn->q->now);
	/* An eager connection has read something else before, and is asked to write anyway. */
	assert(!quiet || conn->eager || writes_nothing(conn));
	return quiet;
}

bool lp_conn_has_more(struct lp_quic_conn *conn)
{
	bool more = ngtcp2_conn_has_more(conn->nc, conn->q->now);
	assert(more || writes_nothing(conn));
	return more;
}
