/* config.h - adds options to a configuration file, and never changes a line of it. */
#ifndef LANPARTY_HOST_CONFIG_H
#define LANPARTY_HOST_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/edge/options.h"

struct lp_config {
	const char *path; /* borrowed */
	bool changed;     /* something was added */
	size_t len;
	char text[LP_CONFIG_MAX + 1];
};

/* Reads the file; a missing one is empty. False, logged: it cannot be read, or is too long. */
bool lp_config_read(struct lp_config *ret_config, const char *path);
/* Adds a line "name = value", unless there is a line with this name. Such lines stay, and a warning says so
 * when the last one has another value: the last one counts. False, logged: the file would be too long. */
bool lp_config_add(struct lp_config *config, const char *name, const char *value);
/* Likewise for an option that can be repeated: adds a line for each value, unless there is a line with this
 * name. A warning says so when none of those has the value. */
bool lp_config_add_all(
	struct lp_config *config, const char *name, const char *const *values, size_t count);
/* Adds one more line, unless one of those with this name has the value. False, logged: the file would be too
 * long. */
bool lp_config_add_line(struct lp_config *config, const char *name, const char *value);
/* The value of the last line with this name, cut to cap. False: there is none, and value stays. */
bool lp_config_find(const struct lp_config *config, const char *name, char *value, size_t cap);
/* Likewise the value of the line with this name at index. */
bool lp_config_at(
	const struct lp_config *config, const char *name, size_t index, char *value, size_t cap);
/* True if one of the lines with this name has this value: for an option that can be repeated. */
bool lp_config_has(const struct lp_config *config, const char *name, const char *value);
/* True, unless the last line with this name has another value; false is logged. */
bool lp_config_agrees(const struct lp_config *config, const char *name, const char *value);
/* Writes the file if something was added, and makes its folder. False, logged: it cannot be written. */
bool lp_config_write(const struct lp_config *config);

#endif
