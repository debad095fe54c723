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

static void H6_clients_that_know_it_are_told_of_their_address(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	struct relay *r = relay_new(&config);
	const struct lp_welcome *gateway = &peer_join_as(r, 0, LP_CAPS_KNOWN)->welcome;
	const struct lp_welcome *one = &peer_join_as(r, 1, LP_CAPS_KNOWN)->welcome;
	const struct lp_welcome *old = &peer_join(r, 2)->welcome;
	assert_int_equal(one->ipv4 >> 24, 10);
	assert_int_equal(one->prefix, LP_ROOM_PREFIX);
	assert_int_equal(gateway->ipv4 | gateway->prefix, 0);
	assert_int_equal(old->ipv4 | old->prefix, 0);
	assert_int_equal(resume(r, 1, 3)->welcome.ipv4, one->ipv4);
	uint8_t f[FRAME_CAP];
	struct lp_mac thief = player_mac(2);
	size_t len = frame_arp(f, BROADCAST, thief, thief, one->ipv4, LAN(1));
	assert_dropped(peer_frame(r, 2, f, len), LP_DROP_ADDRESS_TAKEN);
	relay_free(r);
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

static bool was_told(const struct peer *p, uint16_t peer, bool loops, bool conflict)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct lp_peer_status *s = &p->messages[i].peer_status;
		if (p->messages[i].type == LP_PEER_STATUS && s->peer == peer && s->loops == loops &&
			s->conflict == conflict)
			return true;
	}
	return false;
}

/* Otherwise it writes into its LAN again what goes round in a loop. */
static void K1_who_comes_back_hears_of_loops_and_conflicts_again(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	struct lp_control stats = {.type = LP_STATS, .stats = {.loops = true}};
	const struct lp_control lan = {
		.type = LP_LAN, .lan = {.macs = {player_mac(2)}, .mac_count = 1}};
	const uint16_t looping = r->peers[1].welcome.peer, twin = r->peers[2].welcome.peer;
	peer_message(r, 1, &stats);
	peer_message(r, 0, &lan);
	relay_drain(r);
	relay_forget(r);
	struct peer *gateway = resume(r, 0, 3), *one = resume(r, 1, 4), *two = resume(r, 2, 5);
	assert_true(
		was_told(gateway, looping, true, false) && was_told(gateway, twin, false, true));
	assert_true(was_told(one, looping, true, false) && was_told(two, twin, false, true));
	for (size_t i = 0; i < r->log_count; i++) /* nothing has changed */
		assert_int_equal(r->log[i].kind, LP_HUB_RESUMED);
	relay_at(r, r->now + LP_HUB_STATS_INTERVAL);
	relay_forget(r);
	stats.stats.loops = false;
	peer_message(r, 4, &stats);
	relay_drain(r);
	assert_true(was_told(gateway, looping, false, false));
	assert_int_equal(r->log[0].kind, LP_HUB_LOOP);
	relay_free(r);
}

/* What a gateway has in its LAN, and whether members must hear of it. */
struct lan {
	uint32_t own, router;
	const uint8_t *mac; /* of the router; NULL: not known */
	bool fresh, other;
};

/* A gateway comes with the token of the room's. */
static void gateway_comes_back(struct relay *r, int at, const struct lan *lan)
{
	struct lp_control m = peer_hello(0, LP_ROLE_GATEWAY);
	m.hello.capabilities = LP_CAPS_KNOWN;
	m.hello.protected.ipv4_count = 2;
	m.hello.protected.ipv4[0] = lan->own;
	m.hello.protected.ipv4[1] = lan->router;
	m.hello.fresh = lan->fresh;
	if (lan->mac)
		memcpy(m.hello.protected.macs[0].b, lan->mac, sizeof(m.hello.protected.macs[0].b));
	m.hello.protected.macs[1] = host_mac(1);
	memcpy(m.hello.resume_token, r->peers[at - 1].welcome.resume_token, LP_TOKEN_SIZE);
	relay_forget(r);
	peer_open(r, at, RELAY_PATH);
	peer_say(r, at, 0, &m);
	assert_true(r->peers[at].welcomed);
}

static void assert_hears_of_another_lan(const struct relay *r, int i, uint16_t gateway)
{
	const struct peer *p = &r->peers[i];
	assert_int_equal(p->count, 1);
	assert_int_equal(p->messages[0].type, LP_PEER_STATUS);
	assert_int_equal(p->messages[0].peer_status.peer, gateway);
	assert_true(p->messages[0].peer_status.new_lan);
}

static void K5_members_hear_of_a_gateway_that_comes_back_in_another_lan(void **state)
{
	(void)state;
	static const uint8_t a[6] = {2, 0xa}, b[6] = {2, 0xb};
	const struct lan rows[] = {
		{LAN(2), LAN(1), a, false, false}, /* the first that is known */
		{LAN(2), LAN(1), a, false, false},
		{LAN(2), LAN(1), NULL, false, false}, /* its router is not heard yet */
		{LAN(2), LAN(1), a, false, false},
		{LAN(7), LAN(1), a, false, false}, /* another lease */
		{IPV4(10, 0, 0, 2), IPV4(10, 0, 0, 1), a, false, true},
		{IPV4(10, 0, 0, 2), IPV4(10, 0, 0, 1), a, false, false},
		{IPV4(10, 0, 0, 2), IPV4(10, 0, 0, 1), b, false,
			true}, /* the same range elsewhere */
		{IPV4(10, 0, 0, 2), IPV4(10, 0, 0, 1), NULL, false, false},
		{IPV4(10, 0, 0, 2), IPV4(10, 0, 0, 1), a, false, true}, /* and back */
		{LAN(2), LAN(1), NULL, false, true},
		{LAN(2), LAN(1), b, false, false}, /* its router is heard now */
		{IPV4(10, 0, 0, 2), IPV4(10, 0, 0, 1), b, false, true},
		{IPV4(10, 0, 0, 2), IPV4(10, 0, 0, 1), b, true, true}, /* killed, perhaps moved */
	};
	struct relay *r = with_peers(1, 2);
	peer_open(r, 3, RELAY_PATH);
	struct lp_control m = peer_hello(0, LP_ROLE_GATEWAY);
	peer_say(r, 3, 0, &m);
	uint16_t gateway = r->peers[3].welcome.peer;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		relay_at(r, r->now + LP_HUB_NEW_LAN_INTERVAL);
		gateway_comes_back(r, (int)(4 + i), &rows[i]);
		for (int client = 1; client <= 2; client++) {
			if (rows[i].other)
				assert_hears_of_another_lan(r, client, gateway);
			else
				assert_int_equal(r->peers[client].count, 0);
		}
	}
	relay_free(r);
}

static void K5_a_program_that_was_started_is_no_news_unless_it_is_a_gateway_that_resumes(
	void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	struct lp_control m = peer_hello(0, LP_ROLE_GATEWAY);
	m.hello.fresh = true;
	relay_forget(r);
	peer_open(r, 3, RELAY_PATH);
	peer_say(r, 3, 0, &m);
	m = peer_hello(2, LP_ROLE_CLIENT);
	m.hello.fresh = true;
	m.hello.capabilities = LP_CAPS_KNOWN;
	memcpy(m.hello.resume_token, r->peers[2].welcome.resume_token, LP_TOKEN_SIZE);
	peer_open(r, 4, RELAY_PATH);
	peer_say(r, 4, 0, &m);
	assert_true(r->peers[3].welcomed && r->peers[4].welcomed);
	relay_at(r, r->now + LP_HUB_STATS_INTERVAL);
	assert_int_equal(r->peers[1].count, 1);
	assert_int_equal(r->peers[1].messages[0].type, LP_PEER_JOINED); /* the gateway */
	relay_free(r);
}

/* It is the n-th time that the gateway is in another LAN: as it comes back, or while it is there. */
static void moves(struct relay *r, int n, bool told)
{
	const uint8_t net = (uint8_t)n;
	const struct lan lan = {IPV4(10, net, 0, 2), IPV4(10, net, 0, 1), NULL, true, true};
	struct lp_control m = {.type = LP_LAN, .lan = {.replaces = true}};
	if (!told) {
		gateway_comes_back(r, 4 + n, &lan);
		return;
	}
	m.lan.protected.ipv4[0] = lan.own;
	m.lan.protected.ipv4_count = 1;
	peer_message(r, 3, &m);
	relay_drain(r);
}

static void K5_members_hear_of_a_gateway_that_cannot_tell_where_it_is(void **state)
{
	(void)state;
	struct relay *r = with_peers(1, 2);
	struct lp_control m = peer_hello(0, LP_ROLE_GATEWAY);
	m.hello.capabilities = LP_CAPS_KNOWN;
	peer_open(r, 3, RELAY_PATH);
	peer_say(r, 3, 0, &m);
	for (int moved = 0; moved < 2; moved++) {
		m = (struct lp_control){.type = LP_LAN, .lan = {.replaces = true, .moved = moved}};
		relay_forget(r);
		peer_message(r, 3, &m);
		relay_drain(r);
		assert_int_equal(r->peers[1].count, moved);
	}
	for (int client = 1; client <= 2; client++)
		assert_hears_of_another_lan(r, client, r->peers[3].welcome.peer);
	relay_free(r);
}

/* Otherwise it fills their queues, and the relay expels them because they are slow. */
static void K5_a_gateway_cannot_flood_the_room_with_news_of_other_lans(void **state)
{
	(void)state;
	for (int told = 0; told < 2; told++) {
		struct relay *r = with_peers(1, 1);
		peer_open(r, 3, RELAY_PATH);
		struct lp_control m = peer_hello(0, LP_ROLE_GATEWAY);
		m.hello.capabilities = LP_CAPS_KNOWN;
		peer_say(r, 3, 0, &m);
		relay_at(r, r->now); /* the next round of PEER_STATUS is in 10 s */
		moves(r, 0, told);
		relay_forget(r);
		moves(r, 1, told);
		assert_int_equal(r->peers[1].count, told ? 1 : 0); /* the first for a while */
		for (int n = 2; n < 6; n++) {
			relay_forget(r);
			moves(r, n, told);
			assert_int_equal(r->peers[1].count, 0);
		}
		relay_at(r, r->now + 4 * LP_SECOND); /* after the time that a hello has */
		assert_int_equal(lp_hub_deadline(r->hub), r->now + LP_SECOND);
		relay_at(r, r->now + LP_SECOND - 1);
		assert_int_equal(r->peers[1].count, 0);
		relay_at(r, r->now + 1);
		assert_hears_of_another_lan(r, 1, r->peers[3].welcome.peer);
		relay_at(r, r->now + LP_HUB_NEW_LAN_INTERVAL);
		assert_int_equal(r->peers[1].count, 1); /* once */
		relay_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(K5_members_hear_of_a_gateway_that_comes_back_in_another_lan),
		cmocka_unit_test(
			K5_a_program_that_was_started_is_no_news_unless_it_is_a_gateway_that_resumes),
		cmocka_unit_test(K5_members_hear_of_a_gateway_that_cannot_tell_where_it_is),
		cmocka_unit_test(K5_a_gateway_cannot_flood_the_room_with_news_of_other_lans),
		cmocka_unit_test(H6_clients_that_know_it_are_told_of_their_address),
		cmocka_unit_test(K1_a_connection_with_the_token_takes_over_unseen),
		cmocka_unit_test(K1_a_member_without_connection_comes_back_unseen),
		cmocka_unit_test(K1_an_older_program_counts_events_from_one_again),
		cmocka_unit_test(K3_a_silent_member_leaves_after_the_grace_time),
		cmocka_unit_test(
			K3_a_newcomer_waits_until_the_holder_of_its_place_is_heard_or_gone),
		cmocka_unit_test(K3_a_relay_that_shuts_down_forgets_silent_members),
		cmocka_unit_test(N1_a_gateways_word_refuses_newcomers_and_expels_nobody),
		cmocka_unit_test(K3_the_grace_time_is_no_longer_than_the_membership_was),
		cmocka_unit_test(K1_who_comes_back_hears_of_loops_and_conflicts_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
