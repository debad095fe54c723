#include "room_unit.h"

struct lp_rooms *rooms_with(size_t max_clients, size_t max_rooms)
{
	const struct lp_room_config config = {.max_clients = max_clients, .max_rooms = max_rooms};
	struct lp_rooms *rooms = lp_rooms_new(&config);
	assert_non_null(rooms);
	return rooms;
}

struct lp_hello hello_of(enum lp_role role, unsigned player, uint8_t room)
{
	struct lp_hello hello = {.version_min = 1,
		.version_max = 1,
		.role = role,
		.room_key = {room},
		.name = "someone",
		.datagram_budget = LP_DATAGRAM_MAX,
		.mtu = LP_ETH_MTU,
		.capabilities = LP_CAP_FRAGMENTS};
	if (role == LP_ROLE_CLIENT)
		hello.mac = player_mac(player);
	return hello;
}

static struct outcome outcome_of(struct lp_rooms *rooms, const struct lp_join *join)
{
	struct lp_joined joined;
	bool good = lp_rooms_join(rooms, join, &joined);
	return (struct outcome){
		joined.member, joined.gave_way, joined.resumed, good ? -1 : (int)joined.reason};
}

struct outcome join_from(struct lp_rooms *rooms, const struct lp_hello *hello, uint32_t source,
	uint8_t token, lp_time now)
{
	const struct lp_join join = {.hello = hello,
		.source = {.of = {source, source, source, source}},
		.path_datagram = PATH,
		.token = {0x77, token},
		.now = now};
	return outcome_of(rooms, &join);
}

struct outcome join_with(struct lp_rooms *rooms, const struct lp_hello *hello, size_t path,
	uint8_t token, lp_time now)
{
	const struct lp_join join = {.hello = hello,
		.source = {.local = true},
		.path_datagram = path,
		.token = {0x77, token},
		.now = now};
	return outcome_of(rooms, &join);
}

struct outcome join(struct lp_rooms *rooms, const struct lp_hello *hello)
{
	return join_with(rooms, hello, PATH, 1, 0);
}

struct lp_member *must_join(struct lp_rooms *rooms, const struct lp_hello *hello)
{
	struct outcome o = join(rooms, hello);
	assert_int_equal(o.reject, -1);
	assert_false(o.resumed);
	assert_non_null(o.member);
	return o.member;
}

struct lp_member *client(struct lp_rooms *rooms, unsigned player)
{
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, player, 1);
	return must_join(rooms, &hello);
}

struct lp_member *gateway(struct lp_rooms *rooms)
{
	struct lp_hello hello = hello_of(LP_ROLE_GATEWAY, 0, 1);
	return must_join(rooms, &hello);
}
