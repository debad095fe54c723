#include "tls.h"

#include <string.h>

#include "lanparty/quic/crypto.h"
#include "lanparty/quic/dates.h"
#include "lanparty/base/bytes.h"
#include "handshake.h"

#define LP_CIPHERS "TLS13-AES128-GCM-SHA256:TLS13-CHACHA20-POLY1305-SHA256"

#define LP_QUIC_TRANSPORT_PARAMETERS 0x39 /* TLS extension, RFC 9001, section 8.2 */

static bool configure(WOLFSSL_CTX *tls)
{
	int groups[] = {WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1};
	wolfSSL_CTX_set_session_cache_mode(tls, WOLFSSL_SESS_CACHE_OFF);
	return wolfSSL_CTX_set_cipher_list(tls, LP_CIPHERS) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_set_groups(tls, groups, 2) == WOLFSSL_SUCCESS;
}

WOLFSSL_CTX *lp_tls_server_context(void)
{
	if (wolfSSL_Init() != WOLFSSL_SUCCESS)
		return NULL;
	WOLFSSL_CTX *tls = wolfSSL_CTX_new(wolfTLSv1_3_server_method());
	if (tls && lp_handshake_configure(tls) && configure(tls) &&
		wolfSSL_CTX_no_ticket_TLSv13(tls) == 0) {
		wolfSSL_CTX_set_verify(tls, WOLFSSL_VERIFY_NONE, NULL);
		return tls;
	}
	lp_tls_context_free(tls);
	return NULL;
}

WOLFSSL_CTX *lp_tls_stream_context(bool server)
{
	if (wolfSSL_Init() != WOLFSSL_SUCCESS)
		return NULL;
	WOLFSSL_CTX *tls =
		wolfSSL_CTX_new(server ? wolfTLSv1_3_server_method() : wolfTLSv1_3_client_method());
	if (tls && configure(tls) && (!server || wolfSSL_CTX_no_ticket_TLSv13(tls) == 0)) {
		wolfSSL_CTX_set_verify(tls, WOLFSSL_VERIFY_NONE, NULL);
		return tls;
	}
	lp_tls_context_free(tls);
	return NULL;
}

static bool is_pinned(const struct lp_trust *trust, const uint8_t *der, size_t len)
{
	uint8_t hash[LP_PIN_SIZE];
	lp_sha256(der, len, hash);
	for (size_t i = 0; i < trust->pin_count; i++)
		if (lp_equal_secret(hash, trust->pins[i], LP_PIN_SIZE))
			return true;
	return false;
}

/* The library calls verify for a certificate's first fault alone, in this order: dates, issuer, name. */
static void note_fault(struct lp_trust *trust, const WOLFSSL_X509_STORE_CTX *store)
{
	struct lp_dates dates = {0, 0};
	int index = store->error_depth < store->totalCerts ? store->error_depth : 0;
	if (trust->refused)
		return; /* the first fault counts */
	trust->refused = true;
	if (store->totalCerts > 0)
		lp_dates_of(store->certs[index].buffer, store->certs[index].length, &dates);
	switch (store->error) {
	case ASN_AFTER_DATE_E:
		trust->why = LP_QUIC_END_EXPIRED;
		trust->date = dates.until;
		break;
	case ASN_BEFORE_DATE_E:
		trust->why = LP_QUIC_END_EARLY;
		trust->date = dates.from;
		break;
	case DOMAIN_NAME_MISMATCH:
	case IPADDR_MISMATCH:
		trust->why = LP_QUIC_END_NAME;
		break;
	default:
		break;
	}
}

/* With pins, the leaf's DER alone decides, whatever the library says of dates, names and issuers. The
 * library can call this more than once, and for each certificate of the chain. That the peer has the
 * leaf's private key is proved by the signature in the handshake, which the library always checks. */
static int verify(int library_says, WOLFSSL_X509_STORE_CTX *store)
{
	struct lp_trust *trust = store->userCtx;
	if (!trust)
		return 0;
	if (!trust->pins) {
		if (library_says != 1)
			note_fault(trust, store);
		return library_says == 1;
	}
	bool good = store->totalCerts > 0 &&
		    is_pinned(trust, store->certs[0].buffer, store->certs[0].length);
	if (!good)
		trust->refused = true;
	return good;
}

WOLFSSL_CTX *lp_tls_client_context(bool with_system_store, enum lp_status *ret_status)
{
	*ret_status = LP_CRYPTO;
	if (wolfSSL_Init() != WOLFSSL_SUCCESS)
		return NULL;
	WOLFSSL_CTX *tls = wolfSSL_CTX_new(wolfTLSv1_3_client_method());
	if (tls && lp_handshake_configure(tls) && configure(tls)) {
		wolfSSL_CTX_set_verify(tls, WOLFSSL_VERIFY_PEER, verify);
		if (!with_system_store || wolfSSL_CTX_load_system_CA_certs(tls) == WOLFSSL_SUCCESS)
			return tls;
		*ret_status = LP_NO_STORE;
	}
	lp_tls_context_free(tls);
	return NULL;
}

void lp_tls_context_free(WOLFSSL_CTX *tls)
{
	wolfSSL_CTX_free(tls);
	wolfSSL_Cleanup();
}

static bool prepare(WOLFSSL *session, void *conn_ref, const char *alpn)
{
	wolfSSL_set_quic_transport_version(session, LP_QUIC_TRANSPORT_PARAMETERS);
	wolfSSL_KeepArrays(session); /* until lp_tls_take_binding */
	if (wolfSSL_set_app_data(session, conn_ref) != WOLFSSL_SUCCESS)
		return false;
	if (!alpn)
		return true;
	char name[64]; /* the library takes no const */
	size_t len = strlen(alpn);
	if (len >= sizeof name)
		return false;
	memcpy(name, alpn, len + 1);
	return wolfSSL_UseALPN(session, name, (unsigned)len, WOLFSSL_ALPN_FAILED_ON_MISMATCH) ==
	       WOLFSSL_SUCCESS;
}

WOLFSSL *lp_tls_accept(WOLFSSL_CTX *tls, void *conn_ref, const char *alpn)
{
	WOLFSSL *session = wolfSSL_new(tls);
	if (!session)
		return NULL;
	wolfSSL_set_accept_state(session);
	if (prepare(session, conn_ref, alpn))
		return session;
	wolfSSL_free(session);
	return NULL;
}

/* Addresses are never sent as SNI (RFC 6066, section 3). */
static bool is_address(const char *name)
{
	return strchr(name, ':') || name[strspn(name, "0123456789.")] == '\0';
}

bool lp_tls_name_server(WOLFSSL *session, const char *name, bool check)
{
	bool address = is_address(name);
	if (!address && wolfSSL_UseSNI(session, WOLFSSL_SNI_HOST_NAME, name,
				(unsigned short)strlen(name)) != WOLFSSL_SUCCESS)
		return false;
	if (!check)
		return true;
	return (address ? wolfSSL_check_ip_address(session, name)
			: wolfSSL_check_domain_name(session, name)) == WOLFSSL_SUCCESS;
}

WOLFSSL *lp_tls_connect(WOLFSSL_CTX *tls, void *conn_ref, const char *alpn, const char *server_name,
	struct lp_trust *trust)
{
	WOLFSSL *session = wolfSSL_new(tls);
	if (!session)
		return NULL;
	wolfSSL_set_connect_state(session);
	wolfSSL_SetCertCbCtx(session, trust);
	bool named = server_name && server_name[0] != '\0';
	if (prepare(session, conn_ref, alpn) && (named || trust->pins) &&
		(!named || lp_tls_name_server(session, server_name, !trust->pins)) &&
		wolfSSL_UseKeyShare(session, WOLFSSL_ECC_X25519) == WOLFSSL_SUCCESS)
		return session;
	wolfSSL_free(session);
	return NULL;
}

void lp_tls_note_refusal(WOLFSSL *session, struct lp_trust *trust)
{
	int error = wolfSSL_get_error(session, 0);
	if (!trust->refused && !trust->pins &&
		(error == IPADDR_MISMATCH || error == DOMAIN_NAME_MISMATCH))
		trust->why = LP_QUIC_END_NAME;
}

bool lp_tls_alpn_is(WOLFSSL *session, const char *alpn)
{
	char *name = NULL;
	unsigned short len = 0;
	if (wolfSSL_ALPN_GetProtocol(session, &name, &len) != WOLFSSL_SUCCESS || !name)
		return false;
	return alpn && len == strlen(alpn) && memcmp(name, alpn, len) == 0;
}

bool lp_tls_take_binding(WOLFSSL *session, uint8_t ret_binding[LP_QUIC_BINDING_SIZE])
{
	static const char label[] = "EXPORTER-lanparty-binding";
	bool good = wolfSSL_export_keying_material(session, ret_binding, LP_QUIC_BINDING_SIZE,
			    label, sizeof label - 1, NULL, 0, 0) == WOLFSSL_SUCCESS;
	wolfSSL_FreeArrays(session);
	return good;
}

bool lp_tls_peer_is_pinned(WOLFSSL *session, const struct lp_trust *trust)
{
	if (!trust->pins)
		return true;
	WOLFSSL_X509 *leaf = wolfSSL_get_peer_certificate(session);
	if (!leaf)
		return false;
	int len = 0;
	const uint8_t *der = wolfSSL_X509_get_der(leaf, &len);
	bool pinned = der && len > 0 && is_pinned(trust, der, (size_t)len);
	wolfSSL_X509_free(leaf);
	return pinned;
}
