/* identity_internal.h - the parts of an identity, for the files of this folder. */
#ifndef LANPARTY_IDENTITY_INTERNAL_H
#define LANPARTY_IDENTITY_INTERNAL_H

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/ssl.h>

#include "lanparty/quic/identity.h"

struct lp_identity {
	char *cert_pem; /* the leaf first */
	char *key_pem;
	size_t key_pem_len;
	uint8_t *leaf; /* DER */
	size_t leaf_len;
	uint8_t *key; /* DER, in the PEM's own form */
	size_t key_len;
	WOLFSSL_CTX *tls; /* a server's context with both; sessions hold references to it */
	/* Likewise, for TLS over TCP. It is made with the other, because the library reads the certificate's
	 * dates by means that threads cannot share. */
	WOLFSSL_CTX *stream_tls;
};

/* The DER in a PEM text, of the library's type (CERT_TYPE, PRIVATEKEY_TYPE); the caller wipes and frees it.
 * NULL: there is none, or no memory. */
uint8_t *lp_identity_decode_pem(const char *pem, size_t len, int type, size_t *ret_len);

#endif
