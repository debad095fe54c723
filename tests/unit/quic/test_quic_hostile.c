/* Bad networks and attackers: loss, NATs, restarts, floods, random packets. */
#include "quic_pair.h"

#define JUNK 20000
#ifdef _WIN32
#define VISITS 500 /* ten times slower under Wine */
#else
#define VISITS 5000
#endif

#define STRANGER 100 /* first host of a flood; packets to it are lost */

/* Sends the Initials of count clients that send nothing more, each from its own host in one /24. */
static void flood_from(struct quic_pair *pair, uint32_t network, unsigned count)
{
	struct lp_quic_config config = {.handler = &pair_handler};
	struct log log;
	memset(&log, 0, sizeof log);
	config.context = &log;
	struct lp_quic *q = lp_quic_new(&config, NULL);
	uint8_t pins[1][32] = {{1}};
	struct lp_quic_target target = {
		.path = pair_path(1, 200), .pins = (const uint8_t(*)[32])pins, .pin_count = 1};
	for (unsigned i = 0; i < count; i++) {
		enum lp_status status;
		assert_non_null(lp_quic_connect(q, &target, NULL, pair->now, &status));
		uint8_t bytes[LP_QUIC_PACKET_MAX];
		struct lp_path path;
		size_t len = lp_quic_write(q, bytes, sizeof bytes, &path, pair->now);
		assert_true(len >= 1200);
		path = pair_path(200, (uint8_t)(STRANGER + i % 50));
		path.remote.in.sin_addr.s_addr ^= htonl(network << 8);
		lp_quic_read(pair->end[SERVER], &path, bytes, len, pair->now);
	}
	lp_quic_free(q);
}

static void flood(struct quic_pair *pair, unsigned count)
{
	flood_from(pair, 0, count);
}

static struct quic_pair *world_with(size_t retry_from, size_t max_half_open)
{
	struct quic_pair *pair = pair_new();
	pair->config[SERVER].retry_from = retry_from;
	pair->config[SERVER].max_half_open = max_half_open;
	pair_start_both(pair);
	return pair;
}

static void under_a_flood_a_newcomer_proves_its_address_with_a_retry(void **state)
{
	(void)state;
	struct quic_pair *pair = world_with(2, 0);
	flood(pair, 2);
	assert_int_equal(pair_counters(pair).retries, 0);
	pair_connect_pinned(pair);
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair_counters(pair).retries, 1);
	assert_int_equal(pair->log[CLIENT].connected, 1);
	assert_int_equal(pair->log[SERVER].connected, 1);
	assert_steered(pair);
	pair_free(pair);
}

static void a_retry_token_is_bound_to_its_address(void **state)
{
	(void)state;
	struct quic_pair *pair = world_with(1, 0);
	flood(pair, 1);
	pair_connect_pinned(pair);
	pair_run(pair, 2 * LATENCY - 1);
	assert_int_equal(pair_counters(pair).retries, 1);
	pair->client_host = 2; /* the Retry is in transit; its answer comes from elsewhere */
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[CLIENT].connected, 0);
	assert_int_equal(pair->log[CLIENT].why.end, LP_QUIC_END_PEER);
	assert_int_equal(pair->log[CLIENT].why.code, 0x0b); /* INVALID_TOKEN */
	pair_free(pair);
}

static void a_retry_token_expires(void **state)
{
	(void)state;
	struct quic_pair *pair = world_with(1, 0);
	flood(pair, 1);
	pair->config[CLIENT].handshake_timeout = 60 * LP_SECOND;
	lp_quic_free(pair->end[CLIENT]);
	pair_start(pair, CLIENT);
	pair_connect_pinned(pair);
	pair_run(pair, 3 * LATENCY - 1);
	assert_int_equal(pair_counters(pair).retries, 1);
	assert_int_equal(pair->wire_count, 1); /* the client's answer */
	pair->wire[0].at += 11 * LP_SECOND;
	pair->cut = true;
	pair_run(pair, 11 * LP_SECOND + LATENCY);
	assert_int_equal(pair_counters(pair).refused, 1);
	assert_int_equal(pair->log[SERVER].connected, 0);
	pair_free(pair);
}

static void half_open_connections_are_bounded_and_time_out(void **state)
{
	(void)state;
	struct quic_pair *pair = world_with(1000, 20);
	flood(pair, 30); /* twice as many as are free, for one network */
	assert_int_equal(lp_quic_connection_count(pair->end[SERVER]), 14);
	assert_int_equal(pair_counters(pair).refused, 16);
	flood_from(pair, 1, 30);
	assert_int_equal(lp_quic_connection_count(pair->end[SERVER]), 18);
	flood_from(pair, 2, 30);
	assert_int_equal(lp_quic_connection_count(pair->end[SERVER]), 20);
	flood_from(pair, 3, 30);
	assert_int_equal(lp_quic_connection_count(pair->end[SERVER]), 20);
	pair_run(pair, 6 * LP_SECOND);
	assert_int_equal(lp_quic_connection_count(pair->end[SERVER]), 0);
	assert_int_equal(lp_quic_id_count(pair->end[SERVER]), 0);
	assert_int_equal(pair->log[SERVER].closed, 0);
	pair_connect_pinned(pair);
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[SERVER].connected, 1);
	pair_free(pair);
}

static void each_half_open_connection_times_out_on_its_own(void **state)
{
	(void)state;
	struct quic_pair *pair = world_with(1000, 1000);
	enum { COUNT = 100 };
	lp_time start[COUNT];
	for (size_t i = 0; i < COUNT; i++) {
		pair_run(pair, 10 * LP_MILLISECOND + pair_random(pair) % (30 * LP_MILLISECOND));
		start[i] = pair->now;
		flood(pair, 1);
	}
	for (size_t i = 0; i < COUNT; i++) {
		pair_run(pair, start[i] + 5 * LP_SECOND + 2 * LP_MILLISECOND - pair->now);
		assert_int_equal(lp_quic_connection_count(pair->end[SERVER]), COUNT - 1 - i);
	}
	pair_free(pair);
}

static void a_full_server_refuses(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	pair->config[SERVER].max_connections = 1;
	pair_start_both(pair);
	pair_connect_pinned(pair);
	pair_run(pair, LP_SECOND);
	pair_connect_pinned(pair);
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[CLIENT].connected, 1);
	assert_int_equal(pair->log[CLIENT].closed, 1);
	assert_int_equal(pair->log[CLIENT].why.end, LP_QUIC_END_PEER);
	assert_int_equal(pair->log[CLIENT].why.code, 2); /* CONNECTION_REFUSED */
	pair_free(pair);
}

/* Row N6: one source shakes hands too often. */
static void N6_handshakes_of_a_source_are_limited(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	pair->config[SERVER].handshake_rate = 2;
	pair->config[SERVER].handshake_burst = 3;
	pair_start(pair, SERVER);
	pair_start(pair, CLIENT);
	for (unsigned i = 1; i <= 7; i++) {
		pair_connect_pinned(pair);
		pair_run(pair, 8 * LATENCY);
		/* the limit of those who prove their address is another one */
		assert_int_equal(pair_counters(pair).retries, i > 3 ? i - 3 : 0);
		assert_int_equal(pair->log[SERVER].connected, i < 7 ? i : 6);
	}
	assert_int_equal(pair->log[CLIENT].why.code, 2); /* CONNECTION_REFUSED */
	pair_run(pair, 2 * LP_SECOND);
	pair_connect_pinned(pair);
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[SERVER].connected, 7);
	pair_free(pair);
}

/* Otherwise whoever forges addresses decides who can join. */
static void N6_forged_addresses_do_not_use_up_the_limit_of_their_owner(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	pair->config[SERVER].handshake_rate = 1;
	pair->config[SERVER].handshake_burst = 1;
	pair_start(pair, SERVER);
	pair_start(pair, CLIENT);
	pair->client_host = STRANGER;
	flood(pair, 500);
	pair_connect_pinned(pair);
	pair_run(pair, LP_SECOND);
	assert_int_equal(pair->log[SERVER].connected, 1);
	pair_free(pair);
}

static void an_unvalidated_address_receives_at_most_three_times_what_it_sent(void **state)
{
	(void)state;
	struct quic_pair *pair = world_with(0, 0);
	flood(pair, 1);
	pair_run(pair, 30 * LP_SECOND);
	assert_true(pair->bytes_from[SERVER] > 0);
	assert_true(pair->bytes_from[SERVER] <= 3 * 1200);
	pair_free(pair);
}

/* Passes one packet to the server and returns the length of the answer, 0 for none. */
static size_t answer(struct quic_pair *pair, const uint8_t *bytes, size_t len)
{
	struct lp_path path = pair_path(200, STRANGER);
	uint8_t reply[LP_QUIC_PACKET_MAX];
	lp_quic_read(pair->end[SERVER], &path, bytes, len, pair->now);
	size_t n = lp_quic_write(pair->end[SERVER], reply, sizeof reply, &path, pair->now);
	if (n > 0) {
		assert_int_equal(path.remote.in.sin_addr.s_addr, htonl(0x0a000000u | STRANGER));
		assert_int_equal(
			lp_quic_write(pair->end[SERVER], reply, sizeof reply, &path, pair->now), 0);
	}
	return n;
}

static void an_unknown_short_packet_gets_a_shorter_reset(void **state)
{
	(void)state;
	struct quic_pair *pair = world_with(0, 0);
	uint8_t bytes[200];
	memset(bytes, 0x45, sizeof bytes);
	for (size_t len = 0; len <= sizeof bytes; len++) {
		size_t n = answer(pair, bytes, len);
		if (len < 22)
			assert_int_equal(n, 0);
		else
			assert_true(n >= 21 && n < len);
	}
	bytes[0] = 0x05; /* without QUIC's fixed bit */
	assert_int_equal(answer(pair, bytes, sizeof bytes), 0);
	assert_int_equal(pair_counters(pair).resets, 200 - 21);
	pair_free(pair);
}

static void an_unknown_version_is_answered_with_the_known_one(void **state)
{
	(void)state;
	struct quic_pair *pair = world_with(0, 0);
	uint8_t bytes[1200] = {0xc0, 0x12, 0x34, 0x56, 0x78, 8, 1, 2, 3, 4, 5, 6, 7, 8, 2, 9, 9};
	assert_int_equal(answer(pair, bytes, 1199), 0); /* too small for an Initial */
	struct lp_path path = pair_path(200, STRANGER);
	uint8_t reply[LP_QUIC_PACKET_MAX];
	lp_quic_read(pair->end[SERVER], &path, bytes, 1200, pair->now);
	size_t n = lp_quic_write(pair->end[SERVER], reply, sizeof reply, &path, pair->now);
	static const uint8_t head[] = {0, 0, 0, 0, 2, 9, 9, 8, 1, 2, 3, 4, 5, 6, 7, 8};
	assert_int_equal(n, 1 + sizeof head + 8);
	assert_memory_equal(reply + 1, head, sizeof head);
	assert_memory_equal(reply + n - 4, "\0\0\0\1", 4);
	assert_int_equal(pair_counters(pair).version_negotiations, 1);
	pair_free(pair);
}

/* A version list ends the connection only if it lacks our version and has the client's connection
 * IDs. */
static void a_client_learns_that_a_server_lacks_its_version(void **state)
{
	(void)state;
	for (int with_ours = 0; with_ours < 2; with_ours++) {
		struct quic_pair *pair = pair_new();
		pair_start(pair, CLIENT);
		pair_connect_pinned(pair);
		uint8_t bytes[LP_QUIC_PACKET_MAX];
		struct lp_path path;
		assert_true(lp_quic_write(
				    pair->end[CLIENT], bytes, sizeof bytes, &path, pair->now) > 0);
		assert_int_equal(bytes[5], 16);
		assert_int_equal(bytes[6] << 8 | bytes[7], 0xbeef); /* steering bytes */
		uint8_t list[64] = {0x80, 0, 0, 0, 0, 8};
		memcpy(list + 6, bytes + 23, 8); /* the client's source ID */
		list[14] = 16;
		memcpy(list + 15, bytes + 6, 16);
		memcpy(list + 31, with_ours ? "\0\0\0\1" : "\x6b\x33\x43\xcf", 4);
		lp_quic_read(pair->end[CLIENT], &path, list, 35, pair->now);
		assert_int_equal(pair->log[CLIENT].closed, !with_ours);
		if (!with_ours)
			assert_int_equal(pair->log[CLIENT].why.end, LP_QUIC_END_ALPN);
		pair_free(pair);
	}
}

static void stateless_answers_are_limited_by_prefix(void **state)
{
	(void)state;
	struct quic_pair *pair = world_with(0, 0);
	uint8_t bytes[60];
	memset(bytes, 0x45, sizeof bytes);
	unsigned answers = 0;
	for (unsigned i = 0; i < 5000; i++)
		answers += answer(pair, bytes, sizeof bytes) > 0;
	assert_int_equal(answers, 1000);
	pair->now += LP_SECOND;
	for (unsigned i = 0; i < 5000; i++)
		answers += answer(pair, bytes, sizeof bytes) > 0;
	assert_int_equal(answers, 1200);
	static const struct {
		uint8_t sixth, seventh, eighth;
		bool answered;
		const char *what;
	} table[] = {
		{1, 0, 0, true, "a prefix of its own"},
		{1, 0, 9, false, "the same /56"},
		{1, 1, 0, true, "the next /56"},
	};
	for (size_t i = 0; i < 3; i++) {
		print_message("%s\n", table[i].what);
		struct lp_path path = pair_path(200, STRANGER);
		memset(&path.remote, 0, sizeof path.remote);
		path.remote.in6.sin6_family = AF_INET6;
		path.remote.in6.sin6_addr.s6_addr[5] = table[i].sixth;
		path.remote.in6.sin6_addr.s6_addr[6] = table[i].seventh;
		path.remote.in6.sin6_addr.s6_addr[7] = table[i].eighth;
		path.remote.len = sizeof path.remote.in6;
		uint8_t reply[LP_QUIC_PACKET_MAX];
		lp_quic_read(pair->end[SERVER], &path, bytes, sizeof bytes, pair->now);
		bool answered = false;
		for (unsigned k = 0; k < 1100; k++) {
			struct lp_path to;
			answered = lp_quic_write(pair->end[SERVER], reply, sizeof reply, &to,
					   pair->now) > 0;
			if (k > 0 || !answered)
				lp_quic_read(
					pair->end[SERVER], &path, bytes, sizeof bytes, pair->now);
			if (k == 0)
				assert_int_equal(answered, table[i].answered);
		}
	}
	pair_free(pair);
}

static void stateless_answers_are_limited_in_all(void **state)
{
	(void)state;
	struct quic_pair *pair = world_with(0, 0);
	uint8_t bytes[60], reply[LP_QUIC_PACKET_MAX];
	memset(bytes, 0x45, sizeof bytes);
	unsigned answers = 0;
	for (uint32_t i = 0; i < 110000; i++) {
		struct lp_path path = pair_path(200, STRANGER);
		path.remote.in.sin_addr.s_addr = htonl(0x0b000000u + i * 256);
		lp_quic_read(pair->end[SERVER], &path, bytes, sizeof bytes, pair->now);
		answers +=
			lp_quic_write(pair->end[SERVER], reply, sizeof reply, &path, pair->now) > 0;
	}
	assert_int_equal(answers, 100000);
	pair_free(pair);
}

static void a_restarted_server_resets_its_old_connections(void **state)
{
	(void)state;
	for (int same_secret = 0; same_secret < 2; same_secret++) {
		struct quic_pair *pair = pair_up();
		lp_quic_free(pair->end[SERVER]);
		if (!same_secret)
			memset(pair->config[SERVER].secret, 8, LP_QUIC_SECRET_SIZE);
		pair_start(pair, SERVER);
		pair_run(pair, 5 * LP_SECOND); /* a keep-alive suffices */
		assert_int_equal(pair->log[CLIENT].closed, same_secret);
		if (same_secret)
			assert_int_equal(pair->log[CLIENT].why.end, LP_QUIC_END_RESET);
		pair_free(pair);
	}
}

static void exchange(struct quic_pair *pair)
{
	unsigned before[2] = {pair->log[CLIENT].datagrams, pair->log[SERVER].datagrams};
	for (uint32_t i = 0; i < 10; i++) {
		queue_datagram(&pair->log[CLIENT], "from the client", 15);
		pair_run(pair, 50 * LP_MILLISECOND);
		queue_datagram(&pair->log[SERVER], "from the server", 15);
		pair_run(pair, 50 * LP_MILLISECOND);
	}
	assert_true(pair->log[SERVER].datagrams - before[SERVER] >= 9);
	assert_true(pair->log[CLIENT].datagrams - before[CLIENT] >= 9);
}

static void frames_continue_when_a_nat_changes_the_address(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	exchange(pair);
	for (uint8_t host = 2; host < 12; host++) {
		pair->client_host = host;
		exchange(pair); /* within a second */
		struct lp_path path;
		lp_quic_get_path(pair->log[SERVER].conn, &path);
		assert_int_equal(path.remote.in.sin_addr.s_addr, htonl(0x0a000000u | host));
		pair_run(pair, 3 * LP_SECOND);
	}
	assert_int_equal(pair->log[CLIENT].closed, 0);
	assert_int_equal(pair->log[SERVER].connected, 1);
	assert_true(lp_quic_id_count(pair->end[SERVER]) <= 8); /* old connection IDs are released */
	pair_free(pair);
}

static void a_bad_wire_loses_datagrams_and_nothing_else(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct quic_pair *pair = pair_new();
		uint8_t seen[2000] = {0};
		pair->seed = seed * 0x9e3779b97f4a7c15;
		pair->loss = 50;
		pair->duplicates = 100;
		pair->reorder = 250;
		pair->damage = 10;
		pair->log[SERVER].seen = seen;
		pair->log[SERVER].seen_cap = sizeof seen;
		pair_start_both(pair);
		pair_connect_pinned(pair);
		pair_run(pair, 4 * LP_SECOND);
		print_message("seed %u\n", (unsigned)seed);
		assert_int_equal(pair->log[CLIENT].connected, 1);
		for (uint32_t i = 0; i < sizeof seen; i++) {
			uint8_t bytes[200] = {0};
			memcpy(bytes, &i, sizeof i);
			queue_datagram(&pair->log[CLIENT], bytes, sizeof bytes);
			if (i % 40 == 0)
				assert_int_equal(
					lp_quic_send_message(pair->log[SERVER].conn, bytes, 100),
					LP_OK);
			pair_run(pair, LP_MILLISECOND);
		}
		pair_run(pair, 10 * LP_SECOND);
		unsigned arrived = 0;
		for (uint32_t i = 0; i < sizeof seen; i++) {
			assert_true(seen[i] <= 1);
			arrived += seen[i];
		}
		assert_true(arrived > sizeof seen * 7 / 10);
		assert_int_equal(pair->log[CLIENT].messages, 50);
		assert_int_equal(pair->log[CLIENT].closed + pair->log[SERVER].closed, 0);
		pair_free(pair);
	}
}

/* Random bytes, damaged packets of the connection, and its packets from other addresses. */
static void random_packets_do_not_disturb_a_connection(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	uint8_t real[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	queue_datagram(&pair->log[CLIENT], "x", 1);
	size_t real_len = lp_quic_write(pair->end[CLIENT], real, sizeof real, &path, pair->now);
	assert_true(real_len > 0);
	for (unsigned i = 0; i < JUNK; i++) {
		uint8_t bytes[LP_QUIC_PACKET_MAX];
		size_t len = (size_t)(pair_random(pair) % sizeof bytes);
		if (i % 3 == 0 && len > 16)
			len = 16 + len % 64;
		for (size_t k = 0; k < len; k++)
			bytes[k] = (uint8_t)(pair_random(pair) >> 24);
		if (i % 4 == 1) {
			len = real_len;
			memcpy(bytes, real, len);
			bytes[9 + pair_random(pair) % (len - 9)] ^=
				(uint8_t)(1 + pair_random(pair) % 255);
		} else if (i % 4 == 2 && len > 30) {
			memcpy(bytes, "\xc3\0\0\0\1\x08", 6); /* long headers of our version */
		}
		path = pair_path(200, i % 2 ? 1 : STRANGER);
		lp_quic_read(pair->end[SERVER], &path, bytes, len, pair->now);
		path = pair_path(1, 200);
		lp_quic_read(pair->end[CLIENT], &path, bytes, len, pair->now);
		if (i % 16 == 0)
			pair_run(pair, LP_MILLISECOND);
	}
	pair_run(pair, 6 * LP_SECOND);
	assert_int_equal(pair->log[CLIENT].closed + pair->log[SERVER].closed, 0);
	assert_int_equal(lp_quic_connection_count(pair->end[SERVER]), 1);
	exchange(pair);
	pair_free(pair);
}

static void an_empty_packet_is_ignored(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	struct lp_path path = pair_path(200, 1);
	uint64_t ignored = pair_counters(pair).ignored;
	for (int i = 0; i < 100; i++)
		lp_quic_read(pair->end[SERVER], &path, (const uint8_t *)"", 0, pair->now);
	assert_int_equal(pair_counters(pair).ignored, ignored + 100);
	exchange(pair);
	pair_free(pair);
}

static void a_clock_that_steps_back_is_harmless(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	for (int i = 0; i < 200; i++) {
		pair->now -= pair->now % (7 * LP_MILLISECOND);
		queue_datagram(&pair->log[CLIENT], "x", 1);
		pair_run(pair, 3 * LP_MILLISECOND);
		lp_quic_on_time(pair->end[SERVER], 0);
	}
	assert_int_equal(pair->log[CLIENT].closed + pair->log[SERVER].closed, 0);
	pair_free(pair);
}

static void a_closed_connection_answers_late_packets_only_a_few_times(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	uint8_t real[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	uint8_t bytes[1000] = {0};
	queue_datagram(&pair->log[CLIENT], bytes, sizeof bytes);
	size_t len = lp_quic_write(pair->end[CLIENT], real, sizeof real, &path, pair->now);
	pair->cut = true;
	lp_quic_close(pair->log[SERVER].conn, 1, "bye");
	pair_run(pair, LP_MILLISECOND);
	uint64_t before = pair->packets_from[SERVER];
	path = pair_path(200, 1);
	lp_quic_read(pair->end[SERVER], &path, real, 30, pair->now); /* too short for a reset */
	assert_false(pair_send(pair, SERVER));
	for (int i = 0; i < 1000; i++) {
		lp_quic_read(pair->end[SERVER], &path, real, len, pair->now);
		while (pair_send(pair, SERVER))
			;
	}
	assert_true(
		pair->packets_from[SERVER] > before && pair->packets_from[SERVER] <= before + 5);
	pair_free(pair);
}

/* [R7] */
static void many_connections_leave_nothing_behind(void **state)
{
	(void)state;
	struct quic_pair *pair = world_with(0, 0);
	for (unsigned i = 1; i <= VISITS; i++) {
		pair_connect_pinned(pair);
		pair_run(pair, 8 * LATENCY);
		assert_int_equal(pair->log[SERVER].connected, i);
		lp_quic_close(pair->log[i % 2 ? CLIENT : SERVER].conn, 0, "");
		pair_run(pair, 2 * LATENCY);
		assert_int_equal(pair->log[SERVER].closed, i);
	}
	pair_run(pair, 5 * LP_SECOND);
	for (int side = CLIENT; side <= SERVER; side++) {
		assert_int_equal(pair->log[side].closed, VISITS);
		assert_int_equal(lp_quic_connection_count(pair->end[side]), 0);
		assert_int_equal(lp_quic_lingering_count(pair->end[side]), 0);
		assert_int_equal(lp_quic_id_count(pair->end[side]), 0);
	}
	pair_free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(under_a_flood_a_newcomer_proves_its_address_with_a_retry),
		cmocka_unit_test(a_retry_token_is_bound_to_its_address),
		cmocka_unit_test(a_retry_token_expires),
		cmocka_unit_test(half_open_connections_are_bounded_and_time_out),
		cmocka_unit_test(each_half_open_connection_times_out_on_its_own),
		cmocka_unit_test(a_full_server_refuses),
		cmocka_unit_test(N6_handshakes_of_a_source_are_limited),
		cmocka_unit_test(N6_forged_addresses_do_not_use_up_the_limit_of_their_owner),
		cmocka_unit_test(an_unvalidated_address_receives_at_most_three_times_what_it_sent),
		cmocka_unit_test(an_unknown_short_packet_gets_a_shorter_reset),
		cmocka_unit_test(an_unknown_version_is_answered_with_the_known_one),
		cmocka_unit_test(a_client_learns_that_a_server_lacks_its_version),
		cmocka_unit_test(stateless_answers_are_limited_by_prefix),
		cmocka_unit_test(stateless_answers_are_limited_in_all),
		cmocka_unit_test(a_restarted_server_resets_its_old_connections),
		cmocka_unit_test(frames_continue_when_a_nat_changes_the_address),
		cmocka_unit_test(a_bad_wire_loses_datagrams_and_nothing_else),
		cmocka_unit_test(random_packets_do_not_disturb_a_connection),
		cmocka_unit_test(an_empty_packet_is_ignored),
		cmocka_unit_test(a_clock_that_steps_back_is_harmless),
		cmocka_unit_test(a_closed_connection_answers_late_packets_only_a_few_times),
		cmocka_unit_test(many_connections_leave_nothing_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
