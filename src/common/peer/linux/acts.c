#include "lanparty/peer/linux/acts.h"

#include <stdio.h>
#include <string.h>

#include "lanparty/edge/json.h"
#include "lanparty/edge/log.h"

#define WORD     32
#define ARGUMENT 256

static enum lp_act act_of(const char *word)
{
	for (int i = LP_ACT_NONE + 1; i <= LP_ACT_UNISOLATE; i++)
		if (strcmp(lp_act_word((enum lp_act)i), word) == 0)
			return (enum lp_act)i;
	return LP_ACT_NONE;
}

static bool needs_member(enum lp_act act)
{
	return act == LP_ACT_KICK || act == LP_ACT_BAN || act == LP_ACT_RENAME;
}

/* ---- the command */

bool lp_act_is_command(const struct lp_options *options)
{
	return options->command && act_of(options->command->name) != LP_ACT_NONE;
}

int lp_act_command(const char *program, const struct lp_options *options)
{
	char request[LP_LOCAL_LINE] = "", answer[LP_LOCAL_LINE + 1], text[LP_LOCAL_LINE];
	const char *word = options->command->name;
	const char *argument = options->argument ? options->argument : "";
	if (needs_member(act_of(word)) && !argument[0])
		return lp_options_wrong(options, "which member? Give its name or its number");
	if (!lp_json_put(request, sizeof(request), "command", word) ||
		!lp_json_put(request, sizeof(request), "argument", argument))
		return lp_options_wrong(options, "the name is too long");
	enum lp_exit code = lp_local_ask(program, request, answer);
	if (code != LP_EXIT_OK)
		return (int)code;
	if (lp_json_get(answer, "result", text, sizeof(text))) {
		puts(text);
		return LP_EXIT_OK;
	}
	bool told = lp_json_get(answer, "error", text, sizeof(text));
	lp_log(LP_LOG_ERROR, "refused", "reason=%s", told ? text : "the answer makes no sense");
	return LP_EXIT_REFUSED;
}

/* ---- the program */

static void answer(struct lp_acts *acts, int64_t who, const char *key, const char *text)
{
	char line[LP_LOCAL_LINE] = "";
	lp_json_put(line, sizeof(line), key, text);
	acts->waiting[who % LP_LOCAL_CLIENTS].id = 0;
	lp_local_answer(acts->local, who, line);
}

/* Of "MEMBER=NAME", the name; "" when it is missing. The member stays. */
static const char *cut_name(char *argument)
{
	char *sign = strchr(argument, '=');
	if (!sign)
		return "";
	*sign = '\0';
	return sign + 1;
}

/* NULL; or why not. */
static const char *fill(
	struct lp_link *link, const char *word, char *argument, struct lp_host_act *act)
{
	const char *name = argument;
	act->act = act_of(word);
	if (act->act == LP_ACT_NONE)
		return "there is no such command";
	if (act->act == LP_ACT_RENAME)
		name = cut_name(argument);
	lp_name_copy(act->name, sizeof(act->name), name, strlen(name));
	if (act->act == LP_ACT_RENAME && !act->name[0])
		return "which name? Give MEMBER=NAME";
	size_t found = needs_member(act->act) ? lp_link_find(link, argument, &act->peer) : 1;
	return found == 0  ? "no such member is in the room"
	       : found > 1 ? "several members have this name: give a number, which the events "
			     "peer_joined have"
			   : NULL;
}

static void take(struct lp_acts *acts, struct lp_link *link, int64_t who, const char *line)
{
	char word[WORD], argument[ARGUMENT];
	struct lp_host_act act = {.id = acts->last_id + 1};
	if (!lp_json_get(line, "command", word, sizeof(word)) ||
		!lp_json_get(line, "argument", argument, sizeof(argument))) {
		answer(acts, who, "error", "the request makes no sense");
		return;
	}
	const char *fault = fill(link, word, argument, &act);
	if (!fault)
		fault = lp_link_act(link, &act);
	if (fault)
		answer(acts, who, "error", fault);
	else
		acts->waiting[who % LP_LOCAL_CLIENTS] = (struct lp_waiting){who, ++acts->last_id};
}

void lp_acts_read(struct lp_acts *acts, struct lp_link *link)
{
	const char *line;
	int64_t who;
	while ((who = lp_local_next(acts->local, &line)) >= 0)
		take(acts, link, who, line);
}

void lp_acts_told(struct lp_acts *acts, const struct lp_tunnel_action *action)
{
	bool lost = action->kind == LP_TUNNEL_DISCONNECTED;
	for (int i = 0; acts->local && i < LP_LOCAL_CLIENTS; i++) {
		const struct lp_waiting *w = &acts->waiting[i];
		if (w->id == 0)
			continue;
		if (lost)
			answer(acts, w->who, "error", "the relay was lost before it answered");
		else if (action->kind == LP_TUNNEL_ACTED && action->done.id == w->id)
			answer(acts, w->who,
				action->done.acted == LP_ACTED_DONE ? "result" : "error",
				lp_acted_text(action->done.acted));
	}
}
