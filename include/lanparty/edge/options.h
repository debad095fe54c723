/* options.h - one table of options serves the command line, the environment, a configuration file
 * and --help.
 *
 * A name such as max-clients is --max-clients on the command line, LANPARTY_MAX_CLIENTS in the
 * environment and "max-clients = 8" in the file that --config names. The command line goes before
 * the environment, and that before the file. --help, --version and --config are always there. */
#ifndef LANPARTY_EDGE_OPTIONS_H
#define LANPARTY_EDGE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LP_OPTIONS_MAX      64 /* in a table */
#define LP_OPTION_TEXTS_MAX 16 /* times that a repeated text can be given */
#define LP_OPTION_SECRETS   4  /* secrets on one command line and in the environment */
#define LP_OPTION_CONFIGS   2  /* configuration files that are read */
#define LP_CONFIG_MAX       65536

struct lp_texts {
	const char *items[LP_OPTION_TEXTS_MAX];
	size_t count;
};

enum lp_option_kind {
	LP_OPTION_FLAG,   /* bool; takes no argument, or =yes and =no */
	LP_OPTION_TEXT,   /* const char *; not empty */
	LP_OPTION_TEXTS,  /* struct lp_texts: can be repeated; in the environment, between spaces */
	LP_OPTION_NUMBER, /* uint64_t, decimal, from min to max */
	LP_OPTION_SIZE,   /* uint64_t, from min to max, K, M or G (1024 each) may follow */
	LP_OPTION_PARSED, /* whatever parse makes of it; can be repeated as parse allows */
};

struct lp_option {
	const char *name;
	const char *argument; /* what --help calls it; NULL for flags */
	const char *help;     /* may have several lines */
	enum lp_option_kind kind;
	void *value; /* has the default before, of the type that the kind says */
	uint64_t min, max;
	/* LP_OPTION_PARSED: false when text is not right. */
	bool (*parse)(const char *text, void *value);
	const char *expects; /* what would be right, for the error; needed with parse */
	/* LP_OPTION_TEXT: it is copied and made unreadable in argv and in the environment, and errors
	 * do not show it. */
	bool secret;
};

struct lp_options {
	const char *program;
	const char *purpose;    /* a sentence or more for --help */
	const char *positional; /* what --help calls the one argument without name; NULL: none */
	const struct lp_option *list;
	size_t count;
	const char *default_config; /* read after the one of --config, if it exists; NULL: none */
	/* The options that may stand in that file (NULL ends them): it may come from others. NULL: all. */
	const char *const *default_allows;
	bool no_environment;               /* it may come from a program with less rights */
	void (*say)(const char *sentence); /* takes the errors; NULL: stderr */

	/* What comes out. */
	char *argument; /* the positional one, treated as a secret; NULL: not given */
	char *configs[LP_OPTION_CONFIGS]; /* texts of the files; values point into them */
	char *secrets[LP_OPTION_SECRETS];
};

/* True: the values are there. False: end with *ret_exit, everything has been said (--help and
 * --version on stdout, errors on stderr). */
bool lp_options_read(struct lp_options *o, int argc, char **argv, int *ret_exit);
/* Zeroes and frees what values point to. Safe on a half-read one. */
void lp_options_clear(struct lp_options *o);
/* A mistake that only shows when options are seen together, in one sentence. Returns
 * LP_EXIT_USAGE. */
int lp_options_wrong(const struct lp_options *o, const char *sentence);

#endif
