/* room_private.h - what room.c (members and frames) and room_limits.c (how many rooms and joins) share. */
#ifndef LANPARTY_ROOM_PRIVATE_H
#define LANPARTY_ROOM_PRIVATE_H

#include "lanparty/base/limiter.h"
#include "lanparty/room/room.h"
#include "peer_ids.h"

#define MAC_CHAINS 256

struct lp_room {
	struct lp_rooms *rooms;
	uint32_t id;
	struct lp_source source; /* the source that opened it */
	uint8_t key[LP_ROOM_KEY_SIZE];
	uint16_t mtu;
	struct lp_peer_ids ids;
	struct lp_bucket joins;
	struct lp_member *gateway;
	struct lp_member **members;
	size_t count, cap;
	struct lp_neighbours *neighbours;
	struct lp_member *by_mac[MAC_CHAINS]; /* clients */
};

struct lp_rooms {
	struct lp_room_config config;
	struct lp_room **list;
	size_t count;
	uint32_t last_id;
	struct lp_limiter joins, opened; /* of each source */
};

/* Row N6: true when the source can join that room now; NULL: a new one. Counts the attempt. A source that
 * has opened too many rooms joins no room at all, or its refusals would tell it which rooms exist. */
bool lp_rooms_within_limits(
	struct lp_rooms *rooms, struct lp_room *room, const struct lp_join *join);
/* True when this source can have one more room, if there is space for it. */
bool lp_rooms_has_share(const struct lp_rooms *rooms, const struct lp_source *source);
/* Of the rooms whose only member is silent: the one that has been so for longest. NULL: none. */
struct lp_room *lp_rooms_silent(const struct lp_rooms *rooms, lp_time now);

#endif
