/* Row H4: what people see of rooms and members. */
#include "hub_unit.h"

struct seen {
	size_t count;
	struct lp_hub_view views[8]; /* by peer */
};

static void see(void *context, const struct lp_hub_view *view)
{
	struct seen *s = context;
	assert_in_range(view->member->peer, 1, 7);
	s->views[view->member->peer] = *view;
	s->count++;
}

static struct seen look(struct relay *r, lp_time now)
{
	struct seen s = {.count = 0};
	lp_hub_each_member(r->hub, see, &s, now);
	return s;
}

/* The gateway is peer 1, players are 2 and 3. */
static void H4_members_are_seen_with_their_traffic(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	struct seen s = look(r, 5 * LP_SECOND);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.views[1].member->role, LP_ROLE_GATEWAY);
	assert_passed(send_udp(r, 1, player_mac(2), 500), LP_ACTION_UNICAST, 1);
	s = look(r, 7 * LP_SECOND);
	const struct lp_session_traffic *from = s.views[2].traffic, *to = s.views[3].traffic;
	assert_int_equal(from->frames_in, 1);
	assert_int_equal(to->frames_out, 1);
	assert_true(from->bytes_in >= 500);
	assert_int_equal(to->bytes_out, from->bytes_in);
	assert_int_equal(s.views[2].in_rate, (from->bytes_in + 1) / 2);
	assert_int_equal(s.views[3].out_rate, (from->bytes_in + 1) / 2);
	assert_int_equal(s.views[1].traffic->frames_out, 0);
	relay_free(r);
}

static void H4_drops_are_those_of_the_member(void **state)
{
	(void)state;
	struct relay *r = with_peers(0, 2);
	assert_dropped(send_udp(r, 1, player_mac(1), 100), LP_DROP_NO_TARGET); /* to itself */
	struct seen s = look(r, 5 * LP_SECOND);
	assert_int_equal(s.views[2].traffic->drops[LP_DROP_NO_TARGET], 1);
	assert_int_equal(s.views[3].traffic->drops[LP_DROP_NO_TARGET], 0);
	relay_free(r);
}

static bool keep(
	void *context, const uint8_t room_key[LP_ROOM_KEY_SIZE], const struct lp_hosted *hosted)
{
	(void)context;
	(void)room_key;
	(void)hosted;
	fail_msg("a room without a host key is kept as if it had one");
	return true;
}

/* Whoever runs the relay needs no host key, and the room has none afterwards either. */
static void H4_the_operator_removes_a_member(void **state)
{
	(void)state;
	struct lp_hub_config config = relay_config();
	config.rooms.book.keep = keep;
	struct relay *r = with_config(&config, 0, 2);
	const struct seen s = look(r, 5 * LP_SECOND);
	uint32_t room = lp_room_id(s.views[2].member->room);
	struct lp_host_act act = {.act = LP_ACT_KICK, .peer = 9};
	assert_int_equal(lp_hub_act(r->hub, room, &act, 5 * LP_SECOND), LP_ACTED_NO_MEMBER);
	act.peer = 2;
	assert_int_equal(lp_hub_act(r->hub, room + 1, &act, 5 * LP_SECOND), LP_ACTED_NO_MEMBER);
	assert_int_equal(lp_hub_act(r->hub, room, &act, 5 * LP_SECOND), LP_ACTED_DONE);
	assert_int_equal(look(r, 6 * LP_SECOND).count, 2);
	relay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H4_members_are_seen_with_their_traffic),
		cmocka_unit_test(H4_drops_are_those_of_the_member),
		cmocka_unit_test(H4_the_operator_removes_a_member),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
