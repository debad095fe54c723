/* tls.h - TLS contexts and sessions for QUIC: ciphers, ALPN, and which certificates are trusted. */
#ifndef LANPARTY_TLS_H
#define LANPARTY_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/ssl.h>

#include "lanparty/quic/quic.h"
#include "lanparty/wire/code.h"

/* Which certificates a client's session trusts, and the verdict. */
struct lp_trust {
	uint8_t (*pins)
		[LP_PIN_SIZE]; /* owned; NULL: the system's CA store and the server name decide */
	size_t pin_count;
	bool refused; /* the server's certificate was not trusted */
	enum lp_quic_end
		why; /* in which way: LP_QUIC_END_PIN or _AUTHORITY unless a fault tells more */
	int64_t date; /* of the certificate: with LP_QUIC_END_EXPIRED its end, with _EARLY its begin */
};

/* Makes a context. It keeps the TLS library initialised until lp_tls_context_free. NULL when the library
 * refuses. */
WOLFSSL_CTX *lp_tls_server_context(void);
/* Likewise. NULL, with LP_CRYPTO, or LP_NO_STORE when the system's CA store is wanted and there is none. */
WOLFSSL_CTX *lp_tls_client_context(bool with_system_store, enum lp_status *ret_status);
/* Likewise, for TLS over TCP: no certificate of the other end is checked. */
WOLFSSL_CTX *lp_tls_stream_context(bool server);
void lp_tls_context_free(WOLFSSL_CTX *tls);

/* Makes a server's session. conn_ref: the ngtcp2_crypto_conn_ref of its connection. alpn: NULL for none.
 * NULL when the library refuses. */
WOLFSSL *lp_tls_accept(WOLFSSL_CTX *tls, void *conn_ref, const char *alpn);
/* Makes a client's session. trust is borrowed until the session is freed. server_name is sent as SNI
 * unless it is an address or empty; without pins it must match the certificate. */
WOLFSSL *lp_tls_connect(WOLFSSL_CTX *tls, void *conn_ref, const char *alpn, const char *server_name,
	struct lp_trust *trust);

/* The server's name, for SNI unless it is an address, and with check for its certificate. False when the
 * library refuses. */
bool lp_tls_name_server(WOLFSSL *session, const char *name, bool check);

/* After a handshake that failed because of the certificate: says in trust why, where the library has not
 * asked (it compares addresses later than names). */
void lp_tls_note_refusal(WOLFSSL *session, struct lp_trust *trust);
/* After the handshake: true when alpn was agreed on. */
bool lp_tls_alpn_is(WOLFSSL *session, const char *alpn);
/* After the handshake, once: lp_quic_binding's bytes (RFC 8446, section 7.5). False without memory. */
bool lp_tls_take_binding(WOLFSSL *session, uint8_t ret_binding[LP_QUIC_BINDING_SIZE]);
/* After the handshake: true when the server's certificate is one of the pins, or there are no pins. */
bool lp_tls_peer_is_pinned(WOLFSSL *session, const struct lp_trust *trust);

#endif
