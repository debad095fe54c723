/* Row H3: a relay that opens the rooms of its operator's list alone. */
#include "room_unit.h"

#include "lanparty/room/room_list.h"

#define KNOWN   1
#define UNKNOWN 2

static struct lp_room_list *list_of(size_t max_clients)
{
	struct lp_room_list *list = lp_room_list_new(1);
	assert_non_null(list);
	const struct lp_hello hello = hello_of(LP_ROLE_CLIENT, 1, KNOWN);
	memcpy(list->rooms[0].key, hello.room_key, LP_ROOM_KEY_SIZE);
	list->rooms[0].max_clients = max_clients;
	return list;
}

static struct lp_rooms *private(size_t max_clients)
{
	struct lp_rooms *rooms = rooms_with(64, 8);
	lp_rooms_permit(rooms, list_of(max_clients));
	return rooms;
}

static int tries(struct lp_rooms *rooms, enum lp_role role, unsigned player, uint8_t room)
{
	struct lp_hello hello = hello_of(role, player, room);
	return join(rooms, &hello).reject;
}

static void an_unknown_room_is_refused_as_a_full_one(void **state)
{
	(void)state;
	struct lp_rooms *rooms = private(2);
	assert_int_equal(tries(rooms, LP_ROLE_CLIENT, 1, KNOWN), -1);
	assert_int_equal(tries(rooms, LP_ROLE_CLIENT, 2, KNOWN), -1);
	assert_int_equal(tries(rooms, LP_ROLE_CLIENT, 3, KNOWN), LP_REJECT_ROOM_FULL);
	assert_int_equal(tries(rooms, LP_ROLE_CLIENT, 3, UNKNOWN), LP_REJECT_ROOM_FULL);
	assert_int_equal(tries(rooms, LP_ROLE_GATEWAY, 3, UNKNOWN), LP_REJECT_ROOM_FULL);
	assert_int_equal(tries(rooms, LP_ROLE_GATEWAY, 3, KNOWN), -1); /* it is no client */
	assert_int_equal(lp_rooms_count(rooms), 1);
	lp_rooms_free(rooms);
}

static void a_room_has_limits_of_its_own(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(1, 8);
	struct lp_room_list *list = list_of(3);
	list->open = true;
	list->rooms[0].has_rate = true;
	list->rooms[0].rate = 12345;
	lp_rooms_permit(rooms, list);
	for (unsigned i = 1; i <= 4; i++)
		assert_int_equal(
			tries(rooms, LP_ROLE_CLIENT, i, KNOWN), i <= 3 ? -1 : LP_REJECT_ROOM_FULL);
	size_t count;
	struct lp_member *const *members = lp_room_members(lp_rooms_at(rooms, 0), &count);
	assert_int_equal(members[0]->bytes.rate, 12345);
	assert_int_equal(tries(rooms, LP_ROLE_CLIENT, 1, UNKNOWN), -1);
	assert_int_equal(tries(rooms, LP_ROLE_CLIENT, 2, UNKNOWN), LP_REJECT_ROOM_FULL);
	members = lp_room_members(lp_rooms_at(rooms, 1), &count);
	assert_int_not_equal(members[0]->bytes.rate, 12345);
	lp_rooms_free(rooms);
}

static void a_room_is_opened_by_the_token_and_joined_without(void **state)
{
	(void)state;
	struct lp_rooms *rooms = private(2);
	struct lp_room_list *list = list_of(2);
	list->has_token = true;
	memset(list->token, 7, sizeof(list->token));
	struct lp_room_list *other = lp_room_list_copy(list);
	other->token[31] = 8;
	lp_rooms_permit(rooms, list);
	struct lp_hello hello = hello_of(LP_ROLE_GATEWAY, 1, UNKNOWN);
	assert_int_equal(join(rooms, &hello).reject, LP_REJECT_ROOM_FULL);
	memset(hello.opening, 7, sizeof(hello.opening) - 1);
	assert_int_equal(join(rooms, &hello).reject, LP_REJECT_ROOM_FULL);
	memset(hello.opening, 7, sizeof(hello.opening));
	assert_int_equal(join(rooms, &hello).reject, -1);
	assert_int_equal(tries(rooms, LP_ROLE_CLIENT, 2, UNKNOWN), -1);
	assert_true(lp_room_is_permitted(lp_rooms_at(rooms, 0)));
	lp_rooms_permit(rooms, other);
	assert_false(lp_room_is_permitted(lp_rooms_at(rooms, 0)));
	lp_rooms_permit(rooms, NULL);
	assert_true(lp_room_is_permitted(lp_rooms_at(rooms, 0)));
	lp_rooms_free(rooms);
}

static void without_a_token_zeros_open_nothing(void **state)
{
	(void)state;
	struct lp_room_list *list = list_of(1);
	static const uint8_t none[LP_ROOM_KEY_SIZE];
	assert_false(lp_room_list_opens(list, NULL, none));
	assert_true(lp_room_list_opens(list, &list->rooms[0], none));
	lp_room_list_free(list);
}

static void a_new_list_counts_at_once(void **state)
{
	(void)state;
	struct lp_rooms *rooms = private(1);
	assert_int_equal(tries(rooms, LP_ROLE_CLIENT, 1, KNOWN), -1);
	lp_rooms_permit(rooms, list_of(2));
	assert_int_equal(tries(rooms, LP_ROLE_CLIENT, 2, KNOWN), -1);
	assert_true(lp_room_is_permitted(lp_rooms_at(rooms, 0)));
	lp_rooms_permit(rooms, lp_room_list_new(0));
	assert_false(lp_room_is_permitted(lp_rooms_at(rooms, 0)));
	lp_rooms_free(rooms);
}

static struct lp_room_list *list_with_rate(uint64_t rate)
{
	struct lp_room_list *list = list_of(2);
	list->rooms[0].has_rate = true;
	list->rooms[0].rate = rate;
	return list;
}

/* A limit that is as before is not filled again. */
static void a_new_list_changes_the_limits_of_those_who_are_there(void **state)
{
	(void)state;
	struct lp_rooms *rooms = rooms_with(64, 8);
	size_t count;
	lp_rooms_permit(rooms, list_with_rate(5000));
	assert_int_equal(tries(rooms, LP_ROLE_CLIENT, 1, KNOWN), -1);
	assert_int_equal(tries(rooms, LP_ROLE_GATEWAY, 2, KNOWN), -1);
	struct lp_room *room = lp_rooms_at(rooms, 0);
	struct lp_member *const *members = lp_room_members(room, &count);
	lp_bucket_spend(&members[0]->bytes, 1000000, LP_SECOND);
	uint64_t level = members[0]->bytes.level;
	assert_false(lp_member_limit(members[0], room, LP_SECOND));
	assert_true(members[0]->bytes.level == level);
	lp_rooms_permit(rooms, list_with_rate(7000));
	assert_true(lp_member_limit(members[0], room, LP_SECOND));
	assert_true(lp_member_limit(members[1], room, LP_SECOND));
	assert_int_equal(members[0]->bytes.rate, 7000);
	assert_int_equal(members[1]->bytes.rate, 16 * 7000);
	assert_false(lp_member_limit(members[1], room, LP_SECOND));
	lp_rooms_permit(rooms, NULL); /* the limit of all rooms */
	assert_true(lp_member_limit(members[0], room, LP_SECOND));
	assert_int_not_equal(members[0]->bytes.rate, 7000);
	lp_rooms_free(rooms);
}

/* N6: a source fails five times per minute, and hears nothing more of which rooms there are. */
static void guesses_are_limited(void **state)
{
	(void)state;
	struct lp_rooms *rooms = private(1);
	struct lp_hello known = hello_of(LP_ROLE_CLIENT, 1, KNOWN);
	struct lp_hello late = hello_of(LP_ROLE_CLIENT, 2, KNOWN);
	assert_int_equal(join_from(rooms, &known, 1, 1, LP_SECOND).reject, -1);
	for (unsigned i = 0; i <= LP_ROOM_FAILURES; i++) {
		struct lp_hello hello = i % 2 ? late : hello_of(LP_ROLE_CLIENT, 2, UNKNOWN);
		assert_int_equal(join_from(rooms, &hello, 2, 1, LP_SECOND).reject,
			i < LP_ROOM_FAILURES ? LP_REJECT_ROOM_FULL : LP_REJECT_BUSY);
	}
	assert_int_equal(join_from(rooms, &late, 2, 1, LP_SECOND).reject, LP_REJECT_BUSY);
	assert_int_equal(join_from(rooms, &late, 3, 1, LP_SECOND).reject, LP_REJECT_ROOM_FULL);
	assert_int_equal(join_from(rooms, &late, 2, 1, 62 * LP_SECOND).reject, LP_REJECT_ROOM_FULL);
	struct lp_hello back = known; /* a member is never locked out */
	back.resume_token[0] = 0x77;
	back.resume_token[1] = 1;
	assert_true(join_from(rooms, &back, 2, 9, LP_SECOND).resumed);
	lp_rooms_free(rooms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_room_is_refused_as_a_full_one),
		cmocka_unit_test(a_room_has_limits_of_its_own),
		cmocka_unit_test(a_room_is_opened_by_the_token_and_joined_without),
		cmocka_unit_test(without_a_token_zeros_open_nothing),
		cmocka_unit_test(a_new_list_counts_at_once),
		cmocka_unit_test(a_new_list_changes_the_limits_of_those_who_are_there),
		cmocka_unit_test(guesses_are_limited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
