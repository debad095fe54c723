/* session.h - runs one stay in a room: the adapter, the tunnel, QUIC and the event loop that
 * connects them.
 *
 * session_run is the loop. It occupies the calling thread until the session is over. Functions that
 * other threads can call say so. Events are delivered on the loop's thread. */
#ifndef LANPARTY_CLIENT_SESSION_H
#define LANPARTY_CLIENT_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "adapter.h"
#include "lanparty/tunnel/tunnel.h"
#include "lanparty/peer/link.h"
#include "lanparty/peer/peer_options.h"
#include "lanparty/peer/tell.h"
#include "lanparty/quic/quic.h"

#define SESSION_TEXT 420

struct session_config {
	const struct lp_peer_options *options; /* complete: relay, room key and pins; copied */
	const char *adapter; /* name, GUID or \\.\pipe\NAME; NULL: the first free adapter */
	struct lp_mac mac;   /* zero: the adapter's own address (for a pipe: a random one) */
};

enum session_kind {
	SESSION_CONNECTING, /* connecting, or connecting again */
	SESSION_NO_ADAPTER, /* problem and text are set; SESSION_OVER follows */
	/* action is set: joined, rejected, member joined, left or status, disconnected. With
	 * disconnected, end says how the connection ended; LP_QUIC_END_ERROR with unreachable:
	 * there was none. */
	SESSION_ACTION,
	SESSION_TRAFFIC, /* once per second while joined: stats and rtt */
	SESSION_ADDRESS, /* from the LAN, in text; "": no longer */
	SESSION_MOVED,   /* the connection went over TCP, and goes over UDP from now on */
	SESSION_WARNING, /* text: a message with a remedy */
	SESSION_OVER,    /* the last event. exit is set; text says why, "" after session_leave */
};
struct session_event {
	enum session_kind kind;
	enum adapter_problem problem;
	enum lp_quic_end end;
	enum lp_send_failure failure; /* this and the next two: as in lp_link_end */
	bool no_store, clock_behind;
	bool stream;                   /* it goes, or went, over TCP (row W2) */
	enum lp_stream_end stream_end; /* why the stream was of no use */
	bool proxy;                    /* it led to a proxy */
	bool unreachable; /* with disconnected: the relay's name has no address, or there is no network */
	enum lp_exit exit;
	lp_time rtt; /* to the relay */
	struct lp_stats stats;
	struct lp_tunnel_action action;
	char text[SESSION_TEXT];
};
/* Copies what the link says of its last end. */
void session_take_end(struct session_event *event, const struct lp_link_end *last);
typedef void session_tell(void *context, const struct session_event *event);

struct session;

/* NULL: out of memory. */
struct session *session_new(const struct session_config *config, session_tell *tell, void *context);
/* Runs the loop. Returns the exit code. */
int session_run(struct session *s);
/* From any thread: leaves the room. A second call ends the session at once. */
void session_leave(struct session *s);
/* From any thread: the computer woke up or changed networks, so check the connection at once. */
void session_wake(struct session *s);
/* Call it after session_run has returned. */
void session_free(struct session *s);

#endif
