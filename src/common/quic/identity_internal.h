/* identity_internal.h - what the TLS side sees of an identity. */
#ifndef LANPARTY_IDENTITY_INTERNAL_H
#define LANPARTY_IDENTITY_INTERNAL_H

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/ssl.h>

#include "lanparty/quic/identity.h"

struct lp_identity {
	char *cert_pem; /* leaf first */
	char *key_pem;
	size_t key_pem_len;
	uint8_t *leaf; /* DER */
	size_t leaf_len;
	uint8_t *key; /* DER, as it was in the PEM */
	size_t key_len;
	WOLFSSL_CTX *tls; /* a server's context with both; sessions count their references to it */
};

#endif
