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
			struct harness *h = connecting(LP_ROLE_CLIENT);
			harness_connected(h);
			harness_forget(h);
			for (int i = 0; i <= 4; i++) {
				const struct lp_control m = welcome_of(1500);
				if (i == welcome_at)
					harness_say(h, 0, &m);
				if (i < 4)
					harness_say(h, 3 + 4 * at[i], &events[at[i]]);
			}
			assert_int_equal(h->count, 5);
			assert_int_equal(h->actions[0].kind, LP_TUNNEL_JOINED);
			assert_int_equal(h->actions[1].kind, LP_TUNNEL_PEER_JOINED);
			assert_int_equal(h->actions[1].member.peer, 11);
			assert_string_equal(h->actions[1].member.name, "you");
			assert_int_equal(h->actions[2].member.role, LP_ROLE_GATEWAY);
			assert_int_equal(h->actions[3].kind, LP_TUNNEL_PEER_LEFT);
			assert_int_equal(h->actions[3].peer_left.reason, LP_LEAVE_TIMED_OUT);
			assert_int_equal(h->actions[3].member.peer, 11);
			assert_string_equal(h->actions[3].member.name, "you");
			assert_int_equal(h->actions[4].member.peer, 13);
			/* the port learns only the clients */
			const struct lp_mac mac = player_mac(13);
			assert_int_equal(h->port.member_count, 1);
			assert_true(lp_mac_equal(&h->port.members[0], &mac));
			harness_free(h);
		}
	}
}

static void C8_a_missing_event_delays_the_rest(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_CLIENT);
	struct lp_control m = joined_event(3, 13, LP_ROLE_CLIENT);
	harness_forget(h);
	harness_event(h, &m);
	m = joined_event(1, 11, LP_ROLE_CLIENT);
	harness_event(h, &m);
	assert_int_equal(h->count, 1);
	assert_int_equal(h->actions[0].member.peer, 11);
	m = left_event(2, 11);
	harness_event(h, &m);
	assert_int_equal(h->count, 3);
	harness_free(h);
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
		struct harness *h = harness_in_room(LP_ROLE_CLIENT);
		struct lp_control early = left_event(9, 11);
		harness_joined(h, 11, LP_ROLE_CLIENT);
		harness_joined(h, 12, LP_ROLE_GATEWAY);
		harness_event(h, &early);
		harness_forget(h);
		harness_event(h, &rows[i].event);
		if (!harness_action(h, LP_TUNNEL_CLOSE, 0))
			fail_msg("%s", rows[i].why);
		assert_gave_up(h, LP_LEAVE_PROTOCOL_ERROR);
		assert_int_equal(h->port.downs, 1);
		harness_free(h);
	}
}

static void C8_bad_events_before_the_welcome_are_detected_with_it(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_CLIENT);
	struct lp_control m = joined_event(1, OWN_PEER, LP_ROLE_GATEWAY);
	harness_connected(h);
	harness_event(h, &m);
	assert_null(harness_action(h, LP_TUNNEL_CLOSE, 0));
	m = welcome_of(1500);
	harness_say(h, 0, &m);
	assert_gave_up(h, LP_LEAVE_PROTOCOL_ERROR);
	harness_free(h);
}

/* S5: a second gateway would bypass the filter, so the gateway does not accept it from the
 * relay. */
static void S5_a_gateway_rejects_another_gateway(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_GATEWAY);
	harness_joined(h, 12, LP_ROLE_GATEWAY);
	assert_gave_up(h, LP_LEAVE_PROTOCOL_ERROR);
	harness_free(h);
}

static void unknown_messages_are_ignored_and_malformed_ones_are_not(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_CLIENT);
	harness_stream(h, 3, (const uint8_t[]){0x3f, 1, 0}, 3, true);
	harness_stream(h, 1, "x", 1, true); /* an unexpected stream is ignored */
	assert_true(lp_tunnel_is_joined(h->tunnel));
	harness_stream(h, 7, (const uint8_t[]){LP_PEER_LEFT, 3, 1, 1, 1}, 5, true);
	assert_gave_up(h, LP_LEAVE_PROTOCOL_ERROR);
	harness_free(h);
}

static void incomplete_messages_of_the_relay_are_limited(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_CLIENT);
	for (int i = 0; i < 64; i++)
		harness_stream(h, 3 + 4 * i, (const uint8_t[]){LP_PEER_LEFT}, 1, false);
	assert_true(lp_tunnel_is_joined(h->tunnel));
	harness_stream(h, 3 + 4 * 64, (const uint8_t[]){LP_PEER_LEFT}, 1, false);
	assert_gave_up(h, LP_LEAVE_PROTOCOL_ERROR);
	harness_free(h);
}

static void early_events_are_bounded(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_CLIENT);
	for (uint64_t i = 0; i < 4096; i++) {
		const struct lp_control m = left_event(2 + i, 9);
		harness_event(h, &m);
	}
	assert_true(lp_tunnel_is_joined(h->tunnel));
	const struct lp_control m = left_event(9999, 9);
	harness_event(h, &m);
	assert_gave_up(h, LP_LEAVE_PROTOCOL_ERROR);
	harness_free(h);
}

static void link_status_belongs_to_its_member(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_CLIENT);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	harness_forget(h);
	struct lp_control m = {
		.type = LP_PEER_STATUS, .peer_status = {.sequence = 2, .peer = 11, .rtt_us = 5000}};
	harness_event(h, &m);
	m.peer_status.sequence = 3;
	m.peer_status.peer = OWN_PEER; /* the own status is reported too */
	harness_event(h, &m);
	assert_int_equal(h->count, 2);
	assert_int_equal(h->actions[0].kind, LP_TUNNEL_PEER_STATUS);
	assert_string_equal(h->actions[0].member.name, "you");
	assert_int_equal(h->actions[0].peer_status.rtt_us, 5000);
	assert_int_equal(h->actions[1].peer_status.peer, OWN_PEER);
	harness_free(h);
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
