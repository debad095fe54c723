/* When a connection is asked for packets again: a source that is woken while its connection writes, and a
 * connection that is woken by what another one reads. */
#include "quic_wire.h"

/* The whole packets that the server sends now, without a wait. */
static unsigned sends_now(struct world *w)
{
	unsigned count = 0;
	while (world_send(w, SERVER))
		count++;
	return count;
}

static struct world *world_at_rest(void)
{
	struct world *w = world_up();
	world_run(w, 4 * LP_SECOND); /* path MTU discovery is finished */
	return w;
}

/* The queue was empty when the last DATAGRAM was fetched, so the connection would rest. */
static void a_source_woken_while_its_last_datagram_is_written_is_asked_again(void **state)
{
	(void)state;
	for (unsigned more = 0; more < 4; more++) {
		struct world *w = world_at_rest();
		w->log[SERVER].more = more;
		w->log[SERVER].asked = 0;
		queue_datagram(&w->log[SERVER], "first", 5);
		assert_int_equal(sends_now(w), 1 + more);
		assert_int_equal(w->log[SERVER].asked, 1 + more); /* and not once more in vain */
		assert_int_equal(w->log[SERVER].out_count, 0);
		world_run(w, LATENCY);
		assert_int_equal(w->log[CLIENT].datagrams, 1 + more);
		world_free(w);
	}
}

/* The DATAGRAM that a packet has no more space for is not the last. */
static void datagrams_that_fill_several_packets_leave_without_a_pause(void **state)
{
	(void)state;
	struct world *w = world_at_rest();
	static const uint8_t bytes[100];
	for (unsigned i = 0; i < 40; i++)
		assert_true(queue_datagram(&w->log[SERVER], bytes, sizeof bytes));
	assert_true(sends_now(w) > 2);
	assert_int_equal(w->log[SERVER].out_count, 0);
	world_free(w);
}

/* A message wakes the DATAGRAM source, as a frame wakes its receivers. */
static void on_stream_that_wakes(void *context, struct lp_quic_conn *conn, int64_t stream,
	const uint8_t *bytes, size_t len, bool fin)
{
	on_stream(context, conn, stream, bytes, len, fin);
	queue_datagram(context, "woken", 5);
}

static const struct lp_quic_handler waking_handler = {
	.connected = on_connected,
	.stream = on_stream_that_wakes,
	.closed = on_closed,
};

/* Two connections between the same endpoints. The server's source with DATAGRAMs belongs to the second
 * one. */
static struct world *world_of_two(struct lp_quic_conn **ret_first)
{
	static struct log silent;
	struct world *w = world_new();
	w->config[SERVER].handler = &waking_handler;
	w->config[SERVER].context = &w->log[SERVER];
	w->end[SERVER] = lp_quic_new(&w->config[SERVER], w->identity);
	assert_non_null(w->end[SERVER]);
	world_start(w, CLIENT);
	world_connect_pinned(w);
	world_run(w, LP_SECOND);
	*ret_first = w->log[CLIENT].conn;
	silent = (struct log){.source.ops = &log_source_ops, .sink.take = on_datagram};
	lp_quic_attach(w->log[SERVER].conn, &silent.source, &silent.sink);
	world_connect_pinned(w);
	world_run(w, 4 * LP_SECOND);
	assert_int_equal(w->log[SERVER].connected, 2);
	assert_ptr_not_equal(w->log[CLIENT].conn, *ret_first);
	return w;
}

/* Otherwise each frame of a room would delay the acknowledgement by all of its copies. */
static void an_acknowledgement_leaves_before_what_its_packet_wakes(void **state)
{
	(void)state;
	struct lp_quic_conn *first;
	struct world *w = world_of_two(&first);
	struct lp_quic_info before, after;
	assert_int_equal(lp_quic_send_message(first, (const uint8_t *)"frame", 5), LP_OK);
	assert_true(world_send(w, CLIENT));
	w->now += LATENCY;
	world_deliver(w);
	assert_int_equal(w->log[SERVER].messages, 1);

	lp_quic_get_info(first, &before);
	assert_true(world_send(w, SERVER));
	w->now += LATENCY;
	world_deliver(w);
	lp_quic_get_info(first, &after);
	assert_int_equal(w->log[CLIENT].datagrams, 0);
	assert_true(after.bytes_received > before.bytes_received);

	assert_true(world_send(w, SERVER));
	w->now += LATENCY;
	world_deliver(w);
	assert_int_equal(w->log[CLIENT].datagrams, 1);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_woken_while_its_last_datagram_is_written_is_asked_again),
		cmocka_unit_test(datagrams_that_fill_several_packets_leave_without_a_pause),
		cmocka_unit_test(an_acknowledgement_leaves_before_what_its_packet_wakes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
