/* Row W2: a link whose connection goes over a stream: a full one gets nothing, and UDP takes over when it works
 * again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stream_room.h"

static void a_stream_that_is_full_gets_no_packet(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_joined();
	stream_turns(r, 500);
	r->full = true;
	size_t sent = r->sent_over_tcp;
	stream_turns(r, 1500); /* keep-alive and statistics wait */
	assert_int_equal(r->sent_over_tcp, sent);
	r->full = false;
	stream_turn(r);
	assert_int_equal(r->sent_over_tcp, sent);
	lp_link_on_ready(r->link);
	stream_turn(r);
	assert_true(r->sent_over_tcp > sent);
	assert_int_equal(r->disconnects, 0);
	stream_room_close(r);
}

static void udp_that_works_again_takes_over_within_31_s(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_joined();
	stream_turns(r, 29000);
	assert_int_equal(r->moves, 0);
	size_t tries = r->udp_tries;
	r->udp = true;
	stream_turns_until(r, &r->moves, 1, 2000);
	assert_int_equal(r->udp_tries, tries + 1);
	assert_false(stream_room_is_over_tcp(r));
	assert_int_equal(
		stream_open_ways(r), 2); /* what is on the way in the stream still arrives */
	size_t sent = r->sent_over_tcp;
	stream_turns(r, 1900);
	assert_int_equal(stream_open_ways(r), 2);
	stream_turns(r, 200);
	assert_int_equal(stream_open_ways(r), 1);
	assert_int_equal(r->sent_over_tcp, sent);
	stream_turns(r, 40000);
	assert_int_equal(r->udp_tries, tries + 1);
	assert_int_equal(r->hellos, 1);
	assert_int_equal(r->disconnects, 0);
	stream_room_close(r);
}

static void udp_that_stays_silent_is_tried_every_30_s_and_costs_nothing(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_joined();
	size_t tries = r->udp_tries;
	stream_turns(r, 100000);
	assert_int_equal(r->udp_tries, tries + 3);
	assert_int_equal(r->disconnects, 0);
	assert_true(stream_room_is_over_tcp(r));
	stream_turns(r, 10000); /* the last try has ended */
	assert_int_equal(stream_open_ways(r), 1);
	stream_room_close(r);
}

static void all_addresses_are_tried_in_each_round(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_open(false, true);
	r->addresses = 3;
	stream_room_start(r);
	stream_turns_until(r, &r->joins, 1, 3000);
	size_t tries = r->udp_tries;
	stream_turns(r, 59000);
	assert_int_equal(r->udp_tries, tries + 3);
	stream_room_close(r);
}

/* Otherwise a member with many addresses would ask without end. */
static void a_round_that_takes_long_is_followed_by_a_pause(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_open(false, true);
	int pause = 0, longest = 0;
	for (size_t i = 0; i < LP_ENDPOINTS - 1; i++)
		stream_options.also[i] = (struct lp_host){"other.example", 4500};
	stream_options.also_count = LP_ENDPOINTS - 1;
	r->addresses = LP_LOOKUP_MAX;
	stream_room_start(r);
	stream_turns_until(r, &r->joins, 1, 6000);
	stream_turns(r, 32000);
	for (int i = 0; i < 60000; i++) {
		stream_turn(r);
		pause = stream_open_ways(r) > 1 ? 0 : pause + 1;
		longest = pause > longest ? pause : longest;
	}
	assert_in_range(longest, 990, 1010);
	stream_room_close(r);
}

static void a_change_of_networks_tries_udp_at_once(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_joined();
	stream_turns(r, 5000);
	r->udp = true;
	lp_link_on_uplink(r->link, r->now);
	stream_turns_until(r, &r->moves, 1, 500);
	stream_room_close(r);
}

static void a_member_that_leaves_while_udp_is_tried_closes_all(void **state)
{
	(void)state;
	struct stream_room *r = stream_room_joined();
	stream_turns(r, 5000);
	lp_link_on_uplink(r->link, r->now);
	stream_turn(r);
	assert_int_equal(stream_open_ways(r), 2);
	stream_room_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_that_is_full_gets_no_packet),
		cmocka_unit_test(udp_that_works_again_takes_over_within_31_s),
		cmocka_unit_test(udp_that_stays_silent_is_tried_every_30_s_and_costs_nothing),
		cmocka_unit_test(all_addresses_are_tried_in_each_round),
		cmocka_unit_test(a_round_that_takes_long_is_followed_by_a_pause),
		cmocka_unit_test(a_change_of_networks_tries_udp_at_once),
		cmocka_unit_test(a_member_that_leaves_while_udp_is_tried_closes_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
