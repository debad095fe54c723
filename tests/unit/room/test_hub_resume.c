/* The relay's control side: who comes back to its place, and who is kept from the place of another. */
#include "hub_unit.h"

/* Says hello again from peer at's place in the list of connections, with the token of peer i. */
static struct peer *resume(struct relay *r, int i, int at)
{
	struct lp_control m = peer_hello(i, i ? LP_ROLE_CLIENT : LP_ROLE_GATEWAY);
	m.hello.capabilities = LP_CAPS_KNOWN;
	memcpy(m.hello.resume_token, r->peers[i].welcome.resume_token, LP_TOKEN_SIZE);
	peer_open(r, at, RELAY_PATH);
	r->peers[at].mac = r->peers[i].mac;
	peer_say(r, at, 0, &m);
	return &r->peers[at];
}

static void assert_resumed(struct relay *r, const struct peer *p, const struct lp_welcome *before)
{
	assert_true(p->welcomed);
	assert_true(p->welcome.resumed);
	assert_int_equal(p->welcome.peer, before->peer);
	assert_int_equal(p->welcome.sequence, 2); /* two have joined before */
	assert_memory_not_equal(p->welcome.resume_token, before->resume_token, LP_TOKEN_SIZE);
	assert_int_equal(p->count, 2); /* it hears who is there */
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(p->messages[i].type, LP_PEER_JOINED);
		assert_int_equal(p->messages[i].peer_joined.sequence, 3 + i);
	}
	assert_int_equal(r->peers[0].count + r->peers[2].count, 0); /* the others see nothing */
	assert_int_equal(r->log_count, 1);
	assert_int_equal(r->log[0].kind, LP_HUB_RESUMED);
	assert_int_equal(relay_counters(r).members, 3);
	assert_int_equal(relay_counters(r).joins, 3);
}

static void K1_a_connection_with_the_token_takes_over_unseen(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	const struct lp_welcome before = r->peers[1].welcome;
	relay_forget(r);
	struct peer *p = resume(r, 1, 3);
	assert_resumed(r, p, &before);
	assert_true(r->peers[1].closed); /* the connection before; it is told nothing more */
	assert_int_equal(r->peers[1].close, LP_LEAVE_REPLACED);
	assert_int_equal(r->peers[1].count, 0);
	/* frames reach it at once, and not the connection before, whose end is no event */
	assert_passed(send_udp(r, 2, player_mac(1), 100), LP_ACTION_UNICAST, 1);
	assert_int_equal(peer_take_all(r, 3), 1);
	assert_int_equal(peer_take_all(r, 1), 0);
	peer_closed(r, 1, LP_LEAVE_TIMED_OUT);
	assert_int_equal(r->peers[2].count, 0);
	assert_int_equal(relay_counters(r).members, 3);
	relay_free(r);
}

static void K1_a_member_without_connection_comes_back_unseen(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	relay_at(r, r->now + LP_HUB_GRACE); /* as old as that */
	const struct lp_welcome before = r->peers[1].welcome;
	relay_forget(r);
	peer_closed(r, 1, LP_LEAVE_TIMED_OUT);
	assert_dropped(send_udp(r, 2, player_mac(1), 100), LP_DROP_NO_TARGET);
	assert_passed(send_udp(r, 2, BROADCAST, 100), LP_ACTION_FLOOD, 1);
	relay_at(r, r->now + LP_HUB_GRACE - 1);
	assert_resumed(r, resume(r, 1, 1), &before);
	assert_passed(send_udp(r, 2, player_mac(1), 100), LP_ACTION_UNICAST, 1);
	relay_at(r, r->now + 2 * LP_HUB_GRACE);
	assert_int_equal(relay_counters(r).members, 3);
	relay_free(r);
}

static void K1_an_older_program_counts_events_from_one_again(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	struct lp_control m = peer_hello(1, LP_ROLE_CLIENT);
	memcpy(m.hello.resume_token, r->peers[1].welcome.resume_token, LP_TOKEN_SIZE);
	peer_open(r, 3, RELAY_PATH);
	peer_say(r, 3, 0, &m);
	assert_int_equal(r->peers[3].welcome.sequence, 0);
	assert_int_equal(r->peers[3].messages[0].peer_joined.sequence, 1);
	relay_free(r);
}

static void K3_a_silent_member_leaves_after_the_grace_time(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	relay_at(r, r->now + LP_HUB_GRACE); /* as old as that */
	relay_forget(r);
	lp_time silent = r->now;
	peer_closed(r, 1, LP_LEAVE_TIMED_OUT);
	relay_at(r, silent + LP_HUB_GRACE - 1);
	assert_int_equal(r->peers[2].count, 0);
	assert_int_equal(lp_hub_deadline(r->hub), silent + LP_HUB_GRACE);
	relay_at(r, silent + LP_HUB_GRACE);
	assert_int_equal(r->peers[2].count, 1);
	assert_int_equal(r->peers[2].messages[0].type, LP_PEER_LEFT);
	assert_int_equal(r->peers[2].messages[0].peer_left.reason, LP_LEAVE_TIMED_OUT);
	assert_int_equal(relay_counters(r).members, 2);
	peer_join(r, 1);
	assert_true(r->peers[1].welcomed);
	assert_false(r->peers[1].welcome.resumed);
	relay_free(r);
}

/* The answer to a newcomer that wants the place of peer i. */
static int ask_for_place(struct relay *r, int i)
{
	struct lp_control m = peer_hello(i, i ? LP_ROLE_CLIENT : LP_ROLE_GATEWAY);
	peer_open(r, 9, RELAY_PATH);
	peer_say(r, 9, 0, &m);
	int reject = r->peers[9].reject;
	peer_closed(r, 9, LP_LEAVE_NORMAL);
	return reject;
}

static void K3_a_newcomer_waits_until_the_holder_of_its_place_is_heard_or_gone(void **state)
{
	(void)state;
	static const struct {
		int peer, wait, refused;
	} rows[] = {{0, LP_REJECT_GATEWAY_SILENT, LP_REJECT_GATEWAY_PRESENT},
		{1, LP_REJECT_MAC_SILENT, LP_REJECT_MAC_IN_USE}};
	for (size_t k = 0; k < 2; k++) {
		struct relay *r = with_peers(0, 1);
		relay_at(r, r->now + LP_HUB_GRACE); /* as old as that */
		int i = rows[k].peer;
		for (int round = 0; round < 2; round++) {
			/* it lives: it is heard of after a moment */
			for (int wait = 0; wait < 3; wait++) {
				assert_int_equal(ask_for_place(r, i), rows[k].wait);
				relay_at(r, r->now + LP_SECOND);
			}
			r->peers[i].heard = r->now;
			assert_int_equal(ask_for_place(r, i), rows[k].refused);
			/* nobody waits now: the next newcomer can be its own next run */
			relay_at(r, r->now + LP_MILLISECOND);
			r->peers[i].heard = r->now;
		}
		/* what it said before an earlier newcomer gave up counts no more */
		assert_int_equal(ask_for_place(r, i), rows[k].wait);
		r->peers[i].heard = r->now + 1;
		relay_at(r, r->now + LP_HUB_WANTED);
		for (int wait = 0; wait < 20; wait++) { /* it is dead */
			assert_int_equal(ask_for_place(r, i), rows[k].wait);
			relay_at(r, r->now + LP_SECOND);
		}
		peer_closed(r, i, LP_LEAVE_TIMED_OUT);
		assert_int_equal(ask_for_place(r, i), rows[k].wait);
		relay_at(r, r->now + LP_HUB_GRACE);
		peer_join(r, i);
		assert_true(r->peers[i].welcomed);
		relay_free(r);
	}
}

static void K3_a_relay_that_shuts_down_forgets_silent_members(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	relay_at(r, r->now + LP_HUB_GRACE); /* as old as that */
	peer_closed(r, 1, LP_LEAVE_TIMED_OUT);
	lp_hub_shutdown(r->hub);
	relay_drain(r);
	assert_true(r->peers[0].closed && r->peers[2].closed);
	assert_int_equal(relay_counters(r).members, 0);
	assert_int_equal(relay_counters(r).sessions, 2);
	relay_free(r);
}

/* Whoever has the code can be the gateway: its word must not end a membership. */
static void N1_a_gateways_word_refuses_newcomers_and_expels_nobody(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 3);
	struct lp_control m = peer_hello(0, LP_ROLE_GATEWAY);
	m.hello.protected.macs[0] = player_mac(2);
	m.hello.protected.macs[1] = player_mac(4);
	peer_open(r, 0, RELAY_PATH);
	peer_say(r, 0, 0, &m);
	assert_true(r->peers[0].welcomed);
	assert_false(r->peers[2].closed);
	assert_true(resume(r, 2, 5)->welcomed);
	peer_join(r, 4);
	assert_int_equal(r->peers[4].reject, LP_REJECT_MAC_IN_USE);
	assert_int_equal(relay_counters(r).members, 4);
	relay_free(r);
}

/* A peer chooses how soon its connection times out: members without one must not become cheap. */
static void K3_the_grace_time_is_no_longer_than_the_membership_was(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	relay_at(r, r->now + LP_SECOND);
	peer_closed(r, 1, LP_LEAVE_TIMED_OUT);
	relay_at(r, r->now + LP_SECOND - 1);
	assert_int_equal(relay_counters(r).members, 2);
	relay_at(r, r->now + 1);
	assert_int_equal(relay_counters(r).members, 1);
	relay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(K1_a_connection_with_the_token_takes_over_unseen),
		cmocka_unit_test(K1_a_member_without_connection_comes_back_unseen),
		cmocka_unit_test(K1_an_older_program_counts_events_from_one_again),
		cmocka_unit_test(K3_a_silent_member_leaves_after_the_grace_time),
		cmocka_unit_test(
			K3_a_newcomer_waits_until_the_holder_of_its_place_is_heard_or_gone),
		cmocka_unit_test(K3_a_relay_that_shuts_down_forgets_silent_members),
		cmocka_unit_test(N1_a_gateways_word_refuses_newcomers_and_expels_nobody),
		cmocka_unit_test(K3_the_grace_time_is_no_longer_than_the_membership_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
