/* Several workers: each packet contains its worker's number. */
#include "quic_wire.h"

static void every_packet_of_a_connection_is_steered_to_the_same_worker(void **state)
{
	(void)state;
	struct world *w = world_up();
	assert_steered(w);
	for (uint8_t host = 2; host < 5; host++) { /* each with a new connection ID */
		w->client_host = host;
		world_run(w, 4 * LP_SECOND);
		assert_steered(w);
	}
	world_free(w);
}

static struct world *world_of_worker(unsigned worker, unsigned workers)
{
	struct world *w = world_new();
	w->config[SERVER].worker = worker;
	w->config[SERVER].workers = workers;
	world_start(w, SERVER);
	world_start(w, CLIENT);
	return w;
}

static void a_worker_answers_only_for_its_own_ids(void **state)
{
	(void)state;
	for (unsigned worker = 0; worker < 3; worker++) {
		bool own = worker == 0xbeef % 3;
		struct world *w = world_of_worker(worker, 3);
		world_connect_pinned(w);
		world_run(w, LP_SECOND / 10);
		assert_int_equal(w->log[CLIENT].connected, own);
		assert_int_equal(world_counters(w).misrouted > 0, !own);
		/* no reset for a connection that another worker can have */
		struct lp_path path = world_path(200, 1);
		uint8_t bytes[100] = {0x40, 0xbe, 0xef};
		struct lp_quic_counters before = world_counters(w);
		lp_quic_read(w->end[SERVER], &path, bytes, sizeof bytes, w->now);
		world_run(w, LP_SECOND / 10);
		assert_int_equal(world_counters(w).resets - before.resets, own);
		assert_int_equal(world_counters(w).misrouted - before.misrouted, !own);
		if (!own)
			assert_int_equal(w->packets_from[SERVER], 0);
		world_free(w);
	}
}

static void a_first_id_that_is_too_short_is_ignored_with_any_token(void **state)
{
	(void)state;
	struct world *w = world_of_worker(1, 2);
	/* Initial, version 1, an ID of 1 byte, no source ID, a token of 1 byte. */
	uint8_t bytes[1200] = {0xc0, 0, 0, 0, 1, 1, 7, 0, 1, 9, 0x44, 0x9c};
	struct lp_path path = world_path(200, 1);
	lp_quic_read(w->end[SERVER], &path, bytes, sizeof bytes, w->now);
	assert_int_equal(world_counters(w).ignored, 1);
	assert_int_equal(lp_quic_connection_count(w->end[SERVER]), 0);
	world_free(w);
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
