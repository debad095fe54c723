#include "session.h"

#include "lanparty/peer/link.h"

void session_take_end(struct session_event *event, const struct lp_link_end *last)
{
	event->end = last->end;
	event->failure = last->failure;
	event->no_store = last->no_store;
	event->clock_behind = last->clock_behind;
	event->stream = last->stream;
	event->stream_end = last->stream_failure.end;
	event->proxy = last->stream_failure.proxy;
	event->unreachable =
		last->no_address || (!last->answered && last->failure == LP_SEND_NO_ROUTE);
}
