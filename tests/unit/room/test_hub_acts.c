/* Row H3: what the host of a room can do, and nobody else. */
#include "hub_book.h"
#include "hub_unit.h"

static uint8_t from; /* last byte of where the next newcomer comes from; 0: not known */

static struct relay *start(void)
{
	const struct lp_hub_config config = hub_book_config();
	from = 0;
	return relay_new(&config);
}

static struct peer *say_hello(struct relay *r, int i, struct lp_control *m)
{
	m->hello.capabilities |= LP_CAP_ACTS;
	struct lp_address address = {.len = sizeof(address.in), .in.sin_family = AF_INET};
	const uint8_t ipv4[4] = {192, 0, 2, from};
	memcpy(&address.in.sin_addr, ipv4, sizeof(ipv4));
	peer_open(r, i, RELAY_PATH);
	if (from)
		lp_hub_set_address(r->peers[i].session, &address);
	peer_say(r, i, 0, m);
	return &r->peers[i];
}

static struct peer *host(struct relay *r, int i, enum lp_role role)
{
	struct lp_control m = peer_hello(i, role);
	memset(m.hello.host_key, 5, LP_HOST_KEY_SIZE);
	memset(m.hello.host_proof, 5, LP_HOST_PROOF_SIZE);
	return say_hello(r, i, &m);
}

/* mac: of that player; id: 0 for none. */
static struct peer *player(struct relay *r, int i, unsigned mac, uint8_t id)
{
	struct lp_control m = peer_hello(i, LP_ROLE_CLIENT);
	m.hello.mac = player_mac(mac);
	memset(m.hello.member_id, id, LP_MEMBER_ID);
	snprintf(m.hello.name, sizeof(m.hello.name), "player %u", mac);
	return say_hello(r, i, &m);
}

/* The gateway is peer 1, players are 2 to 4. */
static struct relay *with_players(void)
{
	hub_book_clear();
	struct relay *r = start();
	host(r, 1, LP_ROLE_GATEWAY);
	for (int i = 2; i <= 4; i++)
		assert_true(player(r, i, (unsigned)i, (uint8_t)i)->welcomed);
	relay_forget(r);
	return r;
}

static void act_as(struct relay *r, int i, enum lp_act act, int about, const char *name)
{
	static uint64_t id;
	struct lp_control m = {.type = LP_HOST_ACT,
		.act = {.id = ++id,
			.act = act,
			.peer = about ? r->peers[about].welcome.peer : (uint16_t)0}};
	snprintf(m.act.name, sizeof(m.act.name), "%s", name);
	peer_message(r, i, &m);
}

/* What the host at peer 1 is told of it. */
static enum lp_acted act(struct relay *r, enum lp_act what, int about, const char *name)
{
	const struct peer *p = &r->peers[1];
	size_t before = p->count;
	act_as(r, 1, what, about, name);
	for (size_t i = before; i < p->count; i++)
		if (p->messages[i].type == LP_HOST_DONE)
			return p->messages[i].done.acted;
	fail_msg("no answer");
	return LP_ACTED_UNKNOWN;
}

static void restart(struct relay **r)
{
	relay_free(*r);
	*r = start();
}

static void H3_only_a_host_can_act(void **state)
{
	(void)state;
	for (int what = LP_ACT_NONE; what <= LP_ACT_UNISOLATE; what++) {
		struct relay *r = with_players();
		const struct lp_hosted before = hub_book.kept;
		act_as(r, 2, (enum lp_act)what, 3, "x");
		assert_true(r->peers[2].closed);
		assert_int_equal(r->peers[2].close, LP_LEAVE_PROTOCOL_ERROR);
		assert_false(r->peers[3].closed);
		assert_memory_equal(&hub_book.kept, &before, sizeof(hub_book.kept));
		relay_free(r);
	}
}

/* A player who holds the key acts too. */
static void H3_a_client_can_be_the_host(void **state)
{
	(void)state;
	struct relay *r = with_players();
	assert_true(host(r, 5, LP_ROLE_CLIENT)->welcomed);
	act_as(r, 5, LP_ACT_KICK, 2, "");
	assert_true(r->peers[2].closed);
	relay_free(r);
}

static void H3_a_kicked_player_stays_out_for_a_minute(void **state)
{
	(void)state;
	struct relay *r = with_players();
	assert_int_equal(act(r, LP_ACT_KICK, 2, ""), LP_ACTED_DONE);
	assert_true(r->peers[2].closed);
	assert_int_equal(r->peers[3].messages[0].type, LP_PEER_LEFT);
	assert_int_equal(player(r, 5, 2, 2)->reject, LP_REJECT_REMOVED);
	assert_int_equal(player(r, 6, 9, 2)->reject, LP_REJECT_REMOVED); /* another MAC */
	assert_int_equal(player(r, 7, 2, 0)->reject, LP_REJECT_REMOVED); /* no ID */
	relay_at(r, r->now + 60 * LP_SECOND);
	assert_true(player(r, 8, 2, 2)->welcomed);
	relay_free(r);
}

static void H3_the_end_of_a_ban_ends_no_kick_of_others(void **state)
{
	(void)state;
	struct relay *r = with_players();
	assert_int_equal(act(r, LP_ACT_KICK, 2, ""), LP_ACTED_DONE);
	assert_int_equal(act(r, LP_ACT_BAN, 4, ""), LP_ACTED_DONE);
	assert_int_equal(act(r, LP_ACT_UNBAN, 0, "player 4"), LP_ACTED_DONE);
	assert_true(player(r, 5, 4, 4)->welcomed); /* which a ban begins with */
	assert_int_equal(act(r, LP_ACT_LOCK, 0, ""), LP_ACTED_DONE);
	assert_int_equal(act(r, LP_ACT_UNLOCK, 0, ""), LP_ACTED_DONE);
	assert_int_equal(player(r, 6, 2, 2)->reject, LP_REJECT_REMOVED);
	assert_int_equal(act(r, LP_ACT_UNBAN, 0, ""), LP_ACTED_DONE); /* all */
	assert_true(player(r, 7, 2, 2)->welcomed);
	relay_free(r);
}

static void H3_a_ban_outlives_the_relay(void **state)
{
	(void)state;
	struct relay *r = start();
	hub_book.keeps = 0;
	host(r, 1, LP_ROLE_GATEWAY);
	from = 7;
	player(r, 2, 2, 2);
	from = 0;
	assert_int_equal(act(r, LP_ACT_BAN, 2, ""), LP_ACTED_DONE);
	restart(&r);
	assert_int_equal(player(r, 5, 2, 0)->reject, LP_REJECT_REMOVED); /* the MAC */
	assert_int_equal(player(r, 6, 9, 2)->reject, LP_REJECT_REMOVED); /* the computer */
	from = 7;
	assert_int_equal(player(r, 7, 9, 9)->reject, LP_REJECT_REMOVED); /* the address */
	from = 8;
	assert_true(player(r, 8, 9, 9)->welcomed);
	host(r, 1, LP_ROLE_GATEWAY);
	assert_int_equal(act(r, LP_ACT_UNBAN, 0, "nobody"), LP_ACTED_NO_BAN);
	assert_int_equal(player(r, 9, 2, 2)->reject, LP_REJECT_REMOVED);
	assert_int_equal(act(r, LP_ACT_UNBAN, 0, "player 2"), LP_ACTED_DONE);
	assert_true(player(r, 10, 2, 2)->welcomed);
	relay_free(r);
}

static void H3_bans_are_limited(void **state)
{
	(void)state;
	struct relay *r = with_players();
	for (int i = 0; i < LP_HOSTED_BANS; i++) {
		player(r, 10 + i, 10 + (unsigned)i, (uint8_t)(10 + i));
		assert_int_equal(act(r, LP_ACT_BAN, 10 + i, ""), LP_ACTED_DONE);
	}
	assert_int_equal(act(r, LP_ACT_BAN, 2, ""), LP_ACTED_FULL);
	assert_false(r->peers[2].closed);
	assert_int_equal(act(r, LP_ACT_UNBAN, 0, ""), LP_ACTED_DONE); /* all */
	assert_int_equal(hub_book.kept.ban_count, 0);
	assert_true(player(r, 40, 11, 11)->welcomed);
	relay_free(r);
}

/* Those who were in it can come back, also after a restart of the relay. */
static void H3_a_locked_room_lets_nobody_new_in(void **state)
{
	(void)state;
	struct relay *r = with_players();
	assert_int_equal(act(r, LP_ACT_LOCK, 0, ""), LP_ACTED_DONE);
	assert_int_equal(player(r, 5, 9, 9)->reject, LP_REJECT_LOCKED);
	restart(&r);
	assert_int_equal(player(r, 5, 9, 9)->reject, LP_REJECT_LOCKED);
	assert_int_equal(player(r, 6, 2, 9)->reject, LP_REJECT_LOCKED); /* a MAC is seen by all */
	assert_true(player(r, 7, 2, 2)->welcomed);
	assert_true(player(r, 8, 8, 3)->welcomed); /* the same computer */
	assert_true(host(r, 1, LP_ROLE_GATEWAY)->welcomed);
	assert_int_equal(act(r, LP_ACT_KICK, 7, ""), LP_ACTED_DONE);
	relay_at(r, r->now + 61 * LP_SECOND);
	assert_int_equal(player(r, 9, 2, 2)->reject, LP_REJECT_LOCKED); /* for good */
	assert_int_equal(act(r, LP_ACT_UNLOCK, 0, ""), LP_ACTED_DONE);
	assert_true(player(r, 10, 9, 9)->welcomed);
	relay_free(r);
}

static void H3_a_new_name_reaches_everybody(void **state)
{
	(void)state;
	struct relay *r = with_players();
	assert_int_equal(act(r, LP_ACT_RENAME, 2, "Zoe"), LP_ACTED_DONE);
	for (int i = 1; i <= 4; i++) {
		const struct lp_control *m = &r->peers[i].messages[r->peers[i].count - 1];
		assert_int_equal(m->type, LP_PEER_STATUS);
		assert_int_equal(m->peer_status.peer, r->peers[2].welcome.peer);
		assert_string_equal(m->peer_status.name, "Zoe");
	}
	player(r, 5, 5, 5);
	for (size_t i = 0; i < r->peers[5].count; i++)
		if (r->peers[5].messages[i].peer_joined.peer == r->peers[2].welcome.peer)
			assert_string_equal(r->peers[5].messages[i].peer_joined.name, "Zoe");
	relay_free(r);
}

static void H3_isolated_players_reach_the_gateway_alone(void **state)
{
	(void)state;
	struct relay *r = with_players();
	const struct lp_mac station = host_mac(3);
	const struct lp_mac all = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	assert_int_equal(act(r, LP_ACT_ISOLATE, 0, ""), LP_ACTED_DONE);
	assert_true(hub_book.kept.isolated);
	assert_dropped(send_udp(r, 2, player_mac(3), 100), LP_DROP_ISOLATED);
	assert_passed(send_udp(r, 2, station, 100), LP_ACTION_GATEWAY, 1);
	assert_passed(send_udp(r, 2, all, 100), LP_ACTION_FLOOD, 1);
	assert_int_equal(act(r, LP_ACT_UNISOLATE, 0, ""), LP_ACTED_DONE);
	assert_passed(send_udp(r, 2, player_mac(3), 100), LP_ACTION_UNICAST, 1);
	assert_passed(send_udp(r, 2, all, 100), LP_ACTION_FLOOD, 3);
	relay_free(r);
}

static void H3_acts_about_nobody_are_refused(void **state)
{
	(void)state;
	struct relay *r = with_players();
	assert_int_equal(act(r, LP_ACT_KICK, 0, ""), LP_ACTED_NO_MEMBER);
	assert_int_equal(act(r, LP_ACT_RENAME, 0, "x"), LP_ACTED_NO_MEMBER);
	assert_int_equal(act(r, LP_ACT_BAN, 1, ""), LP_ACTED_NO_MEMBER); /* the host */
	assert_int_equal(act(r, LP_ACT_NONE, 0, ""), LP_ACTED_UNKNOWN);
	assert_false(r->peers[1].closed);
	relay_free(r);
}

static uint32_t room_id(const struct relay *r)
{
	return lp_room_id(lp_session_member(r->peers[3].session)->room);
}

/* Each act can cost the relay a file. Whoever runs the relay does not wait for its hosts. */
static void H3_acts_are_limited(void **state)
{
	(void)state;
	struct relay *r = with_players();
	enum lp_acted acted = LP_ACTED_DONE;
	int done = 0;
	for (; acted == LP_ACTED_DONE && done < 1000; done++) {
		r->peers[1].count = 0;
		acted = act(r, done % 2 ? LP_ACT_UNISOLATE : LP_ACT_ISOLATE, 0, "");
	}
	assert_int_equal(acted, LP_ACTED_BUSY);
	assert_int_equal(done, 51);
	struct lp_host_act kick = {.act = LP_ACT_KICK, .peer = r->peers[2].welcome.peer};
	assert_int_equal(lp_hub_act(r->hub, room_id(r), &kick, r->now), LP_ACTED_DONE);
	relay_at(r, r->now + LP_SECOND);
	r->peers[1].count = 0;
	assert_int_equal(act(r, LP_ACT_ISOLATE, 0, ""), LP_ACTED_DONE);
	relay_free(r);
}

static void H4_the_operator_removes_a_host(void **state)
{
	(void)state;
	struct relay *r = with_players();
	struct lp_host_act kick = {.act = LP_ACT_KICK, .peer = r->peers[1].welcome.peer};
	assert_int_equal(lp_hub_act(r->hub, room_id(r), &kick, r->now), LP_ACTED_DONE);
	relay_at(r, r->now + LP_SECOND);
	assert_true(r->peers[1].closed);
	assert_false(r->peers[2].closed);
	relay_free(r);
}

static void H3_an_act_that_is_not_kept_is_told(void **state)
{
	(void)state;
	struct relay *r = with_players();
	hub_book.is_full = true;
	assert_int_equal(act(r, LP_ACT_LOCK, 0, ""), LP_ACTED_NOT_KEPT);
	assert_int_equal(player(r, 5, 9, 9)->reject, LP_REJECT_LOCKED); /* it is done */
	assert_int_equal(act(r, LP_ACT_BAN, 2, ""), LP_ACTED_NOT_KEPT);
	assert_true(r->peers[2].closed);
	assert_int_equal(act(r, LP_ACT_RENAME, 3, "Zoe"), LP_ACTED_DONE); /* nobody keeps a name */
	assert_int_equal(act(r, LP_ACT_KICK, 3, ""), LP_ACTED_DONE);
	assert_int_equal(act(r, LP_ACT_UNBAN, 0, "nobody"), LP_ACTED_NO_BAN);
	hub_book.is_full = false;
	assert_int_equal(act(r, LP_ACT_UNLOCK, 0, ""), LP_ACTED_DONE);
	relay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H3_only_a_host_can_act),
		cmocka_unit_test(H3_a_client_can_be_the_host),
		cmocka_unit_test(H3_a_kicked_player_stays_out_for_a_minute),
		cmocka_unit_test(H3_the_end_of_a_ban_ends_no_kick_of_others),
		cmocka_unit_test(H3_a_ban_outlives_the_relay),
		cmocka_unit_test(H3_bans_are_limited),
		cmocka_unit_test(H3_a_locked_room_lets_nobody_new_in),
		cmocka_unit_test(H3_a_new_name_reaches_everybody),
		cmocka_unit_test(H3_isolated_players_reach_the_gateway_alone),
		cmocka_unit_test(H3_acts_about_nobody_are_refused),
		cmocka_unit_test(H3_acts_are_limited),
		cmocka_unit_test(H4_the_operator_removes_a_host),
		cmocka_unit_test(H3_an_act_that_is_not_kept_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
