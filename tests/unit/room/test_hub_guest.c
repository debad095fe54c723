/* Row H3: guests, who come in with a pass of the host until it ends. */
#include "hub_unit.h"

#define KEY   5 /* of the host, in each byte; the room's key begins with 1 */
#define STEER 0x0100

static lp_time end; /* of the pass */
static int checked; /* passes */

static uint16_t first_bytes(const uint8_t room_key[LP_ROOM_KEY_SIZE])
{
	return (uint16_t)(room_key[0] << 8 | room_key[1]);
}

static bool proves(void *user, const struct lp_hello *hello, uint8_t ret_print[LP_HOST_PRINT])
{
	(void)user;
	memcpy(ret_print, hello->host_key, LP_HOST_PRINT);
	return hello->host_proof[0] != 0;
}

/* Here a pass is signed when its last byte is the key's. */
static bool admits(const uint8_t pass[LP_GUEST_PASS], const uint8_t host_key[LP_HOST_KEY_SIZE],
	lp_time now, lp_time *ret_end)
{
	(void)now;
	checked++;
	*ret_end = end;
	return pass[LP_GUEST_PASS - 1] == host_key[0];
}

static bool keep(
	void *context, const uint8_t room_key[LP_ROOM_KEY_SIZE], const struct lp_hosted *hosted)
{
	(void)context;
	(void)room_key;
	(void)hosted;
	return true;
}

static struct lp_hub_config config_of(unsigned workers, unsigned worker)
{
	struct lp_hub_config config = relay_config();
	config.rooms.book = (struct lp_host_book){NULL, keep, NULL};
	config.proves = proves;
	config.admits = admits;
	config.steer = first_bytes;
	config.workers = workers;
	config.worker = worker;
	return config;
}

static struct relay *relay_of(const struct lp_hub_config *config)
{
	struct relay *r = relay_new(config);
	end = r->now + 60 * LP_SECOND;
	return r;
}

static struct relay *new_relay(unsigned workers, unsigned worker)
{
	const struct lp_hub_config config = config_of(workers, worker);
	return relay_of(&config);
}

/* second: the second byte of the room's key. */
static void host_of(struct relay *r, int i, uint8_t second)
{
	struct lp_control m = peer_hello(i, LP_ROLE_GATEWAY);
	m.hello.room_key[1] = second;
	memset(m.hello.host_key, KEY, LP_HOST_KEY_SIZE);
	m.hello.host_proof[0] = 1;
	peer_open(r, i, RELAY_PATH);
	peer_say(r, i, 0, &m);
	assert_true(r->peers[i].welcomed);
}

static struct relay *with_host(void)
{
	struct relay *r = new_relay(1, 0);
	host_of(r, 1, 0);
	return r;
}

static struct lp_control guest_hello(int i, uint16_t steer, uint8_t key)
{
	struct lp_control m = peer_hello(i, LP_ROLE_CLIENT);
	memset(m.hello.room_key, 0xaa, LP_ROOM_KEY_SIZE); /* what a guest has in its place */
	memset(m.hello.guest_host, KEY, LP_HOST_PRINT);
	lp_put16(m.hello.guest_pass, steer);
	m.hello.guest_pass[LP_GUEST_PASS - 1] = key;
	return m;
}

static struct peer *say(struct relay *r, int i, const struct lp_control *m)
{
	peer_open(r, i, RELAY_PATH);
	peer_say(r, i, 0, m);
	return &r->peers[i];
}

static struct peer *guest(struct relay *r, int i)
{
	const struct lp_control m = guest_hello(i, STEER, KEY);
	return say(r, i, &m);
}

static void H3_a_guest_is_in_the_room_until_its_pass_ends(void **state)
{
	(void)state;
	struct relay *r = with_host();
	assert_true(guest(r, 2)->welcomed);
	assert_int_equal(r->peers[2].welcome.room, r->peers[1].welcome.room);
	assert_int_equal(relay_counters(r).rooms, 1);
	assert_int_equal(r->peers[1].messages[0].type, LP_PEER_JOINED);
	relay_at(r, end - 1);
	assert_false(r->peers[2].closed);
	assert_true(lp_hub_deadline(r->hub) <= end);
	relay_forget(r);
	relay_at(r, end);
	assert_true(r->peers[2].closed);
	assert_int_equal(r->peers[2].close, LP_LEAVE_OTHER);
	assert_int_equal(r->peers[1].messages[0].type, LP_PEER_LEFT);
	assert_false(r->peers[1].closed);
	assert_int_equal(guest(r, 3)->reject, LP_REJECT_GUEST_EXPIRED);
	relay_free(r);
}

static void H3_a_pass_that_the_host_has_not_signed_opens_nothing(void **state)
{
	(void)state;
	struct relay *r = with_host();
	struct lp_control m = guest_hello(2, STEER, KEY + 1);
	assert_int_equal(say(r, 2, &m)->reject, LP_REJECT_GUEST_WRONG);
	m = guest_hello(3, STEER, KEY);
	m.hello.guest_host[LP_HOST_PRINT - 1]++; /* another host's */
	assert_int_equal(say(r, 3, &m)->reject, LP_REJECT_GUEST_WAITS);
	m = guest_hello(4, STEER + 1, KEY); /* another room's */
	assert_int_equal(say(r, 4, &m)->reject, LP_REJECT_GUEST_WAITS);
	m = guest_hello(5, STEER, KEY);
	m.hello.role = LP_ROLE_GATEWAY;
	assert_int_equal(say(r, 5, &m)->reject, LP_REJECT_NOT_HOST);
	assert_int_equal(relay_counters(r).members, 1);
	relay_free(r);
}

/* A guest opens no room: nobody knows its key. */
static void H3_a_guest_waits_until_somebody_else_is_there(void **state)
{
	(void)state;
	struct relay *r = new_relay(1, 0);
	assert_int_equal(guest(r, 2)->reject, LP_REJECT_GUEST_WAITS);
	assert_int_equal(relay_counters(r).rooms, 0);
	struct lp_control m = peer_hello(1, LP_ROLE_CLIENT);
	say(r, 1, &m); /* the room has no host yet */
	assert_int_equal(guest(r, 3)->reject, LP_REJECT_GUEST_WAITS);
	host_of(r, 4, 0);
	assert_true(guest(r, 5)->welcomed);
	relay_free(r);
}

static void H3_a_guest_comes_into_the_right_room_of_the_host(void **state)
{
	(void)state;
	struct relay *r = with_host();
	host_of(r, 2, 7);
	const struct lp_control m = guest_hello(3, STEER + 7, KEY);
	assert_true(say(r, 3, &m)->welcomed);
	assert_int_equal(r->peers[3].welcome.room, r->peers[2].welcome.room);
	assert_true(guest(r, 4)->welcomed);
	assert_int_equal(r->peers[4].welcome.room, r->peers[1].welcome.room);
	relay_free(r);
}

/* K1: a connection that is lost does not make the time longer, and the token alone does not bring it back. */
static void H3_a_guest_who_comes_back_has_the_same_end(void **state)
{
	(void)state;
	struct relay *r = with_host();
	guest(r, 2);
	struct lp_control m = guest_hello(2, STEER, KEY);
	memcpy(m.hello.resume_token, r->peers[2].welcome.resume_token, LP_TOKEN_SIZE);
	relay_at(r, end - 5 * LP_SECOND);
	peer_closed(r, 2, LP_LEAVE_TIMED_OUT);
	assert_true(say(r, 3, &m)->welcome.resumed);
	memcpy(m.hello.resume_token, r->peers[3].welcome.resume_token, LP_TOKEN_SIZE);
	relay_at(r, end - LP_SECOND);
	peer_closed(r, 3, LP_LEAVE_TIMED_OUT);
	r->now = end;
	assert_int_equal(say(r, 4, &m)->reject, LP_REJECT_GUEST_EXPIRED);
	relay_free(r);
}

static void H3_a_guest_is_not_the_host(void **state)
{
	(void)state;
	struct relay *r = with_host();
	struct lp_control m = guest_hello(2, STEER, KEY);
	memset(m.hello.host_key, KEY, LP_HOST_KEY_SIZE);
	m.hello.host_proof[0] = 1;
	assert_true(say(r, 2, &m)->welcomed);
	m = (struct lp_control){.type = LP_HOST_ACT, .act = {.id = 1, .act = LP_ACT_LOCK}};
	peer_message(r, 2, &m);
	assert_true(r->peers[2].closed);
	relay_free(r);
}

static void H3_the_host_locks_guests_out_and_kicks_them(void **state)
{
	(void)state;
	struct relay *r = with_host();
	guest(r, 2);
	struct lp_control m = {.type = LP_HOST_ACT,
		.act = {.id = 1, .act = LP_ACT_KICK, .peer = r->peers[2].welcome.peer}};
	peer_message(r, 1, &m);
	assert_true(r->peers[2].closed);
	m.act.act = LP_ACT_LOCK;
	peer_message(r, 1, &m);
	assert_int_equal(guest(r, 3)->reject, LP_REJECT_LOCKED);
	relay_free(r);
}

/* Row N6: to check a pass costs more than to make one up. */
static void N6_bad_passes_are_limited_before_they_are_checked(void **state)
{
	(void)state;
	struct lp_hub_config config = config_of(1, 0);
	config.rooms.limits.join_rate = 1;
	config.rooms.limits.join_burst = 5;
	struct relay *r = relay_of(&config);
	host_of(r, 1, 0);
	assert_true(guest(r, 2)->welcomed);
	struct lp_control m = guest_hello(3, STEER, KEY + 1);
	checked = 0;
	for (int i = 3; i < 6; i++)
		assert_int_equal(say(r, i, &m)->reject, LP_REJECT_GUEST_WRONG);
	assert_int_equal(checked, 3);
	assert_int_equal(say(r, 6, &m)->reject, LP_REJECT_BUSY);
	assert_int_equal(guest(r, 7)->reject, LP_REJECT_BUSY);
	assert_int_equal(checked, 3);
	m = guest_hello(2, STEER, KEY); /* whom the relay knows */
	memcpy(m.hello.resume_token, r->peers[2].welcome.resume_token, LP_TOKEN_SIZE);
	assert_true(say(r, 8, &m)->welcome.resumed);
	relay_at(r, r->now + LP_SECOND);
	assert_true(guest(r, 9)->welcomed);
	relay_free(r);
}

/* The worker that has the room, which no guest can name by its key. */
static void H3_a_guest_is_sent_to_the_worker_of_its_room(void **state)
{
	(void)state;
	struct relay *r = new_relay(2, 0);
	host_of(r, 1, 0);
	assert_true(guest(r, 2)->welcomed);
	const struct lp_control m = guest_hello(3, STEER + 1, KEY);
	assert_int_equal(say(r, 3, &m)->reject, LP_REJECT_WRONG_WORKER);
	assert_int_equal(r->peers[3].steer, STEER + 1);
	relay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H3_a_guest_is_in_the_room_until_its_pass_ends),
		cmocka_unit_test(H3_a_pass_that_the_host_has_not_signed_opens_nothing),
		cmocka_unit_test(H3_a_guest_waits_until_somebody_else_is_there),
		cmocka_unit_test(H3_a_guest_comes_into_the_right_room_of_the_host),
		cmocka_unit_test(H3_a_guest_who_comes_back_has_the_same_end),
		cmocka_unit_test(H3_a_guest_is_not_the_host),
		cmocka_unit_test(H3_the_host_locks_guests_out_and_kicks_them),
		cmocka_unit_test(N6_bad_passes_are_limited_before_they_are_checked),
		cmocka_unit_test(H3_a_guest_is_sent_to_the_worker_of_its_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
