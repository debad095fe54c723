/* identity.h - who a relay is: its certificate and private key. */
#ifndef LANPARTY_IDENTITY_H
#define LANPARTY_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/wire/code.h"
#include "lanparty/base/status.h"

struct lp_identity;

/* A self-signed P-256 certificate for name, valid from a day ago for ten years (now: seconds since
 * 1970). NULL when the TLS library refuses. */
struct lp_identity *lp_identity_new(const char *name, int64_t now);
/* From PEM: the leaf first, then its chain; key in PKCS#8 or SEC 1. NULL with a reason in
 * ret_error: not PEM, the key does not belong to the certificate, ... */
struct lp_identity *lp_identity_load(const char *cert_pem, size_t cert_len, const char *key_pem,
	size_t key_len, char *ret_error, size_t error_cap);
/* The same certificate and key for another thread: an identity is never shared. NULL when out of memory. */
struct lp_identity *lp_identity_copy(const struct lp_identity *identity);
void lp_identity_free(struct lp_identity *identity); /* zeroes the key */
/* The leaf. */
const uint8_t *lp_identity_der(const struct lp_identity *identity, size_t *ret_len);
void lp_identity_pin(const struct lp_identity *identity, uint8_t ret_pin[LP_PIN_SIZE]);
/* As PEM texts with their ends, to be kept: false when one does not fit. */
bool lp_identity_pem(
	const struct lp_identity *identity, char *cert, size_t cert_cap, char *key, size_t key_cap);
/* 32 bytes that only the owner of the key can know, the same at every start: HKDF-SHA256 over the
 * private key with the label. */
bool lp_identity_secret(
	const struct lp_identity *identity, const char *label, uint8_t ret_secret[32]);

#endif
