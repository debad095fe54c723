/* handshake.h - carries the TLS handshake between wolfSSL and ngtcp2 (RFC 9001, section 4).
 *
 * handshake.c also has the functions that ngtcp2's crypto helper calls for that, by name. */
#ifndef LANPARTY_QUIC_HANDSHAKE_H
#define LANPARTY_QUIC_HANDSHAKE_H

#include <stdbool.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/ssl.h>

/* Makes the sessions of a context speak TLS 1.3 for QUIC. Their app data must be an
 * ngtcp2_crypto_conn_ref. False when the TLS library refuses. */
bool lp_handshake_configure(WOLFSSL_CTX *tls);

#endif
