/* Options from the command line and from a configuration file. The input starts with the number of bytes
 * of the file, modulo 256; the rest are arguments that end with a NUL. Whatever the text is, each value
 * that was read is a valid one, and a secret is no longer in the arguments. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lanparty/edge/exit.h"
#include "lanparty/edge/options.h"

#define ARGUMENTS  16
#define LEAST      3
#define MOST       70000
#define PATH_BYTES 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void say_nothing(const char *sentence)
{
	check(*sentence);
}

static bool even_length(const char *text, void *value)
{
	size_t len = strlen(text);
	if (len % 2 == 0)
		*(size_t *)value = len;
	return len % 2 == 0;
}

/* A file in memory; its path is for this process. */
static void write_config(const uint8_t *bytes, size_t len, char path[PATH_BYTES])
{
	static int file = -1;
	if (file < 0)
		file = memfd_create("config", MFD_CLOEXEC);
	check(file >= 0 && ftruncate(file, 0) == 0);
	check(pwrite(file, bytes, len, 0) == (ssize_t)len);
	snprintf(path, PATH_BYTES, "/proc/self/fd/%d", file);
}

static void check_texts(const struct lp_texts *texts)
{
	check(texts->count <= LP_OPTION_TEXTS_MAX);
	for (size_t i = 0; i < texts->count; i++)
		check(*texts->items[i] != '\0');
}

/* The arguments are in text, each with its NUL. */
static void read_options(char *text, size_t len, char *config)
{
	static const char *const allows[] = {"size", NULL};
	bool flag = false;
	const char *word = "default", *secret = NULL;
	struct lp_texts texts = {0};
	uint64_t number = LEAST, size = LEAST;
	size_t even = 0;
	const struct lp_option list[] = {
		{.name = "flag", .help = "", .kind = LP_OPTION_FLAG, .value = &flag},
		{.name = "word",
			.argument = "X",
			.help = "",
			.kind = LP_OPTION_TEXT,
			.value = &word},
		{.name = "secret",
			.argument = "X",
			.help = "",
			.kind = LP_OPTION_TEXT,
			.value = &secret,
			.secret = true},
		{.name = "texts",
			.argument = "X",
			.help = "",
			.kind = LP_OPTION_TEXTS,
			.value = &texts},
		{.name = "number",
			.argument = "X",
			.help = "",
			.kind = LP_OPTION_NUMBER,
			.value = &number,
			.min = LEAST,
			.max = MOST},
		{.name = "size",
			.argument = "X",
			.help = "",
			.kind = LP_OPTION_SIZE,
			.value = &size,
			.min = LEAST,
			.max = MOST},
		{.name = "even",
			.argument = "X",
			.help = "",
			.kind = LP_OPTION_PARSED,
			.value = &even,
			.parse = even_length,
			.expects = "an even length"},
	};
	struct lp_options options = {.program = "fuzz",
		.purpose = "",
		.positional = "ARGUMENT",
		.list = list,
		.count = sizeof(list) / sizeof(*list),
		.default_config = len % 2 ? config : NULL,
		.default_allows = len % 3 ? allows : NULL,
		.say = say_nothing};
	char *argv[ARGUMENTS + 2] = {(char[]){"fuzz"}};
	int argc = 1, result = -1;
	for (size_t at = 0; at < len && argc <= ARGUMENTS; at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	if (lp_options_read(&options, argc, argv, &result)) {
		check(*word != '\0' && number >= LEAST && number <= MOST);
		check(size >= LEAST && size <= MOST && even % 2 == 0);
		check_texts(&texts);
		check(!secret || *secret != '\0');
	} else {
		check(result == LP_EXIT_USAGE || result == LP_EXIT_CONFIG || result == LP_EXIT_OK);
	}
	lp_options_clear(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char config[PATH_BYTES];
	size_t file = len > 0 ? bytes[0] : 0;
	if (len == 0)
		return 0;
	file = file < len - 1 ? file : len - 1;
	write_config(bytes + 1, file, config);
	size_t rest = len - 1 - file;
	char *text = calloc(1, rest + 1);
	check(text != NULL);
	memcpy(text, bytes + 1 + file, rest);
	for (size_t i = 0; i < rest; i++) {
		if (text[i] == '/') /* it must open no other file */
			text[i] = '_';
	}
	read_options(text, rest, config);
	free(text);
	return 0;
}
