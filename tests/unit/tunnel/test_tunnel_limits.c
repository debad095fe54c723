/* The relay's limits are kept by the member itself, and told (rows L1, L3). */
#include "tunnel_unit.h"

#define BYTE_RATE  100000
#define GROUP_RATE 10

static struct harness *limited(void)
{
	const struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
	struct harness *h = harness_new(&config);
	struct lp_control m = welcome_of(1500);
	m.welcome.byte_rate = m.welcome.byte_burst = BYTE_RATE;
	m.welcome.group_rate = m.welcome.group_burst = GROUP_RATE;
	h->now = LP_SECOND;
	harness_start(h);
	harness_connected(h);
	harness_say(h, 0, &m);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	harness_forget(h);
	return h;
}

/* The player's computer sends frames for so long, and the connection takes what it gets. Returns how many
 * bytes it got. */
static size_t send_for(struct harness *h, lp_time time, size_t frames_per_second, size_t len)
{
	lp_time end = h->now + time, next = h->now;
	size_t sent = 0;
	while (h->now < end) {
		uint8_t f[FRAME_CAP], bytes[FRAME_CAP];
		struct lp_overlay o;
		if (h->now >= next) {
			harness_frame(
				h, f, udp_frame(f, player_mac(11), player_mac(OWN_PEER), len));
			next += LP_SECOND / frames_per_second;
		}
		while (harness_take(h, LP_DATAGRAM_MAX, bytes, &o) > 0)
			sent += o.len;
		lp_time due = lp_tunnel_deadline(h->tunnel);
		harness_at(h, due < next && due > h->now ? due : next);
		if (h->count > ACTIONS / 2 && !harness_action(h, LP_TUNNEL_LIMITED, 0))
			harness_forget(h);
	}
	return sent;
}

static void a_stream_above_the_limit_is_held_to_it_and_told_once(void **state)
{
	(void)state;
	struct harness *h = limited();
	size_t sent = send_for(h, 2 * LP_SECOND, 200, 1400);
	assert_null(harness_action(h, LP_TUNNEL_LIMITED, 0));
	sent += send_for(h, 6 * LP_SECOND, 200, 1400);
	assert_in_range(sent, 7 * BYTE_RATE, 9 * BYTE_RATE);
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_LIMITED, 0);
	assert_non_null(a);
	assert_int_equal(a->limit, LP_DROP_BYTE_RATE);
	assert_int_equal(a->rate, BYTE_RATE);
	assert_null(harness_action(h, LP_TUNNEL_LIMITED, 1));
	harness_free(h);
}

/* As the relay counts it. */
static void a_frame_to_all_counts_once_per_member(void **state)
{
	(void)state;
	struct harness *h = limited();
	for (uint16_t peer = 12; peer < 21; peer++)
		harness_joined(h, peer, LP_ROLE_CLIENT);
	for (size_t i = 0; i < GROUP_RATE; i++) {
		uint8_t f[FRAME_CAP], bytes[FRAME_CAP];
		struct lp_overlay o;
		size_t len = udp_frame(f, BROADCAST, player_mac(OWN_PEER), BYTE_RATE / 100);
		assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_NONE);
		harness_take(h, LP_DATAGRAM_MAX, bytes, &o);
	}
	/* they have used up the burst */
	assert_in_range(send_for(h, LP_SECOND, 200, 1400), BYTE_RATE / 4, BYTE_RATE);
	harness_free(h);
}

static void a_stream_below_it_is_not_touched(void **state)
{
	(void)state;
	struct harness *h = limited();
	size_t sent = send_for(h, 8 * LP_SECOND, 50, 1400);
	assert_int_equal(sent, 8 * 50 * 1400);
	assert_null(harness_action(h, LP_TUNNEL_LIMITED, 0));
	harness_free(h);
}

static size_t shout_for(struct harness *h, lp_time time, unsigned per_second)
{
	size_t dropped = 0;
	for (lp_time end = h->now + time; h->now < end;) {
		uint8_t f[FRAME_CAP];
		size_t len = udp_frame(f, BROADCAST, player_mac(OWN_PEER), 60);
		dropped += harness_frame(h, f, len).drop == LP_DROP_BROADCAST_RATE;
		harness_at(h, h->now + LP_SECOND / per_second);
		if (!harness_action(h, LP_TUNNEL_LIMITED, 0))
			harness_forget(h);
	}
	return dropped;
}

static void broadcasts_above_the_limit_are_dropped_and_told_once(void **state)
{
	(void)state;
	struct harness *h = limited();
	assert_int_equal(shout_for(h, 5 * LP_SECOND, GROUP_RATE), 0);
	assert_null(harness_action(h, LP_TUNNEL_LIMITED, 0));
	assert_true(shout_for(h, 6 * LP_SECOND, 4 * GROUP_RATE) > 6 * GROUP_RATE);
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_LIMITED, 0);
	assert_non_null(a);
	assert_int_equal(a->limit, LP_DROP_BROADCAST_RATE);
	assert_int_equal(a->rate, GROUP_RATE);
	assert_null(harness_action(h, LP_TUNNEL_LIMITED, 1));
	harness_free(h);
}

static void a_search_now_and_then_is_never_told(void **state)
{
	(void)state;
	struct harness *h = limited();
	for (int i = 0; i < 5; i++) {
		shout_for(h, LP_SECOND / 2, 8 * GROUP_RATE);
		harness_at(h, h->now + 3 * LP_SECOND);
		assert_null(harness_action(h, LP_TUNNEL_LIMITED, 0));
	}
	harness_free(h);
}

static void a_new_episode_is_told_again(void **state)
{
	(void)state;
	struct harness *h = limited();
	shout_for(h, 6 * LP_SECOND, 4 * GROUP_RATE);
	assert_non_null(harness_action(h, LP_TUNNEL_LIMITED, 0));
	harness_forget(h);
	harness_at(h, h->now + LP_TUNNEL_LIMIT_OVER / 2);
	shout_for(h, 6 * LP_SECOND, 4 * GROUP_RATE);
	assert_null(harness_action(h, LP_TUNNEL_LIMITED, 0));
	harness_at(h, h->now + LP_TUNNEL_LIMIT_OVER + LP_SECOND);
	shout_for(h, 6 * LP_SECOND, 4 * GROUP_RATE);
	assert_non_null(harness_action(h, LP_TUNNEL_LIMITED, 0));
	assert_null(harness_action(h, LP_TUNNEL_LIMITED, 1));
	harness_free(h);
}

static void without_limits_nothing_waits(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_CLIENT);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	h->now = LP_SECOND;
	assert_int_equal(send_for(h, LP_SECOND, 400, 1400), 400 * 1400);
	assert_int_equal(shout_for(h, LP_SECOND, 400), 0);
	harness_free(h);
}

static void tell_limit(struct harness *h, uint16_t peer, uint64_t rate, uint64_t burst)
{
	struct lp_control m = {.type = LP_PEER_STATUS,
		.peer_status = {.sequence = ++h->sequence,
			.peer = peer,
			.byte_rate = rate,
			.byte_burst = burst}};
	harness_event(h, &m);
	harness_forget(h);
}

/* Row H3. */
static void a_limit_that_the_relay_changes_counts_at_once(void **state)
{
	(void)state;
	struct harness *h = limited();
	tell_limit(h, 11, 4 * BYTE_RATE, 4 * BYTE_RATE); /* another member's */
	tell_limit(h, OWN_PEER, 4 * BYTE_RATE, 0);       /* nothing is told */
	assert_in_range(send_for(h, 4 * LP_SECOND, 400, 1400), 4 * BYTE_RATE, 6 * BYTE_RATE);
	tell_limit(h, OWN_PEER, 2 * BYTE_RATE, BYTE_RATE);
	assert_in_range(send_for(h, 4 * LP_SECOND, 400, 1400), 7 * BYTE_RATE, 10 * BYTE_RATE);
	tell_limit(h, OWN_PEER, 0, BYTE_RATE); /* no limit */
	send_for(h, LP_SECOND, 400, 1400);     /* what has waited */
	assert_in_range(send_for(h, LP_SECOND, 400, 1400), 390 * 1400, 410 * 1400);
	harness_free(h);
}

/* The same limit again is no new episode. */
static void an_unchanged_limit_is_not_told_again(void **state)
{
	(void)state;
	struct harness *h = limited();
	send_for(h, 6 * LP_SECOND, 200, 1400);
	assert_non_null(harness_action(h, LP_TUNNEL_LIMITED, 0));
	tell_limit(h, OWN_PEER, BYTE_RATE, BYTE_RATE);
	send_for(h, 6 * LP_SECOND, 200, 1400);
	assert_null(harness_action(h, LP_TUNNEL_LIMITED, 0));
	tell_limit(h, OWN_PEER, BYTE_RATE / 2, BYTE_RATE);
	send_for(h, 6 * LP_SECOND, 200, 1400);
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_LIMITED, 0);
	assert_non_null(a);
	assert_int_equal(a->rate, BYTE_RATE / 2);
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_above_the_limit_is_held_to_it_and_told_once),
		cmocka_unit_test(a_frame_to_all_counts_once_per_member),
		cmocka_unit_test(a_stream_below_it_is_not_touched),
		cmocka_unit_test(broadcasts_above_the_limit_are_dropped_and_told_once),
		cmocka_unit_test(a_search_now_and_then_is_never_told),
		cmocka_unit_test(a_new_episode_is_told_again),
		cmocka_unit_test(without_limits_nothing_waits),
		cmocka_unit_test(a_limit_that_the_relay_changes_counts_at_once),
		cmocka_unit_test(an_unchanged_limit_is_not_told_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
