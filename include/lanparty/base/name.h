/* name.h - text that comes from strangers, made fit to be shown and logged. */
#ifndef LANPARTY_BASE_NAME_H
#define LANPARTY_BASE_NAME_H

#include <stddef.h>

/* Copies the valid, printable UTF-8 of text. The result fits into cap with its NUL and is cut
 * between characters. Names that members choose must pass through here before they are shown or
 * logged. */
void lp_name_copy(char *name, size_t cap, const char *text, size_t len);

#endif
