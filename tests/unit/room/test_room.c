/* The registry of rooms: who can join, who is replaced, and what is forgotten after a leave. */
#include "room_unit.h"

static bool leave_at(struct lp_rooms *rooms, struct lp_member *m, lp_time now)
{
	bool gone = lp_rooms_leave(rooms, m, now);
	lp_member_free(m);
	return gone;
}

static bool leave(struct lp_rooms *rooms, struct lp_member *m)
{
	return leave_at(rooms, m, 0);
}

static size_t count_in(const struct lp_room *room)
{
	size_t count;
	lp_room_members(room, &count);
	return count;
}

static void R1_members_with_the_same_key_share_a_room(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(8, 8);
	struct lp_hello one = hello_of(LP_ROLE_CLIENT, 1, 1), two = hello_of(LP_ROLE_CLIENT, 2, 1);
	/* its MAC is free in the other room */
	struct lp_hello other = hello_of(LP_ROLE_CLIENT, 1, 2);
	other.room_key[31] = 1;
	struct lp_member *a = must_join(rooms, &one), *b = must_join(rooms, &two);
	struct lp_member *c = must_join(rooms, &other);
	assert_ptr_equal(a->room, b->room);
	assert_ptr_not_equal(a->room, c->room);
	assert_int_not_equal(lp_room_id(a->room), lp_room_id(c->room));
	assert_int_not_equal(lp_room_id(a->room), 0);
	assert_int_equal(a->peer, 1);
	assert_int_equal(b->peer, 2);
	assert_int_equal(c->peer, 1);
	assert_int_equal(lp_rooms_count(rooms), 2);
	assert_string_equal(a->name, "someone");
	assert_int_equal(a->resume_token[1], 1);
	lp_rooms_free(rooms);
}

static void R1_an_invalid_hello_is_rejected_with_its_reason(void **state)
{
	(void)state;
	const struct {
		uint64_t version_min, version_max;
		struct lp_mac mac;
		uint64_t mtu;
		int reject;
		const char *why;
	} rows[] = {
		{1, 1, {{2, 0, 0, 0, 0, 1}}, 1500, -1, "all is well"},
		{0, 9, {{2, 0, 0, 0, 0, 1}}, 1500, -1, "a range that has our version in it"},
		{2, 9, {{2, 0, 0, 0, 0, 1}}, 1500, LP_REJECT_VERSION, "only newer ones"},
		{0, 0, {{2, 0, 0, 0, 0, 1}}, 1500, LP_REJECT_VERSION, "only older ones"},
		/* R4 */
		{1, 1, {{0, 0, 0, 0, 0, 0}}, 1500, LP_REJECT_MAC_INVALID, "the zero MAC"},
		{1, 1, {{1, 0, 0x5e, 0, 0, 1}}, 1500, LP_REJECT_MAC_INVALID, "a multicast MAC"},
		{1, 1, {{255, 255, 255, 255, 255, 255}}, 1500, LP_REJECT_MAC_INVALID, "broadcast"},
		{1, 1, {{0, 0, 0, 0, 0, 1}}, 1500, -1, "one bit is enough"},
		{1, 1, {{2, 0, 0, 0, 0, 1}}, 576, -1, "the smallest MTU"},
		{1, 1, {{2, 0, 0, 0, 0, 1}}, 575, LP_REJECT_MTU, "one less"},
		{1, 1, {{2, 0, 0, 0, 0, 1}}, 0, LP_REJECT_MTU, "no MTU"},
		{1, 1, {{2, 0, 0, 0, 0, 1}}, UINT64_MAX, -1, "any MTU"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_rooms *rooms = rooms_with(1, 1);
		struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 1, 1);
		hello.version_min = rows[i].version_min;
		hello.version_max = rows[i].version_max;
		hello.mac = rows[i].mac;
		hello.mtu = rows[i].mtu;
		if (join(rooms, &hello).reject != rows[i].reject)
			fail_msg("%s", rows[i].why);
		assert_int_equal(lp_rooms_count(rooms), rows[i].reject == -1);
		lp_rooms_free(rooms);
	}
}

static void R1_rooms_are_limited_and_a_closed_room_frees_its_slot(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(2, 2);
	struct lp_hello one = hello_of(LP_ROLE_CLIENT, 1, 1), two = hello_of(LP_ROLE_CLIENT, 1, 2);
	struct lp_hello three = hello_of(LP_ROLE_CLIENT, 1, 3);
	struct lp_member *m = must_join(rooms, &one);
	uint32_t id = lp_room_id(m->room);
	must_join(rooms, &two);
	assert_int_equal(join(rooms, &three).reject, LP_REJECT_TOO_MANY_ROOMS);
	one.mac = player_mac(2);
	must_join(rooms, &one); /* an existing room still accepts members */
	struct lp_member *again = lp_room_find(m->room, &one.mac);
	assert_false(leave(rooms, again));
	assert_true(leave(rooms, m));
	m = must_join(rooms, &three);
	assert_int_not_equal(lp_room_id(m->room), id);
	lp_rooms_free(rooms);
}

static void R2_clients_of_a_room_are_limited_and_the_gateway_does_not_count(void **state)
{
	(void)state;
	for (size_t max = 1; max <= 3; max++) {
		for (int with_gateway = 0; with_gateway < 2; with_gateway++) {
			struct lp_rooms *rooms = rooms_with(max, 1);
			struct lp_hello late = hello_of(LP_ROLE_CLIENT, 99, 1);
			struct lp_member *m = NULL;
			if (with_gateway)
				gateway(rooms);
			for (unsigned i = 0; i < max; i++)
				m = client(rooms, i + 1);
			assert_int_equal(join(rooms, &late).reject, LP_REJECT_ROOM_FULL);
			if (!with_gateway)
				gateway(rooms);
			assert_int_equal(join(rooms, &late).reject, LP_REJECT_ROOM_FULL);
			assert_false(leave(rooms, m));
			must_join(rooms, &late);
			lp_rooms_free(rooms);
		}
	}
}

static void R2_the_largest_room_accepts_all_its_clients(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(LP_MAX_CLIENTS, 1);
	struct lp_hello late = hello_of(LP_ROLE_CLIENT, 70000, 1);
	struct lp_member *g = gateway(rooms);
	static struct lp_member *in[LP_MAX_CLIENTS];
	for (unsigned i = 0; i < LP_MAX_CLIENTS; i++)
		in[i] = client(rooms, i + 1);
	assert_int_equal(join(rooms, &late).reject, LP_REJECT_ROOM_FULL);
	static struct lp_member *targets[LP_MAX_MEMBERS];
	struct lp_route route;
	const struct lp_eth eth = {BROADCAST, host_mac(1), LP_ETHERTYPE_IPV4};
	route = lp_room_route(g, &eth, 1514, 0, targets);
	assert_int_equal(route.count, LP_MAX_CLIENTS);
	for (unsigned i = 0; i < LP_MAX_CLIENTS; i += 2) /* many share a chain of the MAC table */
		leave(rooms, in[i]);
	for (unsigned i = 0; i < LP_MAX_CLIENTS; i++) {
		struct lp_mac mac = player_mac(i + 1);
		assert_ptr_equal(lp_room_find(g->room, &mac), i % 2 ? in[i] : NULL);
	}
	lp_rooms_free(rooms);
}

static void R3_a_room_has_one_gateway(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(2, 1);
	struct lp_hello hello = hello_of(LP_ROLE_GATEWAY, 0, 1);
	struct lp_member *c = client(rooms, 1), *g = gateway(rooms);
	assert_int_equal(join(rooms, &hello).reject, LP_REJECT_GATEWAY_PRESENT);
	assert_ptr_equal(lp_room_gateway(c->room), g);
	assert_false(leave(rooms, g));
	assert_null(lp_room_gateway(c->room));
	g = must_join(rooms, &hello);
	assert_ptr_equal(lp_room_gateway(c->room), g);
	lp_rooms_free(rooms);
}

static void R4_a_mac_is_unique_unless_the_resume_token_proves_the_same_member(void **state)
{
	(void)state;
	for (int role = LP_ROLE_CLIENT; role <= LP_ROLE_GATEWAY; role++) {
		struct lp_rooms *rooms = rooms_with(2, 1);
		struct lp_hello hello = hello_of((enum lp_role)role, 1, 1);
		int taken =
			role == LP_ROLE_CLIENT ? LP_REJECT_MAC_IN_USE : LP_REJECT_GATEWAY_PRESENT;
		struct lp_member *old = join_with(rooms, &hello, PATH, 5, 0).member;
		client(rooms, 2);

		assert_int_equal(join(rooms, &hello).reject, taken); /* no token */
		memcpy(hello.resume_token, (uint8_t[16]){0x77, 6}, 16);
		assert_int_equal(join(rooms, &hello).reject, taken); /* another's */
		memcpy(hello.resume_token, (uint8_t[16]){0x77, 5, [15] = 1}, 16);
		assert_int_equal(join(rooms, &hello).reject, taken); /* one byte differs */

		memcpy(hello.resume_token, (uint8_t[16]){0x77, 5}, 16);
		struct outcome o = join_with(rooms, &hello, PATH, 9, 0);
		assert_int_equal(o.reject, -1);
		assert_true(o.resumed);
		assert_ptr_equal(o.member, old);
		assert_int_equal(o.member->peer, 1);
		assert_int_equal(count_in(o.member->room), 2);
		if (role == LP_ROLE_CLIENT)
			assert_ptr_equal(lp_room_find(o.member->room, &hello.mac), o.member);
		else
			assert_ptr_equal(lp_room_gateway(o.member->room), o.member);
		/* a token is valid once; it can come again before the new one has arrived */
		assert_true(join_with(rooms, &hello, PATH, 10, 0).resumed);
		lp_member_confirm(old);
		o = join(rooms, &hello);
		assert_int_equal(o.reject, taken);
		assert_ptr_equal(o.member, old);
		lp_rooms_free(rooms);
	}
}

static void R4_a_zero_token_proves_nothing_even_to_a_member_that_has_it(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(2, 1);
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 1, 1);
	const uint8_t zero[LP_TOKEN_SIZE] = {0};
	const struct lp_join join = {.hello = &hello, .path_datagram = PATH};
	struct lp_joined joined;
	assert_memory_equal(join.token, zero, sizeof(zero));
	assert_true(lp_rooms_join(rooms, &join, &joined));
	assert_false(lp_rooms_join(rooms, &join, &joined));
	assert_int_equal(joined.reason, LP_REJECT_MAC_IN_USE);
	lp_rooms_free(rooms);
}

static void R4_a_resuming_member_can_enter_a_full_room(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(1, 1);
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 1, 1),
			other = hello_of(LP_ROLE_CLIENT, 2, 1);
	struct lp_member *old = must_join(rooms, &hello);
	memcpy(hello.resume_token, old->resume_token, LP_TOKEN_SIZE);
	memcpy(other.resume_token, old->resume_token, LP_TOKEN_SIZE);
	assert_int_equal(join(rooms, &other).reject, LP_REJECT_ROOM_FULL); /* another MAC */
	uint32_t id = lp_room_id(old->room);
	struct lp_neighbours *n = lp_room_neighbours(old->room);
	lp_neighbours_claim(n, old->peer, IPV4(10, 0, 0, 5), 0);
	struct outcome o = join(rooms, &hello);
	assert_true(o.resumed);
	/* the only member, and still the same room */
	assert_int_equal(lp_room_id(o.member->room), id);
	assert_true(lp_neighbours_claim(n, o.member->peer, IPV4(10, 0, 0, 5), 0)); /* as before */
	lp_rooms_free(rooms);
}

static void N1_the_macs_of_the_gateways_computer_and_router_are_taken_for_ever(void **state)
{
	(void)state;
	for (int last = 0; last < 2; last++) {
		struct lp_rooms *rooms = rooms_with(4, 1);
		struct lp_hello gate = hello_of(LP_ROLE_GATEWAY, 0, 1);
		struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 7, 1);
		gate.protected.macs[last ? LP_PROTECTED_MACS - 1 : 0] = hello.mac;
		struct lp_member *g = must_join(rooms, &gate);
		lp_time late = 100 * LP_NEIGHBOUR_MAC_TTL;
		assert_int_equal(
			join_with(rooms, &hello, PATH, 1, late).reject, LP_REJECT_MAC_IN_USE);
		client(rooms, 8);
		/* not by a client's word, and not after the gateway has left */
		hello.protected.macs[0] = player_mac(9);
		leave(rooms, g);
		must_join(rooms, &hello);
		client(rooms, 9);
		lp_rooms_free(rooms);
	}
}

static void R4_a_mac_seen_on_the_physical_lan_is_taken(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(4, 1);
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 7, 1);
	struct lp_member *g = gateway(rooms);
	lp_neighbours_see(lp_room_neighbours(g->room), &hello.mac, LP_SECOND);
	lp_time gone = LP_SECOND + LP_NEIGHBOUR_MAC_TTL;
	assert_int_equal(join_with(rooms, &hello, PATH, 1, gone - 1).reject, LP_REJECT_MAC_IN_USE);
	assert_int_equal(join_with(rooms, &hello, PATH, 1, gone).reject, -1);
	lp_rooms_free(rooms);
}

static void R7_a_leave_takes_effect_at_once_and_the_last_one_closes_the_room(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(4, 1);
	struct lp_member *a = client(rooms, 1), *b = client(rooms, 2), *g = gateway(rooms);
	struct lp_room *room = b->room;
	struct lp_mac mac = a->mac;
	uint16_t peer = a->peer;
	lp_neighbours_claim(lp_room_neighbours(room), a->peer, IPV4(10, 0, 0, 5), 0);

	assert_false(lp_rooms_leave(rooms, a, 0));
	assert_int_equal(a->peer, peer); /* readable still */
	lp_member_free(a);
	assert_null(lp_room_find(room, &mac));
	assert_int_equal(count_in(room), 2);
	/* its address is free too */
	assert_true(lp_neighbours_claim(lp_room_neighbours(room), b->peer, IPV4(10, 0, 0, 5), 0));

	a = client(rooms, 1);
	assert_int_not_equal(a->peer, peer);
	assert_false(leave(rooms, g));
	assert_int_equal(count_in(room), 2); /* the clients stay */
	assert_false(leave(rooms, b));
	assert_true(leave(rooms, a));
	assert_int_equal(lp_rooms_count(rooms), 0);
	lp_rooms_free(rooms);
}

static void R7_what_a_gateway_taught_is_forgotten_when_it_leaves(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(4, 1);
	struct lp_hello hello = hello_of(LP_ROLE_GATEWAY, 0, 1);
	struct lp_mac host = host_mac(1);
	hello.protected.ipv4[0] = IPV4(10, 0, 0, 1);
	hello.protected.ipv4[1] = IPV4(10, 0, 0, 2);
	hello.protected.ipv4_count = 2;
	struct lp_member *c = client(rooms, 1), *g = must_join(rooms, &hello);
	struct lp_neighbours *n = lp_room_neighbours(c->room);
	lp_neighbours_see(n, &host, 0);
	assert_true(lp_neighbours_on_lan(n, &host, 1));
	assert_false(lp_neighbours_claim(n, c->peer, IPV4(10, 0, 0, 1), 1));
	assert_false(lp_neighbours_claim(n, c->peer, IPV4(10, 0, 0, 2), 1));
	leave(rooms, g);
	assert_false(lp_neighbours_on_lan(n, &host, 1));
	assert_true(lp_neighbours_claim(n, c->peer, IPV4(10, 0, 0, 1), 1));
	/* a client's hello protects no address */
	struct lp_hello sly = hello_of(LP_ROLE_CLIENT, 2, 1);
	sly.protected.ipv4[0] = IPV4(10, 0, 0, 9);
	sly.protected.ipv4_count = 1;
	struct lp_member *s = must_join(rooms, &sly);
	assert_true(lp_neighbours_claim(n, s->peer, IPV4(10, 0, 0, 9), 1));
	lp_rooms_free(rooms);
}

/* Lets count members come and go, and asserts that nobody has an ID from used. */
static void come_and_go(struct lp_rooms *rooms, unsigned count, bool *used, lp_time now)
{
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 2, 1);
	for (unsigned i = 0; i < count; i++) {
		struct outcome o = join_with(rooms, &hello, PATH, 1, now);
		assert_int_equal(o.reject, -1);
		assert_int_not_equal(o.member->peer, 0);
		assert_false(used[o.member->peer]);
		used[o.member->peer] = true;
		leave_at(rooms, o.member, now);
	}
}

static void N6_an_id_is_used_again_after_ten_minutes(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(4, 1);
	bool used[UINT16_MAX + 1] = {0};
	used[client(rooms, 1)->peer] = true;
	const lp_time ten_minutes = 600 * LP_SECOND;
	come_and_go(rooms, 100, used, LP_SECOND);
	come_and_go(rooms, 100, used, LP_SECOND + ten_minutes - 1);
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 2, 1);
	struct lp_member *next = join_with(rooms, &hello, PATH, 1, LP_SECOND + ten_minutes).member;
	assert_int_equal(next->peer, 2); /* the one that was given up first */
	lp_rooms_free(rooms);
}

static void N6_a_room_never_runs_out_of_ids(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(4, 1);
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 3, 1);
	static bool used[UINT16_MAX + 1];
	struct lp_member *keeper = client(rooms, 1);
	used[keeper->peer] = true;
	come_and_go(rooms, UINT16_MAX - 1, used, 0);
	/* all others are in quarantine: those go first that were given up first */
	for (unsigned id = 2; id < 100; id++) {
		struct lp_member *m = must_join(rooms, &hello);
		assert_int_equal(m->peer, id);
		leave(rooms, m);
	}
	/* after everybody has left, the next room starts again */
	assert_true(leave(rooms, keeper));
	assert_int_equal(must_join(rooms, &hello)->peer, 1);
	lp_rooms_free(rooms);
}

static void R7_ten_thousand_joins_and_leaves_leave_nothing_behind(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(64, 1);
	struct lp_member *in[64] = {client(rooms, 1000)};
	uint32_t random = 1;
	uint16_t last = in[0]->peer;
	size_t count = 1;
	for (int i = 0; i < 10000; i++) {
		random = random * 1664525 + 1013904223;
		size_t at = 1 + (random >> 16) % 63;
		if (in[at]) {
			assert_ptr_equal(lp_room_find(in[0]->room, &in[at]->mac), in[at]);
			leave(rooms, in[at]);
			in[at] = NULL;
			count--;
		} else {
			in[at] = client(rooms, (unsigned)at);
			assert_true(in[at]->peer > last);
			last = in[at]->peer;
			count++;
		}
		assert_int_equal(count_in(in[0]->room), count);
	}
	for (size_t i = 1; i < 64; i++) {
		struct lp_mac mac = player_mac((unsigned)i);
		assert_ptr_equal(lp_room_find(in[0]->room, &mac), in[i]);
	}
	lp_rooms_free(rooms);
}

static void one_source_cannot_take_all_rooms(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(2, 64);
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 1, 0);
	unsigned opened = 0;
	for (unsigned i = 1; i <= 64; i++) {
		hello.room_key[0] = (uint8_t)i;
		opened += join_from(rooms, &hello, 7, 1, 0).reject == -1;
	}
	assert_int_equal(opened, 48); /* 16, plus 32 while 16 or more rooms are free */
	hello.room_key[0] = 100;
	assert_int_equal(join_from(rooms, &hello, 7, 1, 0).reject, LP_REJECT_TOO_MANY_ROOMS);
	assert_int_equal(join_from(rooms, &hello, 8, 1, 0).reject, -1);
	/* everybody can join existing rooms */
	hello.mac = player_mac(2);
	assert_int_equal(join_from(rooms, &hello, 7, 1, 0).reject, -1);
	lp_rooms_free(rooms);
}

/* Returns the ids of the next count rooms. Each room is closed before the next is opened. */
static void open_rooms(struct lp_rooms *rooms, size_t count, uint32_t *ids)
{
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 1, 1);
	for (size_t i = 0; i < count; i++) {
		struct outcome o = join(rooms, &hello);
		assert_int_equal(o.reject, -1);
		ids[i] = lp_room_id(o.member->room);
		leave(rooms, o.member);
	}
}

static void several_registries_assign_different_ids(void **state)
{
	(void)state;
	static const struct {
		uint32_t first, step, ids[4];
		const char *why;
	} rows[] = {
		{0, 0, {1, 2, 3, 4}, "alone"},
		{1, 3, {1, 4, 7, 10}, "the first of three"},
		{3, 3, {3, 6, 9, 12}, "the third of three"},
		{UINT32_MAX - 2, 2, {UINT32_MAX - 2, UINT32_MAX, UINT32_MAX - 2, UINT32_MAX},
			"past the end it begins anew"},
		{UINT32_MAX, 3, {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}, "and at once"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct lp_room_config config = {.max_clients = 1,
			.max_rooms = 1,
			.first_id = rows[i].first,
			.id_step = rows[i].step};
		struct lp_rooms *rooms = lp_rooms_new(&config);
		uint32_t ids[4];
		assert_non_null(rooms);
		open_rooms(rooms, 4, ids);
		if (memcmp(ids, rows[i].ids, sizeof(ids)) != 0)
			fail_msg("%s: %u %u %u %u", rows[i].why, ids[0], ids[1], ids[2], ids[3]);
		lp_rooms_free(rooms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_source_cannot_take_all_rooms),
		cmocka_unit_test(R1_members_with_the_same_key_share_a_room),
		cmocka_unit_test(R1_an_invalid_hello_is_rejected_with_its_reason),
		cmocka_unit_test(R1_rooms_are_limited_and_a_closed_room_frees_its_slot),
		cmocka_unit_test(R2_clients_of_a_room_are_limited_and_the_gateway_does_not_count),
		cmocka_unit_test(R2_the_largest_room_accepts_all_its_clients),
		cmocka_unit_test(R3_a_room_has_one_gateway),
		cmocka_unit_test(R4_a_mac_is_unique_unless_the_resume_token_proves_the_same_member),
		cmocka_unit_test(R4_a_zero_token_proves_nothing_even_to_a_member_that_has_it),
		cmocka_unit_test(R4_a_resuming_member_can_enter_a_full_room),
		cmocka_unit_test(
			N1_the_macs_of_the_gateways_computer_and_router_are_taken_for_ever),
		cmocka_unit_test(R4_a_mac_seen_on_the_physical_lan_is_taken),
		cmocka_unit_test(R7_a_leave_takes_effect_at_once_and_the_last_one_closes_the_room),
		cmocka_unit_test(R7_what_a_gateway_taught_is_forgotten_when_it_leaves),
		cmocka_unit_test(several_registries_assign_different_ids),
		cmocka_unit_test(N6_an_id_is_used_again_after_ten_minutes),
		cmocka_unit_test(N6_a_room_never_runs_out_of_ids),
		cmocka_unit_test(R7_ten_thousand_joins_and_leaves_leave_nothing_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
