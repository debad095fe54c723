/* hub_private.h - what hub.c (control messages) and forward.c (frames) share. */
#ifndef LANPARTY_HUB_PRIVATE_H
#define LANPARTY_HUB_PRIVATE_H

#include "lanparty/base/siphash.h"
#include "lanparty/path/receiver.h"
#include "lanparty/path/sender.h"
#include "lanparty/room/hub.h"
#include "lanparty/wire/inbox.h"

enum session_state {
	SESSION_HELLO,  /* nothing has been said yet */
	SESSION_JOINED, /* has a member */
	SESSION_ENDING, /* rejected or told to close: whatever it says is ignored */
};

struct lp_session {
	struct lp_hub *hub;
	void *user;
	enum session_state state;
	struct lp_member *member;
	uint32_t room;    /* its id; outlives the membership */
	lp_time deadline; /* of the hello, or for the peer to go after a REJECT; or LP_NEVER */
	uint32_t source;
	struct lp_session *prev, *next; /* in the hub's list */

	/* control */
	struct lp_inbox inbox;
	uint64_t sequence; /* of the last event sent to it */
	struct lp_stats stats;
	lp_time next_stats;                       /* not said to the log before */
	uint32_t rtt_us, loss_permille;           /* how its line is */
	uint32_t told_rtt_us, told_loss_permille; /* and what the room was told last */

	/* frames */
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
	lp_time next_status;
	lp_time deadline; /* no session's is earlier; can itself be too early */
	struct lp_hub_counters counters;
	struct lp_siphash_key flow_secret;
	struct lp_member *targets[LP_MAX_MEMBERS]; /* scratch of the frame path */
};

void lp_hub_protocol_error(struct lp_hub *hub, struct lp_session *session, const char *text);
/* The owner's side of a session's receiver, and of its sender: see receiver.h and sender.h. */
void lp_hub_deliver(void *session, const struct lp_received *received, lp_time now);
void lp_hub_path_changed(void *session, size_t datagram_max);

#endif
