#include "lanparty/edge/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char *event_text;
static size_t event_len;

/* Captures the output of lp_event and compares it. */
#define assert_event(expected, ...)                                                                \
	do {                                                                                       \
		FILE *out = open_memstream(&event_text, &event_len);                               \
		lp_event(out, __VA_ARGS__);                                                        \
		fclose(out);                                                                       \
		assert_string_equal(event_text, expected "\n");                                    \
		free(event_text);                                                                  \
	} while (0)

static void an_event_is_a_word_and_pairs(void **state)
{
	(void)state;
	lp_log_set(LP_LOG_INFO, LP_LOG_TEXT);
	assert_event("ready", "ready", "");
	assert_event("joined room=1 peer=2 mtu=1500 gateway=yes", "joined",
		"room=%u peer=%u mtu=%u gateway=%i", 1u, 2u, 1500u, true);
	assert_event("sizes a=-1 b=7 c=18446744073709551615 d=5 e=0806 f=1.5", "sizes",
		"a=%d b=%lu c=%llu d=%zu e=%04x f=%.1f", -1, 7ul, ~0ull, (size_t)5, 0x806u, 1.5);
}

static void a_json_event_has_numbers_booleans_and_strings(void **state)
{
	(void)state;
	lp_log_set(LP_LOG_INFO, LP_LOG_JSON);
	assert_event("{\"event\":\"joined\",\"room\":1,\"gateway\":false}", "joined",
		"room=%u gateway=%i", 1u, false);
	assert_event("{\"event\":\"e\",\"type\":\"0806\",\"name\":\"a\"}", "e", "type=%04x name=%s",
		0x806u, "a");
}

static void a_value_with_any_bytes_stays_one_value(void **state)
{
	(void)state;
	static const struct {
		const char *value, *text, *json, *why;
	} rows[] = {
		{"plain", "e v=plain", "\"plain\"", "a word is shown as it is"},
		{"", "e v=\"\"", "\"\"", "nothing is shown as nothing"},
		{"two words", "e v=\"two words\"", "\"two words\"", "a space needs quotes"},
		{"a=b", "e v=\"a=b\"", "\"a=b\"", "it cannot look like another pair"},
		{"say \"hi\"", "e v=\"say \\\"hi\\\"\"", "\"say \\\"hi\\\"\"",
			"quotes are escaped"},
		{"back\\slash", "e v=\"back\\\\slash\"", "\"back\\\\slash\"", "so is a backslash"},
		{"x\ninjected", "e v=\"x\\x0ainjected\"", "\"x\\u000ainjected\"", "no second line"},
		{"\x1b[2J", "e v=\"\\x1b[2J\"", "\"\\u001b[2J\"", "nothing for the terminal"},
		{"\xc2\x9b", "e v=\"\\xc2\\x9b\"", "\"\\u00c2\\u009b\"", "nor in C1 controls"},
		{"J\xc3\xb6rg", "e v=\"J\xc3\xb6rg\"", "\"J\xc3\xb6rg\"", "UTF-8 is text"},
		{"\xf0\x9f\x8e\xae", "e v=\"\xf0\x9f\x8e\xae\"", "\"\xf0\x9f\x8e\xae\"",
			"of 4 bytes too"},
		{"\xc3", "e v=\"\\xc3\"", "\"\\u00c3\"", "cut UTF-8 is not"},
		{"\xc0\xaf", "e v=\"\\xc0\\xaf\"", "\"\\u00c0\\u00af\"", "overlong is not"},
		{"\xed\xa0\x80", "e v=\"\\xed\\xa0\\x80\"", "\"\\u00ed\\u00a0\\u0080\"",
			"a surrogate is not"},
		{"\xbf\xbf", "e v=\"\\xbf\\xbf\"", "\"\\u00bf\\u00bf\"", "no character begins so"},
		{"\xff", "e v=\"\\xff\"", "\"\\u00ff\"", "this byte never is"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char expected[200];
		for (int json = 0; json < 2; json++) {
			lp_log_set(LP_LOG_INFO, json ? LP_LOG_JSON : LP_LOG_TEXT);
			snprintf(expected, sizeof(expected),
				json ? "{\"event\":\"e\",\"v\":%s}\n" : "%s\n",
				json ? rows[i].json : rows[i].text);
			FILE *out = open_memstream(&event_text, &event_len);
			lp_event(out, "e", "v=%s", rows[i].value);
			fclose(out);
			if (strcmp(event_text, expected) != 0)
				fail_msg("%s: %s", rows[i].why, event_text);
			free(event_text);
		}
	}
}

static void a_line_is_bounded_whatever_its_values(void **state)
{
	(void)state;
	char value[1001];
	memset(value, 1, 1000);
	value[1000] = 0;
	lp_log_set(LP_LOG_INFO, LP_LOG_JSON);
	assert_event("{\"event\":\"e\",\"after\":1}", "e", "long=%s after=%u", value, 1u);
}

/* Captures what lp_log writes to stderr. */
static void logged(char *text, size_t cap, enum lp_log_level level, const char *value)
{
	int keep = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	dup2(fileno(file), STDERR_FILENO);
	lp_log(level, "event_word", "value=%s", value);
	dup2(keep, STDERR_FILENO);
	close(keep);
	rewind(file);
	size_t len = fread(text, 1, cap - 1, file);
	text[len] = 0;
	fclose(file);
}

static void a_log_line_has_time_level_and_event(void **state)
{
	(void)state;
	char text[500];
	unsetenv("JOURNAL_STREAM");
	lp_log_set(LP_LOG_INFO, LP_LOG_TEXT);
	logged(text, sizeof(text), LP_LOG_WARNING, "v");
	int year, month, day, hour, minute, second, millisecond, end = 0;
	assert_int_equal(sscanf(text, "ts=%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %n", &year, &month, &day,
				 &hour, &minute, &second, &millisecond, &end),
		7);
	assert_string_equal(text + end, "level=warning event=event_word value=v\n");
	lp_log_set(LP_LOG_INFO, LP_LOG_JSON);
	logged(text, sizeof(text), LP_LOG_INFO, "v");
	assert_memory_equal(text, "{\"ts\":\"", 7);
	assert_non_null(
		strstr(text, "Z\",\"level\":\"info\",\"event\":\"event_word\",\"value\":\"v\"}\n"));
}

static void take(void *context, const char *line, size_t len)
{
	snprintf(context, 500, "%.*s", (int)len, line);
}

static void lines_go_to_a_taker_as_well(void **state)
{
	(void)state;
	char text[500], taken[500] = "";
	lp_log_set(LP_LOG_INFO, LP_LOG_TEXT);
	lp_log_to(take, taken);
	logged(text, sizeof(text), LP_LOG_INFO, "v");
	assert_int_equal(strlen(taken) + 1, strlen(text));
	assert_memory_equal(taken, text, strlen(taken));
	logged(text, sizeof(text), LP_LOG_DEBUG, "not shown");
	assert_null(strstr(taken, "not shown"));
	lp_log_to(NULL, NULL);
	taken[0] = 0;
	logged(text, sizeof(text), LP_LOG_INFO, "v");
	assert_string_equal(taken, "");
}

static void a_level_includes_more_severe_levels(void **state)
{
	(void)state;
	enum lp_log_level level = LP_LOG_ERROR;
	assert_true(lp_log_level_parse("debug", &level));
	assert_int_equal(level, LP_LOG_DEBUG);
	assert_false(lp_log_level_parse("loud", &level));
	lp_log_set(level, LP_LOG_TEXT);
	assert_true(lp_log_on(LP_LOG_ERROR));
	assert_true(lp_log_on(LP_LOG_DEBUG));
	assert_false(lp_log_on(LP_LOG_FRAME));
	char text[500];
	logged(text, sizeof(text), LP_LOG_FRAME, "v");
	assert_string_equal(text, "");
}

static void the_journal_gets_priorities_and_no_time(void **state)
{
	(void)state;
	/* stderr must be the stream that $JOURNAL_STREAM names when lp_log_set is called. */
	int keep = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	dup2(fileno(file), STDERR_FILENO);
	struct stat st;
	fstat(STDERR_FILENO, &st);
	char stream[64];
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	lp_log_set(LP_LOG_FRAME, LP_LOG_TEXT);
	lp_log(LP_LOG_ERROR, "e", "");
	lp_log(LP_LOG_WARNING, "e", "");
	lp_log(LP_LOG_INFO, "e", "");
	lp_log(LP_LOG_DEBUG, "e", "");
	lp_log(LP_LOG_FRAME, "e", "");
	lp_log_set(LP_LOG_FRAME, LP_LOG_JSON);
	lp_log(LP_LOG_INFO, "e", "");
	setenv("JOURNAL_STREAM", "1:1", 1);
	lp_log_set(LP_LOG_INFO, LP_LOG_TEXT);
	lp_log(LP_LOG_INFO, "e", "");
	dup2(keep, STDERR_FILENO);
	close(keep);
	unsetenv("JOURNAL_STREAM");

	rewind(file);
	char text[2000];
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	const char *expected =
		"<3>level=error event=e\n<4>level=warning event=e\n"
		"<6>level=info event=e\n<7>level=debug event=e\n"
		"<7>level=frame event=e\n<6>{\"level\":\"info\",\"event\":\"e\"}\nts=";
	assert_memory_equal(text, expected, strlen(expected));
}

#define THREADS 4
#define LINES   500

static void *log_many(void *argument)
{
	for (unsigned i = 0; i < LINES; i++)
		lp_log(LP_LOG_INFO, "line", "thread=%s number=%u", (const char *)argument, i);
	return NULL;
}

/* The relay's workers share the log. */
static void lines_of_several_threads_stay_whole(void **state)
{
	(void)state;
	static char names[THREADS][100];
	pthread_t threads[THREADS];
	int keep = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	dup2(fileno(file), STDERR_FILENO);
	lp_log_set(LP_LOG_INFO, LP_LOG_TEXT);
	for (int i = 0; i < THREADS; i++) {
		memset(names[i], 'a' + i, sizeof(names[i]) - 1);
		assert_int_equal(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	dup2(keep, STDERR_FILENO);
	close(keep);

	unsigned next[THREADS] = {0}, number;
	char line[500], name[200];
	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		assert_int_equal(
			sscanf(line, "ts=%*s level=info event=line thread=%199s number=%u\n", name,
				&number),
			2);
		int i = name[0] - 'a';
		assert_in_range(i, 0, THREADS - 1);
		assert_string_equal(name, names[i]);
		assert_int_equal(number, next[i]++);
	}
	fclose(file);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(next[i], LINES);
}

/* Returns what a terminal shows of one error and one warning. */
static void show_on_terminal(enum lp_log_format format, char *text, size_t cap)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
	int slave = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	int keep = dup(STDERR_FILENO);
	dup2(slave, STDERR_FILENO);
	lp_log_name("lanparty-relay");
	lp_log_set(LP_LOG_INFO, format);
	lp_log(LP_LOG_ERROR, "udp_socket_failed", "address=%s error=%s empty=%s hint=%s",
		"0.0.0.0:443", "Address already in use", "", "stop \x1b the other program");
	lp_log(LP_LOG_WARNING, "no_pairs", "");
	lp_log(LP_LOG_INFO, "details", "count=%u", 7u);
	dup2(keep, STDERR_FILENO);
	close(keep);
	ssize_t len = read(terminal, text, cap - 1);
	for (ssize_t more = len; more > 0 && !memchr(text, '7', (size_t)len); len += more)
		more = read(terminal, text + len, cap - 1 - (size_t)len);
	assert_true(len > 0);
	text[len] = 0;
	close(slave);
	close(terminal);
	lp_log_set(LP_LOG_INFO, LP_LOG_TEXT);
}

static void errors_are_sentences_on_a_terminal(void **state)
{
	(void)state;
	static const char expected[] =
		"lanparty-relay: udp socket failed (address 0.0.0.0:443): Address already in use: "
		"stop ? the other program\r\nlanparty-relay: warning: no pairs\r\n";
	char text[4096];
	show_on_terminal(LP_LOG_TEXT, text, sizeof(text));
	assert_memory_equal(text, expected, sizeof(expected) - 1);
	assert_non_null(strstr(text, "level=info event=details count=7"));
	show_on_terminal(LP_LOG_JSON, text, sizeof(text));
	assert_non_null(strstr(text, "\"event\":\"udp_socket_failed\",\"address\":"));
	assert_null(strstr(text, "lanparty-relay: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_a_word_and_pairs),
		cmocka_unit_test(a_json_event_has_numbers_booleans_and_strings),
		cmocka_unit_test(a_value_with_any_bytes_stays_one_value),
		cmocka_unit_test(a_line_is_bounded_whatever_its_values),
		cmocka_unit_test(a_log_line_has_time_level_and_event),
		cmocka_unit_test(lines_go_to_a_taker_as_well),
		cmocka_unit_test(a_level_includes_more_severe_levels),
		cmocka_unit_test(the_journal_gets_priorities_and_no_time),
		cmocka_unit_test(lines_of_several_threads_stay_whole),
		cmocka_unit_test(errors_are_sentences_on_a_terminal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
