/* The relay's control side: who joins, who is told, and who is disconnected. */
#include "hub_unit.h"

static const struct lp_control disconnect = {
	.type = LP_DISCONNECT, .disconnect = {.reason = LP_LEAVE_SHUTDOWN}};

/* C2, C4: both sides are told of a join, with everything that is known of the newcomer. */
static void C2_C4_every_member_is_told_of_every_other_once(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 5);
	for (int i = 0; i <= 5; i++) {
		bool heard[6] = {0};
		assert_int_equal(r->peers[i].count, 5);
		for (size_t k = 0; k < 5; k++) {
			const struct lp_control *m = &r->peers[i].messages[k];
			assert_int_equal(m->type, LP_PEER_JOINED);
			assert_int_equal(m->peer_joined.sequence, k + 1);
			int who = m->peer_joined.peer - 1;
			assert_false(heard[who] || who == i);
			heard[who] = true;
			assert_int_equal(
				m->peer_joined.role, who ? LP_ROLE_CLIENT : LP_ROLE_GATEWAY);
			if (who)
				assert_true(lp_mac_equal(&m->peer_joined.mac, &r->peers[who].mac));
			assert_string_equal(m->peer_joined.name, "someone");
		}
	}
	relay_free(r);
}

static void C2_other_rooms_are_told_nothing(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	struct lp_control m = peer_hello(3, LP_ROLE_CLIENT);
	m.hello.room_key[0] = 9;
	peer_open(r, 3, RELAY_PATH);
	peer_say(r, 3, 0, &m);
	assert_true(r->peers[3].welcomed);
	assert_int_equal(r->peers[3].count, 0);
	assert_int_equal(r->peers[1].count, 1);
	assert_int_equal(relay_counters(r).rooms, 2);
	peer_closed(r, 3, LP_LEAVE_NORMAL);
	assert_int_equal(r->peers[1].count, 1);
	assert_int_equal(relay_counters(r).rooms, 1);
	relay_free(r);
}

static void C3_a_leave_is_reported_with_its_reason(void **state)
{
	(void)state;
	const enum lp_leave_reason reasons[] = {
		LP_LEAVE_NORMAL, LP_LEAVE_OTHER, LP_LEAVE_PROTOCOL_ERROR, LP_LEAVE_TOO_SLOW};
	for (size_t i = 0; i < 4; i++) {
		struct relay *r = with_peers(0, 3);
		relay_forget(r);
		peer_closed(r, 2, reasons[i]);
		for (int k = 0; k <= 3; k++) {
			const struct lp_control *m = &r->peers[k].messages[0];
			if (k == 2)
				continue;
			assert_int_equal(r->peers[k].count, 1);
			assert_int_equal(m->type, LP_PEER_LEFT);
			assert_int_equal(m->peer_left.sequence, 4);
			assert_int_equal(m->peer_left.peer, 3);
			assert_int_equal(m->peer_left.reason, reasons[i]);
		}
		assert_int_equal(r->log_count, 1);
		assert_int_equal(r->log[0].kind, LP_HUB_LEFT);
		assert_int_equal(r->log[0].leave, reasons[i]);
		assert_int_equal(r->log[0].peer, 3);
		assert_int_equal(r->log[0].room, r->peers[1].welcome.room);
		assert_null(r->log[0].session);
		assert_false(r->log[0].room_closed);
		relay_free(r);
	}
}

static void R7_the_last_leave_closes_the_room_and_is_logged(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 1);
	relay_forget(r);
	peer_closed(r, 0, LP_LEAVE_NORMAL);
	assert_int_equal(r->log[0].role, LP_ROLE_GATEWAY);
	assert_false(r->log[0].room_closed);
	assert_int_equal(relay_counters(r).rooms, 1);
	peer_closed(r, 1, LP_LEAVE_NORMAL);
	assert_true(r->log[1].room_closed);
	struct lp_hub_counters c = relay_counters(r);
	assert_int_equal(c.rooms, 0);
	assert_int_equal(c.members, 0);
	assert_int_equal(c.sessions, 0);
	assert_int_equal(c.joins, 2);
	assert_int_equal(c.leaves, 2);
	assert_int_equal(c.frames_free, 2048);
	relay_free(r);
}

static void R7_a_gateway_can_follow_one_that_left(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	peer_closed(r, 0, LP_LEAVE_OTHER);
	assert_false(r->peers[1].closed || r->peers[2].closed);
	peer_join(r, 0);
	assert_true(r->peers[0].welcomed);
	assert_int_equal(r->peers[0].count, 2);
	relay_free(r);
}

static void C3_members_that_leave_together_are_not_told_of_each_other(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 4);
	relay_forget(r);
	for (int i = 1; i <= 3; i++) {
		lp_hub_on_closed(r->hub, r->peers[i].session, LP_LEAVE_OTHER, r->now);
		r->peers[i].session = NULL;
	}
	assert_int_equal(relay_counters(r).sessions, 1);
	relay_drain(r);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(r->peers[i].count, 0);
		assert_int_equal(r->log[i - 1].kind, LP_HUB_LEFT);
		assert_int_equal(r->log[i - 1].peer, i);
		assert_null(r->log[i - 1].session);
	}
	assert_int_equal(r->log_count, 3);
	assert_int_equal(r->peers[4].count, 3);
	relay_free(r);
}

static void R8_the_welcome_says_whether_a_gateway_is_present(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 1);
	assert_false(r->peers[1].welcome.gateway_connected); /* the first client */
	peer_join(r, 0);
	assert_true(r->peers[0].welcome.gateway_connected); /* the gateway itself */
	peer_join(r, 2);
	assert_true(r->peers[2].welcome.gateway_connected); /* a client behind it */
	peer_closed(r, 0, LP_LEAVE_NORMAL);
	peer_join(r, 3);
	assert_false(r->peers[3].welcome.gateway_connected);
	relay_free(r);
}

static void C5_the_latest_statistics_are_kept_and_logged(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 1);
	struct lp_control m = {.type = LP_STATS, .stats = {.tx_frames = 5}};
	relay_forget(r);
	peer_message(r, 1, &m);
	peer_message(r, 1, &m); /* too early for the log */
	assert_int_equal(r->log_count, 1);
	m.stats.tx_frames = 6;
	m.stats.rx_drops[LP_DROP_PORT] = 2;
	relay_at(r, r->now + LP_HUB_STATS_INTERVAL);
	peer_message(r, 1, &m);
	assert_int_equal(r->log_count, 2);
	assert_int_equal(r->log[1].kind, LP_HUB_STATS);
	assert_int_equal(r->log[1].room, r->peers[1].welcome.room);
	assert_int_equal(r->log[1].peer, r->peers[1].welcome.peer);
	assert_int_equal(r->log[1].role, LP_ROLE_CLIENT);
	assert_int_equal(r->log[1].stats->tx_frames, 6);
	assert_int_equal(r->log[1].stats->rx_drops[LP_DROP_PORT], 2);
	assert_int_equal(r->peers[0].count, 0); /* the others are not told */
	relay_free(r);
}

static void a_member_in_a_loop_is_named_to_the_room_and_logged_once(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, LP_HUB_STATUS_MEMBERS - 1);
	struct lp_control m = {.type = LP_STATS, .stats = {.loops = true}};
	for (int large = 0; large < 2; large++) {
		relay_forget(r);
		m.stats.loops = !large;
		peer_message(r, 1, &m);
		peer_message(r, 1, &m);
		m.stats.loops = large;
		peer_message(r, 1, &m); /* too early */
		assert_int_equal(r->log[0].kind, LP_HUB_LOOP);
		assert_int_equal(r->log[0].begins, !large);
		assert_int_equal(r->peers[0].count, 1);
		assert_int_equal(r->peers[0].messages[0].type, LP_PEER_STATUS);
		assert_int_equal(
			r->peers[0].messages[0].peer_status.peer, r->peers[1].welcome.peer);
		assert_int_equal(r->peers[0].messages[0].peer_status.loops, !large);
		assert_int_equal(r->peers[2].count, !large); /* of a large room only the gateway */
		relay_at(r, r->now + LP_HUB_STATS_INTERVAL);
		peer_join(r, LP_HUB_STATUS_MEMBERS);
	}
	relay_forget(r);
	m.stats.loops = true;
	peer_message(r, 0, &m); /* a gateway is in no loop */
	assert_int_equal(r->peers[1].count, 0);
	relay_free(r);
}

static void C6_a_disconnect_closes_and_the_others_learn_its_reason(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	relay_forget(r);
	peer_message(r, 1, &disconnect);
	assert_true(r->peers[1].closed);
	assert_int_equal(r->peers[1].close, LP_LEAVE_SHUTDOWN);
	assert_null(lp_session_member(r->peers[1].session));
	assert_int_equal(r->peers[2].count, 1);
	assert_int_equal(r->peers[2].messages[0].peer_left.reason, LP_LEAVE_SHUTDOWN);
	/* further messages are ignored, and it leaves only once */
	peer_message(r, 1, &disconnect);
	peer_closed(r, 1, LP_LEAVE_OTHER);
	assert_int_equal(r->peers[2].count, 1);
	assert_int_equal(r->log_count, 1);
	assert_int_equal(relay_counters(r).leaves, 1);
	relay_free(r);
}

static void C7_any_other_message_after_the_handshake_is_a_protocol_error(void **state)
{
	(void)state;
	const struct lp_control messages[] = {
		peer_hello(1, LP_ROLE_CLIENT),
		{.type = LP_WELCOME, .welcome = {.version = 1, .room = 1, .peer = 1, .mtu = 1500}},
		{.type = LP_REJECT},
		{.type = LP_PEER_JOINED,
			.peer_joined = {.sequence = 1, .peer = 9, .role = LP_ROLE_CLIENT}},
		{.type = LP_PEER_LEFT, .peer_left = {.sequence = 1, .peer = 9}},
		{.type = LP_PEER_STATUS, .peer_status = {.sequence = 1, .peer = 9}},
	};
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct relay *r = with_peers(1, 2);
		relay_forget(r);
		peer_message(r, 1, &messages[i]);
		assert_true(r->peers[1].closed);
		assert_int_equal(r->peers[1].close, LP_LEAVE_PROTOCOL_ERROR);
		assert_int_equal(r->peers[2].messages[0].peer_left.reason, LP_LEAVE_PROTOCOL_ERROR);
		relay_free(r);
	}
	struct relay *r = with_peers(1, 1);
	peer_stream(r, 1, &(struct lp_piece){2, (const uint8_t[]){0x3f, 0}, 2, true});
	assert_int_equal(r->peers[1].close, LP_LEAVE_PROTOCOL_ERROR); /* unknown types too */
	relay_free(r);
}

static void incomplete_messages_of_a_member_are_limited(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 1);
	const uint8_t piece[] = {LP_STATS, 8, 1};
	for (int i = 0; i < LP_HUB_STREAMS_MAX; i++)
		peer_stream(r, 1, &(struct lp_piece){2 + 4 * i, piece, sizeof(piece), false});
	assert_false(r->peers[1].closed);
	peer_stream(
		r, 1, &(struct lp_piece){2 + 4 * LP_HUB_STREAMS_MAX, piece, sizeof(piece), false});
	assert_true(r->peers[1].closed);
	relay_free(r);
}

static bool no_random(void *bytes, size_t len)
{
	(void)bytes;
	(void)len;
	return false;
}

static void rejects_carry_their_reason_and_joins_need_randomness(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 1);
	struct lp_control m = peer_hello(1, LP_ROLE_CLIENT);
	peer_open(r, 2, RELAY_PATH);
	peer_say(r, 2, 0, &m);
	assert_int_equal(r->peers[2].reject, LP_REJECT_MAC_SILENT);
	assert_int_equal(r->log[1].kind, LP_HUB_REJECTED);
	assert_int_equal(r->log[1].reject, LP_REJECT_MAC_SILENT);
	assert_int_equal(r->peers[1].count, 0);
	relay_free(r);

	struct lp_hub_config config = relay_config();
	config.random = no_random;
	r = relay_new(&config);
	peer_join(r, 1);
	assert_int_equal(r->peers[1].reject, LP_REJECT_OTHER);
	assert_int_equal(relay_counters(r).members, 0);
	relay_free(r);
}

static uint16_t first_bytes(const uint8_t room_key[LP_ROOM_KEY_SIZE])
{
	return (uint16_t)(room_key[0] << 8 | room_key[1]);
}

static void a_room_of_another_worker_is_rejected_with_a_steering_hint(void **state)
{
	(void)state;
	static const struct {
		unsigned workers, worker;
		uint8_t key[LP_ROOM_KEY_SIZE];
		bool admitted;
	} rows[] = {
		{0, 0, {0, 1}, true},
		{1, 0, {0, 1}, true},
		{2, 0, {0, 1}, false},
		{2, 1, {0, 1}, true},
		{2, 1, {0, 2}, false},
		{3, 0, {1, 0}, false}, /* 256 = 3 * 85 + 1 */
		{3, 1, {1, 0}, true},
		{64, 63, {0xff, 0xff}, true},
		{64, 62, {0xff, 0xff}, false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_hub_config config = relay_config();
		config.steer = first_bytes;
		config.workers = rows[i].workers;
		config.worker = rows[i].worker;
		struct relay *r = relay_new(&config);
		struct lp_control m = peer_hello(1, LP_ROLE_CLIENT);
		memcpy(m.hello.room_key, rows[i].key, LP_ROOM_KEY_SIZE);
		peer_open(r, 1, RELAY_PATH);
		peer_say(r, 1, 0, &m);
		assert_int_equal(r->peers[1].welcomed, rows[i].admitted);
		if (!rows[i].admitted) {
			assert_int_equal(r->peers[1].reject, LP_REJECT_WRONG_WORKER);
			assert_int_equal(r->peers[1].steer, first_bytes(rows[i].key));
			assert_int_equal(relay_counters(r).rooms, 0);
			assert_int_equal(relay_counters(r).rejects, 1);
		}
		relay_free(r);
	}
}

static void R6_the_path_of_the_connection_limits_the_mtu(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	struct relay *r = relay_new(&config);
	struct lp_control m = peer_hello(1, LP_ROLE_CLIENT);
	m.hello.capabilities = 0;
	peer_open(r, 1, 1200);
	peer_path(r, 1, 1250); /* it has grown before the hello came */
	peer_say(r, 1, 0, &m);
	assert_int_equal(r->peers[1].welcome.mtu, 1250 - LP_OVERLAY_HEADER - LP_ETH_HEADER);
	assert_int_equal(r->peers[1].welcome.capabilities, 0);
	relay_free(r);
}

static void changed_link_status_is_sent_to_the_room(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	const struct {
		uint32_t rtt, loss;
		bool told;
		const char *why;
	} rows[] = {
		{0, 0, false, "nothing is known"},
		{20000, 0, true, "the first news"},
		{20000, 0, false, "no news"},
		{23000, 0, false, "a tenth and a millisecond"},
		{23001, 0, true, "more than that"},
		{23001, 5, true, "loss"},
		{19701, 5, false, "a little less"},
		{10000, 5, true, "much less"},
		{10000, 0, true, "no loss any more"},
	};
	relay_at(r, r->now + 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		relay_forget(r);
		lp_hub_on_quality(r->peers[1].session, rows[i].rtt, rows[i].loss);
		lp_time due = lp_hub_deadline(r->hub);
		assert_in_range(due, r->now, r->now + LP_HUB_STATUS_INTERVAL);
		relay_at(r, due - 1);
		assert_int_equal(r->peers[2].count, 0);
		relay_at(r, due);
		if (r->peers[2].count != rows[i].told || r->peers[1].count != rows[i].told)
			fail_msg("%s", rows[i].why);
		const struct lp_peer_status *status = &r->peers[2].messages[0].peer_status;
		if (rows[i].told)
			assert_true(status->peer == 1 && status->rtt_us == rows[i].rtt &&
				    status->loss_permille == rows[i].loss);
	}
	peer_join(r, 3); /* a newcomer is told the current status */
	relay_forget(r);
	relay_at(r, r->now + LP_HUB_STATUS_INTERVAL);
	assert_int_equal(r->peers[3].count, 1);
	relay_free(r);
}

static void large_rooms_get_no_link_status_and_empty_hubs_no_wake_up(void **state)
{
	(void)state;
	for (int members = LP_HUB_STATUS_MEMBERS; members <= LP_HUB_STATUS_MEMBERS + 1; members++) {
		struct relay *r = with_peers(1, members);
		relay_forget(r);
		lp_hub_on_quality(r->peers[1].session, 1000, 0);
		relay_at(r, r->now + LP_HUB_STATUS_INTERVAL);
		assert_int_equal(r->peers[2].count, members == LP_HUB_STATUS_MEMBERS);
		for (int i = 1; i <= members; i++)
			peer_closed(r, i, LP_LEAVE_NORMAL);
		relay_at(r, r->now + LP_HUB_STATUS_INTERVAL);
		assert_true(lp_hub_deadline(r->hub) == LP_NEVER);
		relay_free(r);
	}
}

static void a_shutdown_disconnects_all_without_leave_events(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 3);
	peer_open(r, 5, RELAY_PATH); /* has not said hello */
	relay_forget(r);
	lp_hub_shutdown(r->hub);
	relay_drain(r);
	for (int i = 0; i <= 5; i++) {
		if (i == 4)
			continue;
		assert_true(r->peers[i].closed);
		assert_int_equal(r->peers[i].close, LP_LEAVE_SHUTDOWN);
		assert_int_equal(r->peers[i].count, 0);
	}
	assert_int_equal(relay_counters(r).members, 0);
	assert_int_equal(relay_counters(r).rooms, 0);
	for (int i = 0; i <= 5; i++)
		if (i != 4)
			peer_closed(r, i, LP_LEAVE_OTHER);
	assert_int_equal(relay_counters(r).sessions, 0);
	relay_free(r);
}

static void actions_for_a_closed_session_are_discarded(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	struct lp_control m = {.type = LP_STATS};
	uint8_t bytes[LP_CONTROL_SENT_MAX];
	size_t len = lp_control_encode(&m, bytes, sizeof(bytes));
	relay_forget(r);
	/* no action is taken out between these */
	lp_hub_on_stream(
		r->hub, r->peers[1].session, &(struct lp_piece){2, bytes, len, true}, r->now);
	lp_hub_on_stream(
		r->hub, r->peers[1].session, &(struct lp_piece){4, bytes, len, true}, r->now);
	lp_hub_on_closed(r->hub, r->peers[1].session, LP_LEAVE_OTHER, r->now);
	relay_drain(r);
	assert_false(r->peers[1].closed);
	assert_int_equal(r->log_count, 1);
	assert_int_equal(r->log[0].kind, LP_HUB_LEFT);
	assert_int_equal(r->log[0].leave, LP_LEAVE_PROTOCOL_ERROR);
	assert_null(r->log[0].session);
	assert_int_equal(r->peers[2].count, 1);

	relay_forget(r);
	m = peer_hello(2, LP_ROLE_CLIENT);
	len = lp_control_encode(&m, bytes, sizeof(bytes));
	peer_open(r, 3, RELAY_PATH);
	lp_hub_on_stream(
		r->hub, r->peers[3].session, &(struct lp_piece){0, bytes, len, true}, r->now);
	peer_closed(r, 3, LP_LEAVE_OTHER);
	assert_int_equal(r->peers[3].reject, -1); /* nobody receives it */
	assert_int_equal(r->log_count, 1);
	assert_int_equal(r->log[0].kind, LP_HUB_REJECTED);
	assert_null(r->log[0].session);
	relay_free(r);
}

static void the_longest_messages_fit_the_actions(void **state)
{
	(void)state;
	uint8_t bytes[LP_HUB_BYTES];
	struct lp_control joined = {.type = LP_PEER_JOINED,
		.peer_joined = {.sequence = LP_VARINT_MAX,
			.peer = UINT16_MAX,
			.role = LP_ROLE_CLIENT,
			.mac = player_mac(1),
			.host = {1}}};
	struct lp_control reject = {.type = LP_REJECT, .reject = {.reason = LP_REJECT_MAC_IN_USE}};
	struct lp_control status = {.type = LP_PEER_STATUS,
		.peer_status = {LP_VARINT_MAX, UINT16_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX,
			UINT32_MAX, true, true, true, "x", LP_VARINT_MAX, LP_VARINT_MAX}};
	struct lp_control welcome = {.type = LP_WELCOME,
		.welcome = {LP_VARINT_MAX, UINT32_MAX, UINT16_MAX, UINT16_MAX, true, UINT32_MAX,
			UINT32_MAX, LP_VARINT_MAX, {1}, LP_VARINT_MAX, true, UINT32_MAX, UINT32_MAX,
			UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT8_MAX, {1}}};
	memset(joined.peer_joined.name, 'x', LP_NAME_MAX);
	memset(status.peer_status.name, 'x', LP_NAME_MAX);
	memset(reject.reject.text, 'x', LP_TEXT_MAX);
	assert_in_range(lp_control_encode(&joined, bytes, sizeof(bytes)), 1, LP_HUB_BYTES);
	assert_in_range(lp_control_encode(&reject, bytes, sizeof(bytes)), 1, LP_HUB_BYTES);
	assert_in_range(lp_control_encode(&status, bytes, sizeof(bytes)), 1, LP_HUB_BYTES);
	assert_in_range(lp_control_encode(&welcome, bytes, sizeof(bytes)), 1, LP_HUB_BYTES);
#define CHECK_TEXT(name, number, word, text) assert_true(strlen(text) <= LP_TEXT_MAX);
	LP_REJECT_LIST(CHECK_TEXT)
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(C2_C4_every_member_is_told_of_every_other_once),
		cmocka_unit_test(C2_other_rooms_are_told_nothing),
		cmocka_unit_test(C3_a_leave_is_reported_with_its_reason),
		cmocka_unit_test(C3_members_that_leave_together_are_not_told_of_each_other),
		cmocka_unit_test(R7_the_last_leave_closes_the_room_and_is_logged),
		cmocka_unit_test(R7_a_gateway_can_follow_one_that_left),
		cmocka_unit_test(R8_the_welcome_says_whether_a_gateway_is_present),
		cmocka_unit_test(C5_the_latest_statistics_are_kept_and_logged),
		cmocka_unit_test(a_member_in_a_loop_is_named_to_the_room_and_logged_once),
		cmocka_unit_test(C6_a_disconnect_closes_and_the_others_learn_its_reason),
		cmocka_unit_test(C7_any_other_message_after_the_handshake_is_a_protocol_error),
		cmocka_unit_test(incomplete_messages_of_a_member_are_limited),
		cmocka_unit_test(rejects_carry_their_reason_and_joins_need_randomness),
		cmocka_unit_test(a_room_of_another_worker_is_rejected_with_a_steering_hint),
		cmocka_unit_test(R6_the_path_of_the_connection_limits_the_mtu),
		cmocka_unit_test(changed_link_status_is_sent_to_the_room),
		cmocka_unit_test(large_rooms_get_no_link_status_and_empty_hubs_no_wake_up),
		cmocka_unit_test(a_shutdown_disconnects_all_without_leave_events),
		cmocka_unit_test(actions_for_a_closed_session_are_discarded),
		cmocka_unit_test(the_longest_messages_fit_the_actions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
