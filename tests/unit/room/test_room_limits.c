/* Row N6: how often a source joins, how many rooms it opens, and what a full relay does for a newcomer. */
#include "room_unit.h"

static struct lp_rooms *limited(size_t max_rooms)
{
	const struct lp_room_config config = {.max_clients = 64,
		.max_rooms = max_rooms,
		.limits = {.join_rate = 5, .join_burst = 20, .open_rate = 10}};
	struct lp_rooms *rooms = lp_rooms_new(&config);
	assert_non_null(rooms);
	return rooms;
}

static void leave(struct lp_rooms *rooms, struct lp_member *m, lp_time now)
{
	lp_rooms_leave(rooms, m, now);
	lp_member_free(m);
}

/* Another computer joins a room and leaves it: the reason why it was refused, -1 for none. */
static int visit(struct lp_rooms *rooms, uint32_t source, uint8_t room, lp_time now)
{
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 50, room);
	struct outcome o = join_from(rooms, &hello, source, 1, now);
	if (o.reject == -1)
		leave(rooms, o.member, now);
	return o.reject;
}

static unsigned visits(struct lp_rooms *rooms, uint32_t source, unsigned count, lp_time now)
{
	unsigned good = 0;
	for (unsigned i = 0; i < count; i++) {
		int reject = visit(rooms, source, 1, now);
		good += reject == -1;
		assert_true(reject == -1 || reject == LP_REJECT_BUSY);
	}
	return good;
}

/* Sources that have little to do with each other, and one room. */
static unsigned crowd_comes(struct lp_rooms *rooms, unsigned count, lp_time now)
{
	static uint32_t source = 1000;
	unsigned good = 0;
	for (unsigned i = 0; i < count; i++)
		good += visit(rooms, source++, 1, now) == -1;
	return good;
}

static void N6_a_source_joins_twenty_times_at_once_and_then_five_times_per_second(void **state)
{
	(void)state;
	struct lp_rooms *rooms = limited(8);
	client(rooms, 1);
	assert_int_equal(visits(rooms, 7, 30, LP_SECOND), 20);
	assert_int_equal(visits(rooms, 7, 30, 2 * LP_SECOND), 5);
	assert_int_equal(visits(rooms, 8, 30, 2 * LP_SECOND), 20); /* another source */
	assert_int_equal(visits(rooms, 7, 30, 60 * LP_SECOND), 20);
	lp_rooms_free(rooms);
}

static void N6_a_source_opens_ten_rooms_per_minute(void **state)
{
	(void)state;
	struct lp_rooms *rooms = limited(64);
	const lp_time pause = 6 * LP_SECOND; /* so that the limit of joins does not matter */
	for (uint8_t i = 0; i < 10; i++)
		assert_int_equal(visit(rooms, 7, (uint8_t)(10 + i), LP_SECOND), -1);
	assert_int_equal(visit(rooms, 7, 30, LP_SECOND), LP_REJECT_BUSY);
	assert_int_equal(visit(rooms, 8, 30, LP_SECOND), -1);
	assert_int_equal(visit(rooms, 7, 30, LP_SECOND + pause - 1), LP_REJECT_BUSY);
	assert_int_equal(visit(rooms, 7, 30, LP_SECOND + pause), -1);
	assert_int_equal(visit(rooms, 7, 31, LP_SECOND + pause), LP_REJECT_BUSY);
	lp_rooms_free(rooms);
}

/* Otherwise whoever guesses codes learns from the refusals which rooms exist. */
static void N6_a_source_that_guesses_is_refused_in_rooms_that_exist_too(void **state)
{
	(void)state;
	struct lp_rooms *rooms = limited(64);
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 1, 1);
	join_from(rooms, &hello, 8, 1, 0);
	for (uint8_t i = 0; i < 10; i++)
		assert_int_equal(visit(rooms, 7, (uint8_t)(10 + i), 0), -1);
	assert_int_equal(visit(rooms, 7, 30, 0), LP_REJECT_BUSY);
	assert_int_equal(visit(rooms, 7, 1, 0), LP_REJECT_BUSY);
	assert_int_equal(visit(rooms, 8, 1, 0), -1);
	/* those who join rooms that exist use nothing up */
	for (unsigned i = 0; i < 15; i++)
		assert_int_equal(visit(rooms, 9, 1, 0), -1);
	assert_int_equal(visit(rooms, 9, 40, 0), -1);
	lp_rooms_free(rooms);
}

/* Otherwise impatience makes the wait longer. */
static void N6_an_attempt_that_a_limit_refuses_costs_nothing(void **state)
{
	(void)state;
	struct lp_rooms *rooms = limited(64);
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 1, 1);
	join_from(rooms, &hello, 8, 1, 0);
	for (uint8_t i = 0; i < 10; i++)
		assert_int_equal(visit(rooms, 7, (uint8_t)(10 + i), 0), -1);
	for (unsigned i = 0; i < 100; i++) /* no more new rooms */
		assert_int_equal(visit(rooms, 7, i % 2 ? 1 : 30, 0), LP_REJECT_BUSY);
	lp_time now = 6 * LP_SECOND;
	assert_int_equal(visits(rooms, 7, 30, now), 20);
	assert_int_equal(visit(rooms, 7, 30, now), LP_REJECT_BUSY); /* no more joins */
	assert_int_equal(visit(rooms, 7, 30, now + LP_SECOND), -1);
	/* a room that takes nobody more at the moment */
	crowd_comes(rooms, 2000, now + LP_SECOND);
	assert_int_equal(visits(rooms, 9, 30, now + LP_SECOND), 0);
	assert_int_equal(visits(rooms, 9, 30, now + 2 * LP_SECOND), 20);
	lp_rooms_free(rooms);
}

static unsigned registered;

static bool keep(
	void *context, const uint8_t room_key[LP_ROOM_KEY_SIZE], const struct lp_hosted *hosted)
{
	(void)context;
	(void)room_key;
	(void)hosted;
	registered++;
	return true;
}

/* A gateway with a host key comes and leaves: whether it was the host. */
static unsigned registers_room(struct lp_rooms *rooms, uint8_t room, uint32_t source, lp_time now)
{
	static const uint8_t print[LP_HOST_PRINT] = {5};
	struct lp_hello hello = hello_of(LP_ROLE_GATEWAY, 1, room);
	const struct lp_join join = {.hello = &hello,
		.source = {.of = {source, source, source, source}, .local = source == 0},
		.path_datagram = PATH,
		.print = print,
		.now = now};
	struct lp_joined joined;
	registered = 0;
	assert_true(lp_rooms_join(rooms, &join, &joined)); /* also without being the host */
	assert_int_equal(joined.member->host, registered);
	leave(rooms, joined.member, now);
	return registered > 0;
}

/* The same in a new room. */
static unsigned registers(struct lp_rooms *rooms, uint32_t source, lp_time now)
{
	static uint8_t room = 10;
	return registers_room(rooms, room++, source, now);
}

/* N4: otherwise it fills the relay's book, and the rooms of others are forgotten. */
static void N6_a_source_gives_eight_rooms_a_host_per_day(void **state)
{
	(void)state;
	const lp_time three_hours = 3 * 3600 * LP_SECOND;
	struct lp_room_config config = {.max_clients = 8,
		.max_rooms = 64,
		.limits = {.join_rate = 5, .join_burst = 40, .open_rate = 100},
		.book = {.keep = keep}};
	struct lp_rooms *rooms = lp_rooms_new(&config);
	const struct lp_hello player = hello_of(LP_ROLE_CLIENT, 2, 1);
	join_from(rooms, &player, 6, 1, 0);
	for (unsigned i = 0; i < LP_ROOM_HOSTS; i++) /* one room, which has its host */
		assert_int_equal(registers_room(rooms, 1, 7, 0), 1);
	for (unsigned i = 1; i < LP_ROOM_HOSTS; i++)
		assert_int_equal(registers(rooms, 7, 0), 1);
	assert_int_equal(registers(rooms, 7, 0), 0);
	assert_int_equal(registers(rooms, 8, 0), 1);
	assert_int_equal(registers(rooms, 7, three_hours - 1), 0);
	assert_int_equal(registers(rooms, 7, three_hours), 1);
	assert_int_equal(registers(rooms, 7, three_hours), 0);
	for (unsigned i = 0; i < 2 * LP_ROOM_HOSTS; i++) /* of this computer */
		assert_int_equal(registers(rooms, 0, three_hours), 1);
	lp_rooms_free(rooms);
	config.limits = (struct lp_limits){.join_rate = 0}; /* no limits */
	rooms = lp_rooms_new(&config);
	for (unsigned i = 0; i < 2 * LP_ROOM_HOSTS; i++)
		assert_int_equal(registers(rooms, 7, 0), 1);
	lp_rooms_free(rooms);
}

static void N6_a_member_is_never_locked_out(void **state)
{
	(void)state;
	struct lp_rooms *rooms = limited(8);
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 1, 1);
	struct lp_member *m = join_from(rooms, &hello, 7, 1, 0).member;
	visits(rooms, 7, 30, 0);
	memcpy(hello.resume_token, m->resume_token, LP_TOKEN_SIZE);
	struct outcome o = join_from(rooms, &hello, 7, 2, 0);
	assert_int_equal(o.reject, -1);
	assert_true(o.resumed);
	hello.resume_token[0] ^= 1;
	assert_int_equal(join_from(rooms, &hello, 7, 3, 0).reject, LP_REJECT_BUSY);
	lp_rooms_free(rooms);
}

static void N6_a_room_takes_all_its_members_at_once_and_then_a_hundred_per_second(void **state)
{
	(void)state;
	struct lp_rooms *rooms = limited(8);
	client(rooms, 1);
	assert_int_equal(crowd_comes(rooms, 2000, LP_SECOND), LP_MAX_CLIENTS + 1);
	assert_int_equal(crowd_comes(rooms, 2000, 2 * LP_SECOND), 100);
	/* the relay's own computer does not count */
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 9, 1);
	assert_int_equal(join_with(rooms, &hello, PATH, 1, 2 * LP_SECOND).reject, -1);
	lp_rooms_free(rooms);
}

/* Opens a room with one member, from a source of its own. */
static struct lp_member *lone(struct lp_rooms *rooms, uint8_t room, lp_time now)
{
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, room, room);
	struct outcome o = join_from(rooms, &hello, 100u + room, 1, now);
	assert_int_equal(o.reject, -1);
	return o.member;
}

/* How many new addresses a client can claim as soon as it has joined. It leaves again. */
static unsigned claims(struct lp_rooms *rooms, uint32_t source, lp_time now)
{
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 50, 1);
	struct outcome o = join_from(rooms, &hello, source, 1, now);
	struct lp_filter_facts facts = {.is_claim = true, .claim_ipv4 = IPV4(10, 0, 0, 1)};
	assert_int_equal(o.reject, -1);
	struct lp_neighbours *n = lp_room_neighbours(o.member->room);
	while (lp_claimant_admit(&o.member->claimant, n, &facts, now) == LP_DROP_NONE)
		facts.claim_ipv4++;
	leave(rooms, o.member, now);
	return facts.claim_ipv4 - IPV4(10, 0, 0, 1);
}

static void N2_N6_a_client_that_joins_again_claims_no_more_addresses(void **state)
{
	(void)state;
	struct lp_rooms *rooms = limited(8);
	lp_time now = LP_SECOND;
	client(rooms, 1);
	for (unsigned i = 0; i < LP_ROOM_FRESH_BURST + 9; i++, now += LP_SECOND / 5)
		assert_int_equal(
			claims(rooms, 7, now), i < LP_ROOM_FRESH_BURST ? LP_CLAIM_IPV4 : 0);
	assert_int_equal(claims(rooms, 8, now), LP_CLAIM_IPV4); /* another source */
	now = LP_SECOND + 60 * LP_SECOND / LP_ROOM_FRESH_RATE;
	assert_int_equal(claims(rooms, 7, now), LP_CLAIM_IPV4);
	assert_int_equal(claims(rooms, 7, now), 0);
	/* it waits like a member that has claimed that many */
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 50, 1);
	struct lp_member *m = join_from(rooms, &hello, 7, 1, now).member;
	const struct lp_filter_facts facts = {.is_claim = true, .claim_ipv4 = IPV4(10, 0, 0, 1)};
	struct lp_neighbours *n = lp_room_neighbours(m->room);
	now += LP_CLAIM_IPV4_SECONDS * LP_SECOND;
	assert_int_equal(
		lp_claimant_admit(&m->claimant, n, &facts, now - 1), LP_DROP_ADDRESS_TAKEN);
	assert_int_equal(lp_claimant_admit(&m->claimant, n, &facts, now), LP_DROP_NONE);
	lp_rooms_free(rooms);
}

static void N6_the_room_of_the_longest_silent_lone_member_gives_way(void **state)
{
	(void)state;
	struct lp_rooms *rooms = limited(4);
	struct lp_member *pair = lone(rooms, 1, 0);
	struct lp_hello second = hello_of(LP_ROLE_CLIENT, 99, 1), late = second;
	join_from(rooms, &second, 99, 1, 0);
	struct lp_member *talks = lone(rooms, 2, 0);
	struct lp_member *silent = lone(rooms, 3, 1), *young = lone(rooms, 4, 2);
	late.room_key[0] = 50;
	lp_time now = LP_ROOM_SILENT;
	talks->active = now;
	assert_int_equal(join_from(rooms, &late, 50, 1, now).reject, LP_REJECT_TOO_MANY_ROOMS);
	struct outcome o = join_from(rooms, &late, 50, 1, now + 1);
	assert_int_equal(o.reject, -1);
	assert_ptr_equal(o.gave_way, silent);
	assert_null(silent->room);
	lp_member_free(silent);
	assert_int_equal(lp_rooms_count(rooms), 4);
	late.room_key[0] = 51;
	o = join_from(rooms, &late, 51, 1, now + 10);
	assert_ptr_equal(o.gave_way, young);
	lp_member_free(young);
	late.room_key[0] = 52;
	o = join_from(rooms, &late, 52, 1, now + 20);
	assert_int_equal(o.reject, LP_REJECT_TOO_MANY_ROOMS);
	assert_null(o.gave_way);
	assert_non_null(pair->room);
	lp_rooms_free(rooms);
}

static void N6_a_source_with_its_share_of_rooms_makes_nobody_give_way(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(8, 20);
	struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 1, 0);
	for (uint8_t i = 0; i < 20; i++) {
		hello.room_key[0] = (uint8_t)(1 + i);
		assert_int_equal(join_from(rooms, &hello, i < 16 ? 7 : 8, 1, 0).reject, -1);
	}
	hello.room_key[0] = 100;
	struct outcome o = join_from(rooms, &hello, 7, 1, 2 * LP_ROOM_SILENT);
	assert_int_equal(o.reject, LP_REJECT_TOO_MANY_ROOMS);
	assert_null(o.gave_way);
	o = join_from(rooms, &hello, 9, 1, 2 * LP_ROOM_SILENT);
	assert_int_equal(o.reject, -1);
	lp_member_free(o.gave_way);
	lp_rooms_free(rooms);
}

/* An IPv6 customer has many /56s, and a provider many /48s. */
static void N6_wider_networks_cannot_take_all_rooms_either(void **state)
{
	(void)state;
	for (size_t level = 0; level < LP_SOURCE_LEVELS; level++) {
		struct lp_rooms *rooms = rooms_with(2, 64);
		struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 1, 0);
		unsigned opened = 0;
		for (uint32_t i = 1; i <= 64; i++) {
			struct lp_join join = {.hello = &hello,
				.source = {.of = {i, i, i, i}},
				.path_datagram = PATH,
				.token = {1}};
			struct lp_joined joined;
			hello.room_key[0] = (uint8_t)i;
			join.source.of[level] = 1000;
			opened += lp_rooms_join(rooms, &join, &joined);
		}
		assert_int_equal(opened, 48);
		lp_rooms_free(rooms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			N6_a_source_joins_twenty_times_at_once_and_then_five_times_per_second),
		cmocka_unit_test(N6_a_source_opens_ten_rooms_per_minute),
		cmocka_unit_test(N6_a_source_that_guesses_is_refused_in_rooms_that_exist_too),
		cmocka_unit_test(N6_an_attempt_that_a_limit_refuses_costs_nothing),
		cmocka_unit_test(N6_a_source_gives_eight_rooms_a_host_per_day),
		cmocka_unit_test(N6_a_member_is_never_locked_out),
		cmocka_unit_test(
			N6_a_room_takes_all_its_members_at_once_and_then_a_hundred_per_second),
		cmocka_unit_test(N2_N6_a_client_that_joins_again_claims_no_more_addresses),
		cmocka_unit_test(N6_the_room_of_the_longest_silent_lone_member_gives_way),
		cmocka_unit_test(N6_a_source_with_its_share_of_rooms_makes_nobody_give_way),
		cmocka_unit_test(N6_wider_networks_cannot_take_all_rooms_either),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
