/* certificate.h - the relay's certificate: made for development, or read from PEM files (row P2). */
#ifndef LANPARTY_RELAY_CERTIFICATE_H
#define LANPARTY_RELAY_CERTIFICATE_H

#include "lanparty/edge/exit.h"
#include "lanparty/quic/identity.h"

/* A fresh self-signed certificate for name; der_file (may be NULL) gets it as DER, its folders are
 * made. NULL, logged. */
struct lp_identity *certificate_make(
	const char *name, const char *der_file, enum lp_exit *ret_exit);
/* NULL, logged. */
struct lp_identity *certificate_load(
	const char *cert_file, const char *key_file, enum lp_exit *ret_exit);
/* Makes a certificate for name and keeps it: two PEM files, the key 0600. Never replaces a file. */
enum lp_exit certificate_create(const char *name, const char *cert_file, const char *key_file);

#endif
