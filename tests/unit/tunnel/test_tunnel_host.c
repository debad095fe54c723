/* Row N4: which gateway a member trusts. */
#include "tunnel_unit.h"

#define LAN_HOST host_mac(3)

static struct harness *start_with(enum lp_role role, uint8_t known)
{
	struct lp_tunnel_config config = harness_config(role);
	memset(config.host, known, LP_HOST_PRINT);
	struct harness *h = harness_new(&config);
	harness_start(h);
	harness_connected(h);
	harness_forget(h);
	return h;
}

static void welcome(struct harness *h, uint8_t host)
{
	struct lp_control m = welcome_of(1500);
	memset(m.welcome.host, host, LP_HOST_PRINT);
	harness_say(h, 0, &m);
}

static void gateway_joins(struct harness *h, uint16_t peer, uint8_t host)
{
	struct lp_control m = joined_event(++h->sequence, peer, LP_ROLE_GATEWAY);
	memset(m.peer_joined.host, host, LP_HOST_PRINT);
	harness_event(h, &m);
}

/* LP_HOST_NONE: nothing was said. */
static enum lp_host_news news_of(const struct harness *h, size_t n)
{
	const struct lp_tunnel_action *a = harness_action(h, LP_TUNNEL_HOST, n);
	return a ? a->news : LP_HOST_NONE;
}

static enum lp_drop frame_from(struct harness *h, uint16_t peer)
{
	uint8_t f[FRAME_CAP], bytes[LP_OVERLAY_HEADER + FRAME_CAP];
	size_t len = udp_frame(f, player_mac(OWN_PEER), LAN_HOST, 100);
	const struct lp_overlay o = {.type = LP_OVERLAY_WHOLE, .peer = peer, .room = ROOM};
	size_t at = lp_overlay_encode(&o, bytes);
	memcpy(bytes + at, f, len);
	return harness_datagram(h, bytes, at + len).drop;
}

static void N4_without_a_key_every_gateway_is_trusted(void **state)
{
	(void)state;
	struct harness *h = start_with(LP_ROLE_CLIENT, 0);
	welcome(h, 0);
	gateway_joins(h, 9, 0);
	assert_int_equal(news_of(h, 0), LP_HOST_NONE);
	assert_int_equal(frame_from(h, 9), LP_DROP_NONE);
	harness_free(h);
}

static void N4_the_first_key_of_a_room_is_remembered(void **state)
{
	(void)state;
	struct harness *h = start_with(LP_ROLE_CLIENT, 0);
	welcome(h, 5);
	assert_int_equal(news_of(h, 0), LP_HOST_RIGHT);
	assert_int_equal(harness_action(h, LP_TUNNEL_HOST, 0)->host[0], 5);
	gateway_joins(h, 9, 5);
	assert_int_equal(frame_from(h, 9), LP_DROP_NONE);
	harness_closed(h, false);
	harness_at(h, h->now + 10 * LP_SECOND);
	harness_connected(h);
	welcome(h, 6);
	assert_int_equal(news_of(h, 1), LP_HOST_CHANGED);
	assert_false(lp_tunnel_is_joined(h->tunnel));
	harness_free(h);
}

/* The gateway has come with the first key while this member was there. */
static void N4_a_key_that_comes_later_is_remembered_too(void **state)
{
	(void)state;
	struct harness *h = start_with(LP_ROLE_CLIENT, 0);
	welcome(h, 0);
	gateway_joins(h, 9, 5);
	assert_int_equal(news_of(h, 0), LP_HOST_RIGHT);
	harness_left(h, 9);
	gateway_joins(h, 10, 0);
	assert_int_equal(news_of(h, 1), LP_HOST_UNPROVEN);
	assert_int_equal(frame_from(h, 10), LP_DROP_NOT_HOST);
	harness_free(h);
}

static void N4_another_key_ends_the_program_before_it_was_in_the_room(void **state)
{
	(void)state;
	struct harness *h = start_with(LP_ROLE_CLIENT, 5);
	struct lp_control m = welcome_of(1500);
	memset(m.welcome.host, 5, LP_HOST_PRINT);
	m.welcome.host[LP_HOST_PRINT - 1] = 6; /* nearly the same */
	harness_say(h, 0, &m);
	assert_int_equal(news_of(h, 0), LP_HOST_CHANGED);
	assert_int_equal(h->port.ups, 0);
	assert_gave_up(h, LP_LEAVE_NORMAL);
	harness_closed(h, false);
	assert_true(lp_tunnel_is_over(h->tunnel));
	harness_free(h);
}

/* It was there: the true relay can come back. */
static void N4_another_key_is_refused_again_and_again_later(void **state)
{
	(void)state;
	struct harness *h = start_with(LP_ROLE_CLIENT, 5);
	welcome(h, 5);
	for (int i = 0; i < 3; i++) {
		harness_closed(h, false);
		assert_false(lp_tunnel_is_over(h->tunnel));
		harness_at(h, h->now + 10 * LP_SECOND);
		harness_connected(h);
		harness_forget(h);
		welcome(h, i < 2 ? 6 : 5);
		assert_int_equal(lp_tunnel_is_joined(h->tunnel), i == 2);
	}
	harness_free(h);
}

/* The relay has lost its state folder: whoever comes first could be the gateway. */
static void N4_a_relay_that_forgot_the_key_is_noticed(void **state)
{
	(void)state;
	struct harness *h = start_with(LP_ROLE_CLIENT, 5);
	welcome(h, 0);
	assert_true(lp_tunnel_is_joined(h->tunnel));
	assert_int_equal(news_of(h, 0), LP_HOST_LOST);
	gateway_joins(h, 9, 0);
	assert_int_equal(news_of(h, 1), LP_HOST_UNPROVEN);
	assert_int_equal(frame_from(h, 9), LP_DROP_NOT_HOST);
	harness_left(h, 9);
	gateway_joins(h, 10, 6);
	assert_int_equal(news_of(h, 2), LP_HOST_CHANGED);
	assert_int_equal(frame_from(h, 10), LP_DROP_NOT_HOST);
	harness_left(h, 10);
	gateway_joins(h, 11, 5);
	assert_int_equal(news_of(h, 3), LP_HOST_RIGHT);
	assert_int_equal(frame_from(h, 11), LP_DROP_NONE);
	harness_free(h);
}

/* A room whose gateway is not the host's has two states, and each reconnect repeats both. */
static void N4_a_reconnect_tells_nothing_again(void **state)
{
	(void)state;
	struct harness *h = start_with(LP_ROLE_CLIENT, 5);
	for (int i = 0; i < 3; i++) {
		welcome(h, 5);
		gateway_joins(h, 9, 0);
		assert_int_equal(frame_from(h, 9), LP_DROP_NOT_HOST);
		assert_int_equal(news_of(h, 0), i == 0 ? LP_HOST_RIGHT : LP_HOST_NONE);
		assert_int_equal(news_of(h, 1), i == 0 ? LP_HOST_UNPROVEN : LP_HOST_NONE);
		harness_closed(h, false);
		harness_at(h, h->now + 10 * LP_SECOND);
		harness_connected(h);
		harness_forget(h);
	}
	welcome(h, 5);
	gateway_joins(h, 10, 5);
	assert_int_equal(news_of(h, 0), LP_HOST_RIGHT); /* its gateway is back */
	harness_left(h, 10);
	gateway_joins(h, 11, 0);
	assert_int_equal(news_of(h, 1), LP_HOST_UNPROVEN);
	harness_free(h);
}

/* The relay takes few rooms of one network, and its book can be full. */
static void N4_a_host_whose_key_is_not_taken_is_told_so(void **state)
{
	(void)state;
	const struct lp_host_act act = {.id = 3, .act = LP_ACT_LOCK};
	const uint8_t key[LP_HOST_KEY_SIZE] = {1}, proof[LP_HOST_PROOF_SIZE] = {2};
	for (uint8_t known = 0; known <= 5; known += 5) {
		struct harness *h = start_with(LP_ROLE_GATEWAY, known);
		lp_tunnel_prove(h->tunnel, key, proof);
		for (int i = 0; i < 2; i++) {
			welcome(h, 0);
			assert_int_equal(news_of(h, 0), i == 0 ? LP_HOST_REFUSED : LP_HOST_NONE);
			assert_non_null(lp_tunnel_act(h->tunnel, &act));
			harness_closed(h, false);
			harness_at(h, h->now + 10 * LP_SECOND);
			harness_connected(h);
			harness_forget(h);
		}
		welcome(h, 5);
		assert_int_equal(news_of(h, 0), LP_HOST_RIGHT); /* now it is */
		harness_free(h);
	}
}

static void N4_players_need_no_key(void **state)
{
	(void)state;
	struct harness *h = start_with(LP_ROLE_CLIENT, 5);
	uint8_t f[FRAME_CAP], bytes[LP_OVERLAY_HEADER + FRAME_CAP];
	welcome(h, 5);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	size_t len = udp_frame(f, player_mac(OWN_PEER), player_mac(11), 100);
	const struct lp_overlay o = {.type = LP_OVERLAY_WHOLE, .peer = 11, .room = ROOM};
	size_t at = lp_overlay_encode(&o, bytes);
	memcpy(bytes + at, f, len);
	assert_int_equal(harness_datagram(h, bytes, at + len).drop, LP_DROP_NONE);
	harness_free(h);
}

static void N4_a_hello_carries_the_proof(void **state)
{
	(void)state;
	uint8_t key[LP_HOST_KEY_SIZE] = {1}, proof[LP_HOST_PROOF_SIZE] = {2};
	struct harness *h = connecting(LP_ROLE_GATEWAY);
	lp_tunnel_prove(h->tunnel, key, proof);
	harness_connected(h);
	struct lp_hello hello = hello_sent(h);
	assert_memory_equal(hello.host_key, key, sizeof(key));
	assert_memory_equal(hello.host_proof, proof, sizeof(proof));
	harness_free(h);
}

/* H3 */
static void H3_only_a_host_that_is_in_its_room_asks_for_acts(void **state)
{
	(void)state;
	const struct lp_host_act act = {.id = 3, .act = LP_ACT_KICK, .peer = 9};
	const uint8_t key[LP_HOST_KEY_SIZE] = {1}, proof[LP_HOST_PROOF_SIZE] = {2};
	struct lp_control m = welcome_of(1500);
	struct harness *h = start_with(LP_ROLE_GATEWAY, 5);
	assert_non_null(lp_tunnel_act(h->tunnel, &act)); /* no key */
	lp_tunnel_prove(h->tunnel, key, proof);
	assert_non_null(lp_tunnel_act(h->tunnel, &act)); /* not in the room */
	memset(m.welcome.host, 5, LP_HOST_PRINT);
	m.welcome.capabilities = LP_CAP_ACTS;
	harness_say(h, 0, &m);
	harness_forget(h);
	assert_null(lp_tunnel_act(h->tunnel, &act));
	harness_drain(h);
	struct lp_control sent = control_sent(h, LP_TUNNEL_MESSAGE, LP_HOST_ACT);
	assert_int_equal(sent.act.act, LP_ACT_KICK);
	assert_int_equal(sent.act.peer, 9);
	m = (struct lp_control){.type = LP_HOST_DONE, .done = {.id = 3, .acted = LP_ACTED_FULL}};
	harness_event(h, &m);
	assert_int_equal(harness_action(h, LP_TUNNEL_ACTED, 0)->done.acted, LP_ACTED_FULL);
	assert_true(lp_tunnel_is_joined(h->tunnel));
	harness_free(h);
}

static void H3_a_relay_without_acts_is_not_asked(void **state)
{
	(void)state;
	const struct lp_host_act act = {.id = 3, .act = LP_ACT_LOCK};
	const uint8_t key[LP_HOST_KEY_SIZE] = {1}, proof[LP_HOST_PROOF_SIZE] = {2};
	struct harness *h = start_with(LP_ROLE_GATEWAY, 5);
	lp_tunnel_prove(h->tunnel, key, proof);
	welcome(h, 5);
	assert_non_null(lp_tunnel_act(h->tunnel, &act));
	harness_free(h);
}

/* H3 */
static void H3_a_new_name_is_told_once(void **state)
{
	(void)state;
	struct harness *h = start_with(LP_ROLE_CLIENT, 0);
	uint16_t peer = 0;
	welcome(h, 0);
	harness_joined(h, 11, LP_ROLE_CLIENT);
	harness_joined(h, 12, LP_ROLE_CLIENT);
	for (int i = 0; i < 4; i++) {
		struct lp_control m = {.type = LP_PEER_STATUS,
			.peer_status = {.sequence = ++h->sequence,
				.peer = i < 2 ? 11 : OWN_PEER,
				.name = "Zoe"}};
		harness_event(h, &m);
	}
	assert_int_equal(harness_action(h, LP_TUNNEL_RENAMED, 0)->member.peer, 11);
	assert_string_equal(harness_action(h, LP_TUNNEL_RENAMED, 0)->member.name, "Zoe");
	assert_int_equal(harness_action(h, LP_TUNNEL_RENAMED, 1)->member.peer, 0);
	assert_null(harness_action(h, LP_TUNNEL_RENAMED, 2));
	assert_int_equal(lp_tunnel_find(h->tunnel, "Zoe", &peer), 1);
	assert_int_equal(peer, 11);
	assert_int_equal(lp_tunnel_find(h->tunnel, "12", &peer), 1);
	assert_int_equal(peer, 12);
	harness_joined(h, 13, LP_ROLE_CLIENT);
	assert_int_equal(lp_tunnel_find(h->tunnel, "you", &peer), 2);
	assert_int_equal(lp_tunnel_find(h->tunnel, "120", &peer), 0);
	assert_int_equal(lp_tunnel_find(h->tunnel, "", &peer), 0);
	harness_free(h);
}

/* H3: whoever was removed does not come back by itself. */
static void H3_a_removed_member_ends(void **state)
{
	(void)state;
	const struct lp_control m = {.type = LP_REJECT, .reject = {.reason = LP_REJECT_REMOVED}};
	struct harness *h = start_with(LP_ROLE_CLIENT, 0);
	welcome(h, 0);
	harness_closed(h, false);
	harness_at(h, h->now + 10 * LP_SECOND);
	harness_connected(h);
	harness_say(h, 0, &m);
	harness_closed(h, false);
	assert_true(lp_tunnel_is_over(h->tunnel));
	harness_free(h);
}

static void H3_a_hello_carries_the_pass_of_a_guest(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct lp_tunnel_config config = harness_config(LP_ROLE_CLIENT);
		memset(config.host, 5, LP_HOST_PRINT);
		memset(config.guest, i, LP_GUEST_PASS);
		struct harness *h = harness_new(&config);
		harness_start(h);
		harness_connected(h);
		struct lp_hello hello = hello_sent(h);
		assert_int_equal(lp_host_is_known(hello.guest_host), i);
		assert_memory_equal(hello.guest_pass, config.guest, LP_GUEST_PASS);
		harness_free(h);
	}
}

/* H3 */
static void H3_a_guest_waits_for_the_host_and_ends_with_its_pass(void **state)
{
	(void)state;
	struct lp_control m = {.type = LP_REJECT, .reject = {.reason = LP_REJECT_GUEST_WAITS}};
	struct harness *h = start_with(LP_ROLE_CLIENT, 5);
	for (int i = 0; i < 5; i++) {
		harness_say(h, 0, &m);
		harness_closed(h, false);
		assert_false(lp_tunnel_is_over(h->tunnel));
		harness_at(h, h->now + LP_TUNNEL_RETRY_SILENT * 2);
		harness_connected(h);
	}
	assert_false(harness_action(h, LP_TUNNEL_REJECTED, 0)->final);
	assert_null(harness_action(h, LP_TUNNEL_REJECTED, 1)); /* it is told once */
	welcome(h, 5);
	harness_closed(h, false);
	harness_at(h, h->now + 10 * LP_SECOND);
	harness_connected(h);
	m.reject.reason = LP_REJECT_GUEST_EXPIRED;
	harness_say(h, 0, &m);
	harness_closed(h, false);
	assert_true(lp_tunnel_is_over(h->tunnel));
	harness_free(h);
}

/* As when the relay was restarted, and the host gives the same name again. */
static void H3_a_new_membership_hears_of_its_name_again(void **state)
{
	(void)state;
	struct harness *h = start_with(LP_ROLE_CLIENT, 0);
	for (int i = 0; i < 2; i++) {
		welcome(h, 0);
		struct lp_control m = {.type = LP_PEER_STATUS,
			.peer_status = {
				.sequence = ++h->sequence, .peer = OWN_PEER, .name = "Zoe"}};
		harness_event(h, &m);
		assert_non_null(harness_action(h, LP_TUNNEL_RENAMED, 0));
		harness_closed(h, false);
		harness_at(h, h->now + 10 * LP_SECOND);
		harness_connected(h);
		harness_forget(h);
		h->sequence = 0;
	}
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N4_without_a_key_every_gateway_is_trusted),
		cmocka_unit_test(N4_the_first_key_of_a_room_is_remembered),
		cmocka_unit_test(N4_a_key_that_comes_later_is_remembered_too),
		cmocka_unit_test(N4_another_key_ends_the_program_before_it_was_in_the_room),
		cmocka_unit_test(N4_another_key_is_refused_again_and_again_later),
		cmocka_unit_test(N4_a_relay_that_forgot_the_key_is_noticed),
		cmocka_unit_test(N4_a_reconnect_tells_nothing_again),
		cmocka_unit_test(N4_a_host_whose_key_is_not_taken_is_told_so),
		cmocka_unit_test(N4_players_need_no_key),
		cmocka_unit_test(N4_a_hello_carries_the_proof),
		cmocka_unit_test(H3_only_a_host_that_is_in_its_room_asks_for_acts),
		cmocka_unit_test(H3_a_relay_without_acts_is_not_asked),
		cmocka_unit_test(H3_a_new_name_is_told_once),
		cmocka_unit_test(H3_a_new_membership_hears_of_its_name_again),
		cmocka_unit_test(H3_a_removed_member_ends),
		cmocka_unit_test(H3_a_hello_carries_the_pass_of_a_guest),
		cmocka_unit_test(H3_a_guest_waits_for_the_host_and_ends_with_its_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
