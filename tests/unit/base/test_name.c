/* How names from the network and from options are cleaned. */
#include "lanparty/base/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_name_keeps_printable_characters(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to, *what;
	} rows[] = {
		{"", "", "nothing"},
		{"Ann", "Ann", "ASCII"},
		{"\x1f \x7e\x7f", " ~", "the edges of ASCII"},
		{"Zoë €5 \U0001f409", "Zoë €5 \U0001f409", "2, 3 and 4 bytes"},
		{"a\tb\r\nc\x7f\x1b[0m", "abc[0m", "control characters"},
		{"a\xc2\x80\xc2\x9f\xc2\xa0z", "a\xc2\xa0z", "C1 control characters"},
		{"\xe2\x80\xa8\xe2\x80\xae"
		 "evil\xe2\x81\xa6\xe2\x81\xa9",
			"evil", "direction overrides"},
		{"\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c\xef\xbb\xbf.", ".",
			"direction marks, byte order mark"},
		{"\xe2\x80\xa7\xe2\x80\xaf", "\xe2\x80\xa7\xe2\x80\xaf", "their neighbours"},
		{"\xe2\x81\xa5\xe2\x81\xaa", "\xe2\x81\xa5\xe2\x81\xaa",
			"more of their neighbours"},
		{"a\x80\xbf"
		 "b",
			"ab", "continuations of nothing"},
		{"a\xc3", "a", "a character cut short"},
		{"a\xc3(b", "a(b", "a character broken off"},
		{"\xe2\x82(", "(", "broken off later"},
		{"\xc0\xaf\xc1\xbf\xe0\x9f\xbf\xf0\x8f\xbf\xbf.", ".", "longer than needed"},
		{"\xc2\xa1\xe0\xa0\x80\xf0\x90\x80\x80", "\xc2\xa1\xe0\xa0\x80\xf0\x90\x80\x80",
			"just not"},
		{"\xed\xa0\x80\xed\xbf\xbf.", ".", "surrogates"},
		{"\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80", "beside the surrogates"},
		{"\xf4\x8f\xbf\xbf\xf4\x90\x80\x80.", "\xf4\x8f\xbf\xbf.", "past U+10FFFF"},
		{"\xf8\x88\x80\x80\x80\xff\xfe.", ".", "bytes that begin nothing"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char name[64];
		lp_name_copy(name, sizeof(name), rows[i].from, strlen(rows[i].from));
		if (strcmp(name, rows[i].to) != 0)
			fail_msg("%s: \"%s\"", rows[i].what, name);
	}
}

static void a_name_is_shortened_between_characters(void **state)
{
	(void)state;
	char name[8];
	lp_name_copy(name, 4, "abcd", 4);
	assert_string_equal(name, "abc");
	lp_name_copy(name, 4, "abë", 4);
	assert_string_equal(name, "ab");
	lp_name_copy(name, 5, "abë", 4);
	assert_string_equal(name, "abë");
	/* Nothing follows a character that does not fit: a name has no gaps. */
	lp_name_copy(name, 4,
		"ab\xe2\x82\xac"
		"c",
		6);
	assert_string_equal(name, "ab");
	lp_name_copy(name, 1, "abc", 3);
	assert_string_equal(name, "");
	lp_name_copy(name, sizeof(name), "a\0b", 3);
	assert_string_equal(name, "ab");
	/* Bytes beyond the text are not read. */
	lp_name_copy(name, sizeof(name), "abë", 3);
	assert_string_equal(name, "ab");
	lp_name_copy(name, sizeof(name), NULL, 0);
	assert_string_equal(name, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_keeps_printable_characters),
		cmocka_unit_test(a_name_is_shortened_between_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
