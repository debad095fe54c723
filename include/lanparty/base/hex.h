/* hex.h - bytes as hexadecimal digits. */
#ifndef LANPARTY_BASE_HEX_H
#define LANPARTY_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value of a digit in any case; -1 for any other character. */
int lp_hex_digit(char c);
/* Reads len bytes from the first 2 * len characters of text, which can end earlier by NUL. False: not all of
 * them are digits. */
bool lp_hex_read(const char *text, size_t len, uint8_t *ret_bytes);
/* Writes 2 * len lower-case digits and a NUL. Returns text. */
const char *lp_hex_write(const uint8_t *bytes, size_t len, char *text);

#endif
