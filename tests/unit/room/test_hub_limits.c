/* Rows L3, N6: what dropped frames cost, and what the hub tells those whom a limit concerns. */
#include "hub_unit.h"

/* Says hello for a room of its own. */
static void ask_for_room(struct relay *r, int i, uint8_t room)
{
	struct lp_control m = peer_hello(i, LP_ROLE_CLIENT);
	m.hello.room_key[0] = room;
	peer_open(r, i, RELAY_PATH);
	peer_say(r, i, 0, &m);
}

static void N6_refusals_by_a_limit_look_alike_and_ask_to_wait(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	config.rooms.limits.join_rate = 1;
	config.rooms.limits.join_burst = 6;
	config.rooms.limits.open_rate = 2;
	struct relay *r = with_config(&config, 1, 2);
	ask_for_room(r, 3, 7);
	assert_true(r->peers[3].welcomed);
	ask_for_room(r, 4, 8); /* a third new room */
	ask_for_room(r, 5, 1); /* a room that exists, after that */
	ask_for_room(r, 6, 1);
	ask_for_room(r, 7, 1); /* a seventh join */
	for (int i = 4; i <= 7; i++)
		assert_int_equal(r->peers[i].reject, LP_REJECT_BUSY);
	assert_non_null(strstr(lp_reject_text(LP_REJECT_BUSY), "waiting"));
	relay_at(r, r->now + 60 * LP_SECOND);
	peer_join(r, 8);
	assert_true(r->peers[8].welcomed);
	relay_free(r);
}

static void N6_who_gives_way_is_told_and_its_room_is_closed(void **state)
{
	(void)state;
	for (int connected = 0; connected < 2; connected++) {
		struct lp_hub_config config = relay_config();
		config.rooms.max_rooms = 1;
		struct relay *r = with_config(&config, 1, 1);
		relay_at(r, r->now + LP_ROOM_SILENT - 1);
		ask_for_room(r, 2, 7);
		assert_int_equal(r->peers[2].reject, LP_REJECT_TOO_MANY_ROOMS);
		if (!connected)
			peer_closed(r, 1, LP_LEAVE_TIMED_OUT);
		relay_forget(r);
		relay_at(r, r->now + 1);
		ask_for_room(r, 3, 8);
		assert_true(r->peers[3].welcomed);
		assert_int_equal(r->peers[1].closed, connected);
		assert_int_equal(r->log[0].kind, LP_HUB_LEFT);
		assert_true(r->log[0].room_closed);
		assert_int_equal(relay_counters(r).rooms, 1);
		assert_int_equal(relay_counters(r).members, 1);
		relay_free(r);
	}
}

static void N6_a_member_that_sends_frames_keeps_its_room(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	config.rooms.max_rooms = 1;
	struct relay *r = with_config(&config, 1, 1);
	relay_at(r, r->now + LP_ROOM_SILENT);
	send_udp(r, 1, host_mac(1), 64);
	ask_for_room(r, 2, 7);
	assert_int_equal(r->peers[2].reject, LP_REJECT_TOO_MANY_ROOMS);
	relay_at(r, r->now + LP_ROOM_SILENT);
	ask_for_room(r, 3, 7);
	assert_true(r->peers[3].welcomed);
	relay_free(r);
}

/* Frames for nobody, and those that a bucket stops, cost the relay as much as others. */
static void L3_N6_every_dropped_frame_is_charged_once(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	config.rooms.limits = (struct lp_limits){.client_rate = 1,
		.client_burst = 1060,
		.broadcast_rate = 1,
		.broadcast_burst = 0,
		.unknown_rate = 1,
		.unknown_burst = 0};
	const struct {
		struct lp_mac to;
		size_t path; /* of the second client */
		enum lp_drop drop;
	} rows[] = {
		{player_mac(1), RELAY_PATH, LP_DROP_NO_TARGET},
		{player_mac(2), 50, LP_DROP_TOO_BIG},
		{player_mac(2), 0, LP_DROP_NO_TARGET},
		{BROADCAST, RELAY_PATH, LP_DROP_BROADCAST_RATE},
		{host_mac(3), RELAY_PATH, LP_DROP_UNKNOWN_RATE},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct relay *r = with_config(&config, 0, 2);
		peer_path(r, 2, rows[i].path);
		for (int k = 0; k < 10; k++)
			assert_dropped(send_udp(r, 1, rows[i].to, 100), rows[i].drop);
		assert_dropped(send_udp(r, 1, rows[i].to, 100), LP_DROP_BYTE_RATE);
		peer_path(r, 2, RELAY_PATH);
		assert_passed(send_udp(r, 1, player_mac(2), 60), LP_ACTION_UNICAST, 1);
		relay_free(r);
	}
}

static struct lp_room_list *list_with_rate(uint64_t rate)
{
	const struct lp_control hello = peer_hello(1, LP_ROLE_CLIENT);
	struct lp_room_list *list = lp_room_list_new(1);
	assert_non_null(list);
	memcpy(list->rooms[0].key, hello.hello.room_key, LP_ROOM_KEY_SIZE);
	list->rooms[0].has_rate = rate > 0;
	list->rooms[0].rate = rate;
	return list;
}

static void H3_members_are_told_of_a_limit_that_has_changed(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	config.rooms.limits.client_rate = 1000;
	config.rooms.limits.client_burst = 2000;
	struct relay *r = with_config(&config, 0, 2);
	relay_forget(r);
	lp_hub_permit(r->hub, list_with_rate(0), r->now);
	relay_drain(r);
	assert_int_equal(r->peers[1].count, 0);
	lp_hub_permit(r->hub, list_with_rate(54321), r->now);
	relay_drain(r);
	for (int i = 0; i <= 2; i++) {
		const struct lp_peer_status *s = &r->peers[i].messages[0].peer_status;
		assert_int_equal(r->peers[i].count, 1);
		assert_int_equal(r->peers[i].messages[0].type, LP_PEER_STATUS);
		assert_int_equal(s->peer, r->peers[i].welcome.peer);
		assert_int_equal(s->byte_rate, i == 0 ? 16 * 54321 : 54321);
		assert_int_equal(s->byte_burst, i == 0 ? 16 * 2000 : 2000);
	}
	relay_forget(r);
	lp_hub_permit(r->hub, list_with_rate(54321), r->now);
	relay_drain(r);
	assert_int_equal(r->peers[1].count, 0);
	relay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N6_refusals_by_a_limit_look_alike_and_ask_to_wait),
		cmocka_unit_test(N6_who_gives_way_is_told_and_its_room_is_closed),
		cmocka_unit_test(N6_a_member_that_sends_frames_keeps_its_room),
		cmocka_unit_test(H3_members_are_told_of_a_limit_that_has_changed),
		cmocka_unit_test(L3_N6_every_dropped_frame_is_charged_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
