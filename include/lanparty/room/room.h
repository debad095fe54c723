/* room.h - the registry of rooms: who can join, who is a member, who receives a frame (rows R1-R8,
 * F2, F3, F5).
 *
 * It uses no sockets and no clock. It decides and remembers; hub.h informs the members. */
#ifndef LANPARTY_ROOM_H
#define LANPARTY_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/bucket.h"
#include "lanparty/base/source.h"
#include "lanparty/wire/control.h"
#include "lanparty/packet/eth.h"
#include "lanparty/packet/filter.h"
#include "lanparty/room/claimant.h"
#include "lanparty/room/hosted.h"
#include "lanparty/room/room_list.h"
#include "lanparty/base/time.h"
#include "lanparty/packet/verdict.h"

struct lp_room;
struct lp_rooms;

#define LP_ROOMS_OF_SOURCE 16
#define LP_ROOM_FAILURES   5 /* per minute and source, at a relay that does not open all rooms */
#define LP_ROOM_HOSTS      8 /* per day and source: rooms that get a host key */
#define LP_ROOM_SILENT     (10 * LP_SECOND) /* without a frame from its only member */
/* Joins of one room per second, and at once: all members of a full room can come back together. Sources of
 * this computer do not count. */
#define LP_ROOM_JOIN_RATE  100
#define LP_ROOM_JOIN_BURST LP_MAX_MEMBERS

/* Clients of one source that can claim and ask so often at once as claimant.h says: so many, and so many more
 * per minute. The others begin as if they had done so just before. Otherwise a member would join again and
 * again for that. Without a limit of joins there is none of these either. */
#define LP_ROOM_FRESH_BURST 32
#define LP_ROOM_FRESH_RATE  1

/* Rates are per second unless stated otherwise; a rate of 0 means no limit. */
struct lp_limits {
	uint64_t client_rate, client_burst;       /* bytes (row L3) */
	uint64_t broadcast_rate, broadcast_burst; /* frames (row L1) */
	uint64_t unknown_rate, unknown_burst;     /* frames (row L2) */
	/* Of one source (base/limiter.h, row N6). */
	uint64_t join_rate, join_burst; /* joins */
	uint64_t open_rate;             /* new rooms per minute */
};

struct lp_room_config {
	size_t max_clients; /* per room, 1 to LP_MAX_CLIENTS */
	size_t max_rooms;   /* at least 1 */
	/* Room ids start at first_id and advance by id_step, so that several registries use
	 * different ids. 0 means 1. */
	uint32_t first_id, id_step;
	struct lp_limits limits;
	struct lp_siphash_key secret; /* random: neighbours.h */
	struct lp_host_book book;     /* find and keep NULL: no room has a host */
};

/* Others can read all fields and write only user. */
struct lp_member {
	struct lp_room *room;
	void *user;
	lp_time since;  /* it joined */
	lp_time active; /* it sent its last frame; 0: none yet */
	uint16_t peer;  /* 1 to 65535, see src/common/room/peer_ids.h */
	enum lp_role role;
	bool host;         /* has proven the room's host key (row N4) */
	struct lp_mac mac; /* gateways: zero */
	bool is_station; /* a station of the gateway's LAN has this MAC too: nobody can tell who is meant */
	bool loops; /* its computer connects the room with the gateway's LAN by another way, it says */
	char name[LP_NAME_MAX + 1];
	bool renamed;                       /* by the host */
	uint8_t id[LP_MEMBER_ID];           /* as requested in HELLO */
	uint8_t address[LP_HOSTED_ADDRESS]; /* where it came from at first (hosted.h) */
	uint64_t capabilities;              /* in force */
	size_t datagram_budget;             /* as requested in HELLO */
	size_t datagram_max;                /* the largest datagram that can reach the member now */
	uint8_t resume_token[LP_TOKEN_SIZE];
	uint8_t former_token[LP_TOKEN_SIZE]; /* good until lp_member_confirm; zero: none */
	struct lp_filter_source source;
	struct lp_claimant claimant; /* clients */
	struct lp_bucket bytes, broadcast, unknown;
	struct lp_member *next_mac; /* next in the hash chain of the room's MAC table */
	size_t index;               /* in the room's array of members */
};

/* NULL when out of memory. */
struct lp_rooms *lp_rooms_new(const struct lp_room_config *config);
/* Frees the remaining members too. */
void lp_rooms_free(struct lp_rooms *rooms);
size_t lp_rooms_count(const struct lp_rooms *rooms);
/* NULL from lp_rooms_count on. In no particular order. */
struct lp_room *lp_rooms_at(const struct lp_rooms *rooms, size_t index);

/* Row H3: from now on this list says which rooms can be opened, and with which limits. Takes it. Without a
 * list, all can. An unknown room is refused as a full one is. */
void lp_rooms_permit(struct lp_rooms *rooms, struct lp_room_list *list);
/* False: the list has the room no more, and nobody opened it with the list's token. */
bool lp_room_is_permitted(const struct lp_room *room);
/* Gives the member the limits of this room, or those of all rooms. What it has used of a limit stays used when
 * the limit is as before. True: that of its bytes (row L3) is another one. */
bool lp_member_limit(struct lp_member *m, const struct lp_room *room, lp_time now);

/* Who wants to join. */
struct lp_join {
	const struct lp_hello *hello;
	/* Where the connection comes from. The rooms of each of its networks are limited to
	 * LP_ROOMS_OF_SOURCE plus twice the number of free rooms, so that a stranger cannot take all. */
	struct lp_source source;
	size_t path_datagram; /* the largest that the connection carries: clamps the hello's budget */
	uint8_t token[LP_TOKEN_SIZE];       /* random: becomes the resume token */
	uint8_t address[LP_HOSTED_ADDRESS]; /* likewise; zero: not known */
	const uint8_t *print; /* fingerprint of hello's host key, which is proven; NULL: none is */
	lp_time now;
};

struct lp_joined {
	/* The member; or, with LP_REJECT_MAC_IN_USE and LP_REJECT_GATEWAY_PRESENT, who has its place:
	 * NULL when that is a station of the LAN. */
	struct lp_member *member;
	bool resumed; /* row K1: member was there, and its user is still the earlier connection's */
	bool new_lan; /* row K5: with resumed, another LAN can be behind the gateway */
	enum lp_reject_reason reason; /* LP_REJECT_OTHER when out of memory */
	/* Row N6: all rooms were taken, and this member was alone in its room and silent for
	 * LP_ROOM_SILENT. It has left, as by lp_rooms_leave, also when the join then fails. NULL: none. */
	struct lp_member *gave_way;
};

/* Row N6: false if the limits refuse the newcomer, whatever it proves; a proof costs more to check than to
 * send. */
bool lp_rooms_may_prove(struct lp_rooms *rooms, const struct lp_join *join);
/* Likewise: a guest's pass was checked, and is not good. */
void lp_rooms_note_bad_pass(struct lp_rooms *rooms, const struct lp_join *join);
/* Row N4: the room's gateway, when it has not proven the host key, and the newcomer has. It must leave before
 * lp_rooms_join. NULL: none. */
struct lp_member *lp_rooms_unproven(struct lp_rooms *rooms, const struct lp_join *join);
/* Rows R1-R7, K1, N4, N6. The first newcomer who proves a key is the host of a room without one. False:
 * rejected, see ret_joined->reason. */
bool lp_rooms_join(
	struct lp_rooms *rooms, const struct lp_join *join, struct lp_joined *ret_joined);
/* The member has its new resume token: the former one is good no more. */
void lp_member_confirm(struct lp_member *member);

/* Row R7: removes the member. True: the room was closed, too. The member's fields except room, which is NULL
 * then, stay readable until lp_member_free. */
bool lp_rooms_leave(struct lp_rooms *rooms, struct lp_member *member, lp_time now);
void lp_member_free(struct lp_member *member);

/* Row H6: the IPv4 address of the room's own network, of LP_ROOM_PREFIX bits, that is this client's until it
 * leaves. The room's key decides on the network, which never changes. The MAC decides on the address as long
 * as it is free; while the room exists, a client that comes back gets the same one. 0: none is free. */
#define LP_ROOM_PREFIX 24
uint32_t lp_member_assign(struct lp_member *member, lp_time now);

/* True for is_station and loops: the relay drops all frames from the member, and all for its MAC. It still
 * gets group frames. That it is in a loop, it says itself; it gains nothing by that, such as the MAC of a
 * station. */
bool lp_member_is_cut_off(const struct lp_member *member);

/* Sets the largest datagram that reaches a member after its path has changed. */
void lp_member_set_path(struct lp_member *member, size_t path_datagram);
/* Row F5: true if a frame of len bytes can reach this member now. */
bool lp_member_carries(const struct lp_member *member, size_t len);

/* What a room's members have sent since somebody set it to 0. */
struct lp_traffic {
	uint64_t frames, bytes; /* that passed all checks */
	uint64_t drops;         /* frames that did not */
};
struct lp_traffic *lp_room_traffic(struct lp_room *room);

uint32_t lp_room_id(const struct lp_room *room);
/* The room's key: LP_ROOM_KEY_SIZE bytes. */
const uint8_t *lp_room_secret(const struct lp_room *room);
uint16_t lp_room_mtu(const struct lp_room *room);
/* NULL: none. */
struct lp_member *lp_room_gateway(const struct lp_room *room);
struct lp_neighbours *lp_room_neighbours(const struct lp_room *room);
/* The host key of the room, if it has one (hosted.h). */
const struct lp_hosted *lp_room_hosted(const struct lp_room *room);
/* Row H3. Changes what is kept of the room, or the name of member, which act.peer names (NULL: nobody). The
 * caller closes the connection of a member that is kicked or banned. */
enum lp_acted lp_room_act(
	struct lp_room *room, const struct lp_host_act *act, struct lp_member *member, lp_time now);
/* Likewise for a host, who does so much at once and no more, and removes no host. */
enum lp_acted lp_room_host_act(
	struct lp_room *room, const struct lp_host_act *act, struct lp_member *member, lp_time now);
/* The member with this peer ID; NULL: none. */
struct lp_member *lp_room_peer(const struct lp_room *room, uint16_t peer);
/* The host is there: what is kept of the room stays kept. False: nothing is kept. */
bool lp_room_keep_host(const struct lp_room *room);
/* In no particular order. Valid until the next join or leave. */
struct lp_member *const *lp_room_members(const struct lp_room *room, size_t *ret_count);
struct lp_member *lp_room_find(const struct lp_room *room, const struct lp_mac *mac);

/* Brings is_station up to date; it becomes true only when lp_neighbours_may_take permits it. Call it now and
 * then: a station is forgotten when it has not been heard for LP_NEIGHBOUR_MAC_TTL. */
void lp_member_mark_station(struct lp_member *member, lp_time now);
/* The room's gateway tells of its LAN (rows N1, K4). True: it is or can be another LAN than before (row K5). */
bool lp_room_learn(struct lp_room *room, const struct lp_lan_report *report, lp_time now);

struct lp_route {
	enum lp_action action;
	enum lp_drop drop;
	bool known;     /* unicast to a known station: a member, or a station on the LAN */
	size_t count;   /* number of targets */
	size_t skipped; /* members that should receive it but cannot carry it */
};
/* Rows F2, F3, F5: the receivers of a frame of len bytes that has passed the filter. targets has
 * LP_MAX_MEMBERS entries, of which it writes the first route.count. */
struct lp_route lp_room_route(const struct lp_member *from, const struct lp_eth *eth, size_t len,
	lp_time now, struct lp_member **targets);

#endif
