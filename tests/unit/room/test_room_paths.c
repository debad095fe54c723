/* What fits: a room's MTU, what its members can carry, and who receives a frame. */
#include "room_unit.h"

static void R5_the_first_member_sets_the_mtu_and_later_ones_must_support_it(void **state)
{
	(void)state;
	const struct {
		uint64_t first, later;
		int reject;
	} rows[] = {
		{1500, 1500, -1},
		{1500, 1499, LP_REJECT_MTU},
		{1400, 1400, -1},
		{1400, 1500, -1},
		{1400, 1399, LP_REJECT_MTU},
		{576, 576, -1},
		{9000, 1500, -1},
		{1500, 9000, -1},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_rooms *rooms = rooms_with(4, 1);
		struct lp_hello first = hello_of(LP_ROLE_CLIENT, 1, 1);
		struct lp_hello later = hello_of(LP_ROLE_CLIENT, 2, 1);
		first.mtu = rows[i].first;
		later.mtu = rows[i].later;
		struct lp_member *m = must_join(rooms, &first);
		uint16_t mtu = lp_room_mtu(m->room);
		assert_int_equal(mtu, rows[i].first < 1500 ? rows[i].first : 1500);
		assert_int_equal(join(rooms, &later).reject, rows[i].reject);
		assert_int_equal(lp_room_mtu(m->room), mtu); /* it never shrinks */
		lp_rooms_free(rooms);
	}
}

static void R5_R6_budget_path_and_fragments_determine_the_mtu(void **state)
{
	(void)state;
	const struct {
		uint64_t budget;
		size_t path;
		bool fragments;
		uint16_t mtu; /* 0: rejected */
		const char *why;
	} rows[] = {
		{1522, 1522, false, 1500, "the largest frame fits whole"},
		{1521, 1522, false, 1499, "a byte less: the budget"},
		{1522, 1521, false, 1499, "a byte less: the path (R6)"},
		{1200, 1400, false, 1178, "the budget is what counts"},
		{1400, 1200, false, 1178, "the path is what counts (R6)"},
		{UINT64_MAX, 1200, false, 1178, "any budget (R6)"},
		{1522, 1522, true, 1500, "fragments are not needed"},
		{1200, 1200, true, 1500, "in fragments it fits"},
		{769, 1200, true, 1500, "the least that is enough for all"},
		{768, 1200, true, 1498, "a byte less"},
		{1200, 768, true, 1498, "a byte less: the path (R6)"},
		{598, 1200, false, 576, "the smallest room, whole"},
		{597, 1200, false, 0, "a byte less"},
		{1200, 597, false, 0, "a byte less: the path (R6)"},
		{307, 1200, true, 576, "the smallest room, in fragments"},
		{306, 1200, true, 0, "a byte less"},
		{12, 1200, true, 0, "a header"},
		{8, 1200, false, 0, "a header"},
		{0, 1200, true, 0, "nothing"},
		{1200, 0, true, 0, "a connection without datagrams (R6)"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_rooms *rooms = rooms_with(4, 1);
		struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 1, 1);
		hello.datagram_budget = rows[i].budget;
		hello.capabilities = rows[i].fragments ? UINT64_MAX : ~(uint64_t)LP_CAP_FRAGMENTS;
		struct outcome o = join_with(rooms, &hello, rows[i].path, 1, 0);
		if (o.reject != (rows[i].mtu ? -1 : LP_REJECT_MTU) ||
			(o.member && lp_room_mtu(o.member->room) != rows[i].mtu))
			fail_msg("%s", rows[i].why);
		if (o.member) {
			size_t len = (size_t)LP_ETH_HEADER + rows[i].mtu;
			assert_true(lp_member_carries(o.member, len));
			assert_int_equal(o.member->capabilities,
				rows[i].fragments ? LP_CAPS_KNOWN
						  : LP_CAPS_KNOWN & ~LP_CAP_FRAGMENTS);
		}
		lp_rooms_free(rooms);
	}
}

static void F5_a_members_limit_follows_its_path_up_to_its_budget(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(4, 1);
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 1, 1);
	hello.capabilities = 0;
	hello.datagram_budget = 1300;
	struct lp_member *m = must_join(rooms, &hello);
	assert_true(lp_member_carries(m, 1292));
	assert_false(lp_member_carries(m, 1293));
	lp_member_set_path(m, 1100);
	assert_true(lp_member_carries(m, 1092));
	assert_false(lp_member_carries(m, 1093));
	lp_member_set_path(m, 1500);
	assert_true(lp_member_carries(m, 1292));
	assert_false(lp_member_carries(m, 1293));
	lp_member_set_path(m, 3);
	assert_false(lp_member_carries(m, LP_ETH_HEADER));
	lp_rooms_free(rooms);
}

/* The recipients of frames in a room of two clients with all capabilities, one with a narrow path,
 * and in some cases a gateway. */
static void F2_F3_F5_every_frame_reaches_its_recipients(void **state)
{
	(void)state;
	enum { ONE, TWO, NARROW, GATEWAY, NOBODY };
	const struct lp_mac unknown = host_mac(9), lan = host_mac(1),
			    group = {{1, 0, 0x5e, 0, 0, 1}};
	const struct {
		const char *what;
		int from;
		struct lp_mac dst;
		size_t len;
		bool gateway;
		enum lp_action action;
		enum lp_drop drop;
		size_t count, skipped;
		int to; /* the recipient, if it is only one */
		bool known;
	} rows[] = {
		{"client to client", ONE, player_mac(2), 1000, true, LP_ACTION_UNICAST,
			LP_DROP_NONE, 1, 0, TWO, true},
		{"client to itself (F2)", ONE, player_mac(1), 1000, true, LP_ACTION_DROP,
			LP_DROP_NO_TARGET, 0, 0, NOBODY, true},
		{"client to a narrow one (F5)", ONE, player_mac(3), 1000, true, LP_ACTION_DROP,
			LP_DROP_TOO_BIG, 0, 1, NOBODY, true},
		{"a small frame to the narrow one", ONE, player_mac(3), 592, true,
			LP_ACTION_UNICAST, LP_DROP_NONE, 1, 0, NARROW, true},
		{"client to the LAN (F3)", ONE, unknown, 1000, true, LP_ACTION_GATEWAY,
			LP_DROP_NONE, 1, 0, GATEWAY, false},
		{"client to a station seen there", ONE, lan, 1000, true, LP_ACTION_GATEWAY,
			LP_DROP_NONE, 1, 0, GATEWAY, true},
		{"client to nobody", ONE, unknown, 1000, false, LP_ACTION_DROP, LP_DROP_NO_TARGET,
			0, 0, NOBODY, false},
		{"client to all", ONE, BROADCAST, 100, true, LP_ACTION_FLOOD, LP_DROP_NONE, 3, 0,
			NOBODY, false},
		{"client to a group", ONE, group, 100, true, LP_ACTION_FLOOD, LP_DROP_NONE, 3, 0,
			NOBODY, false},
		{"client to all, a narrow one among them (F5)", ONE, BROADCAST, 1000, true,
			LP_ACTION_FLOOD, LP_DROP_NONE, 2, 1, NOBODY, false},
		{"gateway to client", GATEWAY, player_mac(1), 1000, true, LP_ACTION_UNICAST,
			LP_DROP_NONE, 1, 0, ONE, true},
		{"gateway to all", GATEWAY, BROADCAST, 100, true, LP_ACTION_FLOOD, LP_DROP_NONE, 3,
			0, NOBODY, false},
		{"gateway to nobody here (F3)", GATEWAY, unknown, 1000, true, LP_ACTION_DROP,
			LP_DROP_UNKNOWN_UNICAST, 0, 0, NOBODY, false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_rooms *rooms = rooms_with(4, 1);
		struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 3, 1);
		struct lp_member *in[4] = {client(rooms, 1), client(rooms, 2)};
		static struct lp_member *targets[LP_MAX_MEMBERS];
		in[NARROW] = must_join(rooms, &hello);
		in[NARROW]->capabilities = 0;
		lp_member_set_path(in[NARROW], 600);
		if (rows[i].gateway) {
			in[GATEWAY] = gateway(rooms);
			lp_neighbours_see(lp_room_neighbours(in[ONE]->room), &lan, 0);
		}
		const struct lp_eth eth = {rows[i].dst, in[rows[i].from]->mac, LP_ETHERTYPE_IPV4};
		struct lp_route route =
			lp_room_route(in[rows[i].from], &eth, rows[i].len, 1, targets);
		if (route.action != rows[i].action || route.drop != rows[i].drop ||
			route.count != rows[i].count || route.skipped != rows[i].skipped ||
			route.known != rows[i].known)
			fail_msg("%s: %s %s %u %u", rows[i].what, lp_action_text(route.action),
				lp_drop_text(route.drop), (unsigned)route.count,
				(unsigned)route.skipped);
		if (rows[i].to != NOBODY)
			assert_ptr_equal(targets[0], in[rows[i].to]);
		for (size_t k = 0; k < route.count; k++)
			assert_ptr_not_equal(targets[k], in[rows[i].from]); /* F2 */
		lp_rooms_free(rooms);
	}
}

static void a_broadcast_without_targets_is_dropped_and_to_narrow_paths_only_is_too_big(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(4, 1);
	struct lp_member *targets[4], *a = client(rooms, 1);
	const struct lp_eth eth = {BROADCAST, a->mac, LP_ETHERTYPE_IPV4};
	struct lp_route route = lp_room_route(a, &eth, 1000, 0, targets);
	assert_int_equal(route.drop, LP_DROP_NO_TARGET);
	lp_member_set_path(client(rooms, 2), 100);
	route = lp_room_route(a, &eth, 1000, 0, targets);
	assert_int_equal(route.drop, LP_DROP_TOO_BIG);
	assert_int_equal(route.skipped, 1);
	assert_int_equal(route.action, LP_ACTION_DROP);
	lp_rooms_free(rooms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R5_the_first_member_sets_the_mtu_and_later_ones_must_support_it),
		cmocka_unit_test(R5_R6_budget_path_and_fragments_determine_the_mtu),
		cmocka_unit_test(F5_a_members_limit_follows_its_path_up_to_its_budget),
		cmocka_unit_test(F2_F3_F5_every_frame_reaches_its_recipients),
		cmocka_unit_test(
			a_broadcast_without_targets_is_dropped_and_to_narrow_paths_only_is_too_big),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
