/* acts.h - what a member's program does for commands (command.h): the acts of a host go to the relay, and its
 * answers back (row H3); status and leave are answered here (row H4). */
#ifndef LANPARTY_PEER_ACTS_H
#define LANPARTY_PEER_ACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/edge/linux/command.h"
#include "lanparty/edge/options.h"
#include "lanparty/peer/link.h"
#include "lanparty/peer/peer_options.h"
#include "lanparty/peer/report.h"

/* For the table of a program's commands. CONFIG: as in struct lp_command. */
#define LP_STATUS_COMMAND(CONFIG)                                                                  \
	{.name = "status",                                                                         \
		.help = "shows the room, its members and the line, of the program that runs\n"     \
			"on this computer (--json, --watch)",                                      \
		.config = CONFIG}
#define LP_ACT_COMMANDS(CONFIG)                                                                    \
	{.name = "lock",                                                                           \
		.help = "lets nobody new into the room; who is in it can come back",               \
		.config = CONFIG},                                                                 \
		{.name = "unlock", .help = "ends lock", .config = CONFIG},                         \
		{.name = "kick",                                                                   \
			.argument = "MEMBER",                                                      \
			.help = "removes a member (its name, or its number) for a minute",         \
			.config = CONFIG},                                                         \
		{.name = "ban",                                                                    \
			.argument = "MEMBER",                                                      \
			.help = "removes a member, and does not let its computer in again",        \
			.config = CONFIG},                                                         \
		{.name = "unban",                                                                  \
			.argument = "NAME",                                                        \
			.help = "ends the bans of that name; without NAME: all",                   \
			.config = CONFIG},                                                         \
		{.name = "rename",                                                                 \
			.argument = "MEMBER=NAME",                                                 \
			.help = "gives a member another name, until it leaves",                    \
			.config = CONFIG},                                                         \
		{.name = "isolate",                                                                \
			.help = "players reach the LAN, but not each other",                       \
			.config = CONFIG},                                                         \
	{                                                                                          \
		.name = "unisolate", .help = "ends isolate", .config = CONFIG                      \
	}

/* Sends the command to the program that runs, and says what became of it. Returns an exit code. If none runs,
 * or the command line names a host key, an act joins the room of the options for a moment: then it takes them
 * as lp_peer_options_finish does, and gives up all rights. */
int lp_act_command(const struct lp_local_name *name, struct lp_options *options,
	struct lp_peer_options *peer, const struct lp_show_options *show);
/* True if the command is one of these, or status or leave. */
bool lp_act_is_command(const struct lp_options *options);

/* Asks the relay. Cuts the argument. Returns NULL, or a sentence that says why it was not asked. */
const char *lp_act_ask(struct lp_link *link, uint64_t id, const char *word, char *argument);

/* The program's side. */
struct lp_waiting {
	int64_t who; /* of lp_local_next */
	uint64_t id; /* of the act; 0: nobody waits */
};

struct lp_acts {
	struct lp_local *local; /* borrowed; NULL: there is none */
	const struct lp_report *report;
	bool leaves;                       /* a command wants the program to leave the room */
	int64_t leavers[LP_LOCAL_CLIENTS]; /* who have asked for that, plus 1; 0: nobody */
	uint64_t last_id;
	struct lp_waiting waiting[LP_LOCAL_CLIENTS];
};

/* The socket is ready. */
void lp_acts_read(struct lp_acts *acts, struct lp_link *link, lp_time now);
/* The program ends: says so to those who asked for it. */
void lp_acts_end(struct lp_acts *acts);
/* The link has something to tell: perhaps the answer. */
void lp_acts_told(struct lp_acts *acts, const struct lp_tunnel_action *action);

#endif
