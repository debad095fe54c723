#include "lanparty/edge/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lanparty/edge/exit.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/parse.h"
#include "temporary.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct values {
	bool quick;
	const char *name, *room;
	struct lp_texts listen;
	uint64_t clients, rate;
	unsigned hex[3];
	unsigned hex_count;
	enum lp_log_format format;
} v;

static bool parse_hex(const char *text, void *value)
{
	char *end;
	(void)value;
	if (v.hex_count == 3)
		return false;
	v.hex[v.hex_count] = (unsigned)strtoul(text, &end, 16);
	return end != text && !*end && ++v.hex_count;
}

static const struct lp_option table[] = {
	{.name = "quick", .help = "be quick", .kind = LP_OPTION_FLAG, .value = &v.quick},
	{.name = "name",
		.argument = "NAME",
		.help = "what it is called\nin two lines",
		.kind = LP_OPTION_TEXT,
		.value = &v.name},
	{.name = "room",
		.argument = "CODE",
		.help = "which room",
		.kind = LP_OPTION_TEXT,
		.value = &v.room,
		.secret = true},
	{.name = "listen",
		.argument = "ADDR:PORT",
		.help = "where",
		.kind = LP_OPTION_TEXTS,
		.value = &v.listen},
	{.name = "max-clients",
		.argument = "N",
		.help = "how many",
		.kind = LP_OPTION_NUMBER,
		.value = &v.clients,
		.min = 1,
		.max = 1024},
	{.name = "log-format",
		.argument = "FORMAT",
		.help = "how",
		.kind = LP_OPTION_PARSED,
		.value = &v.format,
		.parse = lp_parse_log_format,
		.expects = LP_EXPECTS_LOG_FORMAT},
	{.name = "rate",
		.argument = "BYTES",
		.help = "how fast",
		.kind = LP_OPTION_SIZE,
		.value = &v.rate,
		.min = 1,
		.max = 1ull << 40},
	{.name = "hex",
		.argument = "HEX",
		.help = "a number",
		.kind = LP_OPTION_PARSED,
		.parse = parse_hex,
		.expects = "a hexadecimal number"},
};

static const char *command_config; /* of the command open, in the next run */

/* What the last run of read_words said, and where. */
static char output[8000];
static struct lp_options o;
static const char *default_config; /* of the next run */
static const char *const *default_allows;
static bool no_environment;
static void (*say)(const char *sentence);
static char sentences[300];

static bool logged; /* errors go to the log of the next run */

static void say_as_on_a_terminal(const char *sentence)
{
	fprintf(stderr, "lanparty-test: %s\n", sentence);
}

/* A writable argv, as the real one is. */
static char argv_bytes[2000];

static int read_words(FILE *stream, const char *words)
{
	char *argv[20] = {0};
	int argc = 0, code = -1;
	snprintf(argv_bytes, sizeof(argv_bytes), "program %s", words);
	for (char *word = strtok(argv_bytes, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	static struct lp_command commands[] = {
		{.name = "new", .help = "makes a new one"},
		{.name = "open", .argument = "NAME", .help = "opens NAME"},
	};
	commands[1].config = command_config;
	lp_options_clear(&o);
	o = (struct lp_options){.program = "lanparty-test",
		.commands = commands,
		.command_count = COUNT(commands),
		.purpose = "Tests.",
		.positional = "INVITE",
		.list = table,
		.count = COUNT(table),
		.default_config = default_config,
		.default_allows = default_allows,
		.no_environment = no_environment,
		.say = say      ? say
		       : logged ? NULL
				: say_as_on_a_terminal};
	v = (struct values){.name = "default", .clients = 32};

	fflush(stream);
	int keep = dup(fileno(stream));
	FILE *file = tmpfile();
	dup2(fileno(file), fileno(stream));
	bool good = lp_options_read(&o, argc, argv, &code);
	fflush(stream);
	dup2(keep, fileno(stream));
	close(keep);
	rewind(file);
	output[fread(output, 1, sizeof(output) - 1, file)] = 0;
	fclose(file);
	assert_true(good == (code == -1));
	return code;
}

static void the_command_line_fills_the_table(void **state)
{
	(void)state;
	assert_int_equal(read_words(stderr, ""), -1);
	assert_string_equal(v.name, "default");
	assert_int_equal(v.clients, 32);
	assert_false(v.quick);
	assert_null(o.argument);
	assert_int_equal(
		read_words(stderr, "--quick --name=a=b --max-clients 7 --listen x --listen=y "
				   "--rate 4M --hex 8137 --hex=1f an-invite"),
		-1);
	assert_true(v.quick);
	assert_string_equal(v.name, "a=b");
	assert_int_equal(v.clients, 7);
	assert_int_equal(v.listen.count, 2);
	assert_string_equal(v.listen.items[0], "x");
	assert_string_equal(v.listen.items[1], "y");
	assert_int_equal(v.rate, 4 * 1024 * 1024);
	assert_int_equal(v.hex_count, 2);
	assert_int_equal(v.hex[1], 0x1f);
	assert_string_equal(o.argument, "an-invite");
	assert_int_equal(read_words(stderr, "--quick=no -- --invite"), -1);
	assert_false(v.quick);
	assert_string_equal(o.argument, "--invite");
}

static void a_command_comes_first_and_says_what_can_follow(void **state)
{
	(void)state;
	assert_int_equal(read_words(stderr, "an-invite"), -1);
	assert_null(o.command);
	assert_int_equal(read_words(stderr, "--quick new"), -1);
	assert_string_equal(o.command->name, "new");
	assert_true(lp_options_has_command(&o, "new") && !lp_options_has_command(&o, "open"));
	assert_null(o.argument);
	assert_int_equal(read_words(stderr, "open new"), -1);
	assert_string_equal(o.command->name, "open");
	assert_string_equal(o.argument, "new");
	assert_string_equal(argv_bytes + sizeof("program open"), "xxx"); /* as a secret is */
	assert_int_equal(read_words(stderr, "an-invite new"), LP_EXIT_USAGE);
	assert_int_equal(read_words(stderr, "open new new"), LP_EXIT_USAGE);
	assert_int_equal(read_words(stderr, "new thing"), LP_EXIT_USAGE);
	assert_string_equal(
		output, "lanparty-test: an argument without name is not expected: see --help\n");
	assert_int_equal(read_words(stdout, "--help"), LP_EXIT_OK);
	assert_non_null(strstr(output, "\n  open NAME                     opens NAME\n"));
}

static void numbers_have_ranges_and_units(void **state)
{
	(void)state;
	static const struct {
		const char *words;
		uint64_t clients, rate; /* both 0: refused */
	} rows[] = {
		{"--max-clients 1 --rate 1", 1, 1},
		{"--max-clients 1024 --rate 1024G", 1024, 1ull << 40},
		{"--max-clients 0007 --rate 2k", 7, 2048},
		{"--max-clients 0", 0, 0},
		{"--max-clients 1025", 0, 0},
		{"--max-clients -1", 0, 0},
		{"--max-clients +1", 0, 0},
		{"--max-clients 1K", 0, 0},
		{"--max-clients 1.5", 0, 0},
		{"--max-clients 0x10", 0, 0},
		{"--max-clients 18446744073709551617", 0, 0},
		{"--rate 0", 0, 0},
		{"--rate 1025G", 0, 0},
		{"--rate 17179869184G", 0, 0},
		{"--rate M", 0, 0},
		{"--rate 1MB", 0, 0},
		{"--rate 1T", 0, 0},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		int code = read_words(stderr, rows[i].words);
		if (rows[i].rate == 0) {
			if (code != LP_EXIT_USAGE)
				fail_msg("%s was taken", rows[i].words);
		} else {
			assert_int_equal(code, -1);
			assert_int_equal(v.clients, rows[i].clients);
			assert_int_equal(v.rate, rows[i].rate);
		}
	}
}

static void errors_are_reported_in_one_sentence(void **state)
{
	(void)state;
	static const struct {
		const char *words, *said;
	} rows[] = {
		{"--max-clients 0", "lanparty-test: --max-clients: a number from 1 to 1024 is "
				    "expected, not \"0\"\n"},
		{"--rate=x",
			"lanparty-test: --rate: a number from 1 to 1099511627776, K, M or G can "
			"follow, is expected, not \"x\"\n"},
		{"--hex zz",
			"lanparty-test: --hex: a hexadecimal number is expected, not \"zz\"\n"},
		{"--quick=maybe", "lanparty-test: --quick: yes or no is expected, not \"maybe\"\n"},
		{"--name", "lanparty-test: --name needs NAME after it\n"},
		{"--nme x", "lanparty-test: there is no option --nme: see --help\n"},
		{"-x", "lanparty-test: there is no option -x: see --help\n"},
		{"--room= ", "lanparty-test: --room: a text that is not empty is expected, not "
			     "\"...\"\n"},
		{"a b", "lanparty-test: an argument without name is given twice: see --help\n"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(read_words(stderr, rows[i].words), LP_EXIT_USAGE);
		assert_string_equal(output, rows[i].said);
	}
}

static void help_and_version_go_to_stdout(void **state)
{
	(void)state;
	assert_int_equal(read_words(stdout, "--version --nonsense"), LP_EXIT_OK);
	assert_string_equal(output, "lanparty-test " LANPARTY_VERSION "\n");
	assert_int_equal(read_words(stdout, "--help"), LP_EXIT_OK);
	for (size_t i = 0; i < COUNT(table); i++)
		assert_non_null(strstr(output, table[i].name));
	assert_non_null(strstr(output, "  --max-clients N               how many\n"));
	assert_non_null(
		strstr(output, "what it is called\n                                in two"));
	assert_int_equal(read_words(stdout, "-h"), LP_EXIT_OK);
	assert_non_null(strstr(output, "Usage: lanparty-test [command] [options] [INVITE]\n"));
}

static char config_path[TEMPORARY_PATH];

static void write_config(const char *text)
{
	FILE *file = fopen(config_path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int read_with_config(const char *words)
{
	char all[1000];
	snprintf(all, sizeof(all), "--config %s %s", config_path, words);
	return read_words(stderr, all);
}

static void a_command_can_have_a_file_that_is_missing(void **state)
{
	(void)state;
	char missing[TEMPORARY_PATH + 8], words[TEMPORARY_PATH + 40];
	snprintf(missing, sizeof(missing), "%s.none", config_path);
	command_config = missing;
	assert_int_equal(read_words(stderr, "open"), -1);
	assert_string_equal(o.config_file, missing);
	assert_int_equal(read_words(stderr, "new"), -1);
	assert_null(o.config_file);
	snprintf(words, sizeof(words), "new --config %s", missing);
	assert_int_equal(read_words(stderr, words), LP_EXIT_CONFIG);
	command_config = config_path;
	write_config("name = from the file\n");
	assert_int_equal(read_words(stderr, "open"), -1);
	assert_string_equal(v.name, "from the file");
	snprintf(words, sizeof(words), "open --config %s", missing);
	assert_int_equal(read_words(stderr, words), -1);
	assert_string_equal(v.name, "default");
	command_config = NULL;
}

static void a_configuration_file_has_the_same_names(void **state)
{
	(void)state;
	write_config("# a comment\n\n  max-clients = 9\r\nquick\nlisten = x\nlisten=y\n"
		     "name =  two words # and no comment  \nhex = 8137\nhex = 22f0");
	assert_int_equal(read_with_config(""), -1);
	assert_int_equal(v.clients, 9);
	assert_true(v.quick);
	assert_int_equal(v.listen.count, 2);
	assert_string_equal(v.name, "two words # and no comment");
	assert_int_equal(v.hex_count, 2);
}

static void an_error_in_the_file_names_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *said;
	} rows[] = {
		{"\nmax-clients = 0\n",
			":2: max-clients: a number from 1 to 1024 is expected, not \"0\"\n"},
		{"nonsense = 1\n", ":1: nonsense: there is no such option: see --help\n"},
		{"config = other\n", ":1: config: there is no such option: see --help\n"},
		{"name\n", ":1: name: needs \" = NAME\" after it\n"},
		{"name =\n", ":1: name: a text that is not empty is expected, not \"\"\n"},
		{"= 7\n", ":1: \"\": there is no such option: see --help\n"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char said[TEMPORARY_PATH + 200];
		write_config(rows[i].text);
		assert_int_equal(read_with_config(""), LP_EXIT_CONFIG);
		snprintf(said, sizeof(said), "lanparty-test: %s%s", config_path, rows[i].said);
		assert_string_equal(output, said);
	}
	assert_int_equal(read_words(stderr, "--config /nonexistent"), LP_EXIT_CONFIG);
	assert_string_equal(output,
		"lanparty-test: cannot read the configuration file /nonexistent: "
		"No such file or directory\n");
	static char big[LP_CONFIG_MAX + 2];
	memset(big, '\n', LP_CONFIG_MAX);
	write_config(big);
	assert_int_equal(read_with_config(""), -1);
	big[LP_CONFIG_MAX] = '\n';
	write_config(big);
	assert_int_equal(read_with_config(""), LP_EXIT_CONFIG);
}

static void the_default_file_is_optional_and_has_the_lowest_precedence(void **state)
{
	(void)state;
	char own_path[TEMPORARY_PATH];
	assert_int_equal(close(temporary_file(own_path)), 0);
	default_config = own_path;
	FILE *file = fopen(own_path, "w");
	fputs("\xef\xbb\xbfmax-clients = 7\r\nname = own\r\nhex = 1\r\n", file);
	fclose(file);
	write_config("max-clients = 3\n");
	assert_int_equal(read_words(stderr, "--hex 2"), -1);
	assert_int_equal(v.clients, 7);
	assert_string_equal(v.name, "own");
	assert_int_equal(v.hex_count, 1);
	assert_int_equal(v.hex[0], 2);
	assert_true(lp_options_was_given(&o, "hex"));
	assert_false(lp_options_was_given(&o, "name"));
	assert_false(lp_options_was_given(&o, "quick"));
	assert_int_equal(read_with_config(""), -1);
	assert_int_equal(v.clients, 3);
	assert_string_equal(v.name, "own");
	static const char *const all_of_it[] = {"name", "hex", "max-clients", NULL};
	static const char *const too_few[] = {"name", "hex", NULL};
	default_allows = all_of_it;
	assert_int_equal(read_words(stderr, ""), -1);
	default_allows = too_few;
	assert_int_equal(read_words(stderr, ""), LP_EXIT_CONFIG);
	assert_non_null(strstr(output, ":1: max-clients: cannot stand in this file\n"));
	assert_int_equal(read_with_config("--max-clients 5"), LP_EXIT_CONFIG);
	default_allows = NULL;
	unlink(own_path);
	assert_int_equal(read_words(stderr, ""), -1);
	assert_int_equal(v.clients, 32);
	default_config = NULL;
}

static void a_program_can_ignore_the_environment(void **state)
{
	(void)state;
	setenv("LANPARTY_MAX_CLIENTS", "nonsense", 1);
	no_environment = true;
	assert_int_equal(read_words(stderr, ""), -1);
	no_environment = false;
	assert_int_equal(read_words(stderr, ""), LP_EXIT_USAGE);
	unsetenv("LANPARTY_MAX_CLIENTS");
}

/* An error is a line of the log, in the format that the options ask for, wherever that stands. */
static void errors_are_logged_in_the_wanted_format(void **state)
{
	(void)state;
	static const struct {
		const char *words, *variable;
		bool json;
	} rows[] = {
		{"--nonsense", NULL, false},
		{"--nonsense --log-format json", NULL, true},
		{"--nonsense --log-format=json", NULL, true},
		{"--log-format json --max-clients 0", NULL, true},
		{"--max-clients 0", "json", true},
		{"--max-clients 0 --log-format text", "json", false},
		{"--log-format xml", NULL, false},
		{"--log-format xml", "json", false},
	};
	logged = true;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].variable)
			setenv("LANPARTY_LOG_FORMAT", rows[i].variable, 1);
		assert_int_equal(read_words(stderr, rows[i].words), LP_EXIT_USAGE);
		if (!!strstr(output, "\"event\":\"wrong_options\",\"reason\":\"") != rows[i].json ||
			!!strstr(output, " event=wrong_options reason=\"") == rows[i].json)
			fail_msg("%s: %s", rows[i].words, output);
		unsetenv("LANPARTY_LOG_FORMAT");
	}
	write_config("log-format = json\nnonsense = 1\n");
	assert_int_equal(read_with_config(""), LP_EXIT_CONFIG);
	assert_non_null(strstr(output, "\"event\":\"wrong_options\""));
	write_config("nonsense = 1\n  log-format=json\n");
	assert_int_equal(read_with_config(""), LP_EXIT_CONFIG);
	assert_non_null(strstr(output, "\"event\":\"wrong_options\""));
	logged = false;
}

static void unknown_variables_are_named_in_one_warning(void **state)
{
	(void)state;
	setenv("LANPARTY_MAX_CLIENT", "7", 1);
	setenv("LANPARTY_HASTE", "a-secret", 1);
	setenv("LANPARTY_MAX_CLIENTS", "7", 1);
	assert_int_equal(read_words(stderr, ""), -1);
	assert_non_null(strstr(output, "level=warning event=environment_unknown names="));
	assert_non_null(strstr(output, "LANPARTY_MAX_CLIENT "));
	assert_non_null(strstr(output, "LANPARTY_HASTE"));
	assert_null(strstr(output, "LANPARTY_MAX_CLIENTS"));
	assert_null(strstr(output, "a-secret"));
	assert_ptr_equal(strchr(output, '\n'), strrchr(output, '\n'));
	no_environment = true;
	assert_int_equal(read_words(stderr, ""), -1);
	assert_string_equal(output, "");
	no_environment = false;
	unsetenv("LANPARTY_MAX_CLIENT");
	unsetenv("LANPARTY_HASTE");
	assert_int_equal(read_words(stderr, ""), -1);
	assert_string_equal(output, "");
	unsetenv("LANPARTY_MAX_CLIENTS");
}

static void keep_sentence(const char *sentence)
{
	snprintf(sentences, sizeof(sentences), "%s", sentence);
}

static void errors_go_to_the_programs_callback(void **state)
{
	(void)state;
	say = keep_sentence;
	assert_int_equal(read_words(stderr, "--nonsense"), LP_EXIT_USAGE);
	assert_string_equal(output, "");
	assert_string_equal(sentences, "there is no option --nonsense: see --help");
	say = NULL;
}

static void the_command_line_overrides_the_environment_and_that_the_file(void **state)
{
	(void)state;
	write_config("max-clients = 3\nrate = 3\nlisten = c\nname = c\nquick = no\n");
	setenv("LANPARTY_MAX_CLIENTS", "2", 1);
	setenv("LANPARTY_LISTEN", "e1 e2", 1);
	setenv("LANPARTY_QUICK", "yes", 1);
	setenv("LANPARTY_NAME", "", 1);
	assert_int_equal(read_with_config("--max-clients 1"), -1);
	assert_int_equal(v.clients, 1);
	setenv("LANPARTY_LISTEN", "e1 e2", 1);
	assert_int_equal(read_with_config(""), -1);
	assert_int_equal(v.clients, 2);
	assert_int_equal(v.rate, 3);
	assert_int_equal(v.listen.count, 2);
	assert_string_equal(v.listen.items[1], "e2");
	assert_true(v.quick);
	assert_string_equal(v.name, "c");
	assert_int_equal(read_words(stderr, "--listen l"), -1);
	assert_int_equal(v.listen.count, 1);
	assert_string_equal(v.listen.items[0], "l");

	setenv("LANPARTY_CONFIG", config_path, 1);
	assert_int_equal(read_words(stderr, ""), -1);
	assert_int_equal(v.rate, 3);
	setenv("LANPARTY_MAX_CLIENTS", "many", 1);
	assert_int_equal(read_words(stderr, ""), LP_EXIT_USAGE);
	assert_string_equal(output,
		"lanparty-test: LANPARTY_MAX_CLIENTS: a number from 1 to 1024 is "
		"expected, not \"many\"\n");
	unsetenv("LANPARTY_MAX_CLIENTS");
	unsetenv("LANPARTY_LISTEN");
	unsetenv("LANPARTY_QUICK");
	unsetenv("LANPARTY_NAME");
	unsetenv("LANPARTY_CONFIG");
}

static void secrets_do_not_stay_in_argv(void **state)
{
	(void)state;
	assert_int_equal(
		read_words(stderr, "--room ABCD-EFGH --room=IJKL-MNOP lanparty://h/QRST"), -1);
	assert_string_equal(v.room, "IJKL-MNOP");
	assert_string_equal(o.argument, "lanparty://h/QRST");
	for (size_t i = 0; i < sizeof(argv_bytes); i++) {
		if (!argv_bytes[i])
			argv_bytes[i] = ' ';
	}
	argv_bytes[sizeof(argv_bytes) - 1] = 0;
	assert_null(strstr(argv_bytes, "ABCD"));
	assert_null(strstr(argv_bytes, "IJKL"));
	assert_null(strstr(argv_bytes, "QRST"));
}

static void a_text_can_be_repeated_up_to_its_limit(void **state)
{
	(void)state;
	char words[400] = "";
	for (size_t i = 0; i < LP_OPTION_TEXTS_MAX; i++)
		strcat(words, "--listen=x ");
	setenv("LANPARTY_LISTEN", "x x x x x x x x x x x x x x x x", 1);
	assert_int_equal(read_words(stderr, ""), -1);
	assert_int_equal(v.listen.count, LP_OPTION_TEXTS_MAX);
	setenv("LANPARTY_LISTEN", "x x x x x x x x x x x x x x x x x", 1);
	assert_int_equal(read_words(stderr, ""), LP_EXIT_USAGE);
	unsetenv("LANPARTY_LISTEN");
	assert_int_equal(read_words(stderr, words), -1);
	assert_int_equal(v.listen.count, LP_OPTION_TEXTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_line_fills_the_table),
		cmocka_unit_test(a_command_comes_first_and_says_what_can_follow),
		cmocka_unit_test(numbers_have_ranges_and_units),
		cmocka_unit_test(errors_are_reported_in_one_sentence),
		cmocka_unit_test(help_and_version_go_to_stdout),
		cmocka_unit_test(a_configuration_file_has_the_same_names),
		cmocka_unit_test(a_command_can_have_a_file_that_is_missing),
		cmocka_unit_test(an_error_in_the_file_names_its_line),
		cmocka_unit_test(the_command_line_overrides_the_environment_and_that_the_file),
		cmocka_unit_test(the_default_file_is_optional_and_has_the_lowest_precedence),
		cmocka_unit_test(a_program_can_ignore_the_environment),
		cmocka_unit_test(errors_are_logged_in_the_wanted_format),
		cmocka_unit_test(unknown_variables_are_named_in_one_warning),
		cmocka_unit_test(errors_go_to_the_programs_callback),
		cmocka_unit_test(secrets_do_not_stay_in_argv),
		cmocka_unit_test(a_text_can_be_repeated_up_to_its_limit),
	};
	if (close(temporary_file(config_path)) != 0)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	lp_options_clear(&o);
	unlink(config_path);
	return failed;
}
