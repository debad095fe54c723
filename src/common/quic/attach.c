#include "attach.h"

#include "lanparty/quic/quic.h"
#include "dirty.h"
#include "packet.h"
#include "state.h"

static void wake(void *carrier)
{
	lp_conn_mark_dirty(carrier, true);
}

void lp_quic_attach(
	struct lp_quic_conn *conn, struct lp_datagram_source *source, struct lp_datagram_sink *sink)
{
	conn->source = source;
	conn->sink = sink;
	conn->path_max = 0;
	source->wake = wake;
	source->carrier = conn;
	lp_packet_source_max(conn);
	lp_conn_mark_dirty(conn, true); /* something can wait already */
}

void lp_conn_detach(struct lp_quic_conn *conn)
{
	if (conn->source)
		conn->source->wake = NULL;
	conn->source = NULL;
	conn->sink = NULL;
}
