/* dhcp_plan.h - decides which DHCP client runs, and when to start it again or to take the next one (rows
 * K5, K6). Events go in, steps come out. It starts nothing, reads no clock and never logs. */
#ifndef LANPARTY_CLIENT_DHCP_PLAN_H
#define LANPARTY_CLIENT_DHCP_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/base/time.h"

#define DHCP_SIGN_WAIT    (5 * LP_SECOND) /* until a client that was started has called its script */
#define DHCP_ANSWER_WAIT  (10 * LP_SECOND) /* until a DHCP server is said to be missing */
#define DHCP_ANSWER_LEAST (4 * LP_SECOND)  /* of that, time for a client that was started later */
#define DHCP_YOUNG        LP_SECOND /* a client that began to search a moment ago needs no restart */
#define DHCP_REST_MIN     LP_SECOND        /* before a client that has died is started again */
#define DHCP_REST_MAX     (32 * LP_SECOND) /* likewise, when it dies again and again */
#define DHCP_STEADY       (60 * LP_SECOND) /* one that has run for so long died by chance */
#define DHCP_ALL_WAIT     (30 * LP_SECOND) /* after no client has worked */

enum dhcp_step {
	DHCP_STEP_NONE,
	DHCP_STEP_RUN,    /* start the client at, and end the one that runs */
	DHCP_STEP_FAILED, /* tell that the client at does not work: status, or silent */
	DHCP_STEP_ALL,    /* tell that no client works */
	DHCP_STEP_AGAIN,  /* tell that the client has died and will be started again */
	DHCP_STEP_NOBODY, /* tell that no DHCP server answers */
	DHCP_STEP_STOP,   /* end the client that runs */
	DHCP_STEP_RETURN, /* let the client give the lease back */
	DHCP_STEP_LOST,   /* the interface has no lease any more */
};

enum dhcp_state {
	DHCP_IDLE,      /* the room was not joined yet, or nobody is asked there */
	DHCP_STARTING,  /* the client has not called its script */
	DHCP_SEARCHING, /* it has, and has no address */
	DHCP_BOUND,
	DHCP_RESTING,   /* no client runs until the deadline */
	DHCP_RETURNING, /* the client gives the lease back, from its address, until the deadline */
	DHCP_OVER,      /* no client can be run any more */
};

struct dhcp_plan {
	size_t count; /* clients to choose from; at least 1 */
	size_t at;    /* the one that runs, or will be run */
	enum dhcp_state state;
	lp_time searched; /* when the search for a server began; clients that fail do not begin another */
	lp_time since, deadline; /* of the last start; LP_NEVER: none */
	lp_time rest;
	size_t failed; /* clients that failed since the last address */
	bool nobody_told;
	bool leased; /* the interface has a lease, of this run of the client or of an earlier one */
	enum dhcp_step steps[3];
	size_t step_count;
};

void dhcp_plan_init(struct dhcp_plan *plan, size_t count);

/* Begins to ask; later calls do nothing. */
void dhcp_plan_join(struct dhcp_plan *plan, lp_time now);
/* Asks no more, until dhcp_plan_join. */
void dhcp_plan_rest(struct dhcp_plan *plan);
/* Likewise, and without the lease. It is given back until this time. */
void dhcp_plan_give_up(struct dhcp_plan *plan, lp_time until);
/* There can be another LAN behind the room: asks for a new lease. */
void dhcp_plan_renew(struct dhcp_plan *plan, lp_time now);
/* The client has called its script; with an address; without the address that it had. dhcp_plan_address is
 * false when nobody is asked any more. dhcp_plan_lost is false when this run of the client never had one: an
 * earlier lease stays. */
void dhcp_plan_alive(struct dhcp_plan *plan);
bool dhcp_plan_address(struct dhcp_plan *plan);
bool dhcp_plan_lost(struct dhcp_plan *plan, lp_time now);
/* The client that runs has ended by itself. */
void dhcp_plan_ended(struct dhcp_plan *plan, lp_time now);
/* No client can be run any more. An address can still be lost. */
void dhcp_plan_stop(struct dhcp_plan *plan);
void dhcp_plan_on_time(struct dhcp_plan *plan, lp_time now);

/* The next step, in order. After DHCP_STEP_FAILED, at is the next client already. */
enum dhcp_step dhcp_plan_next(struct dhcp_plan *plan);

#endif
