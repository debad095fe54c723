/* When a connection is asked for packets again: a source that is woken while its connection writes, and a
 * connection that is woken by what another one reads, or by a probe. */
#include "quic_pair.h"

/* The whole packets that the server sends now, without a wait. */
static unsigned sends_now(struct quic_pair *pair)
{
	unsigned count = 0;
	while (pair_send(pair, SERVER))
		count++;
	return count;
}

static struct quic_pair *world_at_rest(void)
{
	struct quic_pair *pair = pair_up();
	pair_run(pair, 4 * LP_SECOND); /* path MTU discovery is finished */
	return pair;
}

/* The queue was empty when the last DATAGRAM was fetched, so the connection would rest. */
static void a_source_woken_while_its_last_datagram_is_written_is_asked_again(void **state)
{
	(void)state;
	for (unsigned more = 0; more < 4; more++) {
		struct quic_pair *pair = world_at_rest();
		pair->log[SERVER].more = more;
		pair->log[SERVER].asked = 0;
		queue_datagram(&pair->log[SERVER], "first", 5);
		assert_int_equal(sends_now(pair), 1 + more);
		assert_int_equal(pair->log[SERVER].asked, 1 + more); /* and not once more in vain */
		assert_int_equal(pair->log[SERVER].out_count, 0);
		pair_run(pair, LATENCY);
		assert_int_equal(pair->log[CLIENT].datagrams, 1 + more);
		pair_free(pair);
	}
}

/* The DATAGRAM that a packet has no more space for is not the last. */
static void datagrams_that_fill_several_packets_leave_without_a_pause(void **state)
{
	(void)state;
	struct quic_pair *pair = world_at_rest();
	static const uint8_t bytes[100];
	for (unsigned i = 0; i < 40; i++)
		assert_true(queue_datagram(&pair->log[SERVER], bytes, sizeof bytes));
	assert_true(sends_now(pair) > 2);
	assert_int_equal(pair->log[SERVER].out_count, 0);
	pair_free(pair);
}

/* A message wakes the DATAGRAM source, as a frame wakes its receivers. */
static void on_stream_that_wakes(
	void *context, struct lp_quic_conn *conn, const struct lp_piece *piece)
{
	pair_on_stream(context, conn, piece);
	queue_datagram(context, "woken", 5);
}

static const struct lp_quic_handler waking_handler = {
	.connected = pair_on_connected,
	.stream = on_stream_that_wakes,
	.closed = pair_on_closed,
};

/* Two connections between the same endpoints. The server's source with DATAGRAMs belongs to the second
 * one. */
static struct quic_pair *world_of_two(struct lp_quic_conn **ret_first)
{
	static struct log silent;
	struct quic_pair *pair = pair_new();
	pair->config[SERVER].handler = &waking_handler;
	pair->config[SERVER].context = &pair->log[SERVER];
	pair->end[SERVER] = lp_quic_new(&pair->config[SERVER], pair->identity);
	assert_non_null(pair->end[SERVER]);
	pair_start(pair, CLIENT);
	pair_connect_pinned(pair);
	pair_run(pair, LP_SECOND);
	*ret_first = pair->log[CLIENT].conn;
	silent = (struct log){.source.ops = &pair_source_ops, .sink.take = pair_on_datagram};
	lp_quic_attach(pair->log[SERVER].conn, &silent.source, &silent.sink);
	pair_connect_pinned(pair);
	pair_run(pair, 4 * LP_SECOND);
	assert_int_equal(pair->log[SERVER].connected, 2);
	assert_ptr_not_equal(pair->log[CLIENT].conn, *ret_first);
	return pair;
}

/* Otherwise each frame of a room would delay the acknowledgement by all of its copies. */
static void an_acknowledgement_leaves_before_what_its_packet_wakes(void **state)
{
	(void)state;
	struct lp_quic_conn *first;
	struct quic_pair *pair = world_of_two(&first);
	struct lp_quic_info before, after;
	assert_int_equal(lp_quic_send_message(first, (const uint8_t *)"frame", 5), LP_OK);
	assert_true(pair_send(pair, CLIENT));
	pair->now += LATENCY;
	pair_deliver(pair);
	assert_int_equal(pair->log[SERVER].messages, 1);

	lp_quic_get_info(first, &before);
	assert_true(pair_send(pair, SERVER));
	pair->now += LATENCY;
	pair_deliver(pair);
	lp_quic_get_info(first, &after);
	assert_int_equal(pair->log[CLIENT].datagrams, 0);
	assert_true(after.bytes_received > before.bytes_received);

	assert_true(pair_send(pair, SERVER));
	pair->now += LATENCY;
	pair_deliver(pair);
	assert_int_equal(pair->log[CLIENT].datagrams, 1);
	pair_free(pair);
}

/* Milliseconds until the client sends; at most 5000. */
static unsigned until_the_client_sends(struct quic_pair *pair)
{
	uint64_t sent = pair->packets_from[CLIENT];
	unsigned ms = 0;
	for (; ms < 5000 && pair->packets_from[CLIENT] == sent; ms++)
		pair_run(pair, LP_MILLISECOND);
	return ms;
}

static void a_probe_asks_once_and_leaves_the_keep_alive_as_it_was(void **state)
{
	(void)state;
	struct quic_pair *pair = world_at_rest();
	struct lp_quic_conn *client = pair->log[CLIENT].conn;
	until_the_client_sends(pair); /* a keep-alive */
	pair_run(pair, LP_SECOND);
	lp_time asked = pair->now;
	uint64_t sent = pair->packets_from[CLIENT];
	lp_quic_probe(client);
	pair_run(pair, 100 * LP_MILLISECOND);
	assert_in_range(pair->packets_from[CLIENT], sent + 1, sent + 2);
	assert_in_range(lp_quic_heard(pair->log[SERVER].conn), asked + LATENCY, pair->now);
	assert_in_range(lp_quic_heard(client), asked + 2 * LATENCY, pair->now);
	assert_in_range(until_the_client_sends(pair), 2800, 3000);
	pair_free(pair);
}

/* There is nothing to ask. */
static void a_probe_before_or_after_the_connection_does_nothing(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	pair_start_both(pair);
	uint8_t pin[1][32];
	lp_identity_pin(pair->identity, pin[0]);
	struct lp_quic_conn *client =
		pair_connect(pair, (const uint8_t(*)[32])pin, 1, "relay.example");
	lp_quic_probe(client);
	pair->cut = true;
	pair_run(pair, 100 * LP_MILLISECOND);
	assert_int_equal(pair->packets_from[CLIENT], 1); /* its Initial */
	pair->cut = false;
	pair_run(pair, 4 * LP_SECOND);
	assert_int_equal(pair->log[CLIENT].connected, 1);
	until_the_client_sends(pair);
	pair_run(pair, 100 * LP_MILLISECOND);
	uint64_t sent = pair->packets_from[CLIENT];
	lp_quic_close(client, 7, "bye");
	lp_quic_probe(client);
	pair_run(pair, 4 * LP_SECOND);
	assert_int_equal(pair->packets_from[CLIENT], sent + 1); /* the end */
	pair_free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_woken_while_its_last_datagram_is_written_is_asked_again),
		cmocka_unit_test(datagrams_that_fill_several_packets_leave_without_a_pause),
		cmocka_unit_test(an_acknowledgement_leaves_before_what_its_packet_wakes),
		cmocka_unit_test(a_probe_asks_once_and_leaves_the_keep_alive_as_it_was),
		cmocka_unit_test(a_probe_before_or_after_the_connection_does_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
