#include "lanparty/edge/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST 256  /* bytes of the first piece of memory */
#define PIECE 1024 /* bytes that one lp_text_put can write */

void lp_text_init(struct lp_text *t, size_t max)
{
	*t = (struct lp_text){.max = max};
}

void lp_text_clear(struct lp_text *t)
{
	free(t->bytes);
	lp_text_init(t, t->max);
}

static bool make_room(struct lp_text *t, size_t len)
{
	size_t cap = t->cap ? t->cap : FIRST;
	if (len > t->max - t->len)
		return false;
	while (cap <= t->len + len)
		cap *= 2;
	char *bytes = cap > t->cap ? realloc(t->bytes, cap) : t->bytes;
	if (!bytes)
		return false;
	t->bytes = bytes;
	t->cap = cap;
	return true;
}

void lp_text_add(struct lp_text *t, const char *bytes, size_t len)
{
	t->failed = t->failed || !make_room(t, len);
	if (t->failed)
		return;
	memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
	t->bytes[t->len] = '\0';
}

void lp_text_put(struct lp_text *t, const char *format, ...)
{
	char piece[PIECE];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(piece, sizeof(piece), format, args);
	va_end(args);
	if (len >= 0 && (size_t)len < sizeof(piece))
		lp_text_add(t, piece, (size_t)len);
	else
		t->failed = true;
}

void lp_text_column(struct lp_text *t, const char *text, size_t columns)
{
	size_t used = 0;
	for (const char *c = text; *c; c++)
		used += ((unsigned char)*c & 0xc0) != 0x80;
	lp_text_add(t, text, strlen(text));
	for (; used < columns; used++)
		lp_text_add(t, " ", 1);
}

const char *lp_text_get(const struct lp_text *t)
{
	return t->failed ? NULL : t->bytes ? t->bytes : "";
}
