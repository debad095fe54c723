/* qr.h - shows a text as a QR code (ISO/IEC 18004). */
#ifndef LANPARTY_HOST_QR_H
#define LANPARTY_HOST_QR_H

#include <stdbool.h>
#include <stdio.h>

/* Writes the code as lines of UTF-8 half blocks, black on white whatever the terminal's colours are. Returns
 * false, with errno, when the text is too long for a code or memory is missing. */
bool lp_qr_print(FILE *out, const char *text);

/* Writes the code as a PNG file that only its owner can read. Replaces a file. False likewise, or when the
 * file cannot be written. */
bool lp_qr_png(const char *file, const char *text);

#endif
