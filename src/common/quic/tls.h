/* tls.h - TLS contexts and sessions for QUIC: ciphers, ALPN, and which certificates are trusted. */
#ifndef LANPARTY_TLS_H
#define LANPARTY_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/ssl.h>

#include "lanparty/wire/code.h"

/* Which certificates a client's session trusts, and the verdict. */
struct lp_trust {
	uint8_t (*pins)
		[LP_PIN_SIZE]; /* owned; NULL: the system's CA store and the server name decide */
	size_t pin_count;
	bool refused; /* the server's certificate was not trusted */
};

/* Makes a context. It keeps the TLS library initialised until lp_tls_context_free. NULL when the library
 * refuses. */
WOLFSSL_CTX *lp_tls_server_context(void);
WOLFSSL_CTX *lp_tls_client_context(bool with_system_store);
void lp_tls_context_free(WOLFSSL_CTX *tls);

/* Makes a server's session. conn_ref: the ngtcp2_crypto_conn_ref of its connection. alpn: NULL for none.
 * NULL when the library refuses. */
WOLFSSL *lp_tls_accept(WOLFSSL_CTX *tls, void *conn_ref, const char *alpn);
/* Makes a client's session. trust is borrowed until the session is freed. server_name is sent as SNI
 * unless it is an address or empty; without pins it must match the certificate. */
WOLFSSL *lp_tls_connect(WOLFSSL_CTX *tls, void *conn_ref, const char *alpn, const char *server_name,
	struct lp_trust *trust);

/* After the handshake: true when alpn was agreed on. */
bool lp_tls_alpn_is(WOLFSSL *session, const char *alpn);
/* After the handshake: true when the server's certificate is one of the pins, or there are no pins. */
bool lp_tls_peer_is_pinned(WOLFSSL *session, const struct lp_trust *trust);

#endif
