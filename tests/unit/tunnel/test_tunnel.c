/* The tunnel's connection: joining, statistics, leaving. */
#include "tunnel_private.h"
#include "tunnel_unit.h"

static void the_first_message_is_a_hello_with_the_configuration(void **state)
{
	(void)state;
	const uint32_t router = IPV4(10, 0, 0, 1);
	struct lp_tunnel_config config = harness_config(LP_ROLE_GATEWAY);
	config.datagram_budget = 1200;
	config.mtu = 1400;
	config.mac = player_mac(1); /* gateways have no MAC */
	config.protected.ipv4[0] = router;
	config.protected.ipv4_count = 1;
	struct harness *h = harness_new(&config);
	harness_start(h);
	harness_connected(h);
	struct lp_hello hello = hello_sent(h);
	assert_int_equal(hello.role, LP_ROLE_GATEWAY);
	assert_int_equal(hello.version_min, LP_PROTOCOL_VERSION);
	assert_int_equal(hello.version_max, LP_PROTOCOL_VERSION);
	assert_int_equal(hello.room_key[0], 5);
	assert_int_equal(hello.opening[0], 6); /* H3 */
	assert_true(lp_mac_is_zero(&hello.mac));
	assert_string_equal(hello.name, "me");
	assert_int_equal(hello.datagram_budget, 1200);
	assert_int_equal(hello.mtu, 1400);
	assert_int_equal(hello.capabilities, LP_CAPS_KNOWN);
	assert_memory_equal(hello.software, "lanparty ", 9);
	assert_int_equal(hello.resume_token[0], 0);
	assert_int_equal(hello.protected.ipv4_count, 1);
	assert_int_equal(hello.protected.ipv4[0], router);
	harness_free(h);

	h = connecting(LP_ROLE_CLIENT);
	harness_connected(h);
	hello = hello_sent(h);
	const struct lp_mac mac = player_mac(OWN_PEER);
	assert_true(lp_mac_equal(&hello.mac, &mac));
	assert_int_equal(hello.datagram_budget, LP_DATAGRAM_MAX);
	assert_int_equal(hello.mtu, LP_ETH_MTU);
	harness_free(h);
}

static void a_welcome_brings_the_port_up_with_the_rooms_mtu(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_CLIENT);
	harness_connected(h);
	struct lp_control m = welcome_of(1400);
	harness_say(h, 0, &m);
	assert_true(lp_tunnel_is_joined(h->tunnel));
	assert_int_equal(h->port.ups, 1);
	assert_int_equal(h->port.mtu, 1400);
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_JOINED, 0);
	assert_non_null(a);
	assert_int_equal(a->welcome.peer, OWN_PEER);
	/* the end of the stream can arrive later */
	harness_stream(h, 0, NULL, 0, true);
	assert_true(lp_tunnel_is_joined(h->tunnel));
	harness_free(h);
}

static void a_welcome_in_pieces_is_accepted_before_its_stream_ends(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_CLIENT);
	struct lp_control m = welcome_of(1500);
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	size_t len = lp_control_encode(&m, bytes, sizeof(bytes));
	harness_connected(h);
	harness_stream(h, 0, bytes, 4, false);
	assert_false(lp_tunnel_is_joined(h->tunnel));
	harness_stream(h, 0, bytes + 4, len - 4, false);
	assert_true(lp_tunnel_is_joined(h->tunnel));
	harness_free(h);
}

static void R8_the_gateway_is_reported_unless_the_relay_is_older(void **state)
{
	(void)state;
	for (int yes = 0; yes < 2; yes++) {
		struct harness *h = connecting(LP_ROLE_CLIENT);
		struct lp_control m = welcome_of(1500);
		m.welcome.gateway_connected = yes;
		harness_connected(h);
		harness_say(h, 0, &m);
		assert_int_equal(
			harness_action(h, LP_TUNNEL_JOINED, 0)->welcome.gateway_connected, yes);
		harness_free(h);
	}
	struct harness *h = connecting(LP_ROLE_CLIENT);
	harness_connected(h);
	harness_stream(h, 0,
		(const uint8_t[]){LP_WELCOME, 13, 1, 1, 1, 2, 1, 1, 3, 1, 7, 4, 2, 0x45, 0xdc}, 15,
		true);
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_JOINED, 0);
	assert_non_null(a);
	assert_false(a->welcome.gateway_connected);
	assert_int_equal(a->welcome.mtu, 1500);
	assert_int_equal(a->welcome.keep_alive_ms, LP_KEEP_ALIVE_MS);
	harness_free(h);
}

static void anything_but_a_welcome_or_reject_ends_the_connection(void **state)
{
	(void)state;
	struct lp_control version = welcome_of(1500), small = welcome_of(575),
			  large = welcome_of(1401);
	const struct lp_control stats = {.type = LP_STATS};
	version.welcome.version = 2;
	const struct lp_control *messages[] = {&version, &small, &large, &stats};
	for (size_t i = 0; i < 5; i++) {
		struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
		config.mtu = 1400;
		struct harness *h = harness_new(&config);
		harness_start(h);
		harness_connected(h);
		if (i < 4)
			harness_say(h, 0, messages[i]);
		else
			harness_stream(h, 0, "HTTP/1.1 400 ", 13, true);
		assert_gave_up(h, LP_LEAVE_PROTOCOL_ERROR);
		assert_int_equal(h->port.ups, 0);
		harness_closed(h, true); /* the tunnel closed it: it connects again */
		assert_false(lp_tunnel_is_over(h->tunnel));
		harness_free(h);
	}
	struct harness *h = connecting(LP_ROLE_CLIENT);
	struct lp_control m = welcome_of(576);
	harness_connected(h);
	harness_say(h, 0, &m);
	assert_true(lp_tunnel_is_joined(h->tunnel));
	harness_say(h, 0, &m); /* a second welcome */
	assert_gave_up(h, LP_LEAVE_PROTOCOL_ERROR);
	assert_int_equal(h->port.downs, 1);
	harness_free(h);
}

static void a_relay_that_does_not_answer_the_hello_is_given_up(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_CLIENT);
	/* the handshake has its own timeout */
	assert_true(lp_tunnel_deadline(h->tunnel) == LP_NEVER);
	harness_connected(h);
	assert_int_equal(lp_tunnel_deadline(h->tunnel), h->now + LP_TUNNEL_WELCOME_TIMEOUT);
	harness_at(h, h->now + LP_TUNNEL_WELCOME_TIMEOUT - 1);
	assert_null(harness_action(h, LP_TUNNEL_CLOSE, 0));
	harness_at(h, h->now + 1);
	assert_gave_up(h, LP_LEAVE_TIMED_OUT);
	harness_closed(h, false);
	assert_non_null(harness_action(h, LP_TUNNEL_DISCONNECTED, 0));
	assert_false(lp_tunnel_is_over(h->tunnel));
	harness_free(h);
}

static void a_port_that_cannot_come_up_is_final(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_CLIENT);
	h->port.refuse_up = true;
	harness_join(h, 1500);
	assert_gave_up(h, LP_LEAVE_NORMAL);
	assert_null(harness_action(h, LP_TUNNEL_JOINED, 0));
	assert_int_equal(h->port.downs, 0);
	harness_closed(h, false);
	assert_true(harness_action(h, LP_TUNNEL_DISCONNECTED, 0)->final);
	assert_true(lp_tunnel_is_over(h->tunnel));
	harness_free(h);
}

static void a_reject_is_final_at_first_and_retried_after_a_join(void **state)
{
	(void)state;
	const struct {
		enum lp_reject_reason reason;
		bool joined_before, final;
	} rows[] = {
		{LP_REJECT_ROOM_FULL, false, true},
		{LP_REJECT_MAC_IN_USE, false, true},
		{LP_REJECT_VERSION, false, true},
		{LP_REJECT_MAC_IN_USE, true, false},
		{LP_REJECT_TOO_MANY_ROOMS, true, false},
		{LP_REJECT_VERSION, true, true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct harness *h = connecting(LP_ROLE_CLIENT);
		if (rows[i].joined_before) {
			harness_join(h, 1500);
			harness_closed(h, false);
			harness_at(h, lp_tunnel_deadline(h->tunnel));
		}
		harness_forget(h);
		harness_connected(h);
		const struct lp_control m = {
			.type = LP_REJECT, .reject = {.reason = rows[i].reason, .text = "no"}};
		harness_say(h, 0, &m);
		const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_REJECTED, 0);
		assert_non_null(a);
		assert_int_equal(a->reject.reason, rows[i].reason);
		assert_string_equal(a->reject.text, "no");
		assert_int_equal(a->final, rows[i].final);
		assert_gave_up(h, LP_LEAVE_NORMAL);
		harness_closed(h, false);
		a = harness_action(h, LP_TUNNEL_DISCONNECTED, 0);
		assert_int_equal(a->final, rows[i].final);
		assert_string_equal(a->text, "no");
		assert_int_equal(lp_tunnel_is_over(h->tunnel), rows[i].final);
		harness_free(h);
	}
}

static void C6_a_leave_sends_disconnect_and_waits_briefly_for_the_relay(void **state)
{
	(void)state;
	for (int relay_closes = 0; relay_closes < 2; relay_closes++) {
		struct harness *h = harness_in_room(LP_ROLE_CLIENT);
		harness_forget(h);
		lp_tunnel_leave(h->tunnel, h->now);
		harness_drain(h);
		assert_int_equal(h->count, 1);
		struct lp_control m;
		size_t used;
		assert_int_equal(h->actions[0].kind, LP_TUNNEL_MESSAGE);
		assert_int_equal(
			lp_control_decode(h->actions[0].bytes, h->actions[0].len, &m, &used),
			LP_OK);
		assert_int_equal(m.type, LP_DISCONNECT);
		assert_int_equal(m.disconnect.reason, LP_LEAVE_NORMAL);
		assert_int_equal(h->port.downs, 1);
		assert_false(lp_tunnel_is_over(h->tunnel));
		/* a second leave has no effect */
		lp_tunnel_leave(h->tunnel, h->now);
		/* events are ignored by now */
		harness_event(h, &(struct lp_control){.type = LP_STATS});
		harness_drain(h);
		assert_int_equal(h->count, 1);
		if (relay_closes) {
			harness_closed(h, false);
			assert_true(harness_action(h, LP_TUNNEL_DISCONNECTED, 0)->final);
		} else {
			assert_int_equal(
				lp_tunnel_deadline(h->tunnel), h->now + LP_TUNNEL_LEAVE_TIMEOUT);
			harness_at(h, h->now + LP_TUNNEL_LEAVE_TIMEOUT);
			assert_int_equal(
				harness_action(h, LP_TUNNEL_CLOSE, 0)->leave, LP_LEAVE_NORMAL);
		}
		assert_true(lp_tunnel_is_over(h->tunnel));
		assert_true(lp_tunnel_deadline(h->tunnel) == LP_NEVER);
		assert_int_equal(h->port.downs, 1);
		harness_closed(h, false);
		assert_null(harness_action(h, LP_TUNNEL_CONNECT, 0));
		harness_free(h);
	}
}

static void leaving_before_or_between_joins_ends_at_once(void **state)
{
	(void)state;
	enum { IDLE, CONNECTING, HELLO, GIVING_UP, WAITING };
	for (int at = IDLE; at <= WAITING; at++) {
		const struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
		struct harness *h = harness_new(&config);
		if (at >= CONNECTING)
			harness_start(h);
		if (at >= HELLO)
			harness_connected(h);
		if (at >= GIVING_UP)
			harness_at(h, h->now + LP_TUNNEL_WELCOME_TIMEOUT);
		if (at >= WAITING)
			harness_closed(h, false);
		harness_forget(h);
		lp_tunnel_leave(h->tunnel, h->now);
		harness_drain(h);
		assert_true(lp_tunnel_is_over(h->tunnel));
		assert_int_equal(h->count, at == CONNECTING || at == HELLO);
		if (h->count)
			assert_int_equal(h->actions[0].kind, LP_TUNNEL_CLOSE);
		assert_true(lp_tunnel_deadline(h->tunnel) == LP_NEVER);
		harness_at(h, h->now + 60 * LP_SECOND);
		harness_closed(h, false);
		assert_null(harness_action(h, LP_TUNNEL_CONNECT, 0));
		harness_free(h);
	}
}

static void C5_statistics_are_sent_every_ten_seconds(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_CLIENT);
	uint8_t f[FRAME_CAP];
	size_t len =
		frame_udp(f, player_mac(11), player_mac(OWN_PEER), 0x0a000001, 0x0a000002, 5, 100);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	harness_frame(h, f, len);
	harness_frame(h, f, 5);
	len = frame_udp(f, player_mac(OWN_PEER), player_mac(11), 0x0a000001, 0x0a000002, 5, 200);
	harness_forwarded(h, 11, f, len);
	harness_forwarded(h, 12, f, len);
	for (int i = 1; i <= 3; i++) {
		harness_forget(h);
		harness_at(h, LP_SECOND + (lp_time)i * LP_TUNNEL_STATS_INTERVAL - 1);
		assert_int_equal(h->count, 0);
		harness_at(h, h->now + 1);
		struct lp_control m;
		size_t used;
		assert_int_equal(h->count, 1);
		assert_int_equal(h->actions[0].kind, LP_TUNNEL_MESSAGE);
		assert_int_equal(
			lp_control_decode(h->actions[0].bytes, h->actions[0].len, &m, &used),
			LP_OK);
		assert_int_equal(m.type, LP_STATS);
		assert_int_equal(m.stats.tx_frames, 1);
		assert_int_equal(m.stats.tx_bytes, 100);
		assert_int_equal(m.stats.tx_drops[LP_DROP_ETHERNET], 1);
		assert_int_equal(m.stats.rx_frames, 1);
		assert_int_equal(m.stats.rx_bytes, 200);
		assert_int_equal(m.stats.rx_drops[LP_DROP_WRONG_PEER], 1);
	}
	harness_free(h);
}

static void the_longest_statistics_fit_an_action(void **state)
{
	(void)state;
	struct lp_control m = {.type = LP_STATS};
	uint8_t bytes[LP_TUNNEL_BYTES];
	m.stats.tx_frames = m.stats.tx_bytes = m.stats.rx_frames = LP_VARINT_MAX;
	m.stats.rx_bytes = LP_VARINT_MAX;
	for (size_t i = 0; i < LP_DROP_COUNT; i++)
		m.stats.tx_drops[i] = m.stats.rx_drops[i] = LP_VARINT_MAX;
	assert_in_range(lp_control_encode(&m, bytes, sizeof(bytes)), 1, sizeof(bytes));
}

static bool holds(const struct lp_tunnel *t, const uint8_t *secret)
{
	const uint8_t *bytes = (const uint8_t *)t->actions;
	for (size_t i = 0; i + 16 <= t->action_cap * sizeof(*t->actions); i++)
		if (memcmp(bytes + i, secret, 16) == 0)
			return true;
	return false;
}

static void actions_that_were_taken_hold_no_secret(void **state)
{
	(void)state;
	struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
	struct lp_control m = welcome_of(1500);
	memset(config.room_key, 0xb7, sizeof(config.room_key));
	memset(m.welcome.resume_token, 0x5a, sizeof(m.welcome.resume_token));
	struct harness *h = harness_new(&config);
	harness_start(h);
	harness_connected(h);
	assert_int_equal(hello_sent(h).room_key[0], 0xb7);
	assert_false(holds(h->tunnel, config.room_key));
	harness_say(h, 0, &m);
	const struct lp_tunnel_action *joined = harness_action(h, LP_TUNNEL_JOINED, 0);
	assert_int_equal(joined->welcome.resume_token[0], 0x5a);
	assert_true(h->tunnel->action_cap > 0);
	assert_false(holds(h->tunnel, m.welcome.resume_token));
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_message_is_a_hello_with_the_configuration),
		cmocka_unit_test(a_welcome_brings_the_port_up_with_the_rooms_mtu),
		cmocka_unit_test(a_welcome_in_pieces_is_accepted_before_its_stream_ends),
		cmocka_unit_test(R8_the_gateway_is_reported_unless_the_relay_is_older),
		cmocka_unit_test(anything_but_a_welcome_or_reject_ends_the_connection),
		cmocka_unit_test(a_relay_that_does_not_answer_the_hello_is_given_up),
		cmocka_unit_test(a_port_that_cannot_come_up_is_final),
		cmocka_unit_test(a_reject_is_final_at_first_and_retried_after_a_join),
		cmocka_unit_test(C6_a_leave_sends_disconnect_and_waits_briefly_for_the_relay),
		cmocka_unit_test(leaving_before_or_between_joins_ends_at_once),
		cmocka_unit_test(C5_statistics_are_sent_every_ten_seconds),
		cmocka_unit_test(the_longest_statistics_fit_an_action),
		cmocka_unit_test(actions_that_were_taken_hold_no_secret),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
