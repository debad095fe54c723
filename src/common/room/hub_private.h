/* hub_private.h - what hub.c (control messages), hub_join.c (the first one) and forward.c (frames) share. */
#ifndef LANPARTY_HUB_PRIVATE_H
#define LANPARTY_HUB_PRIVATE_H

#include "lanparty/base/meter.h"
#include "lanparty/path/early.h"
#include "lanparty/base/siphash.h"
#include "lanparty/path/receiver.h"
#include "lanparty/path/sender.h"
#include "lanparty/room/hub.h"
#include "lanparty/wire/inbox.h"

enum session_state {
	SESSION_HELLO,  /* nothing has been said yet */
	SESSION_JOINED, /* has a member */
	SESSION_SILENT, /* has a member, but no connection any more: it can come back (row K1) */
	SESSION_ENDING, /* rejected or told to close: whatever it says is ignored */
};

/* What the room and the log have been told of a member. A new connection of the member takes it over. */
struct lp_told {
	bool conflict; /* its MAC is a station's */
	lp_time next_conflict;
	lp_time next_loop;    /* before, it can say nothing else */
	bool new_lan;         /* gateways: there is another LAN, of which the room hears later */
	lp_time next_new_lan; /* before, the room hears of none */
	lp_time next_stats;   /* not said to the log before */
};

struct lp_session {
	struct lp_hub *hub;
	void *user;
	enum session_state state;
	struct lp_member *member;
	uint32_t room; /* its id; outlives the membership */
	/* Of the hello, for the peer to go after a REJECT, of the grace time, of a guest; or LP_NEVER. */
	lp_time deadline;
	lp_time wanted; /* when a newcomer last wanted its member's place; LP_NEVER: nobody waits */
	struct lp_source source;
	struct lp_address address;
	struct lp_session *prev, *next; /* in the hub's list */

	/* control */
	struct lp_inbox inbox;
	uint64_t sequence; /* of the last event sent to it */
	struct lp_stats stats;
	struct lp_told told;
	uint32_t rtt_us, loss_permille;           /* quality of its path */
	uint32_t told_rtt_us, told_loss_permille; /* and what the room was told last */

	/* frames */
	struct lp_session_traffic traffic;
	struct lp_meter meter;
	struct lp_sender sender;
	struct lp_receiver receiver;
	unsigned malformed;
	size_t actions; /* that name it and wait */
	bool starved;   /* one that it needs is lost: no memory */
	bool retired;   /* only they are left of it */
};

struct lp_hub {
	struct lp_hub_config config;
	struct lp_rooms *rooms;
	struct lp_pool *pool;
	struct lp_session *sessions;
	struct lp_hub_action *actions; /* a ring */
	size_t action_head, action_count, action_cap;
	bool starved; /* some session can be */
	lp_time now;  /* of the latest event */
	lp_time next_status;
	lp_time next_host; /* hosts who stay are noted again */
	lp_time deadline;  /* no session's is earlier; can itself be too early */
	struct lp_hub_counters counters;
	struct lp_siphash_key flow_secret;
	struct lp_early early;
	struct lp_member *targets[LP_MAX_MEMBERS]; /* scratch of the frame path */
};

extern const char lp_hub_no_memory[]; /* the text of a close or reject for that reason */

static inline struct lp_session *lp_hub_session_of(const struct lp_member *member)
{
	return member->user;
}

/* Adds an action. NULL: out of memory. If it was for the session, and not for the log, then the session's
 * view of its room is wrong: it is closed when the actions have been done. */
struct lp_hub_action *lp_hub_add_action(
	struct lp_hub *hub, enum lp_hub_kind kind, struct lp_session *session);
/* Does nothing for a session without a connection: it is told of everything when it comes back. */
void lp_hub_send(struct lp_hub *hub, enum lp_hub_kind kind, struct lp_session *to,
	const struct lp_control *message);
void lp_hub_set_deadline(struct lp_hub *hub, struct lp_session *s, lp_time at);
/* Leaves the room, tells the others why, and closes the connection. */
void lp_hub_close_session(
	struct lp_hub *hub, struct lp_session *s, enum lp_leave_reason reason, const char *text);
/* Gives back all that the session holds. Actions can still name it: the last of them frees the rest. */
void lp_hub_retire(struct lp_hub *hub, struct lp_session *s);
/* Closes the connection of a member, also of a silent one, whose membership ends with it. */
void lp_hub_remove_member(struct lp_hub *hub, struct lp_session *s, const char *text);

/* Adds what only the session counts. */
void lp_hub_add_counters(struct lp_hub_counters *sum, const struct lp_session *s);
/* Brings the session's rates up to date. Call it now and then. */
void lp_session_measure(struct lp_session *s, lp_time now);

/* PEER_STATUS of one member to another, or to itself. new_lan: row K5. */
void lp_hub_send_status(
	struct lp_hub *hub, struct lp_session *to, const struct lp_session *about, bool new_lan);
/* Tells the room of members whose MAC is a station's since last time, or no longer. */
void lp_hub_note_conflicts(struct lp_hub *hub, const struct lp_room *room, lp_time now);

/* Row K5: another LAN can be behind the gateway. Tells the whole room, now or as soon as it can hear of it
 * again. */
void lp_hub_note_new_lan(struct lp_hub *hub, struct lp_session *gateway, lp_time now);

/* The first message of a session (hub_join.c). Changes that of a guest. */
void lp_hub_on_hello(struct lp_hub *hub, struct lp_session *s, struct lp_hello *hello, lp_time now);
/* Refuses the session. Without a text in what: the reason's own. */
void lp_hub_reject(
	struct lp_hub *hub, struct lp_session *s, const struct lp_reject *what, lp_time now);

/* A guest's hello (hub_guest.c): writes the key of the room that its pass is for into the hello, and when the
 * guest must go. A hello of nobody's guest stays, with LP_NEVER. False: refused. */
bool lp_hub_admit(struct lp_hub *hub, struct lp_session *s, struct lp_hello *hello, lp_time now,
	lp_time *ret_end);

/* A member that has proven the host key acts (hub_acts.c). */
void lp_hub_on_act(
	struct lp_hub *hub, struct lp_session *s, const struct lp_host_act *act, lp_time now);

void lp_hub_protocol_error(struct lp_hub *hub, struct lp_session *session, const char *text);

/* What the modules of the frame path call, with the session as the owner (forward.c): receiver.h's deliver,
 * early.h's pass, and sender.h's path_changed. */
void lp_hub_deliver(void *session, const struct lp_received *received, lp_time now);
bool lp_hub_pass_early(void *session, const struct lp_received *in, lp_time now);
void lp_hub_path_changed(void *session, size_t datagram_max);
/* Drops and counts early fragments whose first fragment has not come in time. */
void lp_hub_expire_early(struct lp_hub *hub, lp_time now);

#endif
