#include "remember.h"

#include <winsock2.h>
#include <windows.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "options.h"
#include "wide.h"

static struct lp_peer_options options = {
	.relay = {"play.example.org", 8443},
	.server_name = "cert.example.org",
	.pins = {{0xaa}, {0xbb}},
	.pin_count = 2,
	.room_key = "ROOMKEYROOMKEYROOMKEYROOMKEYROO",
	.name = "Zo\xc3\xab #1 = best",
};

/* The file as the next start reads it. */
static struct lp_peer_options read_back(void)
{
	static struct lp_option table[LP_PEER_OPTIONS];
	static struct lp_options o;
	static struct lp_peer_options values;
	char path[1024], program[] = "program";
	char *argv[] = {program, NULL};
	int code;
	lp_options_clear(&o);
	memset(&values, 0, sizeof(values));
	assert_true(remember_path(path, sizeof(path)));
	o = (struct lp_options){.program = program,
		.list = table,
		.count = lp_peer_options_add(&values, table, 0),
		.default_config = path};
	assert_true(lp_options_read(&o, 1, argv, &code));
	return values;
}

static void what_is_remembered_is_read_by_the_next_start(void **state)
{
	(void)state;
	assert_true(remember(&options));
	struct lp_peer_options back = read_back();
	assert_string_equal(back.relay.name, "play.example.org");
	assert_int_equal(back.relay.port, 8443);
	assert_string_equal(back.server_name_given, "cert.example.org");
	assert_int_equal(back.pin_count, 2);
	assert_memory_equal(back.pins, options.pins, sizeof(back.pins));
	assert_string_equal(back.name_given, "Zo\xc3\xab #1 = best");
	assert_null(back.room);
}

static void a_new_one_replaces_all_of_the_old_one(void **state)
{
	(void)state;
	struct lp_peer_options other = {
		.relay = {"2001:db8::5", LP_RELAY_PORT}, .server_name = "2001:db8::5"};
	assert_true(remember(&options));
	assert_true(remember(&other));
	struct lp_peer_options back = read_back();
	assert_string_equal(back.relay.name, "2001:db8::5");
	assert_int_equal(back.relay.port, LP_RELAY_PORT);
	assert_null(back.server_name_given);
	assert_null(back.name_given);
	assert_int_equal(back.pin_count, 0);
}

static void the_longest_of_everything_fits(void **state)
{
	(void)state;
	struct lp_peer_options big = {.relay = {.port = 65535}, .pin_count = LP_MAX_PINS};
	char text[REMEMBER_TEXT];
	memset(big.relay.name, 'r', LP_HOST_MAX);
	memset(big.server_name, 's', LP_HOST_MAX);
	memset(big.name, 'n', LP_NAME_MAX);
	remember_text(&big, text);
	assert_in_range(strlen(text), 1, REMEMBER_TEXT - 2);
	assert_string_equal(text + strlen(text) - 3, "nn\n");
}

static void the_room_is_not_remembered(void **state)
{
	(void)state;
	char text[REMEMBER_TEXT];
	remember_text(&options, text);
	assert_null(strstr(text, "ROOMKEY"));
	assert_null(strstr(text, "room = "));
	for (size_t i = 0; i + 8 <= sizeof(options.room_key); i++) {
		char hex[17] = "";
		for (size_t k = 0; k < 8; k++)
			snprintf(hex + 2 * k, 3, "%02x", options.room_key[i + k]);
		assert_null(strstr(text, hex));
	}
}

static void a_folder_that_cannot_be_written_is_no_harm(void **state)
{
	(void)state;
	char path[1024];
	wchar_t wide[1024];
	assert_true(remember(&options));
	assert_true(remember_path(path, sizeof(path)));
	wide_from(wide, 1024, path);
	wcscat(wide, L".new");
	/* A folder of the new file's name stands in its way. */
	assert_true(CreateDirectoryW(wide, NULL));
	options.relay.port = 99;
	bool good = remember(&options);
	assert_true(RemoveDirectoryW(wide));
	assert_false(good);
	assert_int_equal(read_back().relay.port, 8443); /* the old one, whole */
	assert_true(remember(&options));
	assert_int_equal(read_back().relay.port, 99);
}

static void a_path_that_does_not_fit_is_none(void **state)
{
	(void)state;
	char path[1024], small[8];
	assert_true(remember_path(path, sizeof(path)));
	assert_non_null(strstr(path, "\\lanparty\\lanparty.ini"));
	assert_false(remember_path(small, sizeof(small)));
	assert_true(remember_path(path, strlen(path) + 1));
	assert_false(remember_path(path, strlen(path)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_remembered_is_read_by_the_next_start),
		cmocka_unit_test(a_new_one_replaces_all_of_the_old_one),
		cmocka_unit_test(the_longest_of_everything_fits),
		cmocka_unit_test(the_room_is_not_remembered),
		cmocka_unit_test(a_folder_that_cannot_be_written_is_no_harm),
		cmocka_unit_test(a_path_that_does_not_fit_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
