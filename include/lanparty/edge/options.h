/* options.h - one table of options serves the command line, the environment, a configuration file
 * and --help.
 *
 * The option max-clients is written --max-clients on the command line, LANPARTY_MAX_CLIENTS in the
 * environment, and "max-clients = 8" in the file that --config names. The command line overrides
 * the environment, and the environment overrides the file. Every program has --help, --version and
 * --config. */
#ifndef LANPARTY_EDGE_OPTIONS_H
#define LANPARTY_EDGE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LP_OPTIONS_MAX      64 /* options per table */
#define LP_OPTION_TEXTS_MAX 16 /* values of one repeated text option */
#define LP_OPTION_SECRETS   4  /* secrets on the command line and in the environment */
#define LP_OPTION_CONFIGS   2  /* configuration files: --config and the default */
#define LP_CONFIG_MAX       65536

struct lp_texts {
	const char *items[LP_OPTION_TEXTS_MAX];
	size_t count;
};

enum lp_option_kind {
	LP_OPTION_FLAG, /* bool; takes no argument, or =yes or =no */
	LP_OPTION_TEXT, /* const char *; not empty */
	/* struct lp_texts; can be repeated; separated by spaces in the environment */
	LP_OPTION_TEXTS,
	LP_OPTION_NUMBER, /* uint64_t, decimal, from min to max */
	LP_OPTION_SIZE,   /* uint64_t, from min to max; K, M or G (powers of 1024) can follow */
	LP_OPTION_PARSED, /* the result of parse, which decides whether it can be repeated */
};

struct lp_option {
	const char *name;
	const char *argument; /* placeholder in --help; NULL for flags */
	const char *help;     /* can have several lines */
	enum lp_option_kind kind;
	void *value; /* points to the default, of the type that kind names */
	uint64_t min, max;
	/* For LP_OPTION_PARSED: stores the value and returns true, or returns false for invalid
	 * text. */
	bool (*parse)(const char *text, void *value);
	/* what a valid value looks like, for the error message; required with parse */
	const char *expects;
	/* For LP_OPTION_TEXT: the value is copied and overwritten in argv and in the environment,
	 * and error messages do not show it. */
	bool secret;
};

/* What a program does instead of running: the first argument without a name. */
struct lp_command {
	const char *name;
	const char *argument; /* what --help calls its argument; NULL: it takes none */
	const char *help;     /* can have several lines */
	/* The configuration file that it reads without --config. This file, or that of --config, can be
	 * missing. NULL: as without a command. */
	const char *config;
};

struct lp_options {
	const char *program;
	const char *purpose;    /* one or more sentences for --help */
	const char *positional; /* placeholder of the positional argument in --help; NULL: none */
	const struct lp_option *list;
	size_t count;
	const struct lp_command *commands; /* NULL: none */
	size_t command_count;
	const char *default_config; /* read after the file of --config, if it exists; NULL: none */
	/* The options that are allowed in the default file, because other users can write to it;
	 * NULL ends the list. NULL instead of a list allows all. */
	const char *const *default_allows;
	/* ignore the environment: a program with fewer privileges can set it */
	bool no_environment;
	void (*say)(const char *sentence); /* receives error messages; NULL: stderr */

	/* Results. */
	const struct lp_command *command; /* one of commands; NULL: not given */
	char *argument; /* the positional argument, treated as a secret; NULL: not given */
	const char *
		config_file; /* of --config or of the command, also one that is missing; NULL: none */
	bool given[LP_OPTIONS_MAX];       /* of list: by the command line or the environment */
	char *configs[LP_OPTION_CONFIGS]; /* contents of the files; option values point into them */
	char *secrets[LP_OPTION_SECRETS];
};

/* Reads all sources. True: the values are set. False: the program must end with *ret_exit. --help
 * and --version were then printed to stdout, or an error message to stderr. */
bool lp_options_read(struct lp_options *o, int argc, char **argv, int *ret_exit);
/* Wipes and frees the memory that option values point to. Safe after a failed lp_options_read. */
void lp_options_clear(struct lp_options *o);
/* True if this command was given. */
bool lp_options_has_command(const struct lp_options *o, const char *name);
/* True if the command line or the environment gave this option: the files were not asked for it. */
bool lp_options_was_given(const struct lp_options *o, const char *name);
/* Reports an error that concerns several options together, as one sentence. Returns
 * LP_EXIT_USAGE. */
int lp_options_wrong(const struct lp_options *o, const char *sentence);

#endif
