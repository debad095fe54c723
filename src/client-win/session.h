/* session.h - one stay in a room: the adapter, the tunnel, QUIC and the loop that joins them.
 *
 * session_run is the loop; it takes the thread that calls it until the session is over. All else may be
 * called from other threads where it says so. Events come on the loop's thread. */
#ifndef LANPARTY_CLIENT_SESSION_H
#define LANPARTY_CLIENT_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "adapter.h"
#include "lanparty/tunnel/tunnel.h"
#include "lanparty/peer/peer_options.h"
#include "lanparty/quic/quic.h"

#define SESSION_TEXT 400

struct session_config {
	const struct lp_peer_options *options; /* complete: relay, room key, pins; copied */
	const char *adapter; /* name, GUID or \\.\pipe\NAME; NULL: the first that is free */
	struct lp_mac mac;   /* zero: the adapter's own (a pipe: a random one) */
};

enum session_kind {
	SESSION_CONNECTING, /* begins, or begins again */
	SESSION_NO_ADAPTER, /* problem and text; SESSION_OVER follows */
	SESSION_ACTION,  /* joined, rejected, member joined, left and status, disconnected: action.
				 With disconnected, end says how the connection ended, or that there was
				 none (unreachable, with LP_QUIC_END_ERROR) */
	SESSION_TRAFFIC, /* each second while joined: stats, rtt */
	SESSION_ADDRESS, /* from the LAN: text, "" when it is gone */
	SESSION_WARNING, /* text: a sentence and a remedy */
	SESSION_OVER,    /* nothing more comes; exit. text: why, "" when it was left */
};
struct session_event {
	enum session_kind kind;
	enum adapter_problem problem;
	enum lp_quic_end end;
	bool unreachable; /* no address for the relay's name, or no network at all */
	enum lp_exit exit;
	lp_time rtt; /* to the relay */
	struct lp_stats stats;
	struct lp_tunnel_action action;
	char text[SESSION_TEXT];
};
typedef void session_tell(void *context, const struct session_event *event);

struct session;

/* NULL when out of memory. */
struct session *session_new(const struct session_config *config, session_tell *tell, void *context);
/* The exit code. */
int session_run(struct session *s);
/* From any thread. Leave the room; a second time, at once. */
void session_leave(struct session *s);
/* From any thread. The computer woke up, or changed networks: look at once whether all still holds. */
void session_wake(struct session *s);
/* After session_run. */
void session_free(struct session *s);

#endif
