/* The tunnel connects again: redirects, lost connections, and memberships that go on. */
#include "tunnel_unit.h"

/* Acts as a relay's worker that does not host the room. The tunnel closes the connection. */
static void sent_on(struct harness *h, uint16_t steer)
{
	const struct lp_control m = {
		.type = LP_REJECT, .reject = {.reason = LP_REJECT_WRONG_WORKER, .steer = steer}};
	harness_connected(h);
	harness_forget(h);
	harness_say(h, 0, &m);
	assert_gave_up(h, LP_LEAVE_NORMAL);
	harness_closed(h, false);
}

static void assert_connects_at_once(const struct harness *h, uint16_t steer)
{
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_CONNECT, 0);
	assert_non_null(a);
	assert_true(a->steered);
	assert_int_equal(a->steer, steer);
	/* a redirect is not reported */
	assert_null(harness_action(h, LP_TUNNEL_REJECTED, 0));
	assert_null(harness_action(h, LP_TUNNEL_DISCONNECTED, 0));
}

static void assert_refused(const struct harness *h, bool final)
{
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_REJECTED, 0);
	assert_non_null(a);
	assert_int_equal(a->reject.reason, LP_REJECT_WRONG_WORKER);
	assert_int_equal(a->final, final);
	assert_null(harness_action(h, LP_TUNNEL_CONNECT, 0));
	assert_int_equal(lp_tunnel_is_over(h->tunnel), final);
}

static void a_steering_hint_is_followed_at_once_up_to_twice(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_CLIENT);
	assert_false(h->actions[0].steered);
	sent_on(h, 0xabcd);
	assert_connects_at_once(h, 0xabcd);
	sent_on(h, 0);
	assert_connects_at_once(h, 0);
	sent_on(h, 3);
	assert_refused(h, true); /* too many redirects */
	harness_free(h);

	h = connecting(LP_ROLE_CLIENT);
	sent_on(h, 0xabcd);
	harness_join(h, 1500);
	assert_true(lp_tunnel_is_joined(h->tunnel));
	for (int i = 0; i < 2; i++) {
		/* after a reconnect the hint is kept, and two more are followed */
		harness_forget(h);
		harness_closed(h, false);
		harness_at(h, lp_tunnel_deadline(h->tunnel));
		assert_int_equal(harness_action(h, LP_TUNNEL_CONNECT, 0)->steer, i ? 8 : 0xabcd);
		sent_on(h, 7);
		assert_connects_at_once(h, 7);
		sent_on(h, 8);
		assert_connects_at_once(h, 8);
		sent_on(h, 9);
		assert_refused(h, false);
		harness_at(h, lp_tunnel_deadline(h->tunnel));
		harness_connected(h);
	}
	harness_free(h);
}

/* Row K5: a program that was killed, and perhaps moved, has joined nothing yet. */
static void a_hello_is_fresh_until_the_first_join(void **state)
{
	(void)state;
	for (enum lp_role role = LP_ROLE_CLIENT; role <= LP_ROLE_GATEWAY; role++) {
		struct harness *h = connecting(role);
		sent_on(h, 5);
		for (int joins = 0; joins < 3; joins++) {
			harness_forget(h);
			harness_join(h, 1500);
			assert_true(lp_tunnel_is_joined(h->tunnel));
			assert_int_equal(hello_sent(h).fresh, joins == 0);
			harness_closed(h, false);
			harness_at(h, lp_tunnel_deadline(h->tunnel));
		}
		harness_free(h);
	}
}

static void leaving_during_a_redirect_ends_at_once(void **state)
{
	(void)state;
	struct harness *h = connecting(LP_ROLE_CLIENT);
	const struct lp_control m = {
		.type = LP_REJECT, .reject = {.reason = LP_REJECT_WRONG_WORKER, .steer = 1}};
	harness_connected(h);
	harness_say(h, 0, &m);
	harness_forget(h);
	lp_tunnel_leave(h->tunnel, h->now);
	harness_closed(h, false);
	assert_true(lp_tunnel_is_over(h->tunnel));
	assert_null(harness_action(h, LP_TUNNEL_CONNECT, 0));
	harness_free(h);
}

static void a_failed_connection_is_final_only_before_the_first_join(void **state)
{
	(void)state;
	for (int joined = 0; joined < 2; joined++) {
		for (int final = 0; final < 2; final++) {
			struct harness *h = connecting(LP_ROLE_CLIENT);
			if (joined) {
				harness_join(h, 1500);
				harness_closed(h, false);
				harness_at(h, lp_tunnel_deadline(h->tunnel));
			}
			harness_forget(h);
			harness_closed(h, final);
			const struct lp_tunnel_action *a =
				harness_action(h, LP_TUNNEL_DISCONNECTED, 0);
			assert_string_equal(a->text, "it went away");
			assert_int_equal(a->final, final && !joined);
			assert_int_equal(lp_tunnel_is_over(h->tunnel), final && !joined);
			harness_free(h);
		}
	}
}

static void a_disconnect_by_the_relay_is_followed_by_a_reconnect(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_CLIENT);
	const struct lp_control m = {.type = LP_DISCONNECT,
		.disconnect = {.reason = LP_LEAVE_SHUTDOWN, .text = "we close at ten"}};
	harness_event(h, &m);
	assert_gave_up(h, LP_LEAVE_SHUTDOWN);
	harness_closed(h, true);
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_DISCONNECTED, 0);
	assert_string_equal(a->text, "we close at ten");
	assert_false(a->final);
	harness_free(h);
}

static void reconnects_back_off_with_jitter(void **state)
{
	(void)state;
	const struct {
		lp_time from, to;
	} rows[] = {{200, 800}, {400, 1600}, {800, 3200}, {1000, 4000}, {1000, 4000}, {1000, 4000},
		{1000, 4000}};
	const size_t count = sizeof(rows) / sizeof(rows[0]);
	size_t quarter[7][4] = {{0}};
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
		config.seed = seed * UINT64_C(0x9e3779b97f4a7c15);
		struct harness *h = harness_new(&config);
		harness_start(h);
		for (size_t i = 0; i < count; i++) {
			harness_forget(h);
			harness_closed(h, false);
			const struct lp_tunnel_action *a =
				harness_action(h, LP_TUNNEL_DISCONNECTED, 0);
			lp_time from = rows[i].from * LP_MILLISECOND;
			lp_time to = rows[i].to * LP_MILLISECOND;
			assert_in_range(a->retry_in, from, to - 1);
			assert_in_range(a->retry_in, LP_TUNNEL_RETRY_MIN, LP_TUNNEL_RETRY_MAX);
			assert_int_equal(lp_tunnel_deadline(h->tunnel), h->now + a->retry_in);
			quarter[i][(a->retry_in - from) * 4 / (to - from)]++;
			harness_closed(h, false); /* another connection closed: no effect */
			assert_int_equal(h->count, 1);
			harness_at(h, lp_tunnel_deadline(h->tunnel) - 1);
			assert_null(harness_action(h, LP_TUNNEL_CONNECT, 0));
			harness_at(h, h->now + 1);
			assert_non_null(harness_action(h, LP_TUNNEL_CONNECT, 0));
		}
		/* a join resets the backoff */
		harness_join(h, 1500);
		harness_forget(h);
		harness_closed(h, false);
		assert_in_range(harness_action(h, LP_TUNNEL_DISCONNECTED, 0)->retry_in,
			200 * LP_MILLISECOND, 800 * LP_MILLISECOND - 1);
		harness_free(h);
	}
	for (size_t i = 0; i < count; i++)
		for (int k = 0; k < 4; k++)
			assert_in_range(quarter[i][k], 25, 75);
}

/* Row K5. */
static void a_silent_relay_is_asked_again_soon_after_an_attempt_of_seconds(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_CLIENT);
	for (int i = 0; i < 10; i++) {
		harness_forget(h);
		harness_at(h, h->now + 5 * LP_SECOND);
		harness_closed(h, false);
		assert_in_range(harness_action(h, LP_TUNNEL_DISCONNECTED, 0)->retry_in,
			200 * LP_MILLISECOND, 800 * LP_MILLISECOND - 1);
		harness_at(h, lp_tunnel_deadline(h->tunnel));
		assert_non_null(harness_action(h, LP_TUNNEL_CONNECT, 0));
	}
	harness_free(h);
}

/* Row K5. */
static void a_tunnel_in_a_hurry_does_not_wait(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_CLIENT);
	lp_tunnel_hurry(h->tunnel, h->now); /* nothing to do */
	harness_closed(h, false);
	harness_forget(h);
	lp_tunnel_hurry(h->tunnel, h->now);
	harness_at(h, h->now);
	assert_non_null(harness_action(h, LP_TUNNEL_CONNECT, 0));
	harness_forget(h);
	lp_tunnel_hurry(h->tunnel, h->now);
	harness_at(h, h->now);
	assert_int_equal(h->count, 0); /* one attempt at a time */
	harness_free(h);
}

/* The relay restarts after this time in the room, or before the join. Returns the wait that is told. */
static lp_time wait_after_restart(lp_time stay, bool joined)
{
	struct harness *h = joined ? harness_in_room(LP_ROLE_CLIENT) : connecting(LP_ROLE_CLIENT);
	harness_at(h, h->now + stay);
	harness_forget(h);
	lp_tunnel_on_restart(h->tunnel, "it was restarted", h->now);
	harness_drain(h);
	lp_time wait = harness_action(h, LP_TUNNEL_DISCONNECTED, 0)->retry_in;
	assert_int_equal(lp_tunnel_deadline(h->tunnel), h->now + wait);
	harness_at(h, h->now + wait);
	assert_non_null(harness_action(h, LP_TUNNEL_CONNECT, 0));
	harness_free(h);
	return wait;
}

/* Row K5. */
static void a_relay_that_was_restarted_is_joined_at_once_but_not_without_a_pause(void **state)
{
	(void)state;
	assert_int_equal(wait_after_restart(LP_SECOND, true), 0);
	assert_true(wait_after_restart(LP_SECOND - 1, true) >= LP_TUNNEL_RETRY_MIN);
	assert_true(wait_after_restart(0, true) >= LP_TUNNEL_RETRY_MIN);
	assert_true(wait_after_restart(2 * LP_SECOND, false) >= LP_TUNNEL_RETRY_MIN);
}

static void R4_the_resume_token_is_sent_on_reconnect(void **state)
{
	(void)state;
	struct harness *h = harness_in_room(LP_ROLE_CLIENT);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	harness_closed(h, false);
	assert_int_equal(h->port.downs, 1);
	assert_int_equal(h->port.member_count, 0); /* no other member is left */
	assert_false(lp_tunnel_is_joined(h->tunnel));
	harness_at(h, lp_tunnel_deadline(h->tunnel));
	harness_forget(h);
	harness_connected(h);
	struct lp_hello hello = hello_sent(h);
	assert_memory_equal(hello.resume_token, ((const uint8_t[16]){9, 9, 9}), LP_TOKEN_SIZE);
	/* the sequence of events starts again */
	struct lp_control m = welcome_of(1500);
	harness_say(h, 0, &m);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	assert_true(lp_tunnel_is_joined(h->tunnel));
	assert_int_equal(h->port.ups, 2);
	assert_int_equal(h->port.member_count, 1);
	harness_free(h);
}

static void K2_the_token_of_an_earlier_run_is_sent_with_the_first_hello(void **state)
{
	(void)state;
	struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
	config.resume_token[0] = 7;
	struct harness *h = harness_new(&config);
	harness_start(h);
	harness_connected(h);
	assert_memory_equal(hello_sent(h).resume_token, ((const uint8_t[16]){7}), LP_TOKEN_SIZE);
	harness_free(h);
}

static void K1_events_are_counted_from_where_the_membership_had_come_to(void **state)
{
	(void)state;
	const struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
	struct harness *h = harness_new(&config);
	struct lp_control m = welcome_of(1500);
	m.welcome.sequence = 40;
	m.welcome.resumed = true;
	harness_start(h);
	harness_connected(h);
	struct lp_control early = joined_event(41, 11, LP_ROLE_CLIENT);
	harness_event(h, &early);
	harness_say(h, 0, &m);
	assert_non_null(harness_action(h, LP_TUNNEL_PEER_JOINED, 0));
	h->sequence = 41;
	harness_joined(h, 12, LP_ROLE_CLIENT);
	assert_int_equal(h->port.member_count, 2);
	harness_left(h, 11);
	assert_int_equal(h->port.member_count, 1);
	assert_true(lp_tunnel_is_joined(h->tunnel));
	harness_free(h);
}

/* Connects again after the wait, and is answered with this reason. */
static void refused_again(struct harness *h, enum lp_reject_reason reason)
{
	struct lp_control m = {.type = LP_REJECT, .reject = {.reason = reason}};
	harness_forget(h);
	harness_connected(h);
	harness_say(h, 0, &m);
	harness_closed(h, false);
}

static void K3_a_silent_members_place_is_waited_for_and_said_once(void **state)
{
	(void)state;
	const enum lp_reject_reason silent[] = {LP_REJECT_MAC_SILENT, LP_REJECT_GATEWAY_SILENT};
	for (int i = 0; i < 2; i++) {
		const struct lp_tunnel_config config =
			harness_config(i ? LP_ROLE_GATEWAY : LP_ROLE_CLIENT);
		struct harness *h = harness_new(&config);
		harness_start(h);
		for (int tries = 0; tries < 30; tries++) {
			refused_again(h, silent[i]);
			const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_REJECTED, 0);
			assert_int_equal(a != NULL, tries == 0);
			assert_true(!a || !a->final);
			assert_null(harness_action(h, LP_TUNNEL_DISCONNECTED, 0));
			assert_false(lp_tunnel_is_over(h->tunnel));
			assert_int_equal(lp_tunnel_deadline(h->tunnel), h->now + LP_SECOND);
			harness_at(h, h->now + LP_SECOND);
		}
		/* the other one lives after all */
		refused_again(h, i ? LP_REJECT_GATEWAY_PRESENT : LP_REJECT_MAC_IN_USE);
		assert_true(harness_action(h, LP_TUNNEL_REJECTED, 0)->final);
		assert_true(lp_tunnel_is_over(h->tunnel));
		harness_free(h);
	}
}

static void N6_a_busy_relay_is_waited_for_and_said_once(void **state)
{
	(void)state;
	const struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
	struct harness *h = harness_new(&config);
	harness_start(h);
	for (int tries = 0; tries < 30; tries++) {
		refused_again(h, LP_REJECT_BUSY);
		const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_REJECTED, 0);
		assert_int_equal(a != NULL, tries == 0);
		assert_true(!a || !a->final);
		assert_false(lp_tunnel_is_over(h->tunnel));
		assert_int_equal(lp_tunnel_deadline(h->tunnel), h->now + LP_SECOND);
		harness_at(h, h->now + LP_SECOND);
	}
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_steering_hint_is_followed_at_once_up_to_twice),
		cmocka_unit_test(a_hello_is_fresh_until_the_first_join),
		cmocka_unit_test(leaving_during_a_redirect_ends_at_once),
		cmocka_unit_test(a_failed_connection_is_final_only_before_the_first_join),
		cmocka_unit_test(a_disconnect_by_the_relay_is_followed_by_a_reconnect),
		cmocka_unit_test(reconnects_back_off_with_jitter),
		cmocka_unit_test(a_silent_relay_is_asked_again_soon_after_an_attempt_of_seconds),
		cmocka_unit_test(a_tunnel_in_a_hurry_does_not_wait),
		cmocka_unit_test(
			a_relay_that_was_restarted_is_joined_at_once_but_not_without_a_pause),
		cmocka_unit_test(R4_the_resume_token_is_sent_on_reconnect),
		cmocka_unit_test(K2_the_token_of_an_earlier_run_is_sent_with_the_first_hello),
		cmocka_unit_test(K1_events_are_counted_from_where_the_membership_had_come_to),
		cmocka_unit_test(K3_a_silent_members_place_is_waited_for_and_said_once),
		cmocka_unit_test(N6_a_busy_relay_is_waited_for_and_said_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
