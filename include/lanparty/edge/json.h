/* json.h - the JSON of control sockets (RFC 8259): writes any, on one line; reads flat objects of strings. */
#ifndef LANPARTY_EDGE_JSON_H
#define LANPARTY_EDGE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/text.h"

/* Each adds one value to the object or list that is open, and the comma before it. key is NULL in a list, and
 * for the first value of all. Strings are UTF-8. */
void lp_json_open(struct lp_text *t, const char *key, char bracket); /* { or [ */
void lp_json_close(struct lp_text *t, char bracket);                 /* } or ] */
void lp_json_string(struct lp_text *t, const char *key, const char *value);
void lp_json_count(struct lp_text *t, const char *key, uint64_t value);
void lp_json_number(struct lp_text *t, const char *key, double value); /* with two decimals */
void lp_json_bool(struct lp_text *t, const char *key, bool value);

/* Writes the value of the key. False: the line is no flat object of strings, the key is missing, or the value
 * does not fit into cap bytes. \u escapes of other characters than those of ASCII are refused, because nobody
 * here writes them. */
bool lp_json_get(const char *line, const char *key, char *ret_value, size_t cap);

#endif
