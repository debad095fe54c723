#include "lanparty/edge/json.h"

#include <stdio.h>
#include <string.h>

#define ESCAPED 7 /* bytes of \u00xx with its NUL */

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

static void put_string(struct text *t, const char *value)
{
	put(t, "\"");
	for (; *value; value++) {
		char piece[ESCAPED] = {*value, 0};
		if (*value == '"' || *value == '\\')
			snprintf(piece, sizeof(piece), "\\%c", *value);
		else if ((unsigned char)*value < ' ')
			snprintf(piece, sizeof(piece), "\\u%04x", (unsigned char)*value);
		put(t, piece);
	}
	put(t, "\"");
}

bool lp_json_put(char *text, size_t cap, const char *key, const char *value)
{
	size_t before = strlen(text);
	struct text t = {text, cap, before > 0 ? before - 1 : 0, false}; /* without the } */
	put(&t, before > 0 ? "," : "{");
	put_string(&t, key);
	put(&t, ":");
	put_string(&t, value);
	put(&t, "}");
	if (!t.full)
		return true;
	if (before > 0)
		memcpy(text + before - 1, "}", 2);
	else
		text[0] = '\0';
	return false;
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

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
	return found ? (int)(found - digits) : -1;
}

/* After \u. Only the characters of ASCII, but NUL. */
static bool read_code(const char **at, char *ret_c)
{
	unsigned code = 0;
	for (int i = 0; i < 4; i++, ++*at) {
		int digit = hex(**at);
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

bool lp_json_get(const char *line, const char *key, char *ret_value, size_t cap)
{
	char value[1024] = "";
	struct text t = {value, cap < sizeof(value) ? cap : sizeof(value), 0, false};
	bool found = false;
	if (!skip(&line, '{'))
		return false;
	do {
		if (!read_pair(&line, key, &t, &found))
			return false;
	} while (skip(&line, ','));
	if (!skip(&line, '}'))
		return false;
	skip_space(&line);
	if (*line || !found || t.full)
		return false;
	memcpy(ret_value, value, t.len + 1);
	return true;
}
