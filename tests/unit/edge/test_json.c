/* The JSON of control sockets (row H3). */
#include "lanparty/edge/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void H3_what_is_written_can_be_read(void **state)
{
	(void)state;
	static const char *const values[] = {
		"", "zoe", "a \"b\" \\ c", "Zo\xc3\xab", "\n\t\x01", "{},:"};
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		char line[256] = "", value[64];
		assert_true(lp_json_put(line, sizeof(line), "command", "kick"));
		assert_true(lp_json_put(line, sizeof(line), "argument", values[i]));
		assert_true(lp_json_get(line, "argument", value, sizeof(value)));
		assert_string_equal(value, values[i]);
		assert_true(lp_json_get(line, "command", value, sizeof(value)));
		assert_string_equal(value, "kick");
		assert_false(lp_json_get(line, "other", value, sizeof(value)));
		assert_null(strchr(line, '\n')); /* one line */
	}
}

static void H3_what_does_not_fit_leaves_the_line(void **state)
{
	(void)state;
	char line[16] = "", value[4];
	assert_true(lp_json_put(line, sizeof(line), "a", "b"));
	assert_false(lp_json_put(line, sizeof(line), "c", "dddddd"));
	assert_string_equal(line, "{\"a\":\"b\"}");
	line[0] = '\0';
	assert_false(lp_json_put(line, sizeof(line), "aaaaaaaaaaaa", "b"));
	assert_string_equal(line, "");
	assert_false(lp_json_get("{\"a\":\"bbbb\"}", "a", value, sizeof(value)));
	assert_true(lp_json_get("{\"a\":\"bbb\"}", "a", value, sizeof(value)));
}

static void H3_escapes_and_spaces_are_read(void **state)
{
	(void)state;
	char value[32];
	assert_true(lp_json_get(
		" { \"a\" : \"x\\u0041\\n\\/\" , \"b\" : \"\" } \r\n", "a", value, sizeof(value)));
	assert_string_equal(value, "xA\n/");
}

static void H3_everything_else_is_refused(void **state)
{
	(void)state;
	static const char *const lines[] = {"", "{", "{}", "x", "[\"a\"]", "{\"a\"}", "{\"a\":}",
		"{\"a\":1}", "{\"a\":\"b\"", "{\"a\":\"b\"}x", "{\"a\":\"b\",}", "{\"a\":\"b}",
		"{\"a\":\"\\x\"}", "{\"a\":\"\\u00\"}", "{\"a\":\"\\u0000\"}",
		"{\"a\":\"\\u00e9\"}", "{\"a\":\"b\" \"c\":\"d\"}", "{\"a\":\"b\",\"a\":\"c\"}",
		"{\"a\":{\"b\":\"c\"}}", "{\"a\":\"\t\"}", "{\"a\":\"\\"};
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		char value[32] = "kept";
		if (lp_json_get(lines[i], "a", value, sizeof(value)))
			fail_msg("%s", lines[i]);
		assert_string_equal(value, "kept");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H3_what_is_written_can_be_read),
		cmocka_unit_test(H3_what_does_not_fit_leaves_the_line),
		cmocka_unit_test(H3_escapes_and_spaces_are_read),
		cmocka_unit_test(H3_everything_else_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
