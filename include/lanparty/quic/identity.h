/* identity.h - who a relay is: its certificate and private key. */
#ifndef LANPARTY_IDENTITY_H
#define LANPARTY_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/status.h"
#include "lanparty/quic/dates.h"
#include "lanparty/wire/code.h"

struct lp_identity;

/* Makes a P-256 key and a self-signed certificate for name, a host name or an IP address. It is valid from
 * one day before now (seconds since 1970) for ten years. NULL when the TLS library refuses. */
struct lp_identity *lp_identity_new(const char *name, int64_t now);
/* Reads PEM texts: the certificate with its chain, the leaf first, and the key in PKCS#8 or SEC 1. NULL, with
 * a static sentence in *ret_error, when one of them is not PEM, or the key is not the certificate's. */
struct lp_identity *lp_identity_load(const char *cert_pem, size_t cert_len, const char *key_pem,
	size_t key_len, const char **ret_error);
/* Copies an identity for another thread, because threads must not share one. NULL without memory. */
struct lp_identity *lp_identity_copy(const struct lp_identity *identity);
/* Frees the identity and wipes its key. NULL: nothing happens. */
void lp_identity_free(struct lp_identity *identity);
/* The leaf certificate as DER, valid as long as the identity. */
const uint8_t *lp_identity_der(const struct lp_identity *identity, size_t *ret_len);
/* SHA-256 of that DER. */
void lp_identity_pin(const struct lp_identity *identity, uint8_t ret_pin[LP_PIN_SIZE]);
/* When the leaf certificate is valid. False: its dates cannot be read. */
bool lp_identity_dates(const struct lp_identity *identity, struct lp_dates *ret_dates);
/* True if a member without a pin would trust the certificate for this host name or address now, with the
 * certificate authorities of this computer. Slow: it reads all of them. */
bool lp_identity_is_trusted(const struct lp_identity *identity, const char *name);
/* Writes both as PEM texts with a NUL at the end. False when one does not fit; cert can be written then. */
bool lp_identity_pem(
	const struct lp_identity *identity, char *cert, size_t cert_cap, char *key, size_t key_cap);
/* Derives 32 bytes that only the owner of the private key can know: lp_derive of the key. They are the same
 * at every start. False without memory. */
bool lp_identity_secret(
	const struct lp_identity *identity, const char *label, uint8_t ret_secret[32]);

#endif
