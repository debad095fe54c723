#include "lanparty/edge/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "lanparty/edge/exit.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/output.h"
#include "options_log.h"

#define HELP_COLUMN     32
#define SOURCE_BYTES    200
#define SENTENCE_BYTES  1024
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static const struct lp_option built_in[] = {
	{.name = "config",
		.argument = "FILE",
		.help = "read options from FILE: lines of name = value",
		.kind = LP_OPTION_TEXT},
	{.name = "help", .help = "show this and exit"},
	{.name = "version", .help = "show the version and exit"},
};
enum { CONFIG, HELP, VERSION, BUILT_IN_COUNT };

struct reading {
	struct lp_options *o;
	const char *config_file;
	bool given[LP_OPTIONS_MAX]; /* set by a source of higher precedence */
	bool now[LP_OPTIONS_MAX];   /* set by the current source */
	bool in_default;            /* reading the default configuration file */
	size_t secrets;
	int exit;
};

/* A text that is wiped before it is freed. Its size stands before it, because the owner can have
 * inserted a NUL since. */
static char *keep(size_t size)
{
	char *block = calloc(1, sizeof(size) + size);
	if (!block)
		return NULL;
	memcpy(block, &size, sizeof(size));
	return block + sizeof(size);
}

static void discard(char *text)
{
	size_t size;
	if (!text)
		return;
	char *block = text - sizeof(size);
	memcpy(&size, block, sizeof(size));
	lp_zero_free(block, sizeof(size) + size);
}

void lp_options_clear(struct lp_options *o)
{
	discard(o->argument);
	for (size_t i = 0; i < LP_OPTION_CONFIGS; i++)
		discard(o->configs[i]);
	for (size_t i = 0; i < LP_OPTION_SECRETS; i++)
		discard(o->secrets[i]);
	o->argument = NULL;
	memset(o->configs, 0, sizeof(o->configs));
	memset(o->secrets, 0, sizeof(o->secrets));
}

int lp_options_wrong(const struct lp_options *o, const char *sentence)
{
	if (o->say)
		o->say(sentence);
	else if (lp_log_speaks())
		fprintf(stderr, "%s: %s\n", o->program, sentence);
	else
		lp_log(LP_LOG_ERROR, "wrong_options", "reason=%s", sentence);
	return LP_EXIT_USAGE;
}

__attribute__((format(printf, 2, 3))) static void say(
	const struct reading *r, const char *format, ...)
{
	char text[SENTENCE_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	lp_options_wrong(r->o, text);
}

static void show_line(const char *dashes, const char *name, const char *argument, const char *help)
{
	char left[100];
	snprintf(left, sizeof(left), "  %s%s%s%s", dashes, name, argument ? " " : "",
		argument ? argument : "");
	printf("%-*s", HELP_COLUMN, left);
	if (strlen(left) >= HELP_COLUMN)
		printf("\n%*s", HELP_COLUMN, "");
	for (const char *at = help; *at; at++) {
		putchar(*at);
		if (*at == '\n')
			printf("%*s", HELP_COLUMN, "");
	}
	putchar('\n');
}

static void show_commands(const struct lp_options *o)
{
	printf("\nCommands, instead of running:\n");
	for (size_t i = 0; i < o->command_count; i++)
		show_line("", o->commands[i].name, o->commands[i].argument, o->commands[i].help);
}

static void show_help(const struct lp_options *o)
{
	printf("Usage: %s%s [options]%s%s%s\n\n%s\n", o->program,
		o->command_count ? " [command]" : "", o->positional ? " [" : "",
		o->positional ? o->positional : "", o->positional ? "]" : "", o->purpose);
	if (o->command_count)
		show_commands(o);
	printf("\nOptions:\n");
	for (size_t i = 0; i < o->count; i++)
		show_line("--", o->list[i].name, o->list[i].argument, o->list[i].help);
	for (size_t i = 0; i < BUILT_IN_COUNT; i++)
		show_line("--", built_in[i].name, built_in[i].argument, built_in[i].help);
	printf("\nThe command line overrides the environment (LANPARTY_LOG_LEVEL=debug for\n"
	       "--log-level debug), and the environment overrides the configuration file.\n");
}

/* Decimal digits with an optional unit. False: anything else, or too large. */
static bool parse_number(const char *text, bool size, uint64_t *ret_number)
{
	uint64_t number = 0;
	const char *at = text;
	for (; *at >= '0' && *at <= '9'; at++) {
		uint64_t digit = (uint64_t)(*at - '0');
		if (number > (UINT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	if (at == text)
		return false;
	static const char units[] = "KMG";
	const char *unit = size && *at ? strchr(units, toupper((unsigned char)*at)) : NULL;
	if (unit) {
		unsigned shift = 10u * (unsigned)(unit - units + 1);
		if (number > UINT64_MAX >> shift)
			return false;
		number <<= shift;
		at++;
	}
	*ret_number = number;
	return *at == 0;
}

static bool parse_flag(const char *text, bool *ret_flag)
{
	static const char *const words[2][4] = {
		{"no", "false", "0", "off"}, {"yes", "true", "1", "on"}};
	for (size_t truth = 0; truth < 2; truth++) {
		for (size_t i = 0; i < 4; i++) {
			if (strcmp(text, words[truth][i]) == 0) {
				*ret_flag = truth;
				return true;
			}
		}
	}
	return false;
}

/* Describes a valid value for the error message: "a number from 1 to 1024". */
static void say_expected(const struct lp_option *option, char text[SOURCE_BYTES])
{
	switch (option->kind) {
	case LP_OPTION_FLAG:
		snprintf(text, SOURCE_BYTES, "yes or no");
		break;
	case LP_OPTION_NUMBER:
	case LP_OPTION_SIZE:
		snprintf(text, SOURCE_BYTES, "a number from %llu to %llu%s",
			(unsigned long long)option->min, (unsigned long long)option->max,
			option->kind == LP_OPTION_SIZE ? ", K, M or G can follow," : "");
		break;
	default:
		snprintf(text, SOURCE_BYTES, "%s",
			option->expects ? option->expects : "a text that is not empty");
	}
}

static bool wrong(
	struct reading *r, const char *source, const struct lp_option *option, const char *text)
{
	char expected[SOURCE_BYTES];
	say_expected(option, expected);
	if (option->secret)
		text = "...";
	say(r, "%s: %s is expected, not \"%s\"", source, expected, text);
	return false;
}

static bool store(struct reading *r, const struct lp_option *option, const char *text)
{
	uint64_t number = 0;
	struct lp_texts *texts = option->value;
	switch (option->kind) {
	case LP_OPTION_FLAG:
		return parse_flag(text, option->value);
	case LP_OPTION_TEXT:
		if (!*text)
			return false;
		*(const char **)option->value = text;
		return true;
	case LP_OPTION_TEXTS:
		if (!r->now[option - r->o->list])
			texts->count = 0; /* given values replace the default list */
		if (!*text || texts->count == LP_OPTION_TEXTS_MAX)
			return false;
		texts->items[texts->count++] = text;
		return true;
	case LP_OPTION_NUMBER:
	case LP_OPTION_SIZE:
		if (!parse_number(text, option->kind == LP_OPTION_SIZE, &number) ||
			number < option->min || number > option->max)
			return false;
		*(uint64_t *)option->value = number;
		return true;
	case LP_OPTION_PARSED:
		return option->parse(text, option->value);
	}
	return false;
}

/* Takes one value from the current source. text is NULL for a flag without a value. */
static bool take(
	struct reading *r, const char *source, const struct lp_option *option, const char *text)
{
	size_t index = (size_t)(option - r->o->list);
	if (r->given[index])
		return true;
	if (!store(r, option, text ? text : "yes"))
		return wrong(r, source, option, text);
	r->now[index] = true;
	return true;
}

static void next_source(struct reading *r)
{
	for (size_t i = 0; i < LP_OPTIONS_MAX; i++)
		r->given[i] = r->given[i] || r->now[i];
	memset(r->now, 0, sizeof(r->now));
}

static const struct lp_option *find(
	const struct lp_option *list, size_t count, const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(list[i].name) == len && memcmp(list[i].name, name, len) == 0)
			return &list[i];
	}
	return NULL;
}

static bool no_memory(struct reading *r)
{
	say(r, "out of memory");
	r->exit = LP_EXIT_INTERNAL;
	return false;
}

/* Copies the secret and overwrites it in argv or the environment. NULL: out of memory. */
static char *hide(char *shown)
{
	size_t size = strlen(shown) + 1;
	char *copy = keep(size);
	if (copy)
		memcpy(copy, shown, size);
	for (volatile char *at = shown; *at; at++)
		*at = 'x';
	return copy;
}

/* A value of the command line or the environment. */
static bool take_shown(
	struct reading *r, const char *source, const struct lp_option *option, char *text)
{
	if (option->secret && text) {
		text = hide(text);
		if (!text)
			return no_memory(r);
		if (r->secrets == LP_OPTION_SECRETS) {
			discard(text);
			say(r, "%s is given too often", source);
			return false;
		}
		r->o->secrets[r->secrets++] = text;
	}
	return take(r, source, option, text);
}

bool lp_options_has_command(const struct lp_options *o, const char *name)
{
	return o->command && strcmp(o->command->name, name) == 0;
}

bool lp_options_was_given(const struct lp_options *o, const char *name)
{
	const struct lp_option *option = find(o->list, o->count, name, strlen(name));
	return option && o->given[option - o->list];
}

static const struct lp_command *find_command(const struct lp_options *o, const char *text)
{
	for (size_t i = 0; i < o->command_count; i++)
		if (strcmp(o->commands[i].name, text) == 0)
			return &o->commands[i];
	return NULL;
}

static bool take_positional(struct reading *r, char *text)
{
	struct lp_options *o = r->o;
	const struct lp_command *command = o->command || o->argument ? NULL : find_command(o, text);
	if (command) {
		o->command = command;
		return true;
	}
	const char *expected = o->command ? o->command->argument : o->positional;
	if (!expected || o->argument) {
		/* It can be a misplaced secret, so it is not repeated. */
		say(r, "an argument without name is %s: see --help",
			expected ? "given twice" : "not expected");
		return false;
	}
	o->argument = hide(text);
	return o->argument || no_memory(r);
}

/* Handles --help, --version and --config. False ends the program. */
static bool take_built_in(struct reading *r, const struct lp_option *option, const char *text)
{
	if (option == &built_in[CONFIG]) {
		r->config_file = text;
		return true;
	}
	if (option == &built_in[HELP])
		show_help(r->o);
	else
		printf("%s %s\n", r->o->program, LANPARTY_VERSION);
	r->exit = lp_output_end(LP_EXIT_OK);
	return false;
}

/* Reads the option at argv[*at]. Moves *at to the option's last argument. */
static bool read_option(struct reading *r, int argc, char **argv, int *at)
{
	const char *name = argv[*at] + 2;
	size_t len = strcspn(name, "=");
	const struct lp_option *option = find(built_in, BUILT_IN_COUNT, name, len);
	bool own = option != NULL;
	if (!own)
		option = find(r->o->list, r->o->count, name, len);
	char source[SOURCE_BYTES];
	snprintf(source, sizeof(source), "--%.*s", (int)(len < 100 ? len : 100), name);
	if (!option) {
		say(r, "there is no option %s: see --help", source);
		return false;
	}
	char *text = name[len] ? argv[*at] + 2 + len + 1 : NULL;
	if (!text && option->argument) {
		if (*at + 1 == argc) {
			say(r, "%s needs %s after it", source, option->argument);
			return false;
		}
		text = argv[++*at];
	}
	return own ? take_built_in(r, option, text) : take_shown(r, source, option, text);
}

static bool read_command_line(struct reading *r, int argc, char **argv)
{
	bool only_positional = false;
	for (int at = 1; at < argc; at++) {
		if (only_positional || argv[at][0] != '-' || !argv[at][1]) {
			if (!take_positional(r, argv[at]))
				return false;
		} else if (strcmp(argv[at], "--") == 0) {
			only_positional = true;
		} else if (strcmp(argv[at], "-h") == 0) {
			return take_built_in(r, &built_in[HELP], NULL);
		} else if (argv[at][1] != '-') {
			say(r, "there is no option %s: see --help", argv[at]);
			return false;
		} else if (!read_option(r, argc, argv, &at)) {
			return false;
		}
	}
	next_source(r);
	return true;
}

static char *from_environment(const char *name, char variable[SOURCE_BYTES])
{
	lp_options_variable(name, variable, SOURCE_BYTES);
	return getenv(variable);
}

/* Splits the words of a repeated option in place, in the environment's memory. */
static bool take_words(
	struct reading *r, const char *source, const struct lp_option *option, char *text)
{
	for (char *word = strtok(text, " \t"); word; word = strtok(NULL, " \t")) {
		if (!take(r, source, option, word))
			return false;
	}
	return true;
}

static bool read_environment(struct reading *r)
{
	char variable[SOURCE_BYTES];
	if (r->o->no_environment)
		return true;
	for (size_t i = 0; i < r->o->count; i++) {
		const struct lp_option *option = &r->o->list[i];
		char *text = from_environment(option->name, variable);
		if (!text || !*text) /* an empty one counts as none, as units and scripts expect */
			continue;
		bool repeated = option->kind == LP_OPTION_TEXTS || option->kind == LP_OPTION_PARSED;
		if (repeated ? !take_words(r, variable, option, text)
			     : !take_shown(r, variable, option, text))
			return false;
	}
	if (!r->config_file)
		r->config_file = from_environment(built_in[CONFIG].name, variable);
	next_source(r);
	return true;
}

static bool load_config(struct reading *r, char **ret_text)
{
	char *text = keep(LP_CONFIG_MAX + 1);
	if (!text)
		return no_memory(r);
	*ret_text = text;
	FILE *file = fopen(r->config_file, "rb");
	if (file)
		setvbuf(file, NULL, _IONBF, 0); /* no second copy, which nobody would wipe */
	size_t len = file ? fread(text, 1, LP_CONFIG_MAX + 1, file) : 0;
	bool good = file && !ferror(file) && len <= LP_CONFIG_MAX;
	int error = len > LP_CONFIG_MAX ? EFBIG : errno;
	if (file)
		fclose(file);
	if (!good) {
		text[LP_CONFIG_MAX] = 0;
		say(r, "cannot read the configuration file %s: %s", r->config_file,
			strerror(error));
	}
	return good;
}

static char *trimmed(char *text)
{
	text += strspn(text, " \t");
	size_t len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]))
		text[--len] = 0;
	return text;
}

static bool is_allowed(const struct lp_options *o, const char *name)
{
	const char *const *at = o->default_allows;
	while (at && *at && strcmp(*at, name) != 0)
		at++;
	return !at || *at;
}

static bool read_config_line(struct reading *r, char *line, unsigned number)
{
	char *name = trimmed(line);
	if (!*name || *name == '#')
		return true;
	char *equals = strchr(name, '='), *text = NULL;
	if (equals) {
		*equals = 0;
		text = trimmed(equals + 1);
		name = trimmed(name);
	}
	char source[SOURCE_BYTES];
	snprintf(source, sizeof(source), "%.120s:%u: %.60s", r->config_file, number,
		*name ? name : "\"\"");
	const struct lp_option *option = find(r->o->list, r->o->count, name, strlen(name));
	if (!option) {
		say(r, "%s: there is no such option: see --help%s", source,
			text ? "" : "; a line is name = value");
		return false;
	}
	if (!text && option->argument) {
		say(r, "%s: needs \" = %s\" after it", source, option->argument);
		return false;
	}
	if (r->in_default && !is_allowed(r->o, name)) {
		say(r, "%s: cannot stand in this file", source);
		return false;
	}
	return take(r, source, option, text);
}

static bool read_config(struct reading *r, const char *file, char **ret_text)
{
	r->config_file = file;
	r->exit = LP_EXIT_CONFIG;
	if (!load_config(r, ret_text))
		return false;
	unsigned number = 1;
	char *line = *ret_text;
	if (strncmp(line, BYTE_ORDER_MARK, sizeof(BYTE_ORDER_MARK) - 1) == 0)
		line += sizeof(BYTE_ORDER_MARK) - 1; /* Windows Notepad can start a file with it */
	lp_options_log_as_config_says(r->o, line);
	for (; line; number++) {
		char *end = strchr(line, '\n');
		if (end)
			*end++ = 0;
		if (!read_config_line(r, line, number))
			return false;
		line = end;
	}
	next_source(r);
	return true;
}

static bool exists(const char *name)
{
	FILE *file = fopen(name, "r");
	if (file)
		fclose(file);
	return file || errno != ENOENT;
}

/* Reads the file that --config names, then the optional default file. */
static bool read_configs(struct reading *r)
{
	struct lp_options *o = r->o;
	bool optional = o->command && o->command->config;
	memcpy(o->given, r->given, sizeof(o->given));
	if (!r->config_file && optional)
		r->config_file = o->command->config;
	o->config_file = r->config_file;
	if (r->config_file && (!optional || exists(r->config_file)) &&
		!read_config(r, r->config_file, &o->configs[0]))
		return false;
	r->in_default = true;
	return !o->default_config || !exists(o->default_config) ||
	       read_config(r, o->default_config, &o->configs[1]);
}

bool lp_options_read(struct lp_options *o, int argc, char **argv, int *ret_exit)
{
	struct reading r = {.o = o, .exit = LP_EXIT_USAGE};
	lp_options_log_as_given(o, argc, argv);
	bool good = o->count <= LP_OPTIONS_MAX && read_command_line(&r, argc, argv) &&
		    read_environment(&r) && read_configs(&r);
	if (good)
		lp_options_warn_unknown(o);
	else
		*ret_exit = r.exit;
	return good;
}
