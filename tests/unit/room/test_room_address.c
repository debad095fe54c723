/* Row H6: the addresses that a room gives its clients. */
#include "room_unit.h"

#define FULL 254

static struct lp_member *player(struct lp_rooms *rooms, unsigned number, uint8_t room)
{
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, number, room);
	struct outcome o = join(rooms, &hello);
	assert_int_equal(o.reject, -1);
	return o.member;
}

static void leave(struct lp_rooms *rooms, struct lp_member *member)
{
	lp_rooms_leave(rooms, member, 0);
	lp_member_free(member);
}

static void H6_room_and_mac_decide_on_the_address(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(64, 8), *restarted = rooms_with(64, 8);
	player(restarted, 3, 2); /* after a restart, other rooms come first */
	struct lp_member *one = player(rooms, 1, 1), *two = player(rooms, 2, 1);
	uint32_t first = lp_member_assign(one, 0), second = lp_member_assign(two, 0);
	assert_int_equal(first >> 24, 10);
	assert_int_equal(first >> 8, second >> 8);
	assert_int_not_equal(first, second);
	assert_int_equal(lp_member_assign(one, 7200 * LP_SECOND), first); /* it continues */
	assert_int_equal(lp_member_assign(player(restarted, 2, 1), 0), second);
	assert_int_equal(lp_member_assign(player(restarted, 1, 1), 0), first);
	assert_int_not_equal(lp_member_assign(player(rooms, 1, 2), 0) >> 8, first >> 8);
	lp_rooms_free(rooms);
	lp_rooms_free(restarted);
}

static void H6_members_of_a_full_network_have_different_addresses(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(LP_MAX_CLIENTS, 1);
	struct lp_member *members[FULL + 1];
	bool taken[FULL + 2] = {true};
	for (unsigned i = 0; i < FULL; i++) {
		members[i] = player(rooms, i, 1);
		uint32_t host = lp_member_assign(members[i], 0) & 0xff;
		assert_true(host >= 1 && host <= FULL);
		assert_false(taken[host]);
		taken[host] = true;
	}
	members[FULL] = player(rooms, FULL, 1);
	assert_int_equal(lp_member_assign(members[FULL], 0), 0);
	uint32_t left = lp_member_assign(members[7], 0);
	leave(rooms, members[7]);
	assert_int_equal(lp_member_assign(members[FULL], 0), left);
	lp_rooms_free(rooms);
}

/* A player that comes back has its old address, also when its MAC alone would decide otherwise. */
static void H6_who_comes_back_has_the_same_address(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(LP_MAX_CLIENTS, 1);
	uint32_t had[FULL / 2];
	for (unsigned i = 0; i < FULL / 2; i++)
		had[i] = lp_member_assign(player(rooms, i, 1), 0);
	for (unsigned i = 0; i <= 50; i++) { /* then the network is nearly full */
		const struct lp_mac mac = player_mac(i), next = player_mac(i + 1);
		const struct lp_room *room = player(rooms, 1000 + i, 1)->room;
		leave(rooms, lp_room_find(room, &mac));
		leave(rooms, lp_room_find(room, &next));
		lp_member_assign(player(rooms, 2000 + i, 1), 0); /* takes neither */
		assert_int_equal(lp_member_assign(player(rooms, i + 1, 1), 0), had[i + 1]);
		assert_int_equal(lp_member_assign(player(rooms, i, 1), 0), had[i]);
	}
	lp_rooms_free(rooms);
}

static void H6_nobody_else_has_it_until_the_member_leaves(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(64, 8);
	struct lp_member *one = player(rooms, 1, 1), *two = player(rooms, 2, 1);
	struct lp_neighbours *n = lp_room_neighbours(one->room);
	uint32_t ipv4 = lp_member_assign(one, 0);
	lp_time later = 24 * 3600 * LP_SECOND;
	assert_false(lp_neighbours_claim(n, two->peer, ipv4, later)); /* it was silent meanwhile */
	assert_false(lp_neighbours_assign(n, two->peer, ipv4, later));
	for (uint32_t i = 0; i < 8; i++) /* its other addresses do not displace it */
		assert_true(lp_neighbours_claim(n, one->peer, 0xc0a84d01 + i, later + i));
	assert_false(lp_neighbours_claim(n, two->peer, ipv4, later));
	assert_true(lp_neighbours_use(n, one->peer, ipv4, later));
	lp_neighbours_lease(n, one->peer, ipv4, later);
	lp_neighbours_lease(n, one->peer, 0xc0a84d64, later); /* nor does a lease */
	assert_false(lp_neighbours_claim(n, two->peer, ipv4, 2 * later));
	leave(rooms, one);
	assert_true(lp_neighbours_claim(n, two->peer, ipv4, 2 * later));
	lp_rooms_free(rooms);
}

static void H6_an_address_of_somebody_else_is_not_given(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(64, 8);
	struct lp_member *one = player(rooms, 1, 1), *two = player(rooms, 2, 1);
	struct lp_neighbours *n = lp_room_neighbours(one->room);
	uint32_t ipv4 = lp_member_assign(one, 0);
	leave(rooms, one);
	assert_true(lp_neighbours_claim(n, two->peer, ipv4, 0)); /* set by hand */
	one = player(rooms, 1, 1);
	uint32_t other = lp_member_assign(one, 0);
	assert_int_equal(other >> 8, ipv4 >> 8);
	assert_int_not_equal(other, ipv4);
	assert_int_equal(lp_member_assign(one, 0), other);
	assert_true(lp_neighbours_protect(n, other)); /* the LAN takes it */
	assert_int_not_equal(lp_member_assign(one, 0), other);
	lp_rooms_free(rooms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H6_room_and_mac_decide_on_the_address),
		cmocka_unit_test(H6_members_of_a_full_network_have_different_addresses),
		cmocka_unit_test(H6_who_comes_back_has_the_same_address),
		cmocka_unit_test(H6_nobody_else_has_it_until_the_member_leaves),
		cmocka_unit_test(H6_an_address_of_somebody_else_is_not_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
