/* peer_ids.h - the peer IDs of one room: which one a newcomer gets.
 *
 * An ID that a member has given up is not given out again for LP_PEER_ID_QUARANTINE, so that nobody takes a
 * late frame or event for the new member's. A room never runs out of IDs: when all that have no member are
 * in quarantine, the one that has been there for longest is given out. */
#ifndef LANPARTY_ROOM_PEER_IDS_H
#define LANPARTY_ROOM_PEER_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"

#define LP_PEER_ID_QUARANTINE (600 * LP_SECOND)

/* An ID that nobody has. */
struct lp_free_id {
	lp_time since;
	uint16_t next; /* in the order in which they were given up; 0: the last */
};

/* Zero-initialise. */
struct lp_peer_ids {
	struct lp_free_id *ids; /* of IDs 1 to given, at their number */
	size_t cap;
	uint16_t given;       /* the largest ID so far */
	uint16_t first, last; /* of the IDs that nobody has; 0: none */
};

/* The newcomer's ID, 1 to 65535; 0 when out of memory. A room has fewer members than there are IDs. */
uint16_t lp_peer_ids_take(struct lp_peer_ids *ids, lp_time now);
/* The member that has the ID leaves. */
void lp_peer_ids_give_back(struct lp_peer_ids *ids, uint16_t id, lp_time now);
void lp_peer_ids_clear(struct lp_peer_ids *ids);

#endif
