/* json.h - the JSON of control sockets: one flat object of strings per line (RFC 8259). */
#ifndef LANPARTY_EDGE_JSON_H
#define LANPARTY_EDGE_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* Appends "key":"value" to an object in text, which "" begins. False: it does not fit into cap bytes with all
 * that must follow; then text stays. */
bool lp_json_put(char *text, size_t cap, const char *key, const char *value);
/* Writes the value of the key. False: the line is no flat object of strings, the key is missing, or the value
 * does not fit into cap bytes. \u escapes of other characters than those of ASCII are refused, because nobody
 * here writes them. */
bool lp_json_get(const char *line, const char *key, char *ret_value, size_t cap);

#endif
