/* tls.h - TLS contexts and sessions for QUIC: version, ciphers, ALPN, whom to trust. */
#ifndef LANPARTY_TLS_H
#define LANPARTY_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/ssl.h>

#include "lanparty/wire/code.h"

/* Whom a session trusts; the verdict stays after the handshake. */
struct lp_trust {
	uint8_t (*pins)[LP_PIN_SIZE]; /* owned; NULL: the system's CA store and the name decide */
	size_t pin_count;
	bool refused; /* a certificate was shown that is not the one expected */
};

/* NULL when the TLS library refuses. Each keeps the library initialised until it is freed. */
WOLFSSL_CTX *lp_tls_server_context(void);
WOLFSSL_CTX *lp_tls_client_context(bool with_system_store);
void lp_tls_context_free(WOLFSSL_CTX *tls);

/* A session; conn_ref is ngtcp2's way back to its connection, alpn NULL for none. */
WOLFSSL *lp_tls_accept(WOLFSSL_CTX *tls, void *conn_ref, const char *alpn);
/* trust stays borrowed for the session's life. */
WOLFSSL *lp_tls_connect(WOLFSSL_CTX *tls, void *conn_ref, const char *alpn, const char *server_name,
	struct lp_trust *trust);

/* After the handshake: the ALPN that was agreed on is the one; the certificate is one of the pins
 * (true without pins: the library has decided then). */
bool lp_tls_alpn_is(WOLFSSL *session, const char *alpn);
bool lp_tls_peer_is_pinned(WOLFSSL *session, const struct lp_trust *trust);

#endif
