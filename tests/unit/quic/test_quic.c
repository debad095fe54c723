/* Connections, streams and DATAGRAMs between a client endpoint and a server endpoint. */
#include "quic_pair.h"

static void a_handshake_connects_both_sides(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	assert_int_equal(lp_quic_connection_count(pair->end[CLIENT]), 1);
	assert_int_equal(lp_quic_connection_count(pair->end[SERVER]), 1);
	struct lp_path path;
	lp_quic_get_path(pair->log[SERVER].conn, &path);
	assert_int_equal(ntohs(path.remote.in.sin_port), 5000);
	struct lp_quic_info info;
	lp_quic_get_info(pair->log[CLIENT].conn, &info);
	assert_true(info.rtt >= 2 * LATENCY && info.rtt < 4 * LATENCY);
	assert_true(info.packets_sent > 0 && info.bytes_received > 0);
	pair_free(pair);
}

/* [C1] */
static void stream_0_carries_bytes_both_ways(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	pair->log[SERVER].echo = true;
	int64_t stream = -1;
	assert_int_equal(lp_quic_open(pair->log[CLIENT].conn, &stream), LP_OK);
	assert_int_equal(stream, 0);
	assert_int_equal(
		lp_quic_send(pair->log[CLIENT].conn, stream, (const uint8_t *)"hello ", 6, false),
		LP_OK);
	pair_run(pair, LP_SECOND);
	assert_int_equal(
		lp_quic_send(pair->log[CLIENT].conn, stream, (const uint8_t *)"relay", 5, true),
		LP_OK);
	assert_int_equal(
		lp_quic_send(pair->log[CLIENT].conn, stream, (const uint8_t *)"x", 1, true),
		LP_CLOSED);
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[SERVER].stream_len, 11);
	assert_memory_equal(pair->log[SERVER].stream, "hello relay", 11);
	assert_int_equal(pair->log[CLIENT].stream_len, 11);
	assert_memory_equal(pair->log[CLIENT].stream, "hello relay", 11);
	assert_int_equal(pair->log[SERVER].fins, 1);
	assert_int_equal(pair->log[CLIENT].fins, 1);
	pair_free(pair);
}

static void a_client_can_send_as_soon_as_it_is_connected(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	pair->log[CLIENT].open_at_once = true;
	pair_start_both(pair);
	pair_connect_pinned(pair);
	pair_run(pair, 3 * LATENCY); /* Initial, server's flight, Finished with the hello */
	assert_int_equal(pair->log[SERVER].connected, 1);
	assert_memory_equal(pair->log[SERVER].stream, "hello", 5);
	pair_free(pair);
}

static void a_stream_longer_than_its_window_arrives_whole(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	int64_t stream;
	assert_int_equal(lp_quic_open(pair->log[CLIENT].conn, &stream), LP_OK);
	uint8_t bytes[6000] = {0};
	for (unsigned i = 0; i < 30; i++) { /* each received message returns credit */
		if (i % 10 == 0)
			pair_run(pair, LP_SECOND);
		assert_int_equal(
			lp_quic_send(pair->log[CLIENT].conn, stream, bytes, sizeof bytes, i == 29),
			LP_OK);
	}
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[SERVER].stream_total, 30 * sizeof bytes);
	assert_int_equal(pair->log[SERVER].fins, 1);
	pair_free(pair);
}

static void a_stream_that_is_reset_ends_early(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	pair->log[SERVER].echo = true;
	int64_t stream;
	assert_int_equal(lp_quic_open(pair->log[CLIENT].conn, &stream), LP_OK);
	assert_int_equal(
		lp_quic_send(pair->log[CLIENT].conn, stream, (const uint8_t *)"x", 1, false),
		LP_OK);
	pair_run(pair, LP_SECOND);
	pair->log[SERVER].echo = false;
	lp_quic_break_stream(pair->log[CLIENT].conn, stream);
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[SERVER].fins, 1);
	assert_int_equal(pair->log[SERVER].closed + pair->log[CLIENT].closed, 0);
	assert_int_equal(
		lp_quic_send(pair->log[SERVER].conn, stream, (const uint8_t *)"x", 1, false),
		LP_CLOSED);
	assert_int_equal(
		lp_quic_send_message(pair->log[SERVER].conn, (const uint8_t *)"x", 1), LP_OK);
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[CLIENT].messages, 1);
	pair_free(pair);
}

static void a_narrow_path_is_discovered(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	pair->mtu = 1400;
	pair_start_both(pair);
	pair_connect_pinned(pair);
	uint8_t bytes[1168] = {0};
	for (unsigned i = 1; i <= 100; i++) { /* the minimum QUIC path always works */
		pair_run(pair, 100 * LP_MILLISECOND);
		queue_datagram(&pair->log[CLIENT], bytes, sizeof bytes);
		pair_run(pair, 100 * LP_MILLISECOND);
		assert_int_equal(pair->log[SERVER].datagrams, i);
	}
	assert_int_equal(lp_quic_datagram_max(pair->log[CLIENT].conn), 1392 - 32);
	assert_int_equal(lp_quic_datagram_max(pair->log[SERVER].conn), 1392 - 32);
	pair_free(pair);
}

static void a_second_bidirectional_stream_is_refused(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	int64_t stream;
	assert_int_equal(lp_quic_open(pair->log[SERVER].conn, &stream), LP_FULL);
	assert_int_equal(lp_quic_open(pair->log[CLIENT].conn, &stream), LP_OK);
	assert_int_equal(lp_quic_open(pair->log[CLIENT].conn, &stream), LP_FULL);
	pair_free(pair);
}

/* [C2] More than the initial 64 streams: credit returns as they close. */
static void messages_beyond_the_stream_credit_arrive_in_order(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	for (unsigned i = 0; i < 300; i++) {
		uint8_t message[50] = {(uint8_t)i, (uint8_t)(i >> 8)};
		assert_int_equal(
			lp_quic_send_message(pair->log[SERVER].conn, message, sizeof message),
			LP_OK);
	}
	pair_run(pair, 5 * LP_SECOND);
	assert_int_equal(pair->log[CLIENT].messages, 300);
	assert_int_equal(pair->log[CLIENT].last_message_len, 50);
	assert_int_equal(
		pair->log[CLIENT].last_message[0] | pair->log[CLIENT].last_message[1] << 8, 299);
	assert_int_equal(
		lp_quic_send_message(pair->log[CLIENT].conn, (const uint8_t *)"stats", 5), LP_OK);
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[SERVER].messages, 1);
	pair_free(pair);
}

static void messages_for_a_silent_peer_are_bounded(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	pair->cut = true;
	static uint8_t message[1000];
	size_t taken = 0;
	while (lp_quic_send_message(pair->log[CLIENT].conn, message, sizeof message) == LP_OK)
		taken += sizeof message;
	assert_true(taken > LP_QUIC_PENDING_MAX / 2 && taken <= LP_QUIC_PENDING_MAX);
	while (lp_quic_send_message(pair->log[CLIENT].conn, message, 0) == LP_OK)
		assert_true(++taken < 2 * LP_QUIC_PENDING_MAX);
	assert_int_equal(lp_quic_send_message(pair->log[CLIENT].conn, message, 1), LP_FULL);
	pair_free(pair);
}

/* [R6] */
static void datagrams_up_to_the_maximum_arrive(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	assert_int_equal(pair->log[CLIENT].max_at_start, 1168);
	assert_int_equal(pair->log[SERVER].max_at_start, 1168);
	pair_run(pair, 5 * LP_SECOND);
	size_t max = lp_quic_datagram_max(pair->log[CLIENT].conn);
	assert_int_equal(max, 1440);
	assert_int_equal(lp_quic_datagram_max(pair->log[SERVER].conn), 1440);
	static const size_t lengths[] = {
		1, 2, 59, 60, 61, 62, 63, 64, 65, 66, 1167, 1168, 1169, 1439, 1440};
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		uint8_t bytes[PAYLOAD_MAX];
		memset(bytes, (int)i + 1, sizeof bytes);
		queue_datagram(&pair->log[CLIENT], bytes, lengths[i]);
		pair_run(pair, 50 * LP_MILLISECOND);
		assert_int_equal(pair->log[SERVER].datagrams, i + 1);
		assert_int_equal(pair->log[SERVER].last_datagram_len, lengths[i]);
		assert_memory_equal(pair->log[SERVER].last_datagram, bytes, lengths[i]);
	}
	assert_int_equal(pair->log[CLIENT].asked_max, max);
	assert_true(pair->largest_from[CLIENT] <= LP_QUIC_PACKET_MAX);
	pair_free(pair);
}

/* A join in a large room: messages wait for MAX_DATA, games do not. */
static void datagrams_do_not_wait_for_stream_credit(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	static const uint8_t message[MESSAGE_MAX], datagram[1000];
	for (int round = 0; round < 8; round++) { /* opens the congestion window */
		while (queue_datagram(&pair->log[SERVER], datagram, sizeof datagram))
			;
		pair_run(pair, 3 * LATENCY);
	}
	unsigned before = pair->log[CLIENT].datagrams;
	unsigned queued = 0;
	while (lp_quic_send_message(pair->log[SERVER].conn, message, sizeof message) == LP_OK)
		queued++;
	queue_datagram(&pair->log[SERVER], "game", 4);
	pair_run(pair, LATENCY);
	assert_true(pair->log[CLIENT].messages < queued); /* the connection's credit is used up */
	assert_int_equal(pair->log[CLIENT].datagrams, before + 1);
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[CLIENT].messages, queued);
	pair_free(pair);
}

static void a_smaller_packet_limit_bounds_packets_and_datagrams(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	pair->config[CLIENT].max_packet = 1200;
	pair_start_both(pair);
	pair_connect_pinned(pair);
	pair_run(pair, 5 * LP_SECOND);
	assert_int_equal(lp_quic_datagram_max(pair->log[CLIENT].conn), 1168);
	assert_int_equal(pair->largest_from[CLIENT], 1200);
	pair_free(pair);
}

static void small_datagrams_share_packets(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	pair_run(pair, 5 * LP_SECOND);
	uint64_t before = pair->packets_from[CLIENT];
	for (uint32_t i = 0; i < 40; i++) {
		uint8_t bytes[100];
		memset(bytes, (int)i, sizeof bytes);
		queue_datagram(&pair->log[CLIENT], bytes, sizeof bytes);
	}
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[SERVER].datagrams, 40);
	assert_true(pair->packets_from[CLIENT] - before < 10);
	pair_free(pair);
}

/* Path MTU discovery is finished, and the next keep-alive is a second away. */
static struct quic_pair *world_at_rest(void)
{
	struct quic_pair *pair = pair_up();
	pair_run(pair, 4 * LP_SECOND);
	return pair;
}

/* ngtcp2 skips a packet number now and then (RFC 9000, section 21.4), and the gap is acknowledged
 * at once. So the test passes if it holds in one of a few connections. */
static bool holds_in_one(bool (*scene)(struct quic_pair *pair))
{
	bool holds = false;
	for (int attempt = 0; attempt < 4 && !holds; attempt++) {
		struct quic_pair *pair = world_at_rest();
		holds = scene(pair);
		pair_free(pair);
	}
	return holds;
}

static bool one_is_asked_for_and_answered_later(struct quic_pair *pair)
{
	struct log *client = &pair->log[CLIENT], *server = &pair->log[SERVER];
	client->asked = server->asked = 0;
	uint64_t before = pair->packets_from[SERVER];
	queue_datagram(client, "hello", 5);
	pair_run(pair, LATENCY + LP_MILLISECOND);
	assert_int_equal(server->datagrams, 1);
	assert_int_equal(client->asked, 1);
	bool quiet = server->asked == 0 && pair->packets_from[SERVER] == before;
	pair_run(pair, 50 * LP_MILLISECOND);
	assert_int_equal(pair->packets_from[SERVER], before + 1); /* its acknowledgement */
	return quiet;
}

/* An empty queue is not asked again: that costs a tenth of a single packet. */
static void a_single_datagram_is_fetched_once_and_acknowledged_later(void **state)
{
	(void)state;
	assert_true(holds_in_one(one_is_asked_for_and_answered_later));
}

static void a_datagram_queued_during_the_last_write_is_sent_at_once(void **state)
{
	(void)state;
	struct quic_pair *pair = world_at_rest();
	pair->log[CLIENT].more = 2;
	queue_datagram(&pair->log[CLIENT], "first", 5);
	pair_run(pair, LATENCY);
	assert_int_equal(pair->log[SERVER].datagrams, 3);
	pair_free(pair);
}

/* A quiet packet can carry other frames too: ack-eliciting ones are acknowledged at once. */
static void stream_data_among_datagrams_is_acknowledged_at_once(void **state)
{
	(void)state;
	struct quic_pair *pair = world_at_rest();
	pair->log[SERVER].echo = true;
	int64_t stream;
	assert_int_equal(lp_quic_open(pair->log[CLIENT].conn, &stream), LP_OK);
	for (unsigned i = 0; i < 3; i++) {
		queue_datagram(&pair->log[CLIENT], "around", 6);
		pair_send(pair, CLIENT);
		if (i == 1) {
			lp_quic_send(
				pair->log[CLIENT].conn, stream, (const uint8_t *)"hi", 2, false);
			pair_send(pair, CLIENT);
		}
	}
	pair_run(pair, 2 * LATENCY);
	assert_int_equal(pair->log[SERVER].datagrams, 3);
	assert_int_equal(pair->log[CLIENT].stream_len, 2);
	pair_free(pair);
}

static bool the_third_is_answered_at_once(struct quic_pair *pair)
{
	uint64_t before = pair->packets_from[SERVER];
	for (int i = 0; i < 3; i++) {
		queue_datagram(&pair->log[CLIENT], "hello", 5);
		pair_send(pair, CLIENT);
		if (i < 2)
			pair_run(pair, 8 * LP_MILLISECOND);
	}
	bool waited = pair->packets_from[SERVER] == before;
	pair->now += LATENCY;
	pair_deliver(pair);
	assert_int_equal(pair->log[SERVER].datagrams, 3);
	return waited && pair_send(pair, SERVER);
}

/* The third small packet makes a delayed acknowledgement due. */
static void an_acknowledgement_made_due_by_a_datagram_is_sent_in_the_same_wake_up(void **state)
{
	(void)state;
	assert_true(holds_in_one(the_third_is_answered_at_once));
}

/* A probe timeout sends two packets, and the second one retransmits (RFC 9002, section 6.2.4). */
static void a_datagram_at_a_probe_timeout_does_not_hold_back_a_lost_message(void **state)
{
	(void)state;
	struct quic_pair *pair = world_at_rest();
	pair->cut = true;
	lp_quic_send_message(pair->log[SERVER].conn, (const uint8_t *)"lost", 4);
	pair_run(pair, LP_MILLISECOND);
	pair->cut = false;
	pair->now = lp_quic_deadline(pair->end[SERVER]);
	assert_true(pair->now < LP_NEVER);
	queue_datagram(&pair->log[SERVER], "game", 4);
	lp_quic_on_time(pair->end[SERVER], pair->now);
	pair_run(pair, LATENCY);
	assert_int_equal(pair->log[CLIENT].datagrams, 1);
	assert_int_equal(pair->log[CLIENT].messages, 1);
	pair_free(pair);
}

/* In games, an acknowledgement waits for a datagram that carries it, or for one or two more
 * packets. */
static void sparse_datagrams_cause_few_acknowledgement_packets(void **state)
{
	static const lp_time apart[] = {
		0, 4 * LP_MILLISECOND, 8 * LP_MILLISECOND, 12 * LP_MILLISECOND};
	const lp_time interval = LP_SECOND / 60;
	(void)state;
	for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++) {
		struct quic_pair *pair = pair_up();
		pair_run(pair, 5 * LP_SECOND);
		uint64_t before[2] = {pair->packets_from[CLIENT], pair->packets_from[SERVER]};
		for (uint32_t n = 0; n < 60; n++) {
			queue_datagram(&pair->log[CLIENT], "left, left, fire", 16);
			pair_run(pair, apart[i]);
			queue_datagram(&pair->log[SERVER], "hit", 3);
			pair_run(pair, interval - apart[i]);
		}
		for (int side = CLIENT; side <= SERVER; side++)
			assert_in_range(pair->packets_from[side] - before[side], 60, 62);
		pair_run(pair, LP_SECOND);
		assert_int_equal(pair->log[SERVER].datagrams, 60);
		assert_int_equal(pair->log[CLIENT].datagrams, 60);
		before[SERVER] = pair->packets_from[SERVER];
		for (uint32_t n = 0; n < 60; n++) {
			queue_datagram(&pair->log[CLIENT], "left, left, fire", 16);
			pair_run(pair, interval);
		}
		/* in one direction */
		assert_in_range(pair->packets_from[SERVER] - before[SERVER], 15, 32);
		pair_free(pair);
	}
}

/* This must also hold when the adjusted round trip falls below the shortest one, which was measured
 * during a slow moment. Otherwise the governor would see a queue as long as acknowledgements are
 * delayed, and never fill the link again. */
static void delayed_acknowledgements_are_not_queueing_delay(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	pair_run(pair, 5 * LP_SECOND);
	for (int faster = 0; faster < 2; faster++) {
		pair->latency = LATENCY - (lp_time)faster * LP_MILLISECOND;
		queue_datagram(&pair->log[CLIENT], "alone", 5);
		pair_run(pair, LP_SECOND);
		struct lp_quic_info info;
		lp_quic_get_info(pair->log[CLIENT].conn, &info);
		assert_in_range(info.rtt, 2 * pair->latency, 2 * LATENCY + LP_MILLISECOND / 10);
	}
	pair_free(pair);
}

static void a_close_is_reported_once_to_both_sides_with_code_and_text(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	lp_quic_close(pair->log[CLIENT].conn, 4, "replaced \x01");
	assert_int_equal(pair->log[CLIENT].closed, 0); /* not during the handler */
	pair_run(pair, 2 * LATENCY);
	for (int side = CLIENT; side <= SERVER; side++) {
		assert_int_equal(lp_quic_connection_count(pair->end[side]), 0);
		assert_int_equal(lp_quic_lingering_count(pair->end[side]), 1);
	}
	pair_run(pair, 20 * LP_SECOND);
	assert_int_equal(pair->log[CLIENT].closed, 1);
	assert_int_equal(pair->log[SERVER].closed, 1);
	assert_int_equal(pair->log[CLIENT].why.end, LP_QUIC_END_LOCAL);
	assert_int_equal(pair->log[SERVER].why.end, LP_QUIC_END_PEER);
	assert_true(pair->log[SERVER].why.application);
	assert_int_equal(pair->log[SERVER].why.code, 4);
	assert_string_equal(pair->log[SERVER].why.text, "replaced ?");
	for (int side = CLIENT; side <= SERVER; side++) {
		assert_int_equal(lp_quic_connection_count(pair->end[side]), 0);
		assert_int_equal(lp_quic_lingering_count(pair->end[side]), 0);
		assert_int_equal(lp_quic_id_count(pair->end[side]), 0);
		assert_int_equal(lp_quic_deadline(pair->end[side]), LP_NEVER);
	}
	pair_free(pair);
}

static void a_connection_can_be_closed_from_its_own_handler(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	pair->log[SERVER].close_in_callback = true;
	int64_t stream;
	assert_int_equal(lp_quic_open(pair->log[CLIENT].conn, &stream), LP_OK);
	assert_int_equal(
		lp_quic_send(pair->log[CLIENT].conn, stream, (const uint8_t *)"x", 1, false),
		LP_OK);
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[SERVER].closed, 1);
	assert_int_equal(pair->log[CLIENT].why.end, LP_QUIC_END_PEER);
	assert_int_equal(pair->log[CLIENT].why.code, 7);
	pair_free(pair);
}

static void keep_alive_outlasts_the_idle_timeout(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	pair_run(pair, 120 * LP_SECOND);
	assert_int_equal(pair->log[CLIENT].closed, 0);
	assert_int_equal(pair->log[SERVER].closed, 0);
	pair_free(pair);
}

/* [C3] */
static void silence_ends_a_connection_as_idle(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	pair->cut = true;
	pair_run(pair, 13 * LP_SECOND);
	assert_int_equal(pair->log[SERVER].closed, 0);
	pair_run(pair, 10 * LP_SECOND);
	assert_int_equal(pair->log[SERVER].why.end, LP_QUIC_END_IDLE);
	assert_int_equal(pair->log[CLIENT].why.end, LP_QUIC_END_IDLE);
	assert_int_equal(lp_quic_id_count(pair->end[SERVER]), 0);
	pair_free(pair);
}

static void an_absent_server_ends_in_a_handshake_timeout(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	pair_start(pair, CLIENT);
	pair_connect_pinned(pair);
	pair_run(pair, 4900 * LP_MILLISECOND);
	assert_int_equal(pair->log[CLIENT].closed, 0);
	pair_run(pair, 200 * LP_MILLISECOND);
	assert_int_equal(pair->log[CLIENT].closed, 1);
	assert_int_equal(pair->log[CLIENT].connected, 0);
	assert_int_equal(pair->log[CLIENT].why.end, LP_QUIC_END_HANDSHAKE);
	pair_free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_connects_both_sides),
		cmocka_unit_test(stream_0_carries_bytes_both_ways),
		cmocka_unit_test(a_client_can_send_as_soon_as_it_is_connected),
		cmocka_unit_test(a_stream_longer_than_its_window_arrives_whole),
		cmocka_unit_test(a_stream_that_is_reset_ends_early),
		cmocka_unit_test(a_narrow_path_is_discovered),
		cmocka_unit_test(a_second_bidirectional_stream_is_refused),
		cmocka_unit_test(messages_beyond_the_stream_credit_arrive_in_order),
		cmocka_unit_test(messages_for_a_silent_peer_are_bounded),
		cmocka_unit_test(datagrams_up_to_the_maximum_arrive),
		cmocka_unit_test(datagrams_do_not_wait_for_stream_credit),
		cmocka_unit_test(a_smaller_packet_limit_bounds_packets_and_datagrams),
		cmocka_unit_test(small_datagrams_share_packets),
		cmocka_unit_test(a_single_datagram_is_fetched_once_and_acknowledged_later),
		cmocka_unit_test(a_datagram_queued_during_the_last_write_is_sent_at_once),
		cmocka_unit_test(stream_data_among_datagrams_is_acknowledged_at_once),
		cmocka_unit_test(
			an_acknowledgement_made_due_by_a_datagram_is_sent_in_the_same_wake_up),
		cmocka_unit_test(a_datagram_at_a_probe_timeout_does_not_hold_back_a_lost_message),
		cmocka_unit_test(sparse_datagrams_cause_few_acknowledgement_packets),
		cmocka_unit_test(delayed_acknowledgements_are_not_queueing_delay),
		cmocka_unit_test(a_close_is_reported_once_to_both_sides_with_code_and_text),
		cmocka_unit_test(a_connection_can_be_closed_from_its_own_handler),
		cmocka_unit_test(keep_alive_outlasts_the_idle_timeout),
		cmocka_unit_test(silence_ends_a_connection_as_idle),
		cmocka_unit_test(an_absent_server_ends_in_a_handshake_timeout),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
