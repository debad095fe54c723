/* How a tunnel handles the relay's events (row C8), and which events it rejects. */
#include "tunnel_unit.h"

static void C8_events_are_applied_in_order_whatever_their_arrival_order(void **state)
{
	(void)state;
	const struct lp_control events[4] = {joined_event(1, 11, LP_ROLE_CLIENT),
		joined_event(2, 12, LP_ROLE_GATEWAY), left_event(3, 11),
		joined_event(4, 13, LP_ROLE_CLIENT)};
	for (int order = 0; order < 256; order++) {
		int at[4] = {order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6};
		if ((1 << at[0] | 1 << at[1] | 1 << at[2] | 1 << at[3]) != 15)
			continue; /* not a permutation */
		for (int welcome_at = 0; welcome_at <= 4; welcome_at++) {
			struct line *l = connecting(LP_ROLE_CLIENT);
			line_connected(l);
			line_forget(l);
			for (int i = 0; i <= 4; i++) {
				const struct lp_control m = welcome_of(1500);
				if (i == welcome_at)
					line_say(l, 0, &m);
				if (i < 4)
					line_say(l, 3 + 4 * at[i], &events[at[i]]);
			}
			assert_int_equal(l->count, 5);
			assert_int_equal(l->actions[0].kind, LP_TUNNEL_JOINED);
			assert_int_equal(l->actions[1].kind, LP_TUNNEL_PEER_JOINED);
			assert_int_equal(l->actions[1].member.peer, 11);
			assert_string_equal(l->actions[1].member.name, "you");
			assert_int_equal(l->actions[2].member.role, LP_ROLE_GATEWAY);
			assert_int_equal(l->actions[3].kind, LP_TUNNEL_PEER_LEFT);
			assert_int_equal(l->actions[3].peer_left.reason, LP_LEAVE_TIMED_OUT);
			assert_int_equal(l->actions[3].member.peer, 11);
			assert_string_equal(l->actions[3].member.name, "you");
			assert_int_equal(l->actions[4].member.peer, 13);
			/* the port learns only the clients */
			const struct lp_mac mac = player_mac(13);
			assert_int_equal(l->port.member_count, 1);
			assert_true(lp_mac_equal(&l->port.members[0], &mac));
			line_free(l);
		}
	}
}

static void C8_a_missing_event_delays_the_rest(void **state)
{
	(void)state;
	struct line *l = line_in_room(LP_ROLE_CLIENT);
	struct lp_control m = joined_event(3, 13, LP_ROLE_CLIENT);
	line_forget(l);
	line_event(l, &m);
	m = joined_event(1, 11, LP_ROLE_CLIENT);
	line_event(l, &m);
	assert_int_equal(l->count, 1);
	assert_int_equal(l->actions[0].member.peer, 11);
	m = left_event(2, 11);
	line_event(l, &m);
	assert_int_equal(l->count, 3);
	line_free(l);
}

static void C8_events_that_break_the_protocol_end_the_connection(void **state)
{
	(void)state;
	struct lp_control own_mac = joined_event(3, 99, LP_ROLE_CLIENT);
	struct lp_control same_mac = joined_event(3, 99, LP_ROLE_CLIENT);
	struct lp_control group_mac = joined_event(3, 99, LP_ROLE_CLIENT);
	struct lp_control zero_mac = joined_event(3, 99, LP_ROLE_CLIENT);
	own_mac.peer_joined.mac = player_mac(OWN_PEER);
	same_mac.peer_joined.mac = player_mac(11);
	group_mac.peer_joined.mac = BROADCAST;
	memset(&zero_mac.peer_joined.mac, 0, 6);
	const struct {
		struct lp_control event;
		const char *why;
	} rows[] = {
		{joined_event(2, 99, LP_ROLE_CLIENT), "the same number again"},
		{joined_event(0, 99, LP_ROLE_CLIENT), "number 0"},
		{joined_event(9, 99, LP_ROLE_CLIENT), "the same early number again"},
		{joined_event(3, 11, LP_ROLE_CLIENT), "the same peer again"},
		{joined_event(3, OWN_PEER, LP_ROLE_CLIENT), "oneself"},
		{joined_event(3, 99, LP_ROLE_GATEWAY), "a second gateway"},
		{own_mac, "one's own MAC"},
		{same_mac, "another's MAC"},
		{group_mac, "a group's MAC"},
		{zero_mac, "no MAC"},
		{left_event(3, 99), "somebody leaves who was not there"},
		{{.type = LP_WELCOME, .welcome = {.version = 1, .room = 1, .peer = 1, .mtu = 1500}},
			"a welcome out of place"},
		{{.type = LP_STATS}, "a peer's message"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct line *l = line_in_room(LP_ROLE_CLIENT);
		struct lp_control early = left_event(9, 11);
		line_joined(l, 11, LP_ROLE_CLIENT);
		line_joined(l, 12, LP_ROLE_GATEWAY);
		line_event(l, &early);
		line_forget(l);
		line_event(l, &rows[i].event);
		if (!line_action(l, LP_TUNNEL_CLOSE, 0))
			fail_msg("%s", rows[i].why);
		assert_gave_up(l, LP_LEAVE_PROTOCOL_ERROR);
		assert_int_equal(l->port.downs, 1);
		line_free(l);
	}
}

static void C8_bad_events_before_the_welcome_are_detected_with_it(void **state)
{
	(void)state;
	struct line *l = connecting(LP_ROLE_CLIENT);
	struct lp_control m = joined_event(1, OWN_PEER, LP_ROLE_GATEWAY);
	line_connected(l);
	line_event(l, &m);
	assert_null(line_action(l, LP_TUNNEL_CLOSE, 0));
	m = welcome_of(1500);
	line_say(l, 0, &m);
	assert_gave_up(l, LP_LEAVE_PROTOCOL_ERROR);
	line_free(l);
}

/* S5: a second gateway would bypass the filter, so the gateway does not accept it from the
 * relay. */
static void S5_a_gateway_rejects_another_gateway(void **state)
{
	(void)state;
	struct line *l = line_in_room(LP_ROLE_GATEWAY);
	line_joined(l, 12, LP_ROLE_GATEWAY);
	assert_gave_up(l, LP_LEAVE_PROTOCOL_ERROR);
	line_free(l);
}

static void unknown_messages_are_ignored_and_malformed_ones_are_not(void **state)
{
	(void)state;
	struct line *l = line_in_room(LP_ROLE_CLIENT);
	line_stream(l, 3, (const uint8_t[]){0x3f, 1, 0}, 3, true);
	line_stream(l, 1, "x", 1, true); /* an unexpected stream is ignored */
	assert_true(lp_tunnel_is_joined(l->tunnel));
	line_stream(l, 7, (const uint8_t[]){LP_PEER_LEFT, 3, 1, 1, 1}, 5, true);
	assert_gave_up(l, LP_LEAVE_PROTOCOL_ERROR);
	line_free(l);
}

static void incomplete_messages_of_the_relay_are_limited(void **state)
{
	(void)state;
	struct line *l = line_in_room(LP_ROLE_CLIENT);
	for (int i = 0; i < 64; i++)
		line_stream(l, 3 + 4 * i, (const uint8_t[]){LP_PEER_LEFT}, 1, false);
	assert_true(lp_tunnel_is_joined(l->tunnel));
	line_stream(l, 3 + 4 * 64, (const uint8_t[]){LP_PEER_LEFT}, 1, false);
	assert_gave_up(l, LP_LEAVE_PROTOCOL_ERROR);
	line_free(l);
}

static void early_events_are_bounded(void **state)
{
	(void)state;
	struct line *l = line_in_room(LP_ROLE_CLIENT);
	for (uint64_t i = 0; i < 4096; i++) {
		const struct lp_control m = left_event(2 + i, 9);
		line_event(l, &m);
	}
	assert_true(lp_tunnel_is_joined(l->tunnel));
	const struct lp_control m = left_event(9999, 9);
	line_event(l, &m);
	assert_gave_up(l, LP_LEAVE_PROTOCOL_ERROR);
	line_free(l);
}

static void link_status_belongs_to_its_member(void **state)
{
	(void)state;
	struct line *l = line_in_room(LP_ROLE_CLIENT);
	line_joined(l, 11, LP_ROLE_CLIENT);
	line_forget(l);
	struct lp_control m = {
		.type = LP_PEER_STATUS, .peer_status = {.sequence = 2, .peer = 11, .rtt_us = 5000}};
	line_event(l, &m);
	m.peer_status.sequence = 3;
	m.peer_status.peer = OWN_PEER; /* the own status is reported too */
	line_event(l, &m);
	assert_int_equal(l->count, 2);
	assert_int_equal(l->actions[0].kind, LP_TUNNEL_PEER_STATUS);
	assert_string_equal(l->actions[0].member.name, "you");
	assert_int_equal(l->actions[0].peer_status.rtt_us, 5000);
	assert_int_equal(l->actions[1].peer_status.peer, OWN_PEER);
	line_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(C8_events_are_applied_in_order_whatever_their_arrival_order),
		cmocka_unit_test(C8_a_missing_event_delays_the_rest),
		cmocka_unit_test(C8_events_that_break_the_protocol_end_the_connection),
		cmocka_unit_test(C8_bad_events_before_the_welcome_are_detected_with_it),
		cmocka_unit_test(S5_a_gateway_rejects_another_gateway),
		cmocka_unit_test(unknown_messages_are_ignored_and_malformed_ones_are_not),
		cmocka_unit_test(incomplete_messages_of_the_relay_are_limited),
		cmocka_unit_test(early_events_are_bounded),
		cmocka_unit_test(link_status_belongs_to_its_member),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
