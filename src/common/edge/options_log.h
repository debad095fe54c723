/* options_log.h - how the log is written while the options are still being read, so that a wrong option is
 * reported as the options ask for; and what the environment contains besides options. */
#ifndef LANPARTY_EDGE_OPTIONS_LOG_H
#define LANPARTY_EDGE_OPTIONS_LOG_H

#include <stddef.h>

#include "lanparty/edge/options.h"

/* Writes the environment's name of an option: LANPARTY_MAX_CLIENTS for max-clients. */
void lp_options_variable(const char *name, char *text, size_t cap);
/* Looks for --log-format in the command line, and then in the environment, and sets the log's format. A
 * program without that option logs text. */
void lp_options_log_as_given(const struct lp_options *o, int argc, char **argv);
/* Likewise, in the text of a configuration file, when neither of the two has named a format. */
void lp_options_log_as_config_says(const struct lp_options *o, const char *text);
/* Warns once of LANPARTY_ variables that are not options of this program. It never shows values. */
void lp_options_warn_unknown(const struct lp_options *o);

#endif
