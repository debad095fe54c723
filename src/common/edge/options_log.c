#include "options_log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/edge/log.h"
#include "lanparty/edge/parse.h"

#define PREFIX        "LANPARTY_"
#define FORMAT_OPTION "log-format"
#define VARIABLE_MAX  200
#define NAMES_MAX     400
#define FORMAT_MAX    16

#ifndef _WIN32
extern char **environ;
#endif

static bool has_option(const struct lp_options *o, const char *name)
{
	for (size_t i = 0; i < o->count; i++)
		if (strcmp(o->list[i].name, name) == 0)
			return true;
	return false;
}

void lp_options_variable(const char *name, char *text, size_t cap)
{
	snprintf(text, cap, PREFIX "%s", name);
	for (char *at = text; *at; at++)
		*at = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
}

static const char *format_in_arguments(int argc, char **argv)
{
	static const char option[] = "--" FORMAT_OPTION;
	const char *found = NULL;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], option) == 0 && i + 1 < argc)
			found = argv[i + 1];
		else if (strncmp(argv[i], option, sizeof(option) - 1) == 0 &&
			 argv[i][sizeof(option) - 1] == '=')
			found = argv[i] + sizeof(option);
	}
	return found;
}

static const char *format_in_environment(const struct lp_options *o)
{
	char variable[VARIABLE_MAX];
	if (o->no_environment)
		return NULL;
	lp_options_variable(FORMAT_OPTION, variable, sizeof(variable));
	return getenv(variable);
}

static void set_format(const char *text)
{
	enum lp_log_format format = LP_LOG_TEXT;
	if (text)
		lp_parse_log_format(text, &format);
	lp_log_set(LP_LOG_INFO, format);
}

void lp_options_log_as_given(const struct lp_options *o, int argc, char **argv)
{
	const char *text = NULL;
	if (has_option(o, FORMAT_OPTION))
		text = format_in_arguments(argc, argv);
	if (has_option(o, FORMAT_OPTION) && !text)
		text = format_in_environment(o);
	lp_log_name(o->program);
	set_format(text);
}

void lp_options_log_as_config_says(const struct lp_options *o, const char *text)
{
	char format[FORMAT_MAX];
	if (!has_option(o, FORMAT_OPTION) || lp_log_get_format() != LP_LOG_TEXT)
		return;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, " " FORMAT_OPTION " = %15[a-z]", format) == 1)
			set_format(format);
	}
}

#ifdef _WIN32
void lp_options_warn_unknown(const struct lp_options *o)
{
	(void)o; /* a window has no use for it, and says nothing of the environment */
}
#else
static bool is_known(const struct lp_options *o, const char *name, size_t len)
{
	char variable[VARIABLE_MAX];
	for (size_t i = 0; i <= o->count; i++) {
		lp_options_variable(
			i < o->count ? o->list[i].name : "config", variable, sizeof(variable));
		if (strlen(variable) == len && memcmp(variable, name, len) == 0)
			return true;
	}
	return false;
}

void lp_options_warn_unknown(const struct lp_options *o)
{
	char names[NAMES_MAX] = "";
	size_t len = 0;
	if (o->no_environment)
		return;
	for (char **at = environ; at && *at; at++) {
		size_t name_len = strcspn(*at, "=");
		if (strncmp(*at, PREFIX, sizeof(PREFIX) - 1) != 0 || is_known(o, *at, name_len))
			continue;
		int n = snprintf(names + len, sizeof(names) - len, "%s%.*s", len > 0 ? " " : "",
			(int)name_len, *at);
		len += n > 0 ? (size_t)n : 0;
		if (len >= sizeof(names))
			break;
	}
	if (len > 0)
		lp_log(LP_LOG_WARNING, "environment_unknown", "names=%s hint=%s", names,
			"these are no options of this program and change nothing: see --help");
}
#endif
