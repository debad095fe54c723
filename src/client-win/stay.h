/* stay.h - what is known of one stay in a room, from the session's events: how it is, who is there,
 * whether the LAN is, the address from it, the traffic. The window shows it; this knows no
 * window. */
#ifndef LANPARTY_CLIENT_STAY_H
#define LANPARTY_CLIENT_STAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/role.h"
#include "lanparty/base/time.h"
#include "session.h"
#include "words.h"

enum stay_state {
	STAY_NONE, /* not begun, or over */
	STAY_CONNECTING,
	STAY_JOINED,
	STAY_TRYING_AGAIN,
	STAY_LEAVING,
};

struct stay_member {
	uint16_t peer;
	enum lp_role role;
	char name[LP_NAME_MAX + 1];
	lp_time rtt; /* between it and the relay; 0: not known yet */
};

struct stay_flow {
	uint64_t bytes; /* since the stay began */
	double rate;    /* bytes a second, now */
};

/* Read the fields, never write them. */
struct stay {
	struct lp_host relay;
	bool pinned;
	char name[LP_NAME_MAX + 1];

	enum stay_state state;
	bool entered; /* the relay has let us in at least once */
	bool over;    /* nothing more comes */
	bool failed;  /* it has ended, or stands still, by a fault that status tells */
	char status[2 * WORDS_MAX]; /* how it is; "" before the first */
	char warning[WORDS_MAX];    /* that is still true; it is in status too */
	char notice[WORDS_MAX];     /* in its place for some seconds */
	lp_time notice_end;
	enum adapter_problem problem; /* that has ended it */
	bool rejected;                /* the fault was the relay's answer */

	struct stay_member
		members[LP_MAX_MEMBERS]; /* the gateway first, then by name; oneself too */
	size_t count;
	uint16_t self;
	bool gateway;
	char address[WORDS_ADDRESS]; /* "": none yet */
	struct stay_flow in, out;
	lp_time measured; /* when the flows were */
};

/* A new stay begins. options: the session's; name, relay and whether there are pins are kept. */
void stay_begin(struct stay *s, const struct lp_peer_options *options);
/* The player wants to leave: what ends from here on is no fault. */
void stay_leave(struct stay *s);
/* No stay comes of it. */
void stay_fault(struct stay *s, const char *sentence);
/* Something to be read beside the status, for some seconds or until the state changes. A warning has
 * to wait for so long, and is then there again. */
void stay_notice(struct stay *s, const char *sentence, lp_time now);
/* told gets the sentence for the log, "" when there is none, or it was the last one already. */
void stay_event(
	struct stay *s, const struct session_event *event, lp_time now, char told[WORDS_MAX]);
/* The way from here to that member and back; to the relay for oneself. 0: not known yet. */
lp_time stay_ping(const struct stay *s, const struct stay_member *member);

#endif
