/* What a room file can hold. */
#include "lanparty/peer/peer_options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "temporary.h"

#define CODE   "7H2K-9QWX-M4TD-PZ83"
#define PIN    "sha256:0707070707070707070707070707070707070707070707070707070707070707"
#define INVITE "lanparty://play.example:4444/" CODE "?pin=" PIN

static char path[TEMPORARY_PATH];
static struct lp_option table[LP_PEER_OPTIONS];
static struct lp_peer_options values;
static char said[1000];
static bool needs_no_room; /* the next reading */

static void keep(const char *sentence)
{
	snprintf(said, sizeof(said), "%s", sentence);
}

/* Returns the exit code; 0: the file is good. */
static int read_room(const char *text, size_t len, bool name_relay)
{
	char option[] = "--room-file", relay[] = "--relay", host[] = "r";
	char *argv[] = {option, option, path, name_relay ? relay : NULL, host, NULL};
	struct lp_options options = {.program = "client", .positional = "INVITE", .say = keep};
	int code = 0;
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
	values = (struct lp_peer_options){.needs_no_room = needs_no_room};
	options.list = table;
	options.count = lp_peer_options_add(&values, table, 0);
	bool good = lp_options_read(&options, name_relay ? 5 : 3, argv, &code) &&
		    lp_peer_options_finish(&values, &options, &code);
	lp_options_clear(&options);
	return good ? 0 : code;
}

static int read_text(const char *text)
{
	return read_room(text, strlen(text), true);
}

static void a_room_file_can_have_what_editors_leave(void **state)
{
	(void)state;
	static const char *const texts[] = {
		CODE,
		CODE "\n",
		CODE "\r\n",
		"\xef\xbb\xbf" CODE "\r\n",
		"\n\r\n \t\n" CODE,
		"# our room\n#\r\n\n  " CODE " \t \r\nanything else\n",
		"\xef\xbb\xbf# with a mark\n" CODE "\n",
		"  # a comment with spaces before\n" CODE "\n",
	};
	uint8_t key[LP_ROOM_KEY_SIZE];
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (read_text(texts[i]) != 0)
			fail_msg("%zu: %s", i, said);
		if (i == 0)
			memcpy(key, values.room_key, sizeof(key));
		assert_memory_equal(values.room_key, key, sizeof(key));
		assert_string_equal(values.relay.name, "r");
	}
}

static void a_room_file_can_hold_an_invite(void **state)
{
	(void)state;
	static const char text[] = "\xef\xbb\xbf# from the host\r\n\r\n" INVITE "\r\n";
	uint8_t key[LP_ROOM_KEY_SIZE];
	assert_int_equal(read_text(CODE), 0);
	memcpy(key, values.room_key, sizeof(key));
	assert_int_equal(read_room(text, sizeof(text) - 1, false), 0);
	assert_memory_equal(values.room_key, key, sizeof(key));
	assert_string_equal(values.relay.name, "play.example");
	assert_int_equal(values.relay.port, 4444);
	assert_int_equal(values.pin_count, 1);
	assert_int_equal(read_room(text, sizeof(text) - 1, true), 0); /* --relay is stronger */
	assert_string_equal(values.relay.name, "r");
}

static void a_room_file_without_a_room_is_refused(void **state)
{
	(void)state;
	char *large = malloc(5000);
	assert_int_not_equal(read_text(""), 0);
	assert_non_null(strstr(said, "contains no room"));
	assert_int_not_equal(read_text("\n# " CODE "\n"), 0);
	assert_non_null(strstr(said, "contains no room"));
	assert_int_not_equal(read_text("lanparty://play.example/"), 0);
	assert_non_null(strstr(said, "invite is not complete"));
	assert_int_not_equal(read_text("lanparty://play.example?pin=" PIN), 0);
	assert_non_null(strstr(said, "the relay's own"));
	assert_int_not_equal(read_text("7H2K!"), 0);
	assert_non_null(strstr(said, "room code is not right"));
	assert_int_not_equal(read_text("7H2K-9QWX-M4TD-ZP83"), 0);
	assert_non_null(strstr(said, "room code has a typing error"));
	assert_int_not_equal(read_text("lanparty://play.example/7H2K-9QWX-M4TD-ZP83"), 0);
	assert_non_null(strstr(said, "in the invite has a typing error"));
	assert_non_null(large);
	memset(large, '#', 5000);
	assert_int_not_equal(read_room(large, 5000, true), 0);
	assert_non_null(strstr(said, "File too large"));
	free(large);
}

static void a_check_needs_no_room(void **state)
{
	(void)state;
	static const uint8_t none[LP_ROOM_KEY_SIZE];
	static const char relay[] = "lanparty://play.example?pin=" PIN;
	needs_no_room = true;
	assert_int_equal(read_room(relay, sizeof(relay) - 1, false), 0);
	assert_string_equal(values.relay.name, "play.example");
	assert_memory_equal(values.room_key, none, sizeof(none));
	assert_int_equal(read_room(INVITE, sizeof(INVITE) - 1, false), 0);
	assert_memory_not_equal(values.room_key, none, sizeof(none));
	needs_no_room = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_room_file_can_have_what_editors_leave),
		cmocka_unit_test(a_room_file_can_hold_an_invite),
		cmocka_unit_test(a_room_file_without_a_room_is_refused),
		cmocka_unit_test(a_check_needs_no_room),
	};
	if (close(temporary_file(path)) != 0)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
