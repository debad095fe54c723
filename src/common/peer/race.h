/* race.h - which address of the relay to try next, and when: all addresses of all endpoints take part, one
 * every 250 ms, and after a failure at once (RFC 8305). TCP takes part later (row W2). It opens nothing, sends
 * nothing, and reads no clock. */
#ifndef LANPARTY_PEER_RACE_H
#define LANPARTY_PEER_RACE_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/base/time.h"
#include "lanparty/peer/link.h"

#define LP_RACE_TRIES        (2 * LP_ENDPOINTS * LP_LOOKUP_MAX + 1) /* addresses in one attempt, at most */
#define LP_RACE_DELAY        (250 * LP_MILLISECOND)                 /* RFC 8305, section 5 */
#define LP_RACE_HOLD         (50 * LP_MILLISECOND) /* section 3: the resolution delay */
#define LP_RACE_NAME_WAIT    (500 * LP_MILLISECOND)
#define LP_RACE_STREAM_DELAY (1500 * LP_MILLISECOND) /* TCP: after the start of the attempt */

/* Of UDP, or of TCP. */
struct lp_race_lane {
	lp_time next_at; /* the next try, if there is an address for it */
	size_t turn;     /* the endpoint whose turn it is */
	int family;      /* and the family, AF_INET or AF_INET6; 0: as the system sorts them */
};

struct lp_race {
	size_t count;     /* endpoints */
	bool streams;     /* TCP takes part */
	unsigned proxied; /* bits: endpoints that TCP reaches through the proxy */
	/* Of each endpoint, as its last look-up has found them; and of the proxy. */
	struct lp_addresses known[LP_LINK_LOOKUPS];
	struct lp_entry favourite;            /* it worked last; len 0: none has */
	bool sure;                            /* in this run, and not in an earlier one */
	lp_time asked_at;                     /* start of the attempt */
	lp_time udp_at;                       /* its first try over UDP; LP_NEVER: there was none */
	lp_time streams_at;                   /* from then on TCP is tried */
	lp_time held_until;                   /* IPv6 addresses can follow */
	struct lp_race_lane lanes[2];         /* 1: TCP */
	struct lp_entry tried[LP_RACE_TRIES]; /* in this attempt */
	size_t tries;
};

void lp_race_init(struct lp_race *race, size_t endpoints);
/* TCP takes part. proxied: bits of the endpoints that it reaches through the proxy. */
void lp_race_allow_streams(struct lp_race *race, unsigned proxied);
/* This entry worked: the next attempt begins with it. A stream is tried LP_RACE_DELAY after the first try over
 * UDP. Not sure: it worked in an earlier run. It is tried when its name has it still, or, over
 * UDP, when its name is not known for LP_RACE_NAME_WAIT. Others wait LP_RACE_HOLD for that. */
void lp_race_favour(struct lp_race *race, const struct lp_entry *entry, bool sure);
/* An attempt begins. What look-ups have found stays known. */
void lp_race_start(struct lp_race *race, lp_time now);
/* A look-up has found addresses of this endpoint, or of LP_LINK_PROXY: they replace those that were known.
 * While more are to come, the first try waits for them for LP_RACE_HOLD. */
void lp_race_found(
	struct lp_race *race, size_t endpoint, const struct lp_addresses *found, lp_time now);
/* Something has failed, over TCP or over UDP: the next try of that kind is due now. */
void lp_race_hurry(struct lp_race *race, bool stream, lp_time now);
/* UDP has failed: TCP need not wait any longer. */
void lp_race_open_streams(struct lp_race *race, lp_time now);
/* True if an address is due: it is written, and counts as tried. */
bool lp_race_next(struct lp_race *race, bool stream, lp_time now, struct lp_entry *ret_entry);
/* When lp_race_next has one of that kind; LP_NEVER: only after another look-up. */
lp_time lp_race_due(const struct lp_race *race, bool stream);

#endif
