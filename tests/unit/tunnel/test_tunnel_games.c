/* Row H7: which games members host, by the answers that pass. */
#include "tunnel_unit.h"

/* Member 11, or this computer, announces a game. */
static enum lp_drop hear(struct harness *h, uint16_t peer, const char *name, uint16_t port)
{
	uint8_t f[FRAME_CAP];
	size_t len = frame_game(f, player_mac(peer), LAN(peer), name, port);
	struct lp_verdict v =
		peer == OWN_PEER ? harness_frame(h, f, len) : harness_forwarded(h, peer, f, len);
	harness_at(h, h->now + LP_MILLISECOND);
	return v.drop;
}

static size_t told(const struct harness *h)
{
	size_t count = 0;
	while (harness_action(h, LP_TUNNEL_GAME, count))
		count++;
	return count;
}

static size_t listed(const struct harness *h, struct lp_found_game games[LP_TUNNEL_GAMES])
{
	return lp_tunnel_games(h->tunnel, h->now, games);
}

static struct harness *ready(enum lp_role role)
{
	struct harness *h = in_room(role);
	harness_at(h, LP_SECOND);
	harness_forget(h);
	return h;
}

static void H7_a_game_is_told_once_with_its_host_and_address(void **state)
{
	(void)state;
	struct harness *h = ready(LP_ROLE_CLIENT);
	struct lp_found_game games[LP_TUNNEL_GAMES];
	const struct lp_prefix address = lp_prefix_ipv4(LAN(11), 32);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(hear(h, 11, "Zoe's world", 54321), LP_DROP_NONE);
		harness_at(h, h->now + 1500 * LP_MILLISECOND);
	}
	assert_int_equal(told(h), 1);
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_GAME, 0);
	assert_int_equal(a->member.peer, 11);
	assert_string_equal(a->member.name, "you");
	assert_string_equal(a->game.game.title, "Minecraft");
	assert_string_equal(a->game.game.name, "Zoe's world");
	assert_int_equal(a->game.game.port, 54321);
	assert_true(lp_prefix_same_address(&a->game.address, &address));
	assert_int_equal(listed(h, games), 1);
	assert_int_equal(games[0].peer, 11);
	harness_free(h);
}

/* The host sees that its game is announced; and the room hears of it. */
static void H7_this_computers_own_game_is_told_too(void **state)
{
	(void)state;
	struct harness *h = ready(LP_ROLE_CLIENT);
	assert_int_equal(hear(h, OWN_PEER, "mine", 1), LP_DROP_NONE);
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_GAME, 0);
	assert_non_null(a);
	assert_int_equal(a->member.peer, OWN_PEER);
	assert_int_equal(a->game.peer, OWN_PEER);
	harness_free(h);
}

/* The program sleeps until a deadline: the answer itself must set it. */
static void H7_a_game_is_told_at_once(void **state)
{
	(void)state;
	struct harness *h = ready(LP_ROLE_CLIENT);
	uint8_t f[FRAME_CAP];
	size_t len = frame_game(f, player_mac(11), LAN(11), "now", 1);
	assert_true(lp_tunnel_deadline(h->tunnel) > h->now);
	harness_forwarded(h, 11, f, len);
	assert_int_equal(lp_tunnel_deadline(h->tunnel), h->now);
	harness_at(h, h->now);
	assert_int_equal(told(h), 1);
	assert_true(lp_tunnel_deadline(h->tunnel) > h->now);
	harness_free(h);
}

static void H7_a_change_is_told_but_not_more_than_once_a_minute(void **state)
{
	(void)state;
	struct harness *h = ready(LP_ROLE_CLIENT);
	struct lp_found_game games[LP_TUNNEL_GAMES];
	lp_time begin = h->now;
	hear(h, 11, "one", 1);
	hear(h, 11, "two", 1);
	hear(h, 11, "three", 1);
	assert_int_equal(told(h), 1);
	assert_int_equal(listed(h, games), 1);
	assert_string_equal(games[0].game.name, "three"); /* the list is right at once */
	harness_at(h, begin + LP_TUNNEL_GAME_AGAIN - LP_MILLISECOND);
	assert_int_equal(told(h), 1);
	harness_at(h, begin + LP_TUNNEL_GAME_AGAIN + LP_MILLISECOND);
	assert_int_equal(told(h), 2);
	assert_string_equal(harness_action(h, LP_TUNNEL_GAME, 1)->game.game.name, "three");
	hear(h, 11, "three", 1);
	harness_at(h, h->now + LP_TUNNEL_GAME_AGAIN);
	assert_int_equal(told(h), 2);
	harness_free(h);
}

/* Another game is told at once. It takes none along whose minute is not over, and none without news. */
static void H7_another_game_takes_none_along(void **state)
{
	(void)state;
	struct harness *h = ready(LP_ROLE_CLIENT);
	hear(h, 11, "one", 1);
	hear(h, 11, "two", 1);
	harness_at(h, h->now + LP_SECOND);
	hear(h, 12, "another", 1);
	assert_int_equal(told(h), 2);
	assert_string_equal(harness_action(h, LP_TUNNEL_GAME, 1)->game.game.name, "another");
	harness_at(h, h->now + LP_TUNNEL_GAME_AGAIN);
	assert_int_equal(told(h), 3);
	assert_string_equal(harness_action(h, LP_TUNNEL_GAME, 2)->game.game.name, "two");
	harness_at(h, h->now + LP_TUNNEL_GAME_AGAIN);
	hear(h, 12, "changed", 1);
	assert_int_equal(told(h), 4);
	assert_string_equal(harness_action(h, LP_TUNNEL_GAME, 3)->game.game.name, "changed");
	harness_free(h);
}

static void H7_a_game_that_was_silent_is_told_again(void **state)
{
	(void)state;
	struct harness *h = ready(LP_ROLE_CLIENT);
	struct lp_found_game games[LP_TUNNEL_GAMES];
	hear(h, 11, "one", 1);
	lp_time heard = h->now - LP_MILLISECOND;
	harness_at(h, heard + LP_TUNNEL_GAME_GONE - 1);
	assert_int_equal(listed(h, games), 1);
	hear(h, 11, "one", 1);
	assert_int_equal(told(h), 1);
	heard = h->now - LP_MILLISECOND;
	harness_at(h, heard + LP_TUNNEL_GAME_GONE);
	assert_int_equal(listed(h, games), 0);
	hear(h, 11, "one", 1);
	assert_int_equal(told(h), 2);
	assert_int_equal(listed(h, games), 1);
	harness_free(h);
}

static void H7_a_member_that_invents_games_hides_no_others_and_fills_no_log(void **state)
{
	(void)state;
	struct harness *h = ready(LP_ROLE_CLIENT);
	struct lp_found_game games[LP_TUNNEL_GAMES];
	for (uint16_t port = 1; port <= 1000; port++)
		hear(h, 11, "flood", port);
	assert_int_equal(told(h), LP_TUNNEL_GAMES_EACH);
	assert_int_equal(listed(h, games), LP_TUNNEL_GAMES_EACH);
	hear(h, 12, "good", 1);
	assert_int_equal(told(h), LP_TUNNEL_GAMES_EACH + 1);
	harness_free(h);
}

static void H7_all_members_together_have_a_limit(void **state)
{
	(void)state;
	struct harness *h = ready(LP_ROLE_CLIENT);
	struct lp_found_game games[LP_TUNNEL_GAMES];
	uint16_t members = LP_TUNNEL_GAMES / LP_TUNNEL_GAMES_EACH;
	for (uint16_t peer = 21; peer < 22 + members; peer++) {
		harness_joined(h, peer, LP_ROLE_CLIENT);
		for (uint16_t port = 1; port <= LP_TUNNEL_GAMES_EACH; port++)
			hear(h, peer, "x", port);
		harness_forget(h);
	}
	assert_int_equal(listed(h, games), LP_TUNNEL_GAMES);
	harness_at(h, h->now + LP_TUNNEL_GAME_GONE); /* what is gone makes room */
	hear(h, 11, "new", 1);
	assert_int_equal(listed(h, games), 1);
	assert_int_equal(told(h), 1);
	harness_free(h);
}

static void H7_a_gateway_tells_of_its_lan(void **state)
{
	(void)state;
	struct harness *h = ready(LP_ROLE_GATEWAY);
	struct lp_found_game games[LP_TUNNEL_GAMES];
	uint8_t f[FRAME_CAP];
	for (uint16_t port = 1; port <= LP_TUNNEL_GAMES_LAN + 1; port++)
		harness_frame(h, f, frame_game(f, host_mac(1), LAN(90), "lan", port));
	harness_at(h, h->now + LP_MILLISECOND);
	assert_int_equal(told(h), LP_TUNNEL_GAMES_LAN);
	assert_int_equal(harness_action(h, LP_TUNNEL_GAME, 0)->member.role, LP_ROLE_GATEWAY);
	hear(h, 11, "player", 1);
	assert_int_equal(listed(h, games), LP_TUNNEL_GAMES_LAN + 1);
	harness_free(h);
}

static void H7_whoever_leaves_hosts_nothing(void **state)
{
	(void)state;
	struct harness *h = ready(LP_ROLE_CLIENT);
	struct lp_found_game games[LP_TUNNEL_GAMES];
	hear(h, 11, "a", 1);
	hear(h, 12, "b", 1);
	hear(h, 11, "c", 2);
	harness_left(h, 11);
	assert_int_equal(listed(h, games), 1);
	assert_string_equal(games[0].game.name, "b");
	harness_free(h);
}

/* Only what passes counts: nobody speaks for another. */
static void H7_a_frame_that_is_dropped_tells_nothing(void **state)
{
	(void)state;
	struct harness *h = ready(LP_ROLE_CLIENT);
	uint8_t f[FRAME_CAP];
	size_t len = frame_game(f, player_mac(12), LAN(12), "forged", 1);
	assert_int_equal(harness_forwarded(h, 11, f, len).drop, LP_DROP_SOURCE_MAC);
	h->port.refuse_write = true;
	assert_int_equal(hear(h, 11, "full", 1), LP_DROP_PORT);
	assert_int_equal(harness_frame(h, f, len).drop, LP_DROP_SOURCE_MAC);
	assert_int_equal(told(h), 0);
	harness_free(h);
}

static void join_again(struct harness *h, bool resumed)
{
	struct lp_control m = welcome_of(1500);
	m.welcome.resumed = resumed;
	m.welcome.sequence = h->sequence = 0;
	harness_closed(h, false);
	harness_at(h, h->now + 10 * LP_SECOND);
	harness_connected(h);
	harness_say(h, 0, &m);
	assert_true(lp_tunnel_is_joined(h->tunnel));
	harness_joined(h, 11, LP_ROLE_CLIENT);
}

static void H7_a_membership_that_goes_on_keeps_its_games(void **state)
{
	(void)state;
	struct harness *h = ready(LP_ROLE_CLIENT);
	hear(h, 11, "a", 1);
	join_again(h, true);
	hear(h, 11, "a", 1);
	assert_int_equal(told(h), 1);
	join_again(h, false); /* others can have the numbers now */
	struct lp_found_game games[LP_TUNNEL_GAMES];
	assert_int_equal(listed(h, games), 0);
	hear(h, 11, "a", 1);
	assert_int_equal(told(h), 2);
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H7_a_game_is_told_once_with_its_host_and_address),
		cmocka_unit_test(H7_this_computers_own_game_is_told_too),
		cmocka_unit_test(H7_a_game_is_told_at_once),
		cmocka_unit_test(H7_a_change_is_told_but_not_more_than_once_a_minute),
		cmocka_unit_test(H7_another_game_takes_none_along),
		cmocka_unit_test(H7_a_game_that_was_silent_is_told_again),
		cmocka_unit_test(H7_a_member_that_invents_games_hides_no_others_and_fills_no_log),
		cmocka_unit_test(H7_all_members_together_have_a_limit),
		cmocka_unit_test(H7_a_gateway_tells_of_its_lan),
		cmocka_unit_test(H7_whoever_leaves_hosts_nothing),
		cmocka_unit_test(H7_a_frame_that_is_dropped_tells_nothing),
		cmocka_unit_test(H7_a_membership_that_goes_on_keeps_its_games),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
