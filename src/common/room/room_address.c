/* room_address.c - the addresses that a room without a DHCP server gives its clients (row H6). */
#include <assert.h>
#include <string.h>

#include "lanparty/base/bytes.h"
#include "room_private.h"

static_assert(HOSTS == (1 << (32 - LP_ROOM_PREFIX)) - 2, "all hosts of the room's network");

/* Not secret: each relay must choose the same. */
static const struct lp_siphash_key key;

/* 10.x.y.0 */
static uint32_t network_of(const struct lp_room *room)
{
	uint64_t hash = lp_siphash(&key, room->key, sizeof(room->key));
	return 10u << 24 | (uint32_t)(hash & 0xffff) << 8;
}

/* Clients that come back are served first, then what nobody has had, then what somebody has left. */
static bool is_for(const struct lp_room *room, size_t host, const struct lp_mac *mac, int round)
{
	const struct lp_mac *last = &room->hosts[host];
	switch (round) {
	case 0:
		return lp_mac_equal(last, mac);
	case 1:
		return lp_mac_is_zero(last);
	default:
		return !lp_room_find(room, last);
	}
}

uint32_t lp_member_assign(struct lp_member *member, lp_time now)
{
	struct lp_room *room = member->room;
	size_t first = (size_t)(lp_siphash(&key, member->mac.b, sizeof(member->mac.b)) % HOSTS);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < HOSTS; i++) {
			size_t host = (first + i) % HOSTS;
			uint32_t ipv4 = network_of(room) | (uint32_t)(host + 1);
			if (!is_for(room, host, &member->mac, round))
				continue;
			room->hosts[host] = (struct lp_mac){{0}};
			if (!lp_neighbours_assign(room->neighbours, member->peer, ipv4, now))
				continue;
			room->hosts[host] = member->mac;
			return ipv4;
		}
	}
	return 0;
}
