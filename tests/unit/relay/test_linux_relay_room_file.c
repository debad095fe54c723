/* Row H3: the file that says which rooms a relay opens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/quic/crypto.h"
#include "room_file.h"

#define KEY_TEXT "48072210df8afeaa3e7140dbc538fa62f72168e12994a82abca36ec22a560157"

static const char *parse(const char *line, struct lp_room_terms *ret_terms, bool *ret_room)
{
	char text[200];
	snprintf(text, sizeof(text), "%s", line);
	return room_file_parse(text, ret_terms, ret_room);
}

static void a_line_is_a_room_with_its_limits(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		size_t members;
		bool has_rate;
		uint64_t rate;
	} rows[] = {
		{"ABCD-EFGH-JKMN-PQRB", 0, false, 0},
		{" \tabcdefghjkmnpqrb  \r\n", 0, false, 0},
		{"ABCD-EFGH-JKMN-PQRB members=16 rate=4M\n", 16, true, 4 << 20},
		{"key:" KEY_TEXT " rate=0\tmembers=1", 1, true, 0},
		{"key:48072210DF8AFEAA3E7140DBC538FA62F72168E12994A82ABCA36EC22A560157", 0, false,
			0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_room_terms terms;
		bool room = false;
		const char *wrong = parse(rows[i].line, &terms, &room);
		if (wrong || !room)
			fail_msg("%s: %s", rows[i].line, wrong ? wrong : "no room");
		struct lp_code code;
		uint8_t key[LP_ROOM_KEY_SIZE];
		assert_int_equal(lp_code_parse("ABCDEFGHJKMNPQRB", &code), LP_OK);
		assert_true(lp_room_key(&code, key));
		assert_memory_equal(terms.key, key, sizeof(key));
		assert_int_equal(terms.max_clients, rows[i].members);
		assert_int_equal(terms.has_rate, rows[i].has_rate);
		assert_int_equal(terms.rate, rows[i].rate);
	}
}

static void blank_lines_and_comments_are_no_rooms(void **state)
{
	(void)state;
	static const char *const lines[] = {"", "\n", " \t\r\n", "# ABCD-EFGH-JKMN-PQRB", "  #x"};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct lp_room_terms terms;
		bool room = true;
		assert_null(parse(lines[i], &terms, &room));
		assert_false(room);
	}
}

static void a_mistake_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *line, *says;
	} rows[] = {
		{"ABCD-EFGH-JKMN-PQRC", "typing error"},
		{"short", "8 to 64"},
		{"key:1234", "64 hex digits"},
		{"key:" KEY_TEXT "0", "64 hex digits"},
		{"key:x8072210df8afeaa3e7140dbc538fa62f72168e12994a82abca36ec22a560157",
			"64 hex digits"},
		{"ABCD-EFGH-JKMN-PQRB 16", "members=N and rate=BYTES alone"},
		{"ABCD-EFGH-JKMN-PQRB members=0", "from 1 on"},
		{"ABCD-EFGH-JKMN-PQRB members=-1", "from 1 on"},
		{"ABCD-EFGH-JKMN-PQRB members=", "from 1 on"},
		{"ABCD-EFGH-JKMN-PQRB members=1K", "from 1 on"},
		{"ABCD-EFGH-JKMN-PQRB members=65536", "from 1 on"},
		{"ABCD-EFGH-JKMN-PQRB rate=2MB", "bytes per second"},
		{"ABCD-EFGH-JKMN-PQRB rate=M", "bytes per second"},
		{"ABCD-EFGH-JKMN-PQRB rate=99999999999999999999", "bytes per second"},
		{"ABCD-EFGH-JKMN-PQRB rate=9999999999999G", "bytes per second"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lp_room_terms terms;
		bool room;
		const char *wrong = parse(rows[i].line, &terms, &room);
		if (!wrong || !strstr(wrong, rows[i].says))
			fail_msg("%s: %s", rows[i].line, wrong ? wrong : "good");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_a_room_with_its_limits),
		cmocka_unit_test(blank_lines_and_comments_are_no_rooms),
		cmocka_unit_test(a_mistake_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
