/* Row N4: what the relay keeps of rooms that belong to a host key, and the text of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "host_book.h"
#include "lanparty/quic/host_key.h"

#define TODAY 20700

static struct lp_hosted hosted_by(uint8_t number)
{
	struct lp_hosted hosted = {.key = {number}};
	lp_host_print(hosted.key, hosted.print);
	return hosted;
}

static void id_of(unsigned number, uint8_t id[HOST_BOOK_ID])
{
	memset(id, 0, HOST_BOOK_ID);
	id[0] = (uint8_t)(number * 37);
	id[1] = (uint8_t)number;
	id[2] = (uint8_t)(number >> 8);
}

static bool keep(struct host_book *book, unsigned room, uint8_t host, uint32_t day)
{
	uint8_t id[HOST_BOOK_ID];
	const struct lp_hosted hosted = hosted_by(host);
	bool changed;
	id_of(room, id);
	return host_book_keep(book, id, &hosted, day, &changed);
}

/* The first byte of the key of a room, -1: none. */
static int host_of(const struct host_book *book, unsigned room)
{
	uint8_t id[HOST_BOOK_ID];
	id_of(room, id);
	const struct host_entry *entry = host_book_find(book, id);
	return entry ? entry->hosted.key[0] : -1;
}

static void N4_the_book_survives_its_text(void **state)
{
	(void)state;
	struct host_book book = {NULL, 0}, copy = {NULL, 0};
	size_t len;
	for (unsigned i = 0; i < 100; i++)
		assert_true(keep(&book, i, (uint8_t)i, TODAY - i % 80));
	char *text = host_book_write(&book, &len);
	assert_non_null(text);
	assert_int_equal(host_book_read(&copy, text, TODAY), 0);
	assert_int_equal(copy.count, 100);
	for (size_t i = 0; i < 100; i++)
		assert_memory_equal(copy.list[i], book.list[i], sizeof(*book.list[i]));
	free(text);
	host_book_clear(&book);
	host_book_clear(&copy);
}

/* H3: a full room, with the longest names. */
static void H3_bans_and_lock_survive_the_text(void **state)
{
	(void)state;
	struct host_book book = {NULL, 0}, copy = {NULL, 0};
	struct lp_hosted hosted = hosted_by(1);
	uint8_t id[HOST_BOOK_ID];
	bool changed;
	size_t len;
	hosted.locked = hosted.isolated = true;
	for (; hosted.ban_count < LP_HOSTED_BANS; hosted.ban_count++) {
		struct lp_hosted_member *who = &hosted.bans[hosted.ban_count];
		memset(who, (int)hosted.ban_count + 1, sizeof(*who));
		memset(who->name, 'n', LP_NAME_MAX);
		who->name[hosted.ban_count ? LP_NAME_MAX : 0] = '\0';
	}
	for (; hosted.member_count < LP_HOSTED_MEMBERS; hosted.member_count++)
		hosted.members[hosted.member_count].mac.b[5] = (uint8_t)hosted.member_count;
	memset(hosted.bans[0].name, 0, sizeof(hosted.bans[0].name));
	for (unsigned i = 0; i < 3; i++) {
		id_of(i, id);
		assert_true(host_book_keep(&book, id, &hosted, TODAY, &changed));
	}
	keep(&book, 3, 9, TODAY);
	char *text = host_book_write(&book, &len);
	assert_in_range(len, 1, 256 + 4 * (256 + 128 * (LP_HOSTED_BANS + LP_HOSTED_MEMBERS)));
	assert_int_equal(host_book_read(&copy, text, TODAY), 0);
	assert_int_equal(copy.count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_memory_equal(copy.list[i], book.list[i], sizeof(*book.list[i]));
	free(text);
	host_book_clear(&book);
	host_book_clear(&copy);
}

/* H3: also one ban, or one member, too many. */
static void H3_a_bad_ban_is_refused_with_its_line(void **state)
{
	(void)state;
	char head[256], text[16384];
	struct host_book book = {NULL, 0};
	snprintf(head, sizeof(head), "room %064d key %0128d day 20700 locked\n", 7, 8);
	const char *const bad[] = {"ban", "ban 0", "ban 02000000000 ", "baz 020000000001 ",
		"ban 020000000001 00 00 x", "member 020000000001"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), "%s%s\n", head, bad[i]);
		assert_int_equal(host_book_read(&book, text, TODAY), 2);
		host_book_clear(&book);
	}
	for (int extra = 0; extra < 2; extra++) {
		int len = snprintf(text, sizeof(text), "%s", head);
		for (int i = 0; i < LP_HOSTED_BANS + extra; i++)
			len += snprintf(text + len, sizeof(text) - (size_t)len,
				"ban %012d %032d %032d name\n", i, i, i);
		assert_int_equal(
			host_book_read(&book, text, TODAY), extra ? LP_HOSTED_BANS + 2 : 0);
		host_book_clear(&book);
	}
}

static void N4_only_a_change_is_written(void **state)
{
	(void)state;
	struct host_book book = {NULL, 0};
	struct lp_hosted one = hosted_by(1), two = hosted_by(2);
	const uint8_t id[HOST_BOOK_ID] = {5};
	bool changed = false;
	assert_true(host_book_keep(&book, id, &one, TODAY, &changed));
	assert_true(changed);
	assert_true(host_book_keep(&book, id, &one, TODAY, &changed));
	assert_false(changed);
	assert_true(host_book_keep(&book, id, &one, TODAY + 1, &changed));
	assert_true(changed);
	assert_true(host_book_keep(&book, id, &two, TODAY + 1, &changed));
	assert_true(changed);
	for (int what = 0; what < 8; what++) {
		two.locked = two.locked != (what == 0);
		two.isolated = two.isolated != (what == 1);
		two.ban_count += what == 2;
		two.bans[0].mac.b[5] ^= what == 3;
		two.bans[0].id[0] ^= what == 4;
		two.bans[0].address[0] ^= what == 5;
		two.bans[0].name[0] = what == 6 ? 'x' : two.bans[0].name[0];
		two.member_count += what == 7;
		for (int again = 0; again < 2; again++) {
			assert_true(host_book_keep(&book, id, &two, TODAY + 1, &changed));
			assert_int_equal(changed, !again);
		}
	}
	two.members[0].id[0] ^= 1;
	assert_true(host_book_keep(&book, id, &two, TODAY + 1, &changed));
	assert_true(changed);
	assert_int_equal(book.count, 1);
	host_book_clear(&book);
}

static void N4_a_room_that_was_not_used_for_90_days_is_forgotten(void **state)
{
	(void)state;
	struct host_book book = {NULL, 0}, copy = {NULL, 0};
	size_t len;
	keep(&book, 1, 1, TODAY - 90);
	keep(&book, 2, 2, TODAY - 91);
	keep(&book, 3, 3, TODAY + 5000); /* by a wrong clock */
	char *text = host_book_write(&book, &len);
	assert_int_equal(host_book_read(&copy, text, TODAY), 0);
	assert_int_equal(host_of(&copy, 1), 1);
	assert_int_equal(host_of(&copy, 2), -1);
	assert_int_equal(host_of(&copy, 3), 3);
	free(text);
	/* a computer that starts in 1970, because it has no clock, must not forget all when it has the time */
	host_book_clear(&copy);
	text = host_book_write(&book, &len);
	assert_int_equal(host_book_read(&copy, text, 0), 0);
	free(text);
	host_book_clear(&book);
	text = host_book_write(&copy, &len);
	assert_int_equal(host_book_read(&book, text, TODAY), 0);
	assert_int_equal(host_of(&book, 1), 1);
	free(text);
	host_book_clear(&book);
	host_book_clear(&copy);
}

static void N4_a_full_book_forgets_what_was_unused_for_longest(void **state)
{
	(void)state;
	struct host_book book = {NULL, 0};
	size_t len;
	for (unsigned i = 0; i < HOST_BOOK_ROOMS; i++)
		assert_true(keep(&book, i, 1, TODAY - (i == 77 ? 3 : i == 78)));
	char *text = host_book_write(&book, &len);
	assert_in_range(len, 1, HOST_BOOK_TEXT);
	free(text);
	assert_true(keep(&book, 5000, 2, TODAY));
	assert_int_equal(host_of(&book, 77), -1);
	assert_true(keep(&book, 5001, 2, TODAY));
	assert_int_equal(host_of(&book, 78), -1);
	assert_false(keep(&book, 5002, 2, TODAY)); /* all others were used today */
	assert_int_equal(book.count, HOST_BOOK_ROOMS);
	assert_int_equal(host_of(&book, 5001), 2);
	assert_true(keep(&book, 5, 3, TODAY));
	host_book_clear(&book);
}

/* A relay that went on with a part of it would give the other rooms away. */
static void N4_a_bad_text_is_refused_with_its_line(void **state)
{
	(void)state;
	char good[512], bad[512];
	int len = snprintf(
		good, sizeof(good), "# a comment\nroom %064d key %0128d day 20700\n", 7, 8);
	struct host_book book = {NULL, 0};
	assert_int_equal(host_book_read(&book, good, TODAY), 0);
	assert_int_equal(book.count, 1);
	assert_int_equal(host_book_read(&book, good, TODAY), 2); /* the same room again */
	host_book_clear(&book);
	for (int i = 12; i < len; i++) {
		memcpy(bad, good, sizeof(bad));
		bad[i] = '?';
		assert_int_equal(host_book_read(&book, bad, TODAY), 2);
		host_book_clear(&book);
		bad[i] = 0; /* cut short */
		assert_int_equal(host_book_read(&book, bad, TODAY), i > 12 ? 2 : 0);
		host_book_clear(&book);
	}
	assert_int_equal(host_book_read(&book, "\n", TODAY), 1);
	static const char *const days[] = {"", "4294967296", "99999999999999999999"};
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		snprintf(bad, sizeof(bad), "room %064d key %0128d day %s\n", 7, 8, days[i]);
		assert_int_equal(host_book_read(&book, bad, TODAY), 1);
	}
	host_book_clear(&book);
}

static void N4_a_room_is_named_by_what_does_not_open_it(void **state)
{
	(void)state;
	const uint8_t key[LP_ROOM_KEY_SIZE] = {1}, other[LP_ROOM_KEY_SIZE] = {2};
	uint8_t id[HOST_BOOK_ID], other_id[HOST_BOOK_ID];
	assert_true(host_book_id(key, id) && host_book_id(other, other_id));
	assert_memory_not_equal(id, key, sizeof(id));
	assert_memory_not_equal(id, other_id, sizeof(id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N4_the_book_survives_its_text),
		cmocka_unit_test(H3_bans_and_lock_survive_the_text),
		cmocka_unit_test(H3_a_bad_ban_is_refused_with_its_line),
		cmocka_unit_test(N4_only_a_change_is_written),
		cmocka_unit_test(N4_a_room_that_was_not_used_for_90_days_is_forgotten),
		cmocka_unit_test(N4_a_full_book_forgets_what_was_unused_for_longest),
		cmocka_unit_test(N4_a_bad_text_is_refused_with_its_line),
		cmocka_unit_test(N4_a_room_is_named_by_what_does_not_open_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
