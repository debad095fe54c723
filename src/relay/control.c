#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lanparty/edge/json.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/parse.h"
#include "relay_report.h"

#define WORD     32
#define ARGUMENT 256

static const struct lp_local_name name = {"relay", "relay"};

/* ---- the command */

bool control_is_command(const struct lp_options *options)
{
	static const char *const words[] = {
		"status", "rooms", "reload", "log-level", "kick", "ban"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (lp_options_has_command(options, words[i]))
			return true;
	return false;
}

int control_command(const struct lp_options *options, const struct lp_show_options *show)
{
	if (lp_options_has_command(options, "status") || lp_options_has_command(options, "rooms"))
		return lp_command_show(&name, options, show);
	return lp_command_run(&name, options, options->argument ? options->argument : "");
}

/* ---- the thread */

static void answer_text(struct control *c, int64_t who, struct lp_text *text, bool json)
{
	const char *shown = lp_text_get(text);
	if (json && shown)
		lp_local_answer(&c->local, who, shown);
	else
		lp_command_answer(&c->local, who, shown ? "result" : "error",
			shown ? shown
			      : "the answer is too long, or memory is short: ask for rooms");
}

static void show(struct control *c, int64_t who, bool members, bool json)
{
	struct relay_view view = {.shows_addresses = c->shows_addresses, .shows_members = members};
	struct lp_text text;
	lp_text_init(&text, LP_LOCAL_ANSWER);
	if (relay_view_take(&view, c->workers)) {
		(json ? relay_report_json : relay_report_text)(&view, &text);
		answer_text(c, who, &text, json);
	} else {
		lp_command_answer(&c->local, who, "error", RELAY_VIEW_MISSING);
	}
	lp_text_clear(&text);
	relay_view_clear(&view);
}

static void done(struct control *c, int64_t who, const char *fault)
{
	lp_command_answer(&c->local, who, fault ? "error" : "result", fault ? fault : "done");
}

static const char *ask_one(struct control *c, size_t worker, struct ask *ask)
{
	return workers_ask(c->workers, worker, ask) ? NULL : "a part of the relay does not answer";
}

static const char *reload(struct control *c)
{
	struct ask ask = {.kind = ASK_RELOAD};
	const char *fault = ask_one(c, 0, &ask);
	return fault || ask.good ? fault
				 : "something could not be read, and what was there stays: look "
				   "into the log";
}

static const char *set_level(struct control *c, const char *text)
{
	enum lp_log_level level;
	const char *fault = NULL;
	if (!lp_log_level_parse(text, &level))
		return "which level? " LP_EXPECTS_LOG_LEVEL;
	for (size_t i = 0; !fault && i < workers_count(c->workers); i++) {
		struct ask ask = {.kind = ASK_TRACE, .on = level == LP_LOG_FRAME};
		fault = ask_one(c, i, &ask);
	}
	if (fault)
		return fault;
	/* The line of the change is logged at the higher one of both levels, and has that level if it is above
	 * its own: no change is without a line. */
	if (!lp_log_on(level))
		lp_log_change(level);
	lp_log(lp_log_on(LP_LOG_INFO)       ? LP_LOG_INFO
		: lp_log_on(LP_LOG_WARNING) ? LP_LOG_WARNING
					    : LP_LOG_ERROR,
		"log_level", "level=%s", text);
	lp_log_change(level);
	return NULL;
}

/* ROOM/NUMBER, as status shows them. */
static void remove_member(struct control *c, int64_t who, enum lp_act act, const char *text)
{
	struct ask ask = {.kind = ASK_ACT, .act = {.act = act}};
	char *end;
	unsigned long room = strtoul(text, &end, 10),
		      peer = *end == '/' ? strtoul(end + 1, &end, 10) : 0;
	if (*end || room == 0 || room > UINT32_MAX || peer == 0 || peer > UINT16_MAX) {
		done(c, who,
			"which member? Give ROOM/NUMBER, as 'lanparty-relay status' shows them");
		return;
	}
	ask.room = (uint32_t)room;
	ask.act.peer = (uint16_t)peer;
	const char *fault = ask_one(c, workers_of_room(c->workers, ask.room), &ask);
	bool good = !fault && lp_acted_is_done(ask.acted);
	if (good)
		lp_log(LP_LOG_INFO, "operator_act", "act=%s room=%lu peer=%lu", lp_act_word(act),
			room, peer);
	lp_command_answer(&c->local, who, good ? "result" : "error",
		fault ? fault : lp_acted_text(ask.acted));
}

static void take(struct control *c, int64_t who, const char *line)
{
	char word[WORD], argument[ARGUMENT];
	if (!lp_json_get(line, "command", word, sizeof(word)) ||
		!lp_json_get(line, "argument", argument, sizeof(argument)))
		done(c, who, "the request makes no sense");
	else if (strcmp(word, "status") == 0 || strcmp(word, "rooms") == 0)
		show(c, who, word[0] == 's', strcmp(argument, LP_COMMAND_JSON) == 0);
	else if (strcmp(word, "reload") == 0)
		done(c, who, reload(c));
	else if (strcmp(word, "log-level") == 0)
		done(c, who, set_level(c, argument));
	else if (strcmp(word, "kick") == 0)
		remove_member(c, who, LP_ACT_KICK, argument);
	else if (strcmp(word, "ban") == 0)
		remove_member(c, who, LP_ACT_BAN, argument);
	else
		done(c, who, "there is no such command");
}

static void *run(void *argument)
{
	struct control *c = argument;
	struct pollfd fds[] = {
		{.fd = lp_local_fd(&c->local), .events = POLLIN}, {.fd = c->end, .events = POLLIN}};
	while (poll(fds, 2, -1) >= 0 && !fds[1].revents) {
		const char *line;
		int64_t who;
		while ((who = lp_local_next(&c->local, &line)) >= 0)
			take(c, who, line);
	}
	return NULL;
}

void control_open(struct control *c)
{
	c->end = eventfd(0, EFD_CLOEXEC);
	lp_local_open(&c->local, &name);
}

void control_start(struct control *c, struct workers *workers, bool shows_addresses)
{
	c->workers = workers;
	c->shows_addresses = shows_addresses;
	if (lp_local_fd(&c->local) < 0)
		return;
	int error = c->end < 0 ? EMFILE : pthread_create(&c->thread, NULL, run, c);
	c->running = error == 0;
	if (c->running)
		return;
	lp_log(LP_LOG_WARNING, "control_failed", "error=%s hint=%s", strerror(error),
		"the commands that act on this program do not reach it");
	lp_local_close(&c->local); /* so that nobody waits for an answer */
}

void control_close(struct control *c)
{
	if (c->running) {
		eventfd_write(c->end, 1);
		pthread_join(c->thread, NULL);
	}
	if (c->end >= 0)
		close(c->end);
	lp_local_close(&c->local);
}
