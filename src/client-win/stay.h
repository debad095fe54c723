/* stay.h - the state of one stay in a room, built from the session's events: status, members,
 * whether the gateway is present, the address from the LAN, and traffic. The window shows it; this
 * module knows no window. */
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
	lp_time rtt; /* between the member and the relay; 0: not known yet */
};

struct stay_flow {
	uint64_t bytes; /* since the stay began */
	double rate;    /* bytes per second, now */
};

/* Others read the fields and never write them. */
struct stay {
	struct lp_host relay;
	char name[LP_NAME_MAX + 1];

	enum stay_state state;
	bool entered;               /* the relay has accepted the join at least once */
	bool over;                  /* no more events follow */
	bool failed;                /* ended or stuck because of a fault that status describes */
	char status[2 * WORDS_MAX]; /* for the player; "" before the first event */
	char warning[WORDS_MAX];    /* the current warning; part of status too */
	char notice[WORDS_MAX];     /* shown instead of status for some seconds */
	lp_time notice_end;
	enum adapter_problem problem; /* the one that ended the stay */
	bool rejected;                /* the relay's answer was the fault */

	struct stay_member
		members[LP_MAX_MEMBERS]; /* gateway first, then by name; includes this client */
	size_t count;
	uint16_t self;
	bool gateway;
	char address[WORDS_ADDRESS]; /* "": none yet */
	struct stay_flow in, out;
	lp_time measured; /* time of the last traffic figures */
};

/* Begins a stay with the session's options. Keeps the name, the relay and whether there are
 * pins. */
void stay_begin(struct stay *s, const struct lp_peer_options *options);
/* The player wants to leave: an end from here on is not a fault. */
void stay_leave(struct stay *s);
/* The stay cannot begin; sentence says why. */
void stay_fault(struct stay *s, const char *sentence);
/* Shows sentence instead of the status for some seconds or until the state changes. A warning waits
 * until then and is shown again. */
void stay_notice(struct stay *s, const char *sentence, lp_time now);
/* Applies an event. told receives the message for the log, "" when there is none or it repeats the
 * last one. */
void stay_event(
	struct stay *s, const struct session_event *event, lp_time now, char told[WORDS_MAX]);
/* Round-trip time between this client and that member, or to the relay for this client itself. 0:
 * not known yet. */
lp_time stay_ping(const struct stay *s, const struct stay_member *member);

#endif
