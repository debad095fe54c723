/* command.h - the commands that reach a program through its control socket (local.h).
 *
 * A request is {"command":WORD,"argument":TEXT}. The answer is {"result":TEXT} or {"error":SENTENCE}; to the
 * argument json, an object without these keys. */
#ifndef LANPARTY_EDGE_LINUX_COMMAND_H
#define LANPARTY_EDGE_LINUX_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/edge/linux/local.h"
#include "lanparty/edge/options.h"

#define LP_COMMAND_JSON "json" /* argument of a command that shows something */

/* ---- the command's side */

struct lp_show_options {
	bool json, watch;
};

#define LP_SHOW_OPTIONS 2 /* number of options that lp_show_options_add adds */

/* Adds the options to a program's own table of count options. Returns the new count. */
size_t lp_show_options_add(struct lp_show_options *values, struct lp_option *table, size_t count);

/* Sends the command and its argument, and prints what the program says. Returns an exit code. */
int lp_command_run(
	const struct lp_local_name *name, const struct lp_options *options, const char *argument);
/* Likewise, of a command that shows something: as JSON; again and again, with watch. */
int lp_command_show(const struct lp_local_name *name, const struct lp_options *options,
	const struct lp_show_options *show);

/* ---- the program's side */

/* Answers with one pair, such as "error" and a sentence. */
void lp_command_answer(struct lp_local *l, int64_t who, const char *key, const char *text);

#endif
