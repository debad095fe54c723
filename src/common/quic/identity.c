#include "lanparty/quic/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#endif

#include "lanparty/base/wipe.h"
#include "lanparty/quic/crypto.h"
#include "identity_internal.h"

#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/random.h>

#include "quic_test.h"
#include "tls.h"

#define LP_DAY           86400
#define LP_CERT_DAYS     3650
#define LP_DER_MAX       4096 /* of a certificate of ours; its key is smaller */
#define LP_PEM_MAX       8192
#define LP_P256_KEY_SIZE 32

/* DER tags (ITU-T X.690; the names of a SubjectAltName: RFC 5280, section 4.2.1.6). */
#define LP_TAG_SEQUENCE         0x30
#define LP_TAG_UTC_TIME         0x17
#define LP_TAG_GENERALIZED_TIME 0x18
#define LP_TAG_DNS_NAME         0x82
#define LP_TAG_IP_ADDRESS       0x87

/* Writes a date as RFC 5280, section 4.1.2.5 wants it: UTCTime through 2049. */
static int write_date(byte *at, int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm *tm = gmtime(&when);
	if (!tm)
		return 0;
	bool utc = tm->tm_year < 150;
	char text[24];
	size_t n = strftime(text, sizeof text, utc ? "%y%m%d%H%M%SZ" : "%Y%m%d%H%M%SZ", tm);
	at[0] = utc ? LP_TAG_UTC_TIME : LP_TAG_GENERALIZED_TIME;
	at[1] = (byte)n;
	memcpy(at + 2, text, n);
	return (int)n + 2;
}

/* Writes tag and length (below 65536) of a DER element. Returns where its value begins. */
static byte *write_head(byte *at, byte tag, size_t len)
{
	*at++ = tag;
	if (len >= 0x100)
		*at++ = 0x82;
	else if (len >= 0x80)
		*at++ = 0x81;
	if (len >= 0x100)
		*at++ = (byte)(len >> 8);
	*at++ = (byte)len;
	return at;
}

/* Writes a SubjectAltName with one name: an IP address when the text is one, a DNS name otherwise. */
static int write_alt_name(byte *at, const char *name)
{
	byte address[16], inner[LP_HOST_MAX + 8];
	byte tag = LP_TAG_IP_ADDRESS;
	const void *value = address;
	size_t len = 4;
	if (inet_pton(AF_INET, name, address) != 1) {
		len = 16;
		if (inet_pton(AF_INET6, name, address) != 1) {
			tag = LP_TAG_DNS_NAME;
			value = name;
			len = strlen(name);
		}
	}
	if (len == 0 || len > LP_HOST_MAX)
		return 0;
	byte *end = write_head(inner, tag, len);
	memcpy(end, value, len);
	size_t inner_len = (size_t)(end - inner) + len;
	end = write_head(at, LP_TAG_SEQUENCE, inner_len);
	memcpy(end, inner, inner_len);
	return (int)((size_t)(end - at) + inner_len);
}

/* Returns the length of the DER, 0 on failure. */
static int make_certificate(
	const char *name, int64_t now, ecc_key *key, WC_RNG *rng, byte der[LP_DER_MAX])
{
	Cert *cert = malloc(sizeof *cert); /* it is large */
	if (!cert)
		return 0;
	int len = 0;
	if (wc_InitCert(cert) != 0)
		goto out;
	snprintf(cert->subject.commonName, sizeof cert->subject.commonName, "%s", name);
	cert->sigType = CTC_SHA256wECDSA;
	cert->selfSigned = 1;
	cert->keyUsage = KEYUSE_DIGITAL_SIG;
	cert->extKeyUsage = EXTKEYUSE_SERVER_AUTH;
	cert->altNamesSz = write_alt_name(cert->altNames, name);
	cert->beforeDateSz = write_date(cert->beforeDate, now - LP_DAY);
	cert->afterDateSz = write_date(cert->afterDate, now + (int64_t)LP_CERT_DAYS * LP_DAY);
	if (cert->altNamesSz == 0 || cert->beforeDateSz == 0 || cert->afterDateSz == 0)
		goto out;
	if (wc_MakeCert_ex(cert, der, LP_DER_MAX, ECC_TYPE, key, rng) < 0)
		goto out;
	len = wc_SignCert_ex(cert->bodySz, cert->sigType, der, LP_DER_MAX, ECC_TYPE, key, rng);
	if (len < 0)
		len = 0;
out:
	free(cert);
	return len;
}

static struct lp_identity *make_identity(const char *name, int64_t now)
{
	struct lp_identity *identity = NULL;
	WC_RNG rng;
	ecc_key key;
	if (wc_InitRng(&rng) != 0)
		return NULL;
	if (wc_ecc_init(&key) != 0) {
		wc_FreeRng(&rng);
		return NULL;
	}
	byte cert_der[LP_DER_MAX], key_der[LP_DER_MAX];
	byte cert_pem[LP_PEM_MAX], key_pem[LP_PEM_MAX];
	word32 key_len = sizeof key_der;
	if (wc_ecc_make_key_ex(&rng, LP_P256_KEY_SIZE, &key, ECC_SECP256R1) == 0 &&
		wc_EccKeyToPKCS8(&key, key_der, &key_len) >= 0) {
		int cert_len = make_certificate(name, now, &key, &rng, cert_der);
		int cert_text = wc_DerToPem(
			cert_der, (word32)cert_len, cert_pem, sizeof cert_pem, CERT_TYPE);
		int key_text = wc_DerToPem(
			key_der, key_len, key_pem, sizeof key_pem, PKCS8_PRIVATEKEY_TYPE);
		const char *why;
		if (cert_len > 0 && cert_text > 0 && key_text > 0)
			identity = lp_identity_load((char *)cert_pem, (size_t)cert_text,
				(char *)key_pem, (size_t)key_text, &why);
	}
	lp_zero(key_der, sizeof key_der);
	lp_zero(key_pem, sizeof key_pem);
	wc_ecc_free(&key);
	wc_FreeRng(&rng);
	return identity;
}

struct lp_identity *lp_identity_new(const char *name, int64_t now)
{
	/* On Windows nothing else initialises the lock of the random number generator. */
	if (wolfSSL_Init() != WOLFSSL_SUCCESS)
		return NULL;
	struct lp_identity *identity = make_identity(name, now);
	wolfSSL_Cleanup();
	return identity;
}

static char *copy_text(const char *text, size_t len)
{
	char *copy = malloc(len + 1);
	if (copy) {
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}

uint8_t *lp_identity_decode_pem(const char *pem, size_t len, int type, size_t *ret_len)
{
	DerBuffer *der = NULL;
	EncryptedInfo info;
	int format = 0;
	memset(&info, 0, sizeof info);
	uint8_t *copy = NULL;
	if (wc_PemToDer((const byte *)pem, (long)len, type, &der, NULL, &info, &format) == 0 &&
		der->length > 0)
		copy = malloc(der->length);
	if (copy) {
		memcpy(copy, der->buffer, der->length);
		*ret_len = der->length;
	}
	if (der && type == PRIVATEKEY_TYPE)
		lp_zero(der->buffer, der->length);
	wc_FreeDer(&der);
	return copy;
}

/* Gives certificate and key to a context. NULL on success, else the reason. */
static const char *give(WOLFSSL_CTX *tls, const struct lp_identity *identity)
{
	const byte *cert = (const byte *)identity->cert_pem;
	const byte *key = (const byte *)identity->key_pem;
	if (wolfSSL_CTX_use_certificate_chain_buffer(tls, cert, (long)strlen(identity->cert_pem)) !=
		WOLFSSL_SUCCESS)
		return "the TLS library does not take the certificate";
	if (wolfSSL_CTX_use_PrivateKey_buffer(
		    tls, key, (long)identity->key_pem_len, WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS)
		return "the TLS library does not take the private key";
	if (wolfSSL_CTX_check_private_key(tls) != WOLFSSL_SUCCESS)
		return "the private key does not belong to the certificate";
	return NULL;
}

/* Fills identity from PEM. NULL on success, else the reason. */
static const char *fill(struct lp_identity *identity, const char *cert_pem, size_t cert_len,
	const char *key_pem, size_t key_len)
{
	identity->leaf = lp_identity_decode_pem(cert_pem, cert_len, CERT_TYPE, &identity->leaf_len);
	if (!identity->leaf)
		return "the certificate file holds no PEM certificate";
	identity->key =
		lp_identity_decode_pem(key_pem, key_len, PRIVATEKEY_TYPE, &identity->key_len);
	if (!identity->key)
		return "the key file holds no PEM private key without a password";
	identity->cert_pem = copy_text(cert_pem, cert_len);
	identity->key_pem = copy_text(key_pem, key_len);
	identity->key_pem_len = key_len; /* a NUL can stand in it */
	if (!identity->cert_pem || !identity->key_pem)
		return "out of memory";
	identity->tls = lp_tls_server_context();
	identity->stream_tls = lp_tls_stream_context(true);
	if (!identity->tls || !identity->stream_tls)
		return "the TLS library does not start";
	const char *why = give(identity->tls, identity);
	const char *why_stream = give(identity->stream_tls, identity);
	return why ? why : why_stream;
}

struct lp_identity *lp_identity_load(const char *cert_pem, size_t cert_len, const char *key_pem,
	size_t key_len, const char **ret_error)
{
	struct lp_identity *identity = calloc(1, sizeof *identity);
	const char *why =
		identity ? fill(identity, cert_pem, cert_len, key_pem, key_len) : "out of memory";
	if (!why)
		return identity;
	*ret_error = why;
	lp_identity_free(identity);
	return NULL;
}

struct lp_identity *lp_identity_copy(const struct lp_identity *identity)
{
	const char *why;
	return lp_identity_load(identity->cert_pem, strlen(identity->cert_pem), identity->key_pem,
		strlen(identity->key_pem), &why);
}

struct lp_identity *lp_identity_forge(
	const struct lp_identity *cert_of, const struct lp_identity *key_of)
{
	struct lp_identity *identity = calloc(1, sizeof *identity);
	if (identity) /* fill's last checks fail, after everything is in place */
		fill(identity, cert_of->cert_pem, strlen(cert_of->cert_pem), key_of->key_pem,
			strlen(key_of->key_pem));
	return identity;
}

void lp_identity_free(struct lp_identity *identity)
{
	if (!identity)
		return;
	if (identity->tls)
		lp_tls_context_free(identity->tls);
	if (identity->stream_tls)
		lp_tls_context_free(identity->stream_tls);
	lp_zero_free(identity->key, identity->key_len);
	lp_zero_free(identity->key_pem, identity->key_pem_len);
	free(identity->cert_pem);
	free(identity->leaf);
	free(identity);
}

const uint8_t *lp_identity_der(const struct lp_identity *identity, size_t *ret_len)
{
	*ret_len = identity->leaf_len;
	return identity->leaf;
}

void lp_identity_pin(const struct lp_identity *identity, uint8_t ret_pin[LP_PIN_SIZE])
{
	lp_sha256(identity->leaf, identity->leaf_len, ret_pin);
}

bool lp_identity_dates(const struct lp_identity *identity, struct lp_dates *ret_dates)
{
	return lp_dates_of(identity->leaf, identity->leaf_len, ret_dates);
}

static bool copy_out(const char *text, char *ret_text, size_t cap)
{
	size_t len = strlen(text);
	if (len >= cap)
		return false;
	memcpy(ret_text, text, len + 1);
	return true;
}

bool lp_identity_pem(
	const struct lp_identity *identity, char *cert, size_t cert_cap, char *key, size_t key_cap)
{
	return copy_out(identity->cert_pem, cert, cert_cap) &&
	       copy_out(identity->key_pem, key, key_cap);
}

bool lp_identity_secret(
	const struct lp_identity *identity, const char *label, uint8_t ret_secret[32])
{
	return lp_derive(identity->key, identity->key_len, label, ret_secret);
}
