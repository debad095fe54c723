/* Several workers: each packet contains its worker's number. */
#include "quic_pair.h"

static void every_packet_of_a_connection_is_steered_to_the_same_worker(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	assert_steered(pair);
	for (uint8_t host = 2; host < 5; host++) { /* each with a new connection ID */
		pair->client_host = host;
		pair_run(pair, 4 * LP_SECOND);
		assert_steered(pair);
	}
	pair_free(pair);
}

static struct quic_pair *world_of_worker(unsigned worker, unsigned workers)
{
	struct quic_pair *pair = pair_new();
	pair->config[SERVER].worker = worker;
	pair->config[SERVER].workers = workers;
	pair_start_both(pair);
	return pair;
}

static void a_worker_answers_only_for_its_own_ids(void **state)
{
	(void)state;
	for (unsigned worker = 0; worker < 3; worker++) {
		bool own = worker == 0xbeef % 3;
		struct quic_pair *pair = world_of_worker(worker, 3);
		pair_connect_pinned(pair);
		pair_run(pair, LP_SECOND / 10);
		assert_int_equal(pair->log[CLIENT].connected, own);
		assert_int_equal(pair_counters(pair).misrouted > 0, !own);
		/* no reset for a connection that another worker can have */
		struct lp_path path = pair_path(200, 1);
		uint8_t bytes[100] = {0x40, 0xbe, 0xef};
		struct lp_quic_counters before = pair_counters(pair);
		lp_quic_read(pair->end[SERVER], &path, bytes, sizeof bytes, pair->now);
		pair_run(pair, LP_SECOND / 10);
		assert_int_equal(pair_counters(pair).resets - before.resets, own);
		assert_int_equal(pair_counters(pair).misrouted - before.misrouted, !own);
		if (!own)
			assert_int_equal(pair->packets_from[SERVER], 0);
		pair_free(pair);
	}
}

static void a_first_id_that_is_too_short_is_ignored_with_any_token(void **state)
{
	(void)state;
	struct quic_pair *pair = world_of_worker(1, 2);
	/* Initial, version 1, an ID of 1 byte, no source ID, a token of 1 byte. */
	uint8_t bytes[1200] = {0xc0, 0, 0, 0, 1, 1, 7, 0, 1, 9, 0x44, 0x9c};
	struct lp_path path = pair_path(200, 1);
	lp_quic_read(pair->end[SERVER], &path, bytes, sizeof bytes, pair->now);
	assert_int_equal(pair_counters(pair).ignored, 1);
	assert_int_equal(lp_quic_connection_count(pair->end[SERVER]), 0);
	pair_free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_packet_of_a_connection_is_steered_to_the_same_worker),
		cmocka_unit_test(a_worker_answers_only_for_its_own_ids),
		cmocka_unit_test(a_first_id_that_is_too_short_is_ignored_with_any_token),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
