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

static void leave_gap(struct quic_pair *pair, unsigned stream)
{
	uint8_t frames[FORGE_MAX];
	size_t len = 0;
	forge_stream(frames, &len, STREAM(stream), 1);
	send_forged(pair, frames, len);
	pair_run(pair, 100 * LP_MILLISECOND);
}

static void end_stream(struct quic_pair *pair, unsigned stream)
{
	uint8_t frames[FORGE_MAX];
	size_t len = 0;
	forge_stream(frames, &len, STREAM(stream), 2);
	frames[0] |= 1; /* FIN */
	forge_stream(frames, &len, STREAM(stream), 0);
	send_forged(pair, frames, len);
	pair_run(pair, 100 * LP_MILLISECOND);
}

static void N6_no_buffer_but_the_one_that_was_used_is_free_again(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	leave_gap(pair, 0);
	leave_gap(pair, 1);
	end_stream(pair, 0);
	leave_gap(pair, 2);
	end_stream(pair, 1);
	leave_gap(pair, 3);
	assert_int_equal(pair->log[SERVER].closed, 0);
	leave_gap(pair, 4); /* streams 2 and 3 have both */
	pair_run(pair, LP_SECOND);
	assert_hostile(pair, "out of order");
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

/* The server hears of a DATAGRAM at that time, and of nothing before: not even of an acknowledgement, which
 * would end the pause. */
static void hear_at(struct quic_pair *pair, lp_time at)
{
	pair->cut = true;
	pair_run(pair, at - LATENCY - pair->now);
	pair->cut = false;
	queue_datagram(&pair->log[CLIENT], "x", 1);
	while (pair_send(pair, CLIENT))
		;
	pair->cut = true;
	pair_run(pair, LATENCY);
	pair->cut = false;
}

/* A stream with one byte at this offset; returns when the server has heard of it. */
static lp_time begin_stream(struct quic_pair *pair, unsigned offset)
{
	uint8_t frames[FORGE_MAX];
	size_t len = 0;
	forge_stream(frames, &len, STREAM(0), offset);
	send_forged(pair, frames, len);
	pair_run(pair, LATENCY);
	return lp_quic_heard(pair->log[SERVER].conn);
}

static void N6_an_incomplete_stream_ends_its_connection_after_three_seconds(void **state)
{
	static const struct {
		lp_time step, limit;
	} rows[] = {
		{100 * LP_MILLISECOND, LP_QUIC_INCOMPLETE_MAX},
		{900 * LP_MILLISECOND, LP_QUIC_INCOMPLETE_MAX},
		/* of the first pause one second counts, of the others all */
		{1500 * LP_MILLISECOND, LP_QUIC_INCOMPLETE_MAX + 500 * LP_MILLISECOND},
		{5 * LP_SECOND, LP_QUIC_INCOMPLETE_MAX + 4 * LP_SECOND},
	};
	(void)state;
	for (size_t i = 0; i < 4 * sizeof rows / sizeof rows[0]; i++) {
		lp_time step = rows[i / 4].step;
		struct quic_pair *pair = pair_up();
		lp_time since = begin_stream(pair, i & 1 ? 400 : 0);
		lp_time last = since + rows[i / 4].limit - (i & 2 ? 0 : 1);
		for (lp_time at = since + step; at < last; at += step)
			hear_at(pair, at);
		assert_int_equal(pair->log[SERVER].closed, 0);
		hear_at(pair, last);
		assert_int_equal(pair->log[SERVER].closed, i & 2 ? 1 : 0);
		pair_run(pair, LP_SECOND);
		if (i & 2)
			assert_hostile(pair, "does not end");
		pair_free(pair);
	}
}

/* The packet that opens the stream ends the pause. */
static void N6_a_stream_is_not_late_because_of_a_pause_before_it(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	pair_run(pair, 2 * LP_QUIC_PAUSE_MAX);
	lp_time since = begin_stream(pair, 0);
	assert_int_equal(pair->log[SERVER].closed, 0);
	hear_at(pair, since + LP_QUIC_PAUSE_MAX);
	hear_at(pair, since + 2 * LP_QUIC_PAUSE_MAX);
	assert_int_equal(pair->log[SERVER].closed, 0);
	hear_at(pair, since + LP_QUIC_INCOMPLETE_MAX);
	pair_run(pair, LP_SECOND);
	assert_hostile(pair, "does not end");
	pair_free(pair);
}

/* An honest peer cannot end its stream then. */
static void N6_while_nothing_arrives_a_stream_does_not_become_late(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	uint8_t frames[FORGE_MAX];
	size_t len = 0;
	begin_stream(pair, 0);
	pair_run(pair, LP_SECOND);
	pair->cut = true;
	pair_run(pair, 8 * LP_SECOND);
	pair->cut = false;
	queue_datagram(&pair->log[CLIENT], "x", 1);
	pair_run(pair, 500 * LP_MILLISECOND);
	assert_int_equal(pair->log[SERVER].closed, 0);
	forge_stream(frames, &len, STREAM(0), 1);
	frames[0] |= 1; /* FIN */
	send_forged(pair, frames, len);
	pair_run(pair, 5 * LP_SECOND);
	assert_int_equal(pair->log[SERVER].closed, 0);
	assert_int_equal(pair->log[SERVER].messages, 1);
	pair_free(pair);
}

/* [N6] 1,050 frames per packet keep a core busy. */
static void N6_packets_of_nothing_but_pings_have_a_budget(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	uint8_t pings[1050];
	memset(pings, 1, sizeof pings);
	memcpy(pings + sizeof pings - 3, "\x31\1x", 3); /* and a DATAGRAM, to see what is read */
	unsigned before_them = pair->log[SERVER].datagrams;
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
	assert_int_equal(datagrams - before_them, sent - unread);
	queue_datagram(&pair->log[CLIENT], "x", 1);
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[SERVER].datagrams, datagrams + 1);
	assert_int_equal(pair->log[SERVER].closed, 0);
	pair_free(pair);
}

/* A member's frames are what the connection is for, also as many small ones as fit into a packet. */
static void N6_small_datagrams_use_up_no_budget(void **state)
{
	(void)state;
	enum { SIZE = 20, FRAME = 2 + SIZE, COUNT = FORGE_MAX / FRAME, PACKETS = 2000 };
	struct quic_pair *pair = pair_up();
	uint8_t frames[COUNT * FRAME] = {0}, packet[FORGE_PACKET];
	struct lp_path path;
	for (size_t i = 0; i < COUNT; i++)
		memcpy(frames + i * FRAME, (uint8_t[]){0x31, SIZE}, 2);
	queue_datagram(&pair->log[CLIENT], "x", 1); /* the last to write is the client */
	assert_true(lp_quic_write(pair->end[CLIENT], packet, sizeof packet, &path, pair->now) > 0);
	unsigned before = pair->log[SERVER].datagrams;
	path = pair_path(200, 1);
	for (size_t i = 0; i < PACKETS; i++) {
		size_t len = forge_packet(packet, frames, sizeof frames);
		assert_true(len > 0);
		lp_quic_read(pair->end[SERVER], &path, packet, len, pair->now);
	}
	assert_int_equal(pair->log[SERVER].datagrams - before, COUNT * PACKETS);
	assert_int_equal(pair_counters(pair).overhead, 0);
	pair_free(pair);
}

/* An Initial of len bytes with both connection IDs, of which packet, from the client, has one. */
static void make_initial(struct quic_pair *pair, uint8_t *packet, size_t len)
{
	uint8_t ids[8 + 1 + 8] = {0}, answer[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	memcpy(ids, packet + 1, 8);
	queue_datagram(&pair->log[SERVER], "x", 1);
	assert_true(lp_quic_write(pair->end[SERVER], answer, sizeof answer, &path, pair->now) > 0);
	ids[8] = 8;
	memcpy(ids + 9, answer + 1, 8);
	memset(packet, 0, len);
	memcpy(packet, "\xc0\0\0\0\1\x8", 6);
	memcpy(packet + 6, ids, sizeof ids);
	packet[24] = (uint8_t)(0x40 | (len - 26) >> 8); /* after an empty token */
	packet[25] = (uint8_t)(len - 26);
}

/* Whoever sees a connection ID can send packets with it, and the true ones once more. */
static void N6_packets_of_others_use_up_nothing_and_are_not_heard(void **state)
{
	(void)state;
	enum { SHORT, LONG, COPY };
	for (int kind = SHORT; kind <= COPY; kind++) {
		struct quic_pair *pair = pair_up();
		uint8_t packet[LP_QUIC_PACKET_MAX] = {0};
		struct lp_path path;
		queue_datagram(&pair->log[CLIENT], packet, 1100);
		size_t len =
			lp_quic_write(pair->end[CLIENT], packet, sizeof packet, &path, pair->now);
		assert_true(len > 1100);
		path = pair_path(200, 1);
		assert_true(lp_quic_read(pair->end[SERVER], &path, packet, len, pair->now));
		assert_int_equal(lp_quic_heard(pair->log[SERVER].conn), pair->now);
		if (kind == SHORT)
			packet[len - 1] ^= 1;
		if (kind == LONG)
			make_initial(pair, packet, len);
		pair_run(pair, LP_SECOND);
		lp_time heard = lp_quic_heard(pair->log[SERVER].conn);
		unsigned datagrams = pair->log[SERVER].datagrams;
		for (unsigned i = 0; i < 200; i++)
			assert_false(
				lp_quic_read(pair->end[SERVER], &path, packet, len, pair->now));
		assert_int_equal(lp_quic_heard(pair->log[SERVER].conn), heard);
		assert_int_equal(pair_counters(pair).overhead, 0);
		queue_datagram(&pair->log[CLIENT], "x", 1);
		pair_run(pair, LP_SECOND);
		assert_int_equal(pair->log[SERVER].datagrams, datagrams + 1);
		assert_true(lp_quic_heard(pair->log[SERVER].conn) > heard);
		pair_free(pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N6_bytes_out_of_order_have_two_buffers),
		cmocka_unit_test(N6_a_buffer_is_free_again_when_its_bytes_are_in_order),
		cmocka_unit_test(N6_no_buffer_but_the_one_that_was_used_is_free_again),
		cmocka_unit_test(N6_a_peer_has_eight_streams_at_once),
		cmocka_unit_test(N6_what_is_not_in_order_yet_is_no_more_than_a_message),
		cmocka_unit_test(N6_an_incomplete_stream_ends_its_connection_after_three_seconds),
		cmocka_unit_test(N6_a_stream_is_not_late_because_of_a_pause_before_it),
		cmocka_unit_test(N6_while_nothing_arrives_a_stream_does_not_become_late),
		cmocka_unit_test(N6_packets_of_nothing_but_pings_have_a_budget),
		cmocka_unit_test(N6_small_datagrams_use_up_no_budget),
		cmocka_unit_test(N6_packets_of_others_use_up_nothing_and_are_not_heard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
