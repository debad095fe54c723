/* The JSON of control sockets (rows H3, H4). */
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
		char value[64];
		struct lp_text t;
		lp_text_init(&t, 1000);
		lp_json_open(&t, NULL, '{');
		lp_json_string(&t, "command", "kick");
		lp_json_string(&t, "argument", values[i]);
		lp_json_close(&t, '}');
		assert_true(lp_json_get(lp_text_get(&t), "argument", value, sizeof(value)));
		assert_string_equal(value, values[i]);
		assert_true(lp_json_get(lp_text_get(&t), "command", value, sizeof(value)));
		assert_string_equal(value, "kick");
		assert_false(lp_json_get(lp_text_get(&t), "other", value, sizeof(value)));
		assert_null(strchr(lp_text_get(&t), '\n')); /* one line */
		lp_text_clear(&t);
	}
}

static void H4_objects_and_lists_are_written(void **state)
{
	(void)state;
	struct lp_text t;
	lp_text_init(&t, 1000);
	lp_json_open(&t, NULL, '{');
	lp_json_count(&t, "n", UINT64_MAX);
	lp_json_number(&t, "f", 1.5);
	lp_json_open(&t, "list", '[');
	lp_json_open(&t, NULL, '{');
	lp_json_close(&t, '}');
	lp_json_open(&t, NULL, '{');
	lp_json_bool(&t, "yes", true);
	lp_json_bool(&t, "no", false);
	lp_json_close(&t, '}');
	lp_json_close(&t, ']');
	lp_json_string(&t, "s", "[");
	lp_json_string(&t, "t", "");
	lp_json_close(&t, '}');
	assert_string_equal(lp_text_get(&t),
		"{\"n\":18446744073709551615,\"f\":1.50,\"list\":[{},{\"yes\":true,\"no\":false}],"
		"\"s\":\"[\",\"t\":\"\"}");
	lp_text_clear(&t);
}

static void H4_a_text_grows_up_to_its_limit(void **state)
{
	(void)state;
	struct lp_text t;
	lp_text_init(&t, 1000);
	assert_string_equal(lp_text_get(&t), "");
	for (int i = 0; i < 100; i++)
		lp_text_put(&t, "%09d\n", i);
	assert_int_equal(strlen(lp_text_get(&t)), 1000);
	assert_memory_equal(lp_text_get(&t) + 990, "000000099\n", 10);
	lp_text_add(&t, "x", 1);
	assert_null(lp_text_get(&t));
	lp_text_clear(&t);
	lp_text_column(&t, "Zo\xc3\xab", 5);
	lp_text_column(&t, "longer", 3);
	assert_string_equal(lp_text_get(&t), "Zo\xc3\xab  longer");
	lp_text_clear(&t);
	lp_text_clear(&t); /* twice */
}

static void H3_a_value_that_does_not_fit_is_refused(void **state)
{
	(void)state;
	char value[4];
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
		cmocka_unit_test(H4_objects_and_lists_are_written),
		cmocka_unit_test(H4_a_text_grows_up_to_its_limit),
		cmocka_unit_test(H3_a_value_that_does_not_fit_is_refused),
		cmocka_unit_test(H3_escapes_and_spaces_are_read),
		cmocka_unit_test(H3_everything_else_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
