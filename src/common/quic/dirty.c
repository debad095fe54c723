#include "dirty.h"

#include "lanparty/base/list.h"
#include "state.h"

void lp_conn_mark_dirty(struct lp_quic_conn *conn, bool eager)
{
	conn->eager = conn->eager || eager;
	if (!lp_list_has(&conn->dirty))
		lp_list_append(&conn->q->dirty, &conn->dirty);
}
