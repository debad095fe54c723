/* The relay's TCP connections: rows W2, P2. */
#include "stream_unit.h"

#include <arpa/inet.h>
#include <string.h>

#include "handover.h"

static void W2_payloads_go_both_ways(void **state)
{
	(void)state;
	static uint8_t big[LP_PAYLOAD_MAX];
	struct relay r;
	struct client c;
	uint64_t number;
	start_relay(&r);
	assert_false(streams_any(r.streams));
	join_relay(&r, &c, 0);
	assert_true(streams_any(r.streams));
	say_packet(&r, &c);
	assert_int_equal(r.count, 1);
	assert_int_equal(r.last_len, sizeof(packet));
	assert_memory_equal(r.last, packet, sizeof(packet));
	/* QUIC sees where it comes from, and a path that no UDP packet has. */
	assert_true(lp_address_is_stream(&r.path.local, &number));
	assert_int_equal(r.path.remote.in.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_true(streams_takes(r.streams, &r.path));
	big[0] = 77;
	streams_put(r.streams, &r.path, big, sizeof(big));
	for (int i = 0; i < ROUNDS && c.count == 0; i++) {
		relay_turn(&r);
		client_turn(&c, true);
	}
	assert_int_equal(c.count, 1);
	assert_int_equal(c.len, sizeof(big));
	assert_int_equal(c.first, 77);
	assert_int_equal(counters(&r).lost, 0);
	/* The member goes: what is written to it is lost, as over UDP. */
	close_client(&c);
	for (int i = 0; i < 20; i++)
		relay_turn(&r);
	assert_false(streams_any(r.streams));
	assert_true(streams_takes(r.streams, &r.path));
	streams_put(r.streams, &r.path, big, sizeof(big));
	assert_int_equal(counters(&r).lost, 1);
	stop_relay(&r);
}

static void a_path_is_never_used_again(void **state)
{
	(void)state;
	struct relay r;
	struct client c;
	start_relay(&r);
	join_relay(&r, &c, 0);
	say_packet(&r, &c);
	struct lp_path first = r.path;
	close_client(&c);
	for (int i = 0; i < 20; i++)
		relay_turn(&r);
	join_relay(&r, &c, 0);
	say_packet(&r, &c);
	assert_false(lp_address_equal(&first.local, &r.path.local));
	streams_put(r.streams, &first, packet, sizeof(packet));
	assert_int_equal(counters(&r).lost, 1);
	close_client(&c);
	stop_relay(&r);
}

static const uint8_t full[LP_PAYLOAD_MAX] = {1};

/* Puts what the path takes, until it takes nothing more; returns how many payloads. */
static size_t fill(struct relay *r, const struct lp_path *path)
{
	size_t put = 0;
	for (int quiet = 0; quiet < 30;) {
		if (streams_takes(r->streams, path)) {
			streams_put(r->streams, path, full, sizeof(full));
			assert_true(++put < 4000);
			quiet = 0;
		} else {
			relay_turn(r);
			quiet++;
		}
	}
	return put;
}

static bool is_released(struct relay *r, struct client *reader)
{
	for (int i = 0; i < 10 * ROUNDS && streams_deadline(r->streams) != 0; i++) {
		if (reader)
			client_turn(reader, true);
		relay_turn(r);
	}
	return streams_released(r->streams);
}

/* It takes nothing once little waits; others go on, and it is told when it reads again. */
static void W2_a_member_that_does_not_read_is_held(void **state)
{
	(void)state;
	struct relay r;
	struct client deaf, other;
	int small = 4096;
	start_relay(&r);
	join_relay(&r, &deaf, 0);
	setsockopt(deaf.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	say_packet(&r, &deaf);
	struct lp_path path = r.path;
	join_relay(&r, &other, 1);
	say_packet(&r, &other);
	size_t put = fill(&r, &path);
	assert_int_equal(counters(&r).lost, 0);
	/* Whoever puts nevertheless loses the payload; nothing piles up. */
	for (int i = 0; i < 2 * LP_CARRIER_QUEUE_MAX / LP_PAYLOAD_MAX; i++)
		streams_put(r.streams, &path, full, sizeof(full));
	assert_true(counters(&r).lost > 0);
	assert_true(streams_takes(r.streams, &r.path));
	streams_put(r.streams, &r.path, full, sizeof(full));
	for (int i = 0; i < ROUNDS && other.count == 0; i++) {
		relay_turn(&r);
		client_turn(&other, true);
	}
	assert_int_equal(other.count, 1);
	streams_released(r.streams);
	assert_true(is_released(&r, &deaf));
	assert_false(streams_released(r.streams));
	assert_true(streams_takes(r.streams, &path));
	assert_true(deaf.count >= put);
	/* One that is gone holds nobody. */
	fill(&r, &path);
	close_client(&deaf);
	assert_true(is_released(&r, NULL));
	assert_true(streams_takes(r.streams, &path));
	close_client(&other);
	for (int i = 0; i < 20; i++)
		relay_turn(&r);
	/* It does not matter that it was the last one. */
	join_relay(&r, &deaf, 0);
	setsockopt(deaf.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	say_packet(&r, &deaf);
	path = r.path;
	fill(&r, &path);
	close_client(&deaf);
	assert_true(is_released(&r, NULL));
	assert_false(streams_any(r.streams));
	assert_int_equal(streams_deadline(r.streams), LP_NEVER);
	stop_relay(&r);
}

static void P2_a_connection_of_another_worker_is_given_away_whole(void **state)
{
	(void)state;
	struct relay one, two;
	struct client c;
	static struct handover handover;
	listen_somewhere(&one);
	listen_somewhere(&two);
	struct streams_config config = config_of(&one);
	config.workers = 2; /* the first is number 0 */
	open_relay(&one, &config);
	config = config_of(&two);
	config.workers = 2;
	config.worker = 1;
	open_relay(&two, &config);
	join_relay(&one, &c, 0);
	say_packet(&one, &c); /* of number 1: 5 modulo 2 */
	assert_int_equal(one.count, 0);
	assert_non_null(one.given);
	assert_int_equal(one.given->worker, 1);
	assert_false(streams_any(one.streams));
	handover_give(&handover, one.given);
	one.given = NULL;
	struct stream *stream = handover_take(&handover);
	assert_non_null(stream);
	assert_null(stream->next);
	assert_null(handover_take(&handover));
	streams_adopt(two.streams, stream, two.now);
	assert_int_equal(two.count, 1); /* with the payload that said whose it is */
	assert_memory_equal(two.last, packet, sizeof(packet));
	say_packet(&two, &c);
	assert_int_equal(two.count, 2);
	streams_put(two.streams, &two.path, packet, sizeof(packet));
	for (int i = 0; i < ROUNDS && c.count == 0; i++) {
		relay_turn(&two);
		client_turn(&c, true);
	}
	assert_int_equal(c.count, 1);
	assert_int_equal(streams_deadline(two.streams), two.now + IDLE);
	close_client(&c);
	stop_relay(&one);
	stop_relay(&two);
}

/* Nobody sends a connection from worker to worker to keep it alive. */
static void N6_a_connection_is_given_away_once(void **state)
{
	(void)state;
	struct relay one, two;
	struct client c;
	listen_somewhere(&one);
	listen_somewhere(&two);
	struct streams_config config = config_of(&one);
	config.workers = 2;
	open_relay(&one, &config);
	config = config_of(&two);
	config.workers = 2; /* also number 0, to which the packet does not belong */
	open_relay(&two, &config);
	two.is_junk = true;
	join_relay(&one, &c, 0);
	say_packet(&one, &c);
	assert_non_null(one.given);
	streams_adopt(two.streams, one.given, two.now);
	say_packet(&two, &c);
	assert_int_equal(two.count, 2);
	assert_null(two.given);
	assert_int_equal(streams_deadline(two.streams), two.now + STREAMS_OPENING);
	two.now += STREAMS_OPENING;
	relay_turn(&two);
	assert_false(streams_any(two.streams));
	close_client(&c);
	stop_relay(&one);
	stop_relay(&two);
}

static void P2_a_packet_names_its_worker(void **state)
{
	(void)state;
	const uint8_t short_header[] = {0x40, 1, 2, 3}, initial[] = {0xc0, 0, 0, 0, 1, 8, 1, 3, 9};
	assert_int_equal(stream_worker_of(short_header, 4, 7), 0x0102 % 7);
	assert_int_equal(stream_worker_of(initial, 9, 7), 0x0103 % 7);
	assert_int_equal(stream_worker_of(initial, 8, 7), 0x0103 % 7);
	assert_int_equal(stream_worker_of(initial, 7, 7), 0);
	assert_int_equal(stream_worker_of(short_header, 3, 7), 0x0102 % 7);
	assert_int_equal(stream_worker_of(short_header, 2, 7), 0);
	assert_int_equal(stream_worker_of(short_header, 4, 1), 0);
}

static void W2_a_member_that_says_goodbye_hears_one_and_is_gone(void **state)
{
	(void)state;
	struct relay r;
	struct client c;
	start_relay(&r);
	join_relay(&r, &c, 0);
	lp_carrier_close(c.carrier);
	for (int i = 0; i < ROUNDS && !c.ended; i++) {
		client_turn(&c, true);
		relay_turn(&r);
	}
	assert_true(c.ended);
	assert_int_equal(lp_carrier_fault(c.carrier, NULL), LP_CARRIER_NO_FAULT);
	close_client(&c);
	for (int i = 0; i < ROUNDS && streams_any(r.streams); i++)
		relay_turn(&r);
	assert_false(streams_any(r.streams));
	stop_relay(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(W2_payloads_go_both_ways),
		cmocka_unit_test(a_path_is_never_used_again),
		cmocka_unit_test(W2_a_member_that_does_not_read_is_held),
		cmocka_unit_test(P2_a_connection_of_another_worker_is_given_away_whole),
		cmocka_unit_test(N6_a_connection_is_given_away_once),
		cmocka_unit_test(P2_a_packet_names_its_worker),
		cmocka_unit_test(W2_a_member_that_says_goodbye_hears_one_and_is_gone),
	};
	return cmocka_run_group_tests(tests, make_identity, free_identity);
}
