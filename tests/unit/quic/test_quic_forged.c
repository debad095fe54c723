/* Row N6: QUIC peers that send frames which cost a server much. */
#include "quic_forge.h"
#include "quic_pair.h"

#define STREAM(n) (2 + 4 * (n)) /* the client's n-th unidirectional stream, from 0 */

/* The client sends one packet with these frames. */
static void send_forged(struct quic_pair *pair, const uint8_t *frames, size_t len)
{
	static const uint8_t filler[1100];
	forge_next(frames, len);
	assert_true(queue_datagram(&pair->log[CLIENT], filler, sizeof filler));
	for (int i = 0; i < 500 && !forge_is_done(); i++)
		if (!pair_send(pair, CLIENT))
			pair_run(pair, LATENCY);
	assert_true(forge_is_done());
}

static void assert_hostile(struct quic_pair *pair, const char *text)
{
	assert_int_equal(pair->log[SERVER].closed, 1);
	assert_int_equal(pair->log[SERVER].why.end, LP_QUIC_END_ERROR);
	assert_non_null(strstr(pair->log[SERVER].why.text, text));
	assert_int_equal(pair->log[CLIENT].closed, 1);
}

/* One byte at a time, each far from the start of its stream, costs a buffer each. */
static void N6_bytes_out_of_order_have_two_buffers(void **state)
{
	(void)state;
	for (unsigned streams = 2; streams <= 8; streams++) {
		struct quic_pair *pair = pair_up();
		uint8_t frames[FORGE_MAX];
		size_t len = 0;
		for (unsigned i = 0; i < streams; i++)
			forge_stream(frames, &len, STREAM(i), 400);
		send_forged(pair, frames, len);
		pair_run(pair, LP_SECOND);
		if (streams > 2)
			assert_hostile(pair, "out of order");
		else
			assert_int_equal(pair->log[SERVER].closed, 0);
		pair_free(pair);
	}
}

static void N6_a_buffer_is_free_again_when_its_bytes_are_in_order(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	for (unsigned i = 0; i < 20; i++) {
		uint8_t frames[FORGE_MAX];
		size_t len = 0;
		forge_stream(frames, &len, STREAM(i), 1);
		forge_stream(frames, &len, STREAM(i), 0);
		send_forged(pair, frames, len);
		len = 0;
		forge_stream(frames, &len, STREAM(i), 2);
		frames[0] |= 1; /* FIN */
		send_forged(pair, frames, len);
		pair_run(pair, 100 * LP_MILLISECOND);
		assert_int_equal(pair->log[SERVER].closed, 0);
	}
	assert_int_equal(pair->log[SERVER].messages, 20);
	pair_free(pair);
}

static void N6_a_peer_has_eight_streams_at_once(void **state)
{
	(void)state;
	for (unsigned streams = 8; streams <= 9; streams++) {
		struct quic_pair *pair = pair_up();
		uint8_t frames[FORGE_MAX];
		size_t len = 0;
		for (unsigned i = 0; i < streams; i++)
			forge_stream(frames, &len, STREAM(i), 0);
		send_forged(pair, frames, len);
		pair_run(pair, LP_SECOND);
		assert_int_equal(pair->log[SERVER].closed, streams > 8);
		pair_free(pair);
	}
}

static void N6_what_is_not_in_order_yet_is_no_more_than_a_message(void **state)
{
	(void)state;
	static const struct {
		unsigned offset;
		bool closed;
	} rows[] = {{4111, false}, {4112, true}};
	for (size_t i = 0; i < 2; i++) {
		struct quic_pair *pair = pair_up();
		uint8_t frames[FORGE_MAX];
		size_t len = 0;
		forge_stream(frames, &len, STREAM(0), rows[i].offset);
		send_forged(pair, frames, len);
		pair_run(pair, LP_SECOND);
		assert_int_equal(pair->log[SERVER].closed, rows[i].closed);
		pair_free(pair);
	}
}

static void N6_an_incomplete_stream_ends_its_connection_after_three_seconds(void **state)
{
	(void)state;
	for (unsigned offset = 0; offset <= 400; offset += 400) {
		struct quic_pair *pair = pair_up();
		uint8_t frames[FORGE_MAX];
		size_t len = 0;
		forge_stream(frames, &len, STREAM(0), offset);
		send_forged(pair, frames, len);
		pair_run(pair, LATENCY + 3 * LP_SECOND - 2 * LP_MILLISECOND);
		assert_int_equal(pair->log[SERVER].closed, 0);
		pair_run(pair, 10 * LP_MILLISECOND + LATENCY);
		assert_hostile(pair, "does not end");
		pair_free(pair);
	}
}

/* [N6] 1,050 frames per packet keep a core busy. */
static void N6_packets_of_nothing_but_pings_have_a_budget(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	uint8_t pings[1050];
	memset(pings, 1, sizeof pings);
	const struct lp_quic_counters before = pair_counters(pair);
	lp_time start = pair->now;
	uint64_t unread = 0, sent = 0;
	while (unread < 20 && sent < 1000) {
		send_forged(pair, pings, sizeof pings);
		sent++;
		unread = pair_counters(pair).overhead - before.overhead;
	}
	pair_run(pair, LATENCY);
	assert_true(unread >= 20);
	/* 64 KiB at once and 512 KiB per second */
	uint64_t most = 65536 + (pair->now - start) / LP_MILLISECOND * 524288 / 1000;
	assert_true((sent - unread - 10) * sizeof pings <= most);
	pair_run(pair, LP_SECOND);
	unsigned datagrams = pair->log[SERVER].datagrams;
	queue_datagram(&pair->log[CLIENT], "x", 1);
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[SERVER].datagrams, datagrams + 1);
	assert_int_equal(pair->log[SERVER].closed, 0);
	pair_free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N6_bytes_out_of_order_have_two_buffers),
		cmocka_unit_test(N6_a_buffer_is_free_again_when_its_bytes_are_in_order),
		cmocka_unit_test(N6_a_peer_has_eight_streams_at_once),
		cmocka_unit_test(N6_what_is_not_in_order_yet_is_no_more_than_a_message),
		cmocka_unit_test(N6_an_incomplete_stream_ends_its_connection_after_three_seconds),
		cmocka_unit_test(N6_packets_of_nothing_but_pings_have_a_budget),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
