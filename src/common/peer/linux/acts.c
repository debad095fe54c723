#include "lanparty/peer/linux/acts.h"

#include <stdio.h>
#include <string.h>

#include "lanparty/edge/json.h"
#include "lanparty/edge/log.h"
#include "lanparty/peer/linux/peer.h"

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

/* The argument is no invite: options and files name the room. */
static int act_without_program(
	struct lp_options *options, struct lp_peer_options *peer, char *argument)
{
	char *given = options->argument;
	int code = LP_EXIT_OK;
	options->argument = NULL;
	bool good = lp_peer_options_finish(peer, options, &code);
	options->argument = given;
	if (good && !peer->host_key.known)
		return lp_options_wrong(options,
			"only the room's host can do this: name the file of its key with "
			"--host-key");
	return good ? lp_peer_act(peer, options->command->name, argument) : code;
}

/* Whoever names the key means the room of the options, not that of a program that happens to run. */
static bool asks_program(
	const char *program, const struct lp_options *options, const struct lp_peer_options *peer)
{
	return !lp_options_was_given(options, "host-key") &&
	       (!peer->host_key_file || lp_local_runs(program));
}

static int ask_program(const char *program, const struct lp_options *options, const char *argument)
{
	char request[LP_LOCAL_LINE] = "", answer[LP_LOCAL_LINE + 1], text[LP_LOCAL_LINE];
	const char *word = options->command->name;
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

int lp_act_command(const char *program, struct lp_options *options, struct lp_peer_options *peer)
{
	char argument[ARGUMENT];
	int len = snprintf(
		argument, sizeof(argument), "%s", options->argument ? options->argument : "");
	if (len >= ARGUMENT)
		return lp_options_wrong(options, "the name is too long");
	if (needs_member(act_of(options->command->name)) && !argument[0])
		return lp_options_wrong(options, "which member? Give its name or its number");
	return asks_program(program, options, peer) ? ask_program(program, options, argument)
						    : act_without_program(options, peer, argument);
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

const char *lp_act_ask(struct lp_link *link, uint64_t id, const char *word, char *argument)
{
	struct lp_host_act act = {.id = id};
	const char *fault = fill(link, word, argument, &act);
	return fault ? fault : lp_link_act(link, &act);
}

static void take(struct lp_acts *acts, struct lp_link *link, int64_t who, const char *line)
{
	char word[WORD], argument[ARGUMENT];
	if (!lp_json_get(line, "command", word, sizeof(word)) ||
		!lp_json_get(line, "argument", argument, sizeof(argument))) {
		answer(acts, who, "error", "the request makes no sense");
		return;
	}
	const char *fault = lp_act_ask(link, acts->last_id + 1, word, argument);
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
