#include "lanparty/edge/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/hex.h"

/* ---- writing */

static void put_string(struct lp_text *t, const char *value)
{
	lp_text_add(t, "\"", 1);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			lp_text_put(t, "\\%c", *value);
		else if (*value == '\n')
			lp_text_add(t, "\\n", 2);
		else if ((unsigned char)*value < ' ')
			lp_text_put(t, "\\u%04x", (unsigned char)*value);
		else
			lp_text_add(t, value, 1);
	}
	lp_text_add(t, "\"", 1);
}

static void begin(struct lp_text *t, const char *key)
{
	char last = t->len > 0 ? t->bytes[t->len - 1] : '{';
	if (last != '{' && last != '[')
		lp_text_add(t, ",", 1);
	if (!key)
		return;
	put_string(t, key);
	lp_text_add(t, ":", 1);
}

void lp_json_open(struct lp_text *t, const char *key, char bracket)
{
	begin(t, key);
	lp_text_add(t, &bracket, 1);
}

void lp_json_close(struct lp_text *t, char bracket)
{
	lp_text_add(t, &bracket, 1);
}

void lp_json_string(struct lp_text *t, const char *key, const char *value)
{
	begin(t, key);
	put_string(t, value);
}

void lp_json_count(struct lp_text *t, const char *key, uint64_t value)
{
	begin(t, key);
	lp_text_put(t, "%" PRIu64, value);
}

void lp_json_number(struct lp_text *t, const char *key, double value)
{
	begin(t, key);
	lp_text_put(t, "%.2f", value);
}

void lp_json_bool(struct lp_text *t, const char *key, bool value)
{
	begin(t, key);
	lp_text_put(t, "%s", value ? "true" : "false");
}

/* ---- reading */

/* What is read of a string, in the caller's memory. */
struct text {
	char *at;
	size_t cap, len;
	bool full;
};

static void put(struct text *t, const char *piece)
{
	size_t len = strlen(piece);
	t->full = t->full || len >= t->cap - t->len;
	if (t->full)
		return;
	memcpy(t->at + t->len, piece, len + 1);
	t->len += len;
}

static void skip_space(const char **at)
{
	*at += strspn(*at, " \t\r\n");
}

static bool skip(const char **at, char c)
{
	skip_space(at);
	if (**at != c)
		return false;
	++*at;
	return true;
}

/* After \u. Only the characters of ASCII, but NUL. */
static bool read_code(const char **at, char *ret_c)
{
	unsigned code = 0;
	for (int i = 0; i < 4; i++, ++*at) {
		int digit = lp_hex_digit(**at);
		if (digit < 0)
			return false;
		code = code << 4 | (unsigned)digit;
	}
	*ret_c = (char)code;
	return code > 0 && code < 0x80;
}

static bool read_escape(const char **at, char *ret_c)
{
	static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	char letter = *(*at)++;
	const char *found = letter ? strchr(letters, letter) : NULL;
	if (found)
		*ret_c = meanings[found - letters];
	return found || (letter == 'u' && read_code(at, ret_c));
}

static bool read_string(const char **at, struct text *t)
{
	if (!skip(at, '"'))
		return false;
	while (**at && **at != '"') {
		char piece[2] = {**at, 0};
		++*at;
		if ((unsigned char)piece[0] < ' ' || (piece[0] == '\\' && !read_escape(at, piece)))
			return false;
		put(t, piece);
	}
	return skip(at, '"');
}

static bool read_pair(const char **at, const char *key, struct text *t, bool *found)
{
	char name[64] = "", other[1024] = "";
	struct text n = {name, sizeof(name), 0, false}, o = {other, sizeof(other), 0, false};
	if (!read_string(at, &n) || !skip(at, ':'))
		return false;
	bool wanted = !n.full && strcmp(name, key) == 0;
	if (wanted && *found)
		return false; /* twice */
	*found = *found || wanted;
	return read_string(at, wanted ? t : &o);
}

static bool read_object(const char *line, const char *key, struct text *t)
{
	bool found = false;
	if (!skip(&line, '{'))
		return false;
	do {
		if (!read_pair(&line, key, t, &found))
			return false;
	} while (skip(&line, ','));
	if (!skip(&line, '}'))
		return false;
	skip_space(&line);
	return !*line && found;
}

bool lp_json_get(const char *line, const char *key, char *ret_value, size_t cap)
{
	struct text t = {calloc(1, cap), cap, 0, false};
	bool good = t.at && read_object(line, key, &t) && !t.full;
	if (good)
		memcpy(ret_value, t.at, t.len + 1);
	free(t.at);
	return good;
}
