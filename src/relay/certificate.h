/* certificate.h - the relay's certificate, generated for development or read from PEM files (row
 * P2). */
#ifndef LANPARTY_RELAY_CERTIFICATE_H
#define LANPARTY_RELAY_CERTIFICATE_H

#include "lanparty/edge/exit.h"
#include "keyholder.h"
#include "lanparty/quic/identity.h"

/* Generates a self-signed certificate for name. Unless der_file is NULL, writes it there as DER and
 * creates missing folders. NULL: failed; the error was logged. */
struct lp_identity *certificate_make(
	const char *name, const char *der_file, enum lp_exit *ret_exit);
/* Reads certificate chain and key from PEM files, and warns of a key that others can read. NULL: failed;
 * the error was logged. */
struct lp_identity *certificate_load(struct keyholder *files, enum lp_exit *ret_exit);
/* Warns of a certificate that has expired, will within 14 days, or is not valid yet. now: seconds since
 * 1970. */
void certificate_check_dates(const struct lp_dates *dates, int64_t now);
/* Generates a certificate for name and stores it in two PEM files, the key with mode 0600. Never
 * replaces a file. Writes its pin to ret_pin. Errors are logged. */
enum lp_exit certificate_store(const char *name, const char *cert_file, const char *key_file,
	uint8_t ret_pin[LP_PIN_SIZE]);
/* Does so, and prints the pin. */
enum lp_exit certificate_create(const char *name, const char *cert_file, const char *key_file);

#endif
