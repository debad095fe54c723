/* wide.h - converts text between UTF-8, which the program uses, and UTF-16, which Windows uses. */
#ifndef LANPARTY_CLIENT_WIDE_H
#define LANPARTY_CLIENT_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* Both write at most cap units including the NUL, cut before a character that does not fit, and
 * return the destination. Invalid input becomes U+FFFD. */
wchar_t *wide_from(wchar_t *wide, size_t cap, const char *text);
char *wide_to(char *text, size_t cap, const wchar_t *wide);

#endif
