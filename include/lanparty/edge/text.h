/* text.h - a text on the heap that grows while it is written, up to a limit. */
#ifndef LANPARTY_EDGE_TEXT_H
#define LANPARTY_EDGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct lp_text {
	char *bytes; /* NULL: nothing was written yet; else with a NUL at its end */
	size_t len, cap;
	size_t max;  /* bytes that it can have */
	bool failed; /* out of memory, or past max: from then on nothing is written */
};

/* An empty text; lp_text_clear frees it. */
void lp_text_init(struct lp_text *t, size_t max);
void lp_text_clear(struct lp_text *t);
void lp_text_add(struct lp_text *t, const char *bytes, size_t len);
__attribute__((format(printf, 2, 3))) void lp_text_put(struct lp_text *t, const char *format, ...);
/* Writes text and then spaces up to that many columns; a character of UTF-8 is one column. */
void lp_text_column(struct lp_text *t, const char *text, size_t columns);
/* NULL: it failed. Good until the text is written again. */
const char *lp_text_get(const struct lp_text *t);

#endif
