/* room_private.h - what room.c (members and frames) and room_limits.c (how many rooms and joins) share. */
#ifndef LANPARTY_ROOM_PRIVATE_H
#define LANPARTY_ROOM_PRIVATE_H

#include "lanparty/base/limiter.h"
#include "lanparty/room/room.h"
#include "peer_ids.h"

#define MAC_CHAINS 256
#define HOSTS      254 /* addresses of members in the room's network */

#define KICKED      16
#define KICKED_TIME (60 * LP_SECOND)
#define ACTS_RATE   5 /* per second */
#define ACTS_BURST  50

/* A computer that is not let in until then. */
struct lp_kicked {
	struct lp_hosted_member who;
	lp_time until;
};

struct lp_room {
	struct lp_rooms *rooms;
	uint32_t id;
	struct lp_source source; /* the source that opened it */
	uint8_t key[LP_ROOM_KEY_SIZE];
	struct lp_hosted hosted;
	struct lp_kicked kicked[KICKED]; /* the latest ones */
	size_t next_kicked;
	struct lp_bucket acts; /* of hosts */
	uint16_t mtu;
	struct lp_peer_ids ids;
	struct lp_bucket joins;
	uint8_t opening[LP_ROOM_KEY_SIZE]; /* the token that it was opened with */
	const struct lp_room_terms *terms; /* of the permitted list; NULL: it has none */
	struct lp_traffic traffic;
	struct lp_member *gateway;
	struct lp_member **members;
	size_t count, cap;
	struct lp_neighbours *neighbours;
	struct lp_protected lan;              /* where the gateway is (known_lan.h) */
	struct lp_member *by_mac[MAC_CHAINS]; /* clients */
	struct lp_mac hosts
		[HOSTS]; /* who was the last to have the address with this number; zero: nobody */
};

struct lp_rooms {
	struct lp_room_config config;
	struct lp_room **list;
	size_t count;
	uint32_t last_id;
	struct lp_limiter joins, opened, fresh; /* of each source */
	struct lp_limiter failures;             /* likewise, of a private relay */
	struct lp_limiter hosts;                /* likewise: rooms that get a host key */
	struct lp_room_list *permitted;         /* NULL: all rooms can be opened */
};

/* False when out of memory; then, too, they can be cleared. */
bool lp_rooms_init_limits(struct lp_rooms *rooms);
void lp_rooms_clear_limits(struct lp_rooms *rooms);
/* Row N6: true when the source can join that room now; NULL: a new one. Counts the attempt then, also when
 * the join fails for another reason. False: nothing is counted. A source that has opened too many rooms joins
 * no room at all, or its refusals would tell it which rooms exist. */
bool lp_rooms_within_limits(
	struct lp_rooms *rooms, struct lp_room *room, const struct lp_join *join);
/* The same without counting anything; but it does not say whether the source can open one more room. */
bool lp_rooms_can_join(struct lp_rooms *rooms, struct lp_room *room, const struct lp_join *join);
/* Row H3: false when a private relay does not know the room; room NULL: it has no members yet. */
bool lp_rooms_knows(
	const struct lp_rooms *rooms, const struct lp_room *room, const struct lp_hello *hello);
/* A new room's terms, from the list. */
void lp_room_find_terms(struct lp_room *room);
/* Its own limit, or that of all rooms. */
size_t lp_room_max_clients(const struct lp_room *room);
/* Counts a join that was refused as into a full room, at a private relay. */
void lp_rooms_note_failure(struct lp_rooms *rooms, const struct lp_join *join);
/* True when this source can have one more room, if there is space for it. */
bool lp_rooms_has_share(const struct lp_rooms *rooms, const struct lp_source *source);
/* Of the rooms whose only member is silent: the one that has been so for longest. NULL: none. */
struct lp_room *lp_rooms_silent(const struct lp_rooms *rooms, lp_time now);

/* NULL: nobody is in it. */
struct lp_room *lp_rooms_find(const struct lp_rooms *rooms, const uint8_t *key);
/* The member that conflicts with the newcomer: the one with its MAC address, or the room's gateway. */
struct lp_member *lp_room_rival(const struct lp_room *room, const struct lp_hello *hello);
/* True if the newcomer has the token of the member. */
bool lp_member_is_peer(const struct lp_member *member, const struct lp_hello *hello);

/* Row N4 (room_host.c). */
bool lp_room_has_host(const struct lp_hosted *hosted);
/* Of the room, or of one that is not open (room NULL). False: it cannot be known. */
bool lp_rooms_hosted(const struct lp_rooms *rooms, const struct lp_room *room,
	const uint8_t *room_key, struct lp_hosted *ret_hosted);
/* True if the newcomer has proven the host key of that room, or can give the room one. */
bool lp_room_is_host(const struct lp_hosted *hosted, const struct lp_join *join);
/* Row H3. True if the host does not let the newcomer in; room is NULL when it is not open. */
bool lp_room_bars(const struct lp_room *room, const struct lp_hosted *hosted,
	const struct lp_join *join, enum lp_reject_reason *ret_reason);
/* True if the host keeps these two from each other. */
bool lp_room_parts(const struct lp_member *a, const struct lp_member *b);
/* The newcomer is the host of the room, perhaps its first one: then the room has no host yet when the book or
 * the source's share of it is full. */
void lp_room_register(struct lp_room *room, const struct lp_join *join);

#endif
