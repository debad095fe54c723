/* pem.h - what is wrong with a file that should hold a certificate or a private key as PEM. */
#ifndef LANPARTY_RELAY_PEM_H
#define LANPARTY_RELAY_PEM_H

#include <stddef.h>

/* Return a sentence for the file's owner that says what it holds instead and what to do; NULL: it looks
 * right. text need not end with a NUL. */
const char *pem_certificate_problem(const char *text, size_t len);
const char *pem_key_problem(const char *text, size_t len);

#endif
