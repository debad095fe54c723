/* A path that stops carrying large packets while many are sent (path/mtu.h). */
#include "quic_pair.h"

#include "lanparty/path/mtu.h"

#define LARGE 1300 /* bytes of a DATAGRAM in a large packet */
#define PART  650  /* and of one that is sent instead when only small packets are */

/* Has a large DATAGRAM, or part of one, whenever it is supplied. */
struct bulk {
	struct lp_datagram_source source; /* first member */
	unsigned waiting;
};

static bool peek_bulk(struct lp_datagram_source *source, size_t max, bool bulk, lp_time now,
	struct lp_datagram *ret_datagram)
{
	static const uint8_t bytes[LARGE];
	const struct bulk *b = (struct bulk *)source;
	(void)now;
	if (!bulk || !b->waiting)
		return false;
	*ret_datagram = (struct lp_datagram){.bytes = bytes, .len = max < LARGE ? PART : LARGE};
	return true;
}

static void pop_bulk(struct lp_datagram_source *source)
{
	((struct bulk *)source)->waiting--;
}

static void ignore_path(struct lp_datagram_source *source, size_t max)
{
	(void)source;
	(void)max;
}

/* For the duration, supplies 16 Mbit/s. Returns the longest time in which nothing arrived. */
static lp_time longest_silence(struct quic_pair *pair, struct bulk *bulk, lp_time duration)
{
	lp_time longest = 0, heard = pair->now;
	unsigned arrived = pair->log[SERVER].datagrams;
	for (lp_time end = pair->now + duration; pair->now < end;) {
		bulk->waiting = 2;
		lp_datagram_source_wake(&bulk->source);
		pair_run(pair, LP_MILLISECOND);
		if (pair->log[SERVER].datagrams != arrived)
			heard = pair->now;
		arrived = pair->log[SERVER].datagrams;
		if (pair->now - heard > longest)
			longest = pair->now - heard;
	}
	return longest;
}

/* Row H4: the endpoint counts what its only connection counts. */
static void assert_counted(const struct quic_pair *pair)
{
	struct lp_quic_counters all;
	struct lp_quic_info one;
	lp_quic_get_counters(pair->end[CLIENT], &all);
	lp_quic_get_info(pair->log[CLIENT].conn, &one);
	assert_true(one.datagrams_acked > 0 && one.datagrams_lost > 0);
	assert_int_equal(all.datagrams_acked, one.datagrams_acked);
	assert_int_equal(all.datagrams_lost, one.datagrams_lost);
}

/* Nothing but large packets fills the congestion window: only a small probe gets through. */
static void a_full_window_of_lost_large_packets_is_noticed_by_the_first_probe(void **state)
{
	struct lp_datagram_source_ops ops = pair_source_ops;
	(void)state;
	ops.peek = peek_bulk;
	ops.pop = pop_bulk;
	ops.path = ignore_path;
	struct quic_pair *pair = pair_up();
	struct bulk bulk = {.source.ops = &ops};
	pair_run(pair, 4 * LP_SECOND); /* path MTU discovery is finished */
	lp_quic_attach(pair->log[CLIENT].conn, &bulk.source, &pair->log[CLIENT].sink);
	assert_true(longest_silence(pair, &bulk, LP_SECOND) <= 2 * LATENCY);
	assert_true(pair->largest_from[CLIENT] > LARGE);
	pair->mtu = LP_MTU_SAFE;
	assert_true(longest_silence(pair, &bulk, 2 * LP_SECOND) <= 20 * LATENCY);
	assert_int_equal(pair->log[CLIENT].closed, 0);
	assert_counted(pair);
	pair_free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_window_of_lost_large_packets_is_noticed_by_the_first_probe),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
