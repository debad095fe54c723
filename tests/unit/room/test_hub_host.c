/* Row N4: a room belongs to whoever has proven a host key first. */
#include "hub_book.h"
#include "hub_unit.h"

static struct relay *with_book(void)
{
	const struct lp_hub_config config = hub_book_config();
	hub_book_clear();
	return relay_new(&config);
}

/* key: 0 for none. */
static struct peer *join_with(struct relay *r, int i, enum lp_role role, uint8_t key, bool good)
{
	struct lp_control m = peer_hello(i, role);
	memset(m.hello.host_key, key, LP_HOST_KEY_SIZE);
	memset(m.hello.host_proof, good ? key : key + 1, LP_HOST_PROOF_SIZE);
	peer_open(r, i, RELAY_PATH);
	peer_say(r, i, 0, &m);
	return &r->peers[i];
}

static struct peer *gateway(struct relay *r, int i, uint8_t key)
{
	return join_with(r, i, LP_ROLE_GATEWAY, key, true);
}

static struct peer *client(struct relay *r, int i)
{
	return join_with(r, i, LP_ROLE_CLIENT, 0, true);
}

#define assert_host(bytes, key)                                                                    \
	do {                                                                                       \
		uint8_t expected_[LP_HOST_PRINT];                                                  \
		memset(expected_, (key), sizeof(expected_));                                       \
		assert_memory_equal((bytes), expected_, sizeof(expected_));                        \
	} while (0)

static void N4_the_first_key_is_registered_and_told(void **state)
{
	(void)state;
	struct relay *r = with_book();
	client(r, 1);
	assert_host(r->peers[1].welcome.host, 0);
	gateway(r, 2, 5);
	assert_int_equal(hub_book.keeps, 1);
	assert_int_equal(hub_book.kept.key[0], 5);
	assert_host(hub_book.kept.print, 5);
	assert_host(r->peers[2].welcome.host, 5);
	assert_int_equal(r->peers[1].messages[0].type, LP_PEER_JOINED);
	assert_host(r->peers[1].messages[0].peer_joined.host, 5);
	client(r, 3);
	assert_host(r->peers[3].welcome.host, 5);
	assert_host(r->peers[2].messages[1].peer_joined.host, 0); /* a player proves nothing */
	relay_free(r);
}

/* R3 */
static void N4_rooms_without_a_key_work_as_before(void **state)
{
	(void)state;
	struct relay *r = with_book();
	gateway(r, 1, 0);
	assert_true(r->peers[1].welcomed);
	assert_int_equal(gateway(r, 2, 0)->reject, LP_REJECT_GATEWAY_SILENT);
	assert_int_equal(hub_book.keeps, 0);
	client(r, 3);
	assert_host(r->peers[3].welcome.host, 0);
	assert_host(r->peers[3].messages[0].peer_joined.host, 0);
	relay_free(r);
}

static void N4_only_the_key_opens_a_room_that_has_one_to_a_gateway(void **state)
{
	(void)state;
	struct relay *r = with_book();
	gateway(r, 1, 5);
	client(r, 2);
	peer_closed(r, 1, LP_LEAVE_NORMAL);
	assert_int_equal(gateway(r, 3, 0)->reject, LP_REJECT_NOT_HOST);
	assert_int_equal(gateway(r, 4, 6)->reject, LP_REJECT_NOT_HOST);
	assert_int_equal(join_with(r, 5, LP_ROLE_GATEWAY, 5, false)->reject, LP_REJECT_NOT_HOST);
	struct lp_control m = peer_hello(7, LP_ROLE_GATEWAY);
	memset(m.hello.host_key, 5, LP_HOST_KEY_SIZE);
	m.hello.host_key[LP_HOST_PRINT - 1] = 6; /* nearly the same */
	memcpy(m.hello.host_proof, m.hello.host_key, LP_HOST_PROOF_SIZE);
	peer_open(r, 7, RELAY_PATH);
	peer_say(r, 7, 0, &m);
	assert_int_equal(r->peers[7].reject, LP_REJECT_NOT_HOST);
	assert_true(gateway(r, 6, 5)->welcomed);
	assert_int_equal(hub_book.kept.key[0], 5);
	relay_free(r);
}

static void N4_a_wrong_proof_registers_nothing(void **state)
{
	(void)state;
	struct relay *r = with_book();
	assert_true(join_with(r, 1, LP_ROLE_GATEWAY, 5, false)->welcomed);
	assert_int_equal(hub_book.keeps, 0);
	assert_host(r->peers[1].welcome.host, 0);
	relay_free(r);
}

static void N4_an_unproven_gateway_gives_way_at_once(void **state)
{
	(void)state;
	for (int silent = 0; silent < 2; silent++) {
		struct relay *r = with_book();
		client(r, 1);
		gateway(r, 2, 0);
		relay_forget(r);
		if (silent)
			peer_closed(r, 2, LP_LEAVE_TIMED_OUT);
		assert_true(gateway(r, 3, 5)->welcomed);
		assert_int_equal(r->peers[2].closed, !silent);
		assert_int_equal(r->peers[1].count, 2);
		assert_int_equal(r->peers[1].messages[0].type, LP_PEER_LEFT);
		assert_int_equal(r->peers[1].messages[1].type, LP_PEER_JOINED);
		assert_host(r->peers[1].messages[1].peer_joined.host, 5);
		relay_free(r);
	}
}

/* Otherwise whoever has the code could remove it again and again, and be nobody's host. */
static void N4_a_newcomer_that_is_refused_replaces_no_gateway(void **state)
{
	(void)state;
	struct relay *r = with_book();
	client(r, 1);
	gateway(r, 2, 0);
	struct lp_control m = peer_hello(3, LP_ROLE_GATEWAY);
	memset(m.hello.host_key, 5, LP_HOST_KEY_SIZE);
	memset(m.hello.host_proof, 5, LP_HOST_PROOF_SIZE);
	m.hello.mtu = LP_MTU_MIN;
	peer_open(r, 3, RELAY_PATH);
	peer_say(r, 3, 0, &m);
	assert_true(r->peers[3].reject > 0);
	assert_false(r->peers[2].closed);
	assert_int_equal(hub_book.keeps, 0);
	m.hello.version_min = m.hello.version_max = LP_PROTOCOL_VERSION + 1;
	m.hello.mtu = LP_ETH_MTU;
	peer_open(r, 4, RELAY_PATH);
	peer_say(r, 4, 0, &m);
	assert_int_equal(r->peers[4].reject, LP_REJECT_VERSION);
	assert_false(r->peers[2].closed);
	m = peer_hello(1, LP_ROLE_CLIENT); /* its MAC is in use */
	memset(m.hello.host_key, 5, LP_HOST_KEY_SIZE);
	memset(m.hello.host_proof, 5, LP_HOST_PROOF_SIZE);
	peer_open(r, 5, RELAY_PATH);
	peer_say(r, 5, 0, &m);
	assert_true(r->peers[5].reject > 0);
	assert_false(r->peers[2].closed);
	assert_int_equal(hub_book.keeps, 0);
	relay_free(r);
}

/* Its room goes with it. */
static void N4_an_unproven_gateway_that_is_alone_gives_way_too(void **state)
{
	(void)state;
	struct relay *r = with_book();
	gateway(r, 2, 0);
	assert_true(gateway(r, 3, 5)->welcomed);
	assert_true(r->peers[2].closed);
	assert_int_equal(relay_counters(r).members, 1);
	relay_free(r);
}

/* R3: two gateways of one host. */
static void N4_a_proven_gateway_does_not_give_way(void **state)
{
	(void)state;
	struct relay *r = with_book();
	gateway(r, 1, 5);
	assert_int_equal(gateway(r, 2, 5)->reject, LP_REJECT_GATEWAY_SILENT);
	assert_int_equal(gateway(r, 3, 6)->reject, LP_REJECT_NOT_HOST);
	assert_false(r->peers[1].closed);
	relay_free(r);
}

/* K1: whoever has the token does not have the key. */
static void N4_a_gateway_that_resumes_must_prove_the_key_again(void **state)
{
	(void)state;
	struct relay *r = with_book();
	gateway(r, 1, 5);
	struct lp_control m = peer_hello(2, LP_ROLE_GATEWAY);
	memcpy(m.hello.resume_token, r->peers[1].welcome.resume_token, LP_TOKEN_SIZE);
	peer_open(r, 2, RELAY_PATH);
	peer_say(r, 2, 0, &m);
	assert_int_equal(r->peers[2].reject, LP_REJECT_NOT_HOST);
	memset(m.hello.host_key, 5, LP_HOST_KEY_SIZE);
	memset(m.hello.host_proof, 5, LP_HOST_PROOF_SIZE);
	peer_open(r, 3, RELAY_PATH);
	peer_say(r, 3, 0, &m);
	assert_true(r->peers[3].welcome.resumed);
	relay_free(r);
}

static void N4_a_restarted_relay_knows_the_key(void **state)
{
	(void)state;
	struct relay *r = with_book();
	gateway(r, 1, 5);
	relay_free(r);
	const struct lp_hub_config config = hub_book_config();
	r = relay_new(&config);
	assert_int_equal(gateway(r, 1, 6)->reject, LP_REJECT_NOT_HOST);
	assert_int_equal(gateway(r, 2, 0)->reject, LP_REJECT_NOT_HOST);
	client(r, 3);
	assert_host(r->peers[3].welcome.host, 5);
	assert_true(gateway(r, 4, 5)->welcomed);
	relay_free(r);
}

static void N4_a_full_book_registers_nobody(void **state)
{
	(void)state;
	struct relay *r = with_book();
	hub_book.is_full = true;
	assert_true(gateway(r, 1, 5)->welcomed);
	assert_host(r->peers[1].welcome.host, 0);
	client(r, 2);
	assert_host(r->peers[2].messages[0].peer_joined.host, 0);
	assert_int_equal(gateway(r, 3, 6)->reject, LP_REJECT_GATEWAY_SILENT);
	assert_false(r->peers[1].closed); /* a key that is not the room's is worth nothing */
	relay_free(r);
}

static void N4_a_relay_without_a_book_registers_nobody(void **state)
{
	(void)state;
	struct lp_hub_config config = hub_book_config();
	config.rooms.book = (struct lp_host_book){NULL, NULL, NULL};
	struct relay *r = relay_new(&config);
	assert_true(gateway(r, 1, 5)->welcomed);
	assert_host(r->peers[1].welcome.host, 0);
	peer_closed(r, 1, LP_LEAVE_NORMAL);
	assert_true(gateway(r, 2, 6)->welcomed);
	relay_free(r);
}

/* The book can become full, and forget the room meanwhile. */
static void N4_a_room_with_members_knows_its_key_without_the_book(void **state)
{
	(void)state;
	struct relay *r = with_book();
	gateway(r, 1, 5);
	client(r, 2);
	peer_closed(r, 1, LP_LEAVE_NORMAL);
	hub_book.keeps = 0;
	memset(&hub_book.kept, 0, sizeof(hub_book.kept));
	assert_int_equal(gateway(r, 3, 6)->reject, LP_REJECT_NOT_HOST);
	assert_true(gateway(r, 4, 5)->welcomed);
	assert_int_equal(hub_book.kept.key[0], 5);
	relay_free(r);
}

/* A host who is there for months must not lose the room. */
static void N4_a_host_who_stays_is_noted_every_day(void **state)
{
	(void)state;
	struct relay *r = with_book();
	gateway(r, 1, 5);
	relay_at(r, r->now + LP_HUB_STATUS_INTERVAL);
	unsigned before = hub_book.keeps;
	relay_at(r, r->now + LP_HUB_HOST_INTERVAL - LP_HUB_STATUS_INTERVAL);
	assert_int_equal(hub_book.keeps, before);
	relay_at(r, r->now + 2 * LP_HUB_STATUS_INTERVAL);
	assert_int_equal(hub_book.keeps, before + 1);
	peer_closed(r, 1, LP_LEAVE_NORMAL);
	assert_int_equal(hub_book.keeps, before + 2);
	relay_free(r);
}

/* Otherwise a relay without memory gives the room away. */
static void N4_without_memory_for_the_book_nobody_gets_in(void **state)
{
	(void)state;
	struct relay *r = with_book();
	gateway(r, 1, 5);
	peer_closed(r, 1, LP_LEAVE_NORMAL);
	hub_book.is_lost = true;
	assert_int_equal(gateway(r, 2, 6)->reject, LP_REJECT_OTHER);
	assert_int_equal(client(r, 3)->reject, LP_REJECT_OTHER);
	assert_int_equal(hub_book.kept.key[0], 5);
	hub_book.is_lost = false;
	assert_true(gateway(r, 4, 5)->welcomed);
	relay_free(r);
}

/* N6: a signature costs more to check than to send. */
static void N4_the_limits_of_joins_come_before_the_proof(void **state)
{
	(void)state;
	struct lp_hub_config config = hub_book_config();
	config.rooms.limits.join_rate = config.rooms.limits.join_burst = 2;
	hub_book.keeps = 0;
	struct relay *r = relay_new(&config);
	hub_book.proofs = 0;
	assert_true(gateway(r, 1, 5)->welcomed);
	gateway(r, 2, 5);
	assert_int_equal(hub_book.proofs, 2);
	for (int i = 3; i < 8; i++)
		assert_int_equal(gateway(r, i, 5)->reject, LP_REJECT_BUSY);
	assert_int_equal(hub_book.proofs, 2);
	struct lp_control m =
		peer_hello(8, LP_ROLE_GATEWAY); /* a host who comes back is not limited */
	memcpy(m.hello.resume_token, r->peers[1].welcome.resume_token, LP_TOKEN_SIZE);
	memset(m.hello.host_key, 5, LP_HOST_KEY_SIZE);
	memset(m.hello.host_proof, 5, LP_HOST_PROOF_SIZE);
	peer_open(r, 8, RELAY_PATH);
	peer_say(r, 8, 0, &m);
	assert_true(r->peers[8].welcome.resumed);
	assert_int_equal(hub_book.proofs, 3);
	relay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N4_the_first_key_is_registered_and_told),
		cmocka_unit_test(N4_rooms_without_a_key_work_as_before),
		cmocka_unit_test(N4_only_the_key_opens_a_room_that_has_one_to_a_gateway),
		cmocka_unit_test(N4_a_wrong_proof_registers_nothing),
		cmocka_unit_test(N4_an_unproven_gateway_gives_way_at_once),
		cmocka_unit_test(N4_a_newcomer_that_is_refused_replaces_no_gateway),
		cmocka_unit_test(N4_an_unproven_gateway_that_is_alone_gives_way_too),
		cmocka_unit_test(N4_a_proven_gateway_does_not_give_way),
		cmocka_unit_test(N4_a_gateway_that_resumes_must_prove_the_key_again),
		cmocka_unit_test(N4_a_restarted_relay_knows_the_key),
		cmocka_unit_test(N4_a_full_book_registers_nobody),
		cmocka_unit_test(N4_a_relay_without_a_book_registers_nobody),
		cmocka_unit_test(N4_a_room_with_members_knows_its_key_without_the_book),
		cmocka_unit_test(N4_without_memory_for_the_book_nobody_gets_in),
		cmocka_unit_test(N4_the_limits_of_joins_come_before_the_proof),
		cmocka_unit_test(N4_a_host_who_stays_is_noted_every_day),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
