#include "lanparty/host/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lanparty/edge/linux/file.h"
#include "lanparty/edge/log.h"

#define BLANKS          " \t\r"
#define VALUE_MAX       512
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

bool lp_config_read(struct lp_config *ret_config, const char *path)
{
	struct lp_config *c = ret_config;
	c->path = path;
	c->changed = false;
	c->len = 0;
	c->text[0] = '\0';
	FILE *file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return true;
	errno = file ? EFBIG : errno;
	if (file) {
		c->len = fread(c->text, 1, LP_CONFIG_MAX, file);
		bool whole = !ferror(file) && c->len < LP_CONFIG_MAX;
		fclose(file);
		c->text[c->len] = '\0';
		if (whole)
			return true;
	}
	lp_log(LP_LOG_ERROR, "config_unreadable", "file=%s reason=%s", path, strerror(errno));
	return false;
}

/* The value of a line "name = value" of len bytes. NULL: it is another line. */
static const char *value_of(const char *line, size_t len, const char *name, size_t *ret_len)
{
	const char *at = line + strspn(line, BLANKS), *end = line + len;
	size_t size = strlen(name);
	if (at + size > end || memcmp(at, name, size) != 0)
		return NULL;
	at += size;
	at += strspn(at, BLANKS);
	if (at < end && *at == '=') {
		at++;
		at += strspn(at, BLANKS);
	} else if (at < end) {
		return NULL; /* a longer name; a flag's can stand alone */
	}
	while (end > at && strchr(BLANKS, end[-1]))
		end--;
	*ret_len = (size_t)(end - at);
	return at;
}

/* Windows Notepad can start a file with a mark. */
static const char *first_line(const struct lp_config *c)
{
	bool mark = strncmp(c->text, BYTE_ORDER_MARK, sizeof(BYTE_ORDER_MARK) - 1) == 0;
	return c->text + (mark ? sizeof(BYTE_ORDER_MARK) - 1 : 0);
}

/* The next value of this name, from *at on, which is moved behind its line. NULL: there is none. */
static const char *next_value(const char **at, const char *name, size_t *ret_len)
{
	while (**at) {
		const char *line = *at;
		size_t len = strcspn(line, "\n");
		*at = line + len + (line[len] == '\n');
		const char *value = value_of(line, len, name, ret_len);
		if (value)
			return value;
	}
	return NULL;
}

bool lp_config_find(const struct lp_config *config, const char *name, char *value, size_t cap)
{
	const char *at = first_line(config), *found, *last = NULL;
	size_t len, last_len = 0;
	while ((found = next_value(&at, name, &len))) {
		last = found;
		last_len = len;
	}
	if (last)
		snprintf(value, cap, "%.*s", (int)last_len, last);
	return last != NULL;
}

bool lp_config_at(
	const struct lp_config *config, const char *name, size_t index, char *value, size_t cap)
{
	const char *at = first_line(config), *found;
	size_t len;
	while ((found = next_value(&at, name, &len)) && index > 0)
		index--;
	if (found)
		snprintf(value, cap, "%.*s", (int)len, found);
	return found != NULL;
}

bool lp_config_has(const struct lp_config *config, const char *name, const char *value)
{
	const char *at = first_line(config), *found;
	size_t len;
	while ((found = next_value(&at, name, &len)))
		if (strlen(value) == len && memcmp(found, value, len) == 0)
			return true;
	return false;
}

static void say_kept(
	const struct lp_config *c, enum lp_log_level level, const char *name, const char *kept)
{
	lp_log(level, "option_kept", "file=%s option=%s value=%s hint=%s", c->path, name, kept,
		"setup never changes a line of this file: edit it by hand");
}

bool lp_config_agrees(const struct lp_config *config, const char *name, const char *value)
{
	char kept[VALUE_MAX];
	if (!lp_config_find(config, name, kept, sizeof(kept)) || strcmp(kept, value) == 0)
		return true;
	say_kept(config, LP_LOG_ERROR, name, kept);
	return false;
}

static bool append(struct lp_config *c, const char *name, const char *value)
{
	size_t space = sizeof(c->text) - c->len;
	const char *end = c->len > 0 && c->text[c->len - 1] != '\n' ? "\n" : "";
	int written = snprintf(c->text + c->len, space, "%s%s = %s\n", end, name, value);
	if (written < 0 || (size_t)written >= space) {
		c->text[c->len] = '\0';
		lp_log(LP_LOG_ERROR, "write_failed", "file=%s reason=%s", c->path, strerror(EFBIG));
		return false;
	}
	c->len += (size_t)written;
	c->changed = true;
	return true;
}

bool lp_config_add(struct lp_config *config, const char *name, const char *value)
{
	char kept[VALUE_MAX];
	if (!lp_config_find(config, name, kept, sizeof(kept)))
		return append(config, name, value);
	if (strcmp(kept, value) != 0)
		say_kept(config, LP_LOG_WARNING, name, kept);
	return true;
}

bool lp_config_add_all(
	struct lp_config *config, const char *name, const char *const *values, size_t count)
{
	char kept[VALUE_MAX];
	bool good = true, had = lp_config_find(config, name, kept, sizeof(kept));
	for (size_t i = 0; good && i < count; i++) {
		if (!had)
			good = append(config, name, values[i]);
		else if (!lp_config_has(config, name, values[i]))
			say_kept(config, LP_LOG_WARNING, name, kept);
	}
	return good;
}

bool lp_config_add_line(struct lp_config *config, const char *name, const char *value)
{
	return lp_config_has(config, name, value) || append(config, name, value);
}

bool lp_config_write(const struct lp_config *config)
{
	const struct lp_config *c = config;
	if (!c->changed ||
		(lp_file_make_folders(c->path) && lp_file_replace(c->path, 0644, c->text, c->len)))
		return true;
	lp_log(LP_LOG_ERROR, "write_failed", "file=%s reason=%s", c->path, strerror(errno));
	return false;
}
