/* wide.h - text between UTF-8, which the program speaks, and UTF-16, which Windows does. */
#ifndef LANPARTY_CLIENT_WIDE_H
#define LANPARTY_CLIENT_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* Both write at most cap units with the end, cut at a character that does not fit whole, and return
 * what they wrote to. What is no character becomes U+FFFD. */
wchar_t *wide_from(wchar_t *wide, size_t cap, const char *text);
char *wide_to(char *text, size_t cap, const wchar_t *wide);

#endif
