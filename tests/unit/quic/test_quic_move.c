/* A connection that moves between a stream (row W2) and UDP, and one whose socket is full. */
#include "quic_pair.h"

enum link { STREAM, UDP, LINKS };

#define MEMBER_STREAM UINT64_C(1)
#define RELAY_STREAM  UINT64_C(0xabcdef0000000009)
#define NUMBERED_MAX  4096

/* A member's endpoint and a relay's, with two links between them. */
static struct roads {
	struct quic_pair *pair;
	lp_time latency[LINKS];
	bool dead[LINKS];
	bool full;      /* the sockets of the stream take nothing */
	unsigned asked; /* takes, when the socket was full */
	unsigned carried[LINKS], moved, stayed;
	unsigned next; /* number of the next DATAGRAM */
	uint8_t seen[2][NUMBERED_MAX];
} roads;

static struct lp_path road(enum side side, enum link link)
{
	struct lp_path path = side == CLIENT ? pair_path(1, 200) : pair_path(200, 1);
	if (link == STREAM)
		path.local = lp_address_of_stream(side == CLIENT ? MEMBER_STREAM : RELAY_STREAM);
	return path;
}

static bool on_takes(void *context, const struct lp_path *path)
{
	(void)context;
	assert_true(lp_address_is_stream(&path->local, NULL));
	roads.asked += roads.full;
	return !roads.full;
}

static void on_moved(void *context, struct lp_quic_conn *conn, bool good)
{
	struct lp_path path;
	assert_ptr_equal(context, &roads.pair->log[CLIENT]);
	lp_quic_get_path(conn, &path);
	assert_int_equal(lp_address_is_stream(&path.local, NULL), !good);
	roads.moved += good;
	roads.stayed += !good;
}

/* Sends all that an endpoint has. */
static void send_all(enum side from)
{
	struct quic_pair *pair = roads.pair;
	uint8_t bytes[LP_QUIC_PACKET_MAX];
	struct lp_path path;
	size_t len;
	while ((len = lp_quic_write(pair->end[from], bytes, sizeof bytes, &path, pair->now))) {
		uint64_t number = 0;
		enum link link = lp_address_is_stream(&path.local, &number) ? STREAM : UDP;
		if (link == STREAM)
			assert_true(number == (from == CLIENT ? MEMBER_STREAM : RELAY_STREAM));
		roads.carried[link]++;
		if (roads.dead[link])
			continue;
		assert_true(pair->wire_count < WIRE_MAX);
		struct packet *packet = &pair->wire[pair->wire_count++];
		packet->at = pair->now + roads.latency[link];
		packet->to = from == CLIENT ? SERVER : CLIENT;
		packet->path = road(packet->to, link);
		packet->len = len;
		memcpy(packet->bytes, bytes, len);
	}
}

static void on_number(struct lp_datagram_sink *sink, const uint8_t *bytes, size_t len, lp_time now)
{
	enum side side = sink == &roads.pair->log[SERVER].sink ? SERVER : CLIENT;
	uint32_t number;
	(void)now;
	assert_true(len >= sizeof number);
	memcpy(&number, bytes, sizeof number);
	assert_true(number < NUMBERED_MAX);
	roads.seen[side][number]++;
}

static void run_for(lp_time duration)
{
	struct quic_pair *pair = roads.pair;
	lp_time until = pair->now + duration;
	for (unsigned rounds = 0;; rounds++) {
		assert_true(rounds < 100000); /* a timer of the past would never let it end */
		send_all(CLIENT);
		send_all(SERVER);
		lp_time next = until;
		for (int side = CLIENT; side <= SERVER; side++)
			if (lp_quic_deadline(pair->end[side]) < next)
				next = lp_quic_deadline(pair->end[side]);
		for (size_t i = 0; i < pair->wire_count; i++)
			if (pair->wire[i].at < next)
				next = pair->wire[i].at;
		if (next >= until)
			break;
		pair->now = next > pair->now ? next : pair->now;
		pair_deliver(pair);
		lp_quic_on_time(pair->end[CLIENT], pair->now);
		lp_quic_on_time(pair->end[SERVER], pair->now);
	}
	pair->now = until;
}

/* A game: a DATAGRAM each way, 60 times per second. */
static void play(lp_time duration)
{
	for (lp_time end = roads.pair->now + duration; roads.pair->now < end;) {
		uint8_t bytes[200] = {0};
		memcpy(bytes, &roads.next, sizeof roads.next);
		assert_true(queue_datagram(&roads.pair->log[CLIENT], bytes, sizeof bytes));
		assert_true(queue_datagram(&roads.pair->log[SERVER], bytes, sizeof bytes));
		roads.next++;
		run_for(LP_SECOND / 60);
	}
}

static void assert_all_arrived(void)
{
	for (unsigned i = 0; i < roads.next; i++)
		if (roads.seen[CLIENT][i] != 1 || roads.seen[SERVER][i] != 1)
			fail_msg("DATAGRAM %u of %u: %u and %u times", i, roads.next,
				roads.seen[CLIENT][i], roads.seen[SERVER][i]);
}

static bool is_on(enum side side, enum link link)
{
	struct lp_path path, expected = road(side, link);
	lp_quic_get_path(roads.pair->log[side].conn, &path);
	return lp_address_equal(&path.local, &expected.local) &&
	       lp_address_equal(&path.remote, &expected.remote);
}

static bool migrate(enum link link)
{
	struct lp_path path = road(CLIENT, link);
	return lp_quic_migrate(roads.pair->log[CLIENT].conn, &path, roads.pair->now);
}

/* Both ends are connected over the stream. */
static int setup(void **state)
{
	static const struct lp_quic_handler handler = {.connected = pair_on_connected,
		.stream = pair_on_stream,
		.closed = pair_on_closed,
		.moved = on_moved};
	(void)state;
	memset(&roads, 0, sizeof roads);
	struct quic_pair *pair = roads.pair = pair_new();
	roads.latency[STREAM] = 30 * LP_MILLISECOND;
	roads.latency[UDP] = 10 * LP_MILLISECOND;
	for (int side = CLIENT; side <= SERVER; side++) {
		pair->config[side].handler = &handler;
		pair->config[side].context = &pair->log[side];
		pair->config[side].takes = on_takes;
		pair->end[side] =
			lp_quic_new(&pair->config[side], side == SERVER ? pair->identity : NULL);
		assert_non_null(pair->end[side]);
	}
	uint8_t pin[1][32];
	lp_identity_pin(pair->identity, pin[0]);
	struct lp_quic_target target = {.path = road(CLIENT, STREAM),
		.server_name = "relay.example",
		.pins = (const uint8_t(*)[32])pin,
		.pin_count = 1,
		.steer = 0xbeef};
	enum lp_status status;
	assert_non_null(lp_quic_connect(pair->end[CLIENT], &target, NULL, pair->now, &status));
	run_for(LP_SECOND);
	assert_int_equal(pair->log[CLIENT].connected, 1);
	assert_int_equal(pair->log[SERVER].connected, 1);
	pair->log[CLIENT].sink.take = on_number;
	pair->log[SERVER].sink.take = on_number;
	assert_int_equal(roads.carried[UDP], 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pair_free(roads.pair);
	return 0;
}

/* [W2] */
static void a_client_moves_from_a_stream_to_udp_and_loses_nothing(void **state)
{
	(void)state;
	play(LP_SECOND);
	assert_true(migrate(UDP));
	play(3 * LP_SECOND);
	assert_int_equal(roads.moved, 1);
	assert_int_equal(roads.stayed, 0);
	assert_true(is_on(CLIENT, UDP) && is_on(SERVER, UDP));
	unsigned carried = roads.carried[STREAM];
	play(2 * LP_SECOND);
	assert_int_equal(roads.carried[STREAM], carried);
	run_for(LP_SECOND);
	assert_all_arrived();
	assert_steered(roads.pair);
}

/* [W2] What is on its way on a slow stream arrives after what UDP carries. */
static void a_move_off_a_slow_stream_loses_nothing(void **state)
{
	(void)state;
	roads.latency[STREAM] = 500 * LP_MILLISECOND;
	play(3 * LP_SECOND);
	assert_true(migrate(UDP));
	play(5 * LP_SECOND);
	run_for(LP_SECOND);
	assert_int_equal(roads.moved, 1);
	assert_true(is_on(CLIENT, UDP) && is_on(SERVER, UDP));
	assert_all_arrived();
}

/* [W2] However often it is tried. */
static void a_move_to_a_dead_path_stays_where_it_was(void **state)
{
	(void)state;
	roads.dead[UDP] = true;
	for (unsigned i = 1; i <= 6; i++) {
		assert_true(migrate(UDP));
		assert_false(migrate(UDP)); /* one at a time */
		roads.latency[STREAM] += LP_MILLISECOND;
		play(6 * LP_SECOND);
		assert_int_equal(roads.stayed, i);
		assert_true(is_on(CLIENT, STREAM) && is_on(SERVER, STREAM));
	}
	/* what it has measured stays, too */
	struct lp_quic_info info;
	run_for(LP_SECOND);
	assert_true(migrate(UDP));
	run_for(6 * LP_SECOND);
	lp_quic_get_info(roads.pair->log[CLIENT].conn, &info);
	assert_int_equal(roads.stayed, 7);
	assert_true(info.jitter > 0);
	roads.dead[UDP] = false;
	assert_true(migrate(UDP));
	play(2 * LP_SECOND);
	assert_int_equal(roads.moved, 1);
	assert_true(is_on(CLIENT, UDP) && is_on(SERVER, UDP));
	run_for(LP_SECOND);
	assert_all_arrived();
}

/* [W2] */
static void a_held_connection_writes_nothing_until_it_is_released(void **state)
{
	(void)state;
	play(LP_SECOND / 2);
	run_for(LP_SECOND / 2);
	unsigned carried = roads.carried[STREAM];
	roads.full = true;
	play(LP_SECOND / 2);
	assert_int_equal(roads.carried[STREAM], carried);
	assert_true(roads.asked > 0 && roads.asked < 200);
	roads.full = false;
	lp_quic_release(roads.pair->end[CLIENT]);
	lp_quic_release(roads.pair->end[SERVER]);
	run_for(0);
	assert_true(roads.carried[STREAM] > carried);
	run_for(LP_SECOND);
	assert_all_arrived();
	assert_int_equal(roads.pair->log[CLIENT].closed, 0);
}

/* [W2] A stream that is stuck is the best reason to move. */
static void a_connection_moves_off_a_stream_that_is_stuck(void **state)
{
	(void)state;
	play(LP_SECOND / 2);
	run_for(LP_SECOND / 2);
	unsigned carried = roads.carried[STREAM];
	roads.full = roads.dead[STREAM] = true;
	run_for(LP_SECOND / 10);
	assert_true(migrate(UDP));
	play(LP_SECOND);
	assert_int_equal(roads.moved, 1);
	assert_true(is_on(CLIENT, UDP) && is_on(SERVER, UDP));
	assert_true(roads.carried[STREAM] <= carried + 8); /* the server asks there, too */
	run_for(LP_SECOND);
	unsigned lost = 0;
	for (unsigned i = 0; i < roads.next; i++)
		for (int side = CLIENT; side <= SERVER; side++)
			lost += roads.seen[side][i] != 1;
	assert_true(lost <= 2);
}

/* [W2] It asks there as often as it would otherwise, and never without a pause. */
static void a_stuck_stream_and_a_dead_path_cost_little(void **state)
{
	(void)state;
	roads.full = roads.dead[UDP] = true;
	unsigned carried = roads.carried[STREAM];
	assert_true(migrate(UDP));
	run_for(6 * LP_SECOND);
	assert_int_equal(roads.stayed, 1);
	assert_true(roads.carried[UDP] >= 2 && roads.carried[UDP] < 20);
	assert_true(roads.carried[STREAM] < carried + 20);
	assert_true(roads.asked < 200);
}

/* [W2] */
static void a_connection_that_is_held_for_ever_ends_by_its_idle_timeout(void **state)
{
	(void)state;
	roads.full = true;
	run_for(40 * LP_SECOND);
	assert_int_equal(roads.pair->log[CLIENT].closed, 1);
	assert_int_equal(roads.pair->log[CLIENT].why.end, LP_QUIC_END_IDLE);
	assert_int_equal(roads.pair->log[SERVER].closed, 1);
	assert_true(roads.asked < 2000);
}

static void an_endpoint_without_takes_is_never_held(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	lp_quic_release(pair->end[CLIENT]);
	pair_run(pair, LP_SECOND);
	pair_free(pair);
}

/* [W2] */
static void packets_on_a_stream_become_as_large_as_allowed(void **state)
{
	(void)state;
	run_for(LP_SECOND);
	size_t max = lp_quic_datagram_max(roads.pair->log[CLIENT].conn);
	assert_true(max > LP_QUIC_PACKET_MAX - 40);
}

/* [W2] A path that was used before needs no proof. */
static void a_client_can_move_back(void **state)
{
	(void)state;
	play(LP_SECOND);
	assert_true(migrate(UDP));
	play(2 * LP_SECOND);
	assert_true(is_on(CLIENT, UDP));
	struct lp_path path = road(CLIENT, STREAM);
	/* on_moved expects a stream only when the move has failed */
	assert_int_equal(roads.moved, 1);
	assert_true(lp_quic_migrate(roads.pair->log[CLIENT].conn, &path, roads.pair->now));
	assert_true(is_on(CLIENT, STREAM));
}

static void a_server_and_a_client_without_a_connection_cannot_move(void **state)
{
	(void)state;
	struct lp_path path = road(SERVER, UDP);
	struct lp_quic_conn *conn = roads.pair->log[CLIENT].conn;
	assert_false(lp_quic_migrate(roads.pair->log[SERVER].conn, &path, roads.pair->now));
	path = road(CLIENT, STREAM); /* where it is */
	assert_false(lp_quic_migrate(conn, &path, roads.pair->now));
	lp_quic_close(conn, 0, "");
	path = road(CLIENT, UDP);
	assert_false(lp_quic_migrate(conn, &path, roads.pair->now));
	run_for(LP_SECOND);
	assert_int_equal(roads.moved + roads.stayed, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_client_moves_from_a_stream_to_udp_and_loses_nothing),
		TEST(a_move_off_a_slow_stream_loses_nothing),
		TEST(a_move_to_a_dead_path_stays_where_it_was),
		TEST(a_held_connection_writes_nothing_until_it_is_released),
		TEST(a_connection_moves_off_a_stream_that_is_stuck),
		TEST(a_stuck_stream_and_a_dead_path_cost_little),
		TEST(a_connection_that_is_held_for_ever_ends_by_its_idle_timeout),
		cmocka_unit_test(an_endpoint_without_takes_is_never_held),
		TEST(packets_on_a_stream_become_as_large_as_allowed),
		TEST(a_client_can_move_back),
		TEST(a_server_and_a_client_without_a_connection_cannot_move),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
