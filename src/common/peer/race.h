/* race.h - which address of the relay to try next, and when: all addresses of all endpoints take part, one
 * every 250 ms, and after a failure at once (RFC 8305). It opens nothing, sends nothing, and reads no clock. */
#ifndef LANPARTY_PEER_RACE_H
#define LANPARTY_PEER_RACE_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/base/time.h"
#include "lanparty/peer/link.h"

#define LP_RACE_TRIES     (LP_ENDPOINTS * LP_LOOKUP_MAX + 1) /* addresses in one attempt, at most */
#define LP_RACE_DELAY     (250 * LP_MILLISECOND)             /* RFC 8305, section 5 */
#define LP_RACE_HOLD      (50 * LP_MILLISECOND)              /* section 3: the resolution delay */
#define LP_RACE_NAME_WAIT (500 * LP_MILLISECOND)

struct lp_race {
	size_t count;                            /* endpoints */
	struct lp_addresses known[LP_ENDPOINTS]; /* of each, as its last look-up has found them */
	struct lp_entry favourite;               /* it worked last; len 0: none has */
	bool sure;                               /* in this run, and not in an earlier one */
	lp_time next_at;                         /* the next try, if there is an address for it */
	lp_time asked_at;                        /* start of the attempt */
	size_t turn;                             /* the endpoint whose turn it is */
	int family; /* and the family, AF_INET or AF_INET6; 0: as the system sorts them */
	struct lp_address tried[LP_RACE_TRIES]; /* in this attempt */
	size_t tries;
};

void lp_race_init(struct lp_race *race, size_t endpoints);
/* This entry worked: the next attempt begins with it. Not sure: it worked in an earlier run. It is tried when
 * its name has it still, or when its name is not known for LP_RACE_NAME_WAIT. Others wait LP_RACE_HOLD for
 * that. */
void lp_race_favour(struct lp_race *race, const struct lp_entry *entry, bool sure);
/* An attempt begins. What look-ups have found stays known. */
void lp_race_start(struct lp_race *race, lp_time now);
/* A look-up has found addresses of this endpoint: they replace those that were known. */
void lp_race_found(
	struct lp_race *race, size_t endpoint, const struct lp_addresses *found, lp_time now);
/* Something has failed: the next try is due now. */
void lp_race_hurry(struct lp_race *race, lp_time now);
/* True if an address is due: it is written, and counts as tried. */
bool lp_race_next(struct lp_race *race, lp_time now, struct lp_entry *ret_entry);
/* When lp_race_next has one; LP_NEVER: only after another look-up. */
lp_time lp_race_due(const struct lp_race *race);

#endif
