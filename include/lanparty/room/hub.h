/* hub.h - the relay's core: sessions, admission, forwarding, control events.
 *
 * Control: events go in (lp_hub_open, lp_hub_on_...), actions come out (lp_hub_next until it has nothing
 * more), and lp_hub_deadline says when lp_hub_on_time is due. tunnel.h has the same shape.
 *
 * Frames: each session has a sender and a receiver, which its connection is attached to. A datagram that
 * the receiver takes is judged, and its frame is in the senders of all targets when the call returns.
 *
 * No socket, no clock, no log. The frame path never allocates. */
#ifndef LANPARTY_ROOM_HUB_H
#define LANPARTY_ROOM_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/wire/control.h"
#include "lanparty/wire/inbox.h"
#include "lanparty/packet/filter.h"
#include "lanparty/path/datagram.h"
#include "lanparty/room/room.h"
#include "lanparty/base/time.h"
#include "lanparty/packet/verdict.h"

struct lp_hub;
struct lp_session; /* one connection */

#define LP_HUB_HELLO_TIMEOUT   (3 * LP_SECOND)
#define LP_HUB_GRACE           (15 * LP_SECOND) /* a member without connection keeps its place (row K3) */
#define LP_HUB_WANTED          (10 * LP_SECOND) /* a newcomer that waits asks again within this time */
#define LP_HUB_STATUS_INTERVAL (10 * LP_SECOND) /* between PEER_STATUS rounds */
#define LP_HUB_STATS_INTERVAL  LP_SECOND /* between LP_HUB_STATS of one peer; the latest counts */
/* Between two times that a room hears of another LAN: each member asks for a new lease then. */
#define LP_HUB_NEW_LAN_INTERVAL (5 * LP_SECOND)
/* In larger rooms only the gateway gets PEER_STATUS, and only of loops: its cost is quadratic. */
#define LP_HUB_STATUS_MEMBERS 32
#define LP_HUB_MALFORMED_MAX  16 /* datagrams; one more closes the peer (row L4) */
#define LP_HUB_STREAMS_MAX    8 /* incomplete messages of one peer, with the bytes of one at most */
#define LP_HUB_HOST_INTERVAL                                                                       \
	(86400 * LP_SECOND) /* between two times that a host who stays is noted */
#define LP_HUB_BYTES 320    /* the longest message that the relay sends, as a test checks */

struct lp_hub_config {
	struct lp_room_config rooms;
	struct lp_filter filter;
	size_t frames; /* buffers for waiting frames, shared by all rooms */
	uint32_t keep_alive_ms, idle_timeout_ms; /* told to peers in WELCOME */
	/* Fills bytes with randomness; false when there is none. */
	bool (*random)(void *bytes, size_t len);
	/* Row N4. True if the host's proof in the hello is right for the session's connection; user is
	 * lp_hub_open's. Then it writes the fingerprint of the key. NULL: no hello proves anything. */
	bool (*proves)(void *user, const struct lp_hello *hello, uint8_t ret_print[LP_HOST_PRINT]);
	/* Row H3. True if the holder of this public half has signed the guest's pass. Then it writes when the
	 * pass ends: not after now if it has ended. NULL: no guest is let in. It needs steer. */
	bool (*admits)(const uint8_t pass[LP_GUEST_PASS], const uint8_t host_key[LP_HOST_KEY_SIZE],
		lp_time now, lp_time *ret_end);
	/* When the last packet came from the peer of a session's connection; user is lp_hub_open's. */
	lp_time (*heard)(void *user);
	/* This hub is one of several workers. It takes the rooms whose steer, modulo workers, is worker, and
	 * rejects the peers of other rooms with LP_REJECT_WRONG_WORKER. workers 0 or 1: it takes all rooms. */
	uint16_t (*steer)(const uint8_t room_key[LP_ROOM_KEY_SIZE]);
	unsigned workers, worker;
	/* Rows F6, F7: is called with the verdict on each datagram. NULL: it is not called. */
	void (*trace)(
		void *context, const struct lp_session *session, const struct lp_verdict *verdict);
	void *trace_context;
};

/* NULL: out of memory. */
struct lp_hub *lp_hub_new(const struct lp_hub_config *config);
void lp_hub_free(struct lp_hub *hub);

/* Adds a session for a connection whose handshake is complete. source is where it comes from (see
 * lp_rooms_join); datagram_max is the largest DATAGRAM that its path carries now. NULL: out of memory. */
struct lp_session *lp_hub_open(struct lp_hub *hub, void *user, const struct lp_source *source,
	size_t datagram_max, lp_time now);
/* Where the connection comes from now: for the log, and for bans (row H3). */
void lp_hub_set_address(struct lp_session *session, const struct lp_address *address);
/* What the connection is attached to, from now until lp_hub_on_closed. */
struct lp_datagram_source *lp_session_source(struct lp_session *session);
struct lp_datagram_sink *lp_session_sink(struct lp_session *session);
/* NULL when the connection is gone. */
void *lp_session_user(const struct lp_session *session);
/* NULL before it has joined and after it has left. */
const struct lp_member *lp_session_member(const struct lp_session *session);

/* The piece is of a stream that the peer has opened. */
void lp_hub_on_stream(
	struct lp_hub *hub, struct lp_session *session, const struct lp_piece *piece, lp_time now);
/* The path to this peer, for PEER_STATUS: round trip in microseconds, lost packets per thousand. */
void lp_hub_on_quality(struct lp_session *session, uint32_t rtt_us, uint32_t loss_permille);
/* The connection is closed. The session ends, and the others are told the reason, unless the session has left
 * before. A member that has timed out is the exception: it stays for up to LP_HUB_GRACE (row K3). */
void lp_hub_on_closed(
	struct lp_hub *hub, struct lp_session *session, enum lp_leave_reason reason, lp_time now);

enum lp_hub_kind {
	LP_HUB_REPLY,   /* send bytes on stream 0 and end it */
	LP_HUB_MESSAGE, /* send bytes as one unidirectional stream */
	LP_HUB_CLOSE,   /* close the connection with code leave and text */
	/* for the log */
	LP_HUB_JOINED,   /* session's member */
	LP_HUB_RESUMED,  /* session's member, which has had another connection before (row K1) */
	LP_HUB_REJECTED, /* reject */
	LP_HUB_LEFT,     /* room, peer, role, leave, room_closed */
	LP_HUB_ACTED,    /* act, acted: session's member, a host, has acted (row H3) */
	LP_HUB_STATS,    /* row C5: stats of session's member */
	LP_HUB_LOOP, /* begins or ends: session's member connects the room with the gateway's LAN */
	LP_HUB_CONFLICT, /* begins or ends: a station of the gateway's LAN has the MAC of session's member */
};

struct lp_hub_action {
	enum lp_hub_kind kind;
	struct lp_session *session;
	uint32_t source;           /* the session's network, for limits of the log */
	struct lp_address address; /* as lp_hub_set_address gave it */
	uint32_t room;
	uint16_t peer;
	enum lp_role role;
	enum lp_leave_reason leave;
	enum lp_reject_reason reject;
	bool room_closed, begins;
	enum lp_act act;
	enum lp_acted acted;
	const char *text;             /* static; never NULL */
	const struct lp_stats *stats; /* good until the session's next event */
	size_t len;
	uint8_t bytes[LP_HUB_BYTES];
};

/* Takes out the oldest action. False: there is none. */
bool lp_hub_next(struct lp_hub *hub, struct lp_hub_action *ret_action);

lp_time lp_hub_deadline(const struct lp_hub *hub);
void lp_hub_on_time(struct lp_hub *hub, lp_time now);

/* Row H3: as lp_rooms_permit, which takes the list. Removes the members of rooms that it does not permit. */
void lp_hub_permit(struct lp_hub *hub, struct lp_room_list *list, lp_time now);
/* Tells everybody to go: reason SHUTDOWN. */
void lp_hub_shutdown(struct lp_hub *hub);

struct lp_hub_counters {
	uint64_t sessions, members, rooms, frames_free; /* now */
	uint64_t joins, rejects, leaves;                /* since start */
	uint64_t frames_in, bytes_in;                   /* that passed all checks */
	uint64_t copies;                                /* queued for a member */
	uint64_t skipped;                               /* row F5 */
	uint64_t actions[LP_ACTION_FLOOD + 1];
	uint64_t drops[LP_DROP_COUNT];
	uint64_t copy_drops[LP_DROP_COUNT]; /* copies that left a queue unsent */
	uint64_t retransmitted;             /* copies */
};
void lp_hub_get_counters(const struct lp_hub *hub, struct lp_hub_counters *ret_counters);

/* Of one connection. */
struct lp_session_traffic {
	uint64_t frames_in, bytes_in;       /* from the peer, that passed all checks */
	uint64_t frames_out, bytes_out;     /* queued for it */
	uint64_t drops[LP_DROP_COUNT];      /* of frames from it */
	uint64_t copy_drops[LP_DROP_COUNT]; /* of copies that left its queue unsent */
};

/* What people see of one member (row H4). All of it is borrowed. */
struct lp_hub_view {
	const struct lp_member *member;
	void *user; /* as lp_session_user */
	const struct lp_address *address;
	const struct lp_session_traffic *traffic;
	uint64_t in_rate, out_rate; /* bytes per second; measured at each call, and every 10 s */
};
typedef void lp_hub_member_sink(void *context, const struct lp_hub_view *view);
/* Calls sink for each member, room by room. */
void lp_hub_each_member(struct lp_hub *hub, lp_hub_member_sink *sink, void *context, lp_time now);

/* From now on the trace is called, or not. */
void lp_hub_set_trace(
	struct lp_hub *hub, void (*trace)(void *context, const struct lp_session *session,
				    const struct lp_verdict *verdict));
/* Row H4: whoever runs the relay removes a member, as its host could: LP_ACT_KICK or LP_ACT_BAN. */
enum lp_acted lp_hub_act(
	struct lp_hub *hub, uint32_t room, const struct lp_host_act *act, lp_time now);

/* Calls sink for each room, and sets its traffic to 0. */
typedef void lp_hub_room_sink(
	void *context, const struct lp_room *room, const struct lp_traffic *traffic);
void lp_hub_each_room(struct lp_hub *hub, lp_hub_room_sink *sink, void *context);

#endif
