#include "lanparty/peer/linux/acts.h"

#include <stdio.h>
#include <string.h>

#include "lanparty/edge/json.h"
#include "lanparty/peer/linux/peer.h"

#define STATUS   "status"
#define LEAVE    "leave"
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
	return options->command && (act_of(options->command->name) != LP_ACT_NONE ||
					   lp_options_has_command(options, STATUS) ||
					   lp_options_has_command(options, LEAVE));
}

/* The argument is no invite: options and files name the room. */
static int act_without_program(
	struct lp_options *options, struct lp_peer_options *peer, char *argument)
{
	char *given = options->argument;
	int code = LP_EXIT_OK;
	if (!peer->room && !peer->room_file)
		return lp_options_wrong(options,
			"which room? Give --room-file FILE with the invite, or --room and --relay");
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
static bool asks_program(const struct lp_local_name *name, const struct lp_options *options,
	const struct lp_peer_options *peer)
{
	return !lp_options_was_given(options, "host-key") &&
	       (!peer->host_key_file || lp_local_runs(name));
}

int lp_act_command(const struct lp_local_name *name, struct lp_options *options,
	struct lp_peer_options *peer, const struct lp_show_options *show)
{
	char argument[ARGUMENT];
	int len = snprintf(
		argument, sizeof(argument), "%s", options->argument ? options->argument : "");
	if (lp_options_has_command(options, STATUS))
		return lp_command_show(name, options, show);
	if (len >= ARGUMENT)
		return lp_options_wrong(options, "the name is too long");
	if (needs_member(act_of(options->command->name)) && !argument[0])
		return lp_options_wrong(options, "which member? Give its name or its number");
	if (lp_options_has_command(options, LEAVE))
		return lp_command_run(name, options, argument);
	if (!asks_program(name, options, peer))
		return act_without_program(options, peer, argument);
	if (lp_local_runs(name))
		return lp_command_run(name, options, argument);
	lp_log(LP_LOG_ERROR, "control_failed", "error=%s hint=%s", "the program does not run",
		"start the program first: it must be in its room; or name the room's host key "
		"with --host-key");
	return LP_EXIT_UNAVAILABLE;
}

/* ---- the program */

static void answer(struct lp_acts *acts, int64_t who, const char *key, const char *text)
{
	acts->waiting[who % LP_LOCAL_CLIENTS].id = 0;
	lp_command_answer(acts->local, who, key, text);
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

static void show(struct lp_acts *acts, int64_t who, const char *form, lp_time now)
{
	struct lp_text text;
	bool json = strcmp(form, LP_COMMAND_JSON) == 0;
	lp_text_init(&text, LP_LOCAL_ANSWER);
	(json ? lp_report_json : lp_report_text)(acts->report, now, &text);
	const char *shown = lp_text_get(&text);
	if (json && shown)
		lp_local_answer(acts->local, who, shown);
	else
		answer(acts, who, shown ? "result" : "error",
			shown ? shown : "the program is out of memory");
	lp_text_clear(&text);
}

/* True: it was one of those that need no relay. */
static bool take_own(
	struct lp_acts *acts, int64_t who, const char *word, const char *argument, lp_time now)
{
	if (strcmp(word, STATUS) == 0) {
		show(acts, who, argument, now);
		return true;
	}
	if (strcmp(word, LEAVE) != 0)
		return false;
	acts->leaves = true;
	acts->leavers[who % LP_LOCAL_CLIENTS] = who + 1;
	return true;
}

void lp_acts_end(struct lp_acts *acts)
{
	for (int i = 0; acts->local && i < LP_LOCAL_CLIENTS; i++)
		if (acts->leavers[i])
			answer(acts, acts->leavers[i] - 1, "result", "left the room");
}

static void take(
	struct lp_acts *acts, struct lp_link *link, int64_t who, const char *line, lp_time now)
{
	char word[WORD], argument[ARGUMENT];
	if (!lp_json_get(line, "command", word, sizeof(word)) ||
		!lp_json_get(line, "argument", argument, sizeof(argument))) {
		answer(acts, who, "error", "the request makes no sense");
		return;
	}
	if (take_own(acts, who, word, argument, now))
		return;
	const char *fault = lp_act_ask(link, acts->last_id + 1, word, argument);
	if (fault)
		answer(acts, who, "error", fault);
	else
		acts->waiting[who % LP_LOCAL_CLIENTS] = (struct lp_waiting){who, ++acts->last_id};
}

void lp_acts_read(struct lp_acts *acts, struct lp_link *link, lp_time now)
{
	const char *line;
	int64_t who;
	while ((who = lp_local_next(acts->local, &line)) >= 0)
		take(acts, link, who, line, now);
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
				lp_acted_is_done(action->done.acted) ? "result" : "error",
				lp_acted_text(action->done.acted));
	}
}
