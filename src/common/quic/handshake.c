#include "handshake.h"

#include <stdlib.h>

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_shared.h>

#include <wolfssl/quic.h>

/* What the callbacks below return to wolfSSL. */
#define GOOD 1
#define BAD  0

static ngtcp2_encryption_level level_from_tls(WOLFSSL_ENCRYPTION_LEVEL level)
{
	switch (level) {
	case wolfssl_encryption_initial:
		return NGTCP2_ENCRYPTION_LEVEL_INITIAL;
	case wolfssl_encryption_early_data:
		return NGTCP2_ENCRYPTION_LEVEL_0RTT;
	case wolfssl_encryption_handshake:
		return NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE;
	case wolfssl_encryption_application:
		return NGTCP2_ENCRYPTION_LEVEL_1RTT;
	}
	abort();
}

static WOLFSSL_ENCRYPTION_LEVEL level_to_tls(ngtcp2_encryption_level level)
{
	switch (level) {
	case NGTCP2_ENCRYPTION_LEVEL_INITIAL:
		return wolfssl_encryption_initial;
	case NGTCP2_ENCRYPTION_LEVEL_0RTT:
		return wolfssl_encryption_early_data;
	case NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE:
		return wolfssl_encryption_handshake;
	case NGTCP2_ENCRYPTION_LEVEL_1RTT:
		return wolfssl_encryption_application;
	}
	abort();
}

static ngtcp2_conn *conn_of(WOLFSSL *session)
{
	ngtcp2_crypto_conn_ref *ref = wolfSSL_get_app_data(session);
	return ref->get_conn(ref);
}

static int on_secrets(WOLFSSL *session, WOLFSSL_ENCRYPTION_LEVEL tls_level, const uint8_t *rx,
	const uint8_t *tx, size_t len)
{
	ngtcp2_conn *conn = conn_of(session);
	ngtcp2_encryption_level level = level_from_tls(tls_level);
	if (rx && ngtcp2_crypto_derive_and_install_rx_key(conn, NULL, NULL, NULL, level, rx, len) !=
			  0)
		return BAD;
	if (tx && ngtcp2_crypto_derive_and_install_tx_key(conn, NULL, NULL, NULL, level, tx, len) !=
			  0)
		return BAD;
	return GOOD;
}

static int on_handshake_data(
	WOLFSSL *session, WOLFSSL_ENCRYPTION_LEVEL level, const uint8_t *bytes, size_t len)
{
	ngtcp2_conn *conn = conn_of(session);
	int rv = ngtcp2_conn_submit_crypto_data(conn, level_from_tls(level), bytes, len);
	if (rv == 0)
		return GOOD;
	ngtcp2_conn_set_tls_error(conn, rv);
	return BAD;
}

static int on_flush(WOLFSSL *session)
{
	(void)session;
	return GOOD;
}

static int on_alert(WOLFSSL *session, WOLFSSL_ENCRYPTION_LEVEL level, uint8_t alert)
{
	(void)level;
	ngtcp2_conn_set_tls_alert(conn_of(session), alert);
	return GOOD;
}

static const WOLFSSL_QUIC_METHOD method = {on_secrets, on_handshake_data, on_flush, on_alert};

bool lp_handshake_configure(WOLFSSL_CTX *tls)
{
	return wolfSSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_set_max_proto_version(tls, TLS1_3_VERSION) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_set_quic_method(tls, &method) == WOLFSSL_SUCCESS;
}

/* After a step of wolfSSL's that has not succeeded: 0 when it waits for more, -1 when it failed. */
static int result_of(WOLFSSL *session, int rv)
{
	int error = wolfSSL_get_error(session, rv);
	return error == WOLFSSL_ERROR_WANT_READ || error == WOLFSSL_ERROR_WANT_WRITE ? 0 : -1;
}

int ngtcp2_crypto_read_write_crypto_data(
	ngtcp2_conn *conn, ngtcp2_encryption_level level, const uint8_t *bytes, size_t len)
{
	WOLFSSL *session = ngtcp2_conn_get_tls_native_handle2(conn);
	if (len > 0 && wolfSSL_provide_quic_data(session, level_to_tls(level), bytes, len) !=
			       WOLFSSL_SUCCESS)
		return -1;
	if (!ngtcp2_conn_get_handshake_completed2(conn)) {
		int rv = wolfSSL_quic_do_handshake(session);
		if (rv <= 0)
			return result_of(session, rv);
		ngtcp2_conn_tls_handshake_completed(conn);
	}
	int rv = wolfSSL_process_quic_post_handshake(session);
	return rv == WOLFSSL_SUCCESS ? 0 : result_of(session, rv);
}

int ngtcp2_crypto_set_remote_transport_params(ngtcp2_conn *conn, void *tls)
{
	const uint8_t *bytes;
	size_t len;
	wolfSSL_get_peer_quic_transport_params(tls, &bytes, &len);
	int rv = ngtcp2_conn_decode_and_set_remote_transport_params(conn, bytes, len);
	if (rv == 0)
		return 0;
	ngtcp2_conn_set_tls_error(conn, rv);
	return -1;
}

int ngtcp2_crypto_set_local_transport_params(void *tls, const uint8_t *bytes, size_t len)
{
	return wolfSSL_set_quic_transport_params(tls, bytes, len) == WOLFSSL_SUCCESS ? 0 : -1;
}
