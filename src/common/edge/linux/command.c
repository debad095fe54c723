#include "lanparty/edge/linux/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/edge/json.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/output.h"

#define CLEAR "\033[H\033[J" /* the terminal: ECMA-48, CUP and ED */

size_t lp_show_options_add(struct lp_show_options *values, struct lp_option *table, size_t count)
{
	const struct lp_option options[] = {
		{.name = "json",
			.kind = LP_OPTION_FLAG,
			.help = "for commands that show something: as JSON, on one line",
			.value = &values->json},
		{.name = "watch",
			.kind = LP_OPTION_FLAG,
			.help = "for commands that show something: again every second",
			.value = &values->watch},
	};
	_Static_assert(sizeof(options) / sizeof(options[0]) == LP_SHOW_OPTIONS, "room for all");
	memcpy(table + count, options, sizeof(options));
	return count + LP_SHOW_OPTIONS;
}

/* What the answer says; NULL: it is neither a result nor an error. The caller frees it. */
static char *find(const char *answer, const char *key)
{
	size_t cap = strlen(answer) + 1;
	char *text = malloc(cap);
	if (text && lp_json_get(answer, key, text, cap))
		return text;
	free(text);
	return NULL;
}

static int show(const char *answer, bool json)
{
	char *result = json ? NULL : find(answer, "result"), *error = find(answer, "error");
	int code = LP_EXIT_OK;
	if (result) {
		puts(result);
	} else if (json && !error) {
		puts(answer);
	} else {
		lp_log(LP_LOG_ERROR, "refused", "reason=%s",
			error ? error : "the answer makes no sense");
		code = LP_EXIT_REFUSED;
	}
	free(result);
	free(error);
	return code;
}

static int ask(const struct lp_local_name *name, const struct lp_options *options,
	const char *argument, char **ret_answer)
{
	struct lp_text request;
	lp_text_init(&request, LP_LOCAL_LINE);
	lp_json_open(&request, NULL, '{');
	lp_json_string(&request, "command", options->command->name);
	lp_json_string(&request, "argument", argument);
	lp_json_close(&request, '}');
	const char *text = lp_text_get(&request);
	int code = text ? (int)lp_local_ask(name, text, ret_answer)
			: lp_options_wrong(options, "the argument is too long");
	lp_text_clear(&request);
	return code == LP_EXIT_OK && !*ret_answer ? (int)LP_EXIT_UNAVAILABLE : code;
}

int lp_command_run(
	const struct lp_local_name *name, const struct lp_options *options, const char *argument)
{
	char *answer = NULL;
	int code = ask(name, options, argument, &answer);
	if (code != LP_EXIT_OK)
		return code;
	code = show(answer, false);
	free(answer);
	return code;
}

int lp_command_show(const struct lp_local_name *name, const struct lp_options *options,
	const struct lp_show_options *values)
{
	bool clear = values->watch && !values->json && isatty(STDOUT_FILENO);
	for (;;) {
		char *answer = NULL;
		int code = ask(name, options, values->json ? LP_COMMAND_JSON : "", &answer);
		if (code != LP_EXIT_OK)
			return code;
		if (clear)
			fputs(CLEAR, stdout);
		code = show(answer, values->json);
		free(answer);
		if (!values->watch || code != LP_EXIT_OK || !lp_output_good())
			return code;
		sleep(1);
	}
}

void lp_command_answer(struct lp_local *l, int64_t who, const char *key, const char *text)
{
	struct lp_text line;
	lp_text_init(&line, LP_LOCAL_ANSWER);
	lp_json_open(&line, NULL, '{');
	lp_json_string(&line, key, text);
	lp_json_close(&line, '}');
	lp_local_answer(l, who,
		lp_text_get(&line) ? line.bytes
				   : "{\"error\":\"the answer is too long, or memory is short\"}");
	lp_text_clear(&line);
}
