/* wolfCrypt is called directly. Its EVP layer costs 46 ns per packet, and its HKDF for QUIC starts a
 * random number generator each time. */
#include "protection.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ngtcp2/ngtcp2_crypto_shared.h>

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/chacha.h>
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>
#include <wolfssl/wolfcrypt/hmac.h>

#include "lanparty/base/wipe.h"
#include "lanparty/quic/crypto.h"

#define TAG_SIZE   16
#define NONCE_SIZE 12
#define HASH_SIZE  32
#define BLOCK_SIZE 16

/* The two cipher suites that tls.c allows. SHA-256 goes with both. */
struct suite {
	size_t key_size;
	uint64_t max_encryption, max_decryption_failure; /* RFC 9001, section 6.6 */
};
static const struct suite aes_128_gcm = {
	.key_size = 16,
	.max_encryption = NGTCP2_CRYPTO_MAX_ENCRYPTION_AES_GCM,
	.max_decryption_failure = NGTCP2_CRYPTO_MAX_DECRYPTION_FAILURE_AES_GCM,
};
static const struct suite chacha20_poly1305 = {
	.key_size = 32,
	.max_encryption = NGTCP2_CRYPTO_MAX_ENCRYPTION_CHACHA20_POLY1305,
	.max_decryption_failure = NGTCP2_CRYPTO_MAX_DECRYPTION_FAILURE_CHACHA20_POLY1305,
};

/* One direction's key, of packets or of headers. */
struct key {
	const struct suite *suite;
	union {
		Aes aes;           /* packets and headers */
		uint8_t bytes[32]; /* ChaCha20-Poly1305: packets */
		ChaCha chacha;     /* ChaCha20: headers */
	};
};

/* ngtcp2's handles are not const; nobody writes through them. */
static void *handle_of(const struct suite *suite)
{
	return (void *)(uintptr_t)suite;
}

static const struct suite *suite_of(const ngtcp2_crypto_aead *aead)
{
	return aead->native_handle;
}

ngtcp2_crypto_aead *ngtcp2_crypto_aead_init(ngtcp2_crypto_aead *aead, void *handle)
{
	aead->native_handle = handle;
	aead->max_overhead = TAG_SIZE;
	return aead;
}

ngtcp2_crypto_aead *ngtcp2_crypto_aead_aes_128_gcm(ngtcp2_crypto_aead *aead)
{
	return ngtcp2_crypto_aead_init(aead, handle_of(&aes_128_gcm));
}

ngtcp2_crypto_aead *ngtcp2_crypto_aead_retry(ngtcp2_crypto_aead *aead)
{
	return ngtcp2_crypto_aead_aes_128_gcm(aead);
}

size_t ngtcp2_crypto_aead_keylen(const ngtcp2_crypto_aead *aead)
{
	return suite_of(aead)->key_size;
}

size_t ngtcp2_crypto_aead_noncelen(const ngtcp2_crypto_aead *aead)
{
	(void)aead;
	return NONCE_SIZE;
}

ngtcp2_crypto_md *ngtcp2_crypto_md_sha256(ngtcp2_crypto_md *md)
{
	md->native_handle = handle_of(&aes_128_gcm); /* not NULL; the only hash needs no name */
	return md;
}

size_t ngtcp2_crypto_md_hashlen(const ngtcp2_crypto_md *md)
{
	(void)md;
	return HASH_SIZE;
}

static ngtcp2_crypto_ctx *fill(ngtcp2_crypto_ctx *ctx, const struct suite *suite)
{
	ngtcp2_crypto_aead_init(&ctx->aead, handle_of(suite));
	ngtcp2_crypto_md_sha256(&ctx->md);
	ctx->hp.native_handle = handle_of(suite);
	ctx->max_encryption = suite->max_encryption;
	ctx->max_decryption_failure = suite->max_decryption_failure;
	return ctx;
}

ngtcp2_crypto_ctx *ngtcp2_crypto_ctx_initial(ngtcp2_crypto_ctx *ctx)
{
	fill(ctx, &aes_128_gcm);
	ctx->max_encryption = 0; /* Initial keys have no limit */
	ctx->max_decryption_failure = 0;
	return ctx;
}

ngtcp2_crypto_ctx *lp_protection_suite(ngtcp2_crypto_ctx *ctx, uint32_t id)
{
	switch (id) {
	case LP_TLS_AES_128_GCM_SHA256:
		return fill(ctx, &aes_128_gcm);
	case LP_TLS_CHACHA20_POLY1305_SHA256:
		return fill(ctx, &chacha20_poly1305);
	default:
		return NULL;
	}
}

ngtcp2_crypto_ctx *ngtcp2_crypto_ctx_tls(ngtcp2_crypto_ctx *ctx, void *tls)
{
	return lp_protection_suite(ctx, wolfSSL_CIPHER_get_id(wolfSSL_get_current_cipher(tls)));
}

ngtcp2_crypto_ctx *ngtcp2_crypto_ctx_tls_early(ngtcp2_crypto_ctx *ctx, void *tls)
{
	return ngtcp2_crypto_ctx_tls(ctx, tls);
}

static struct key *key_new(const struct suite *suite)
{
	struct key *key = calloc(1, sizeof *key);
	if (key)
		key->suite = suite;
	return key;
}

static void key_free(struct key *key)
{
	if (!key)
		return;
	if (key->suite == &aes_128_gcm)
		wc_AesFree(&key->aes);
	lp_zero(key, sizeof *key);
	free(key);
}

static int aead_key_init(
	ngtcp2_crypto_aead_ctx *ctx, const struct suite *suite, const uint8_t *bytes)
{
	struct key *key = key_new(suite);
	if (!key)
		return -1;
	if (suite == &chacha20_poly1305) {
		memcpy(key->bytes, bytes, sizeof key->bytes);
	} else if (wc_AesInit(&key->aes, NULL, INVALID_DEVID) != 0 ||
		   wc_AesGcmSetKey(&key->aes, bytes, (word32)suite->key_size) != 0) {
		key_free(key);
		return -1;
	}
	ctx->native_handle = key;
	return 0;
}

int ngtcp2_crypto_aead_ctx_encrypt_init(ngtcp2_crypto_aead_ctx *ctx, const ngtcp2_crypto_aead *aead,
	const uint8_t *key, size_t nonce_len)
{
	(void)nonce_len;
	return aead_key_init(ctx, suite_of(aead), key);
}

int ngtcp2_crypto_aead_ctx_decrypt_init(ngtcp2_crypto_aead_ctx *ctx, const ngtcp2_crypto_aead *aead,
	const uint8_t *key, size_t nonce_len)
{
	(void)nonce_len;
	return aead_key_init(ctx, suite_of(aead), key);
}

void ngtcp2_crypto_aead_ctx_free(ngtcp2_crypto_aead_ctx *ctx)
{
	key_free(ctx->native_handle);
}

int ngtcp2_crypto_cipher_ctx_encrypt_init(
	ngtcp2_crypto_cipher_ctx *ctx, const ngtcp2_crypto_cipher *cipher, const uint8_t *bytes)
{
	const struct suite *suite = cipher->native_handle;
	struct key *key = key_new(suite);
	if (!key)
		return -1;
	bool good;
	if (suite == &chacha20_poly1305)
		good = wc_Chacha_SetKey(&key->chacha, bytes, (word32)suite->key_size) == 0;
	else
		good = wc_AesInit(&key->aes, NULL, INVALID_DEVID) == 0 &&
		       wc_AesSetKeyDirect(&key->aes, bytes, (word32)suite->key_size, NULL,
			       AES_ENCRYPTION) == 0;
	if (!good) {
		key_free(key);
		return -1;
	}
	ctx->native_handle = key;
	return 0;
}

void ngtcp2_crypto_cipher_ctx_free(ngtcp2_crypto_cipher_ctx *ctx)
{
	key_free(ctx->native_handle);
}

int ngtcp2_crypto_hkdf_extract(uint8_t *dest, const ngtcp2_crypto_md *md, const uint8_t *secret,
	size_t secret_len, const uint8_t *salt, size_t salt_len)
{
	(void)md;
	int rv = wc_HKDF_Extract(
		WC_SHA256, salt, (word32)salt_len, secret, (word32)secret_len, dest);
	return rv == 0 ? 0 : -1;
}

int ngtcp2_crypto_hkdf_expand(uint8_t *dest, size_t dest_len, const ngtcp2_crypto_md *md,
	const uint8_t *secret, size_t secret_len, const uint8_t *info, size_t info_len)
{
	(void)md;
	int rv = wc_HKDF_Expand(WC_SHA256, secret, (word32)secret_len, info, (word32)info_len, dest,
		(word32)dest_len);
	return rv == 0 ? 0 : -1;
}

int ngtcp2_crypto_hkdf(uint8_t *dest, size_t dest_len, const ngtcp2_crypto_md *md,
	const uint8_t *secret, size_t secret_len, const uint8_t *salt, size_t salt_len,
	const uint8_t *info, size_t info_len)
{
	(void)md;
	int rv = wc_HKDF(WC_SHA256, secret, (word32)secret_len, salt, (word32)salt_len, info,
		(word32)info_len, dest, (word32)dest_len);
	return rv == 0 ? 0 : -1;
}

int ngtcp2_crypto_encrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
	const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *plain, size_t len, const uint8_t *nonce,
	size_t nonce_len, const uint8_t *aad, size_t aad_len)
{
	struct key *key = ctx->native_handle;
	(void)aead;
	int rv;
	if (key->suite == &chacha20_poly1305)
		rv = wc_ChaCha20Poly1305_Encrypt(key->bytes, nonce, aad, (word32)aad_len, plain,
			(word32)len, dest, dest + len);
	else
		rv = wc_AesGcmEncrypt(&key->aes, dest, plain, (word32)len, nonce, (word32)nonce_len,
			dest + len, TAG_SIZE, aad, (word32)aad_len);
	return rv == 0 ? 0 : -1;
}

/* ngtcp2 tells neither its caller nor the function below which connection a packet is of. */
static _Thread_local uint64_t opened;

uint64_t lp_protection_opened(void)
{
	return opened;
}

int ngtcp2_crypto_decrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
	const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *cipher, size_t cipher_len,
	const uint8_t *nonce, size_t nonce_len, const uint8_t *aad, size_t aad_len)
{
	struct key *key = ctx->native_handle;
	(void)aead;
	if (cipher_len < TAG_SIZE)
		return -1;
	size_t len = cipher_len - TAG_SIZE;
	int rv;
	if (key->suite == &chacha20_poly1305)
		rv = wc_ChaCha20Poly1305_Decrypt(key->bytes, nonce, aad, (word32)aad_len, cipher,
			(word32)len, cipher + len, dest);
	else
		rv = wc_AesGcmDecrypt(&key->aes, dest, cipher, (word32)len, nonce,
			(word32)nonce_len, cipher + len, TAG_SIZE, aad, (word32)aad_len);
	opened += rv == 0;
	return rv == 0 ? 0 : -1;
}

/* RFC 9001, sections 5.4.3 and 5.4.4. */
int ngtcp2_crypto_hp_mask(uint8_t *dest, const ngtcp2_crypto_cipher *hp,
	const ngtcp2_crypto_cipher_ctx *ctx, const uint8_t *sample)
{
	static const uint8_t zeroes[NGTCP2_HP_MASKLEN];
	struct key *key = ctx->native_handle;
	(void)hp;
	if (key->suite == &aes_128_gcm) {
		/* wolfSSL allocates memory for a sample that is not aligned, as nearly none is. */
		_Alignas(BLOCK_SIZE) uint8_t aligned[BLOCK_SIZE];
		memcpy(aligned, sample, sizeof(aligned));
		return wc_AesEncryptDirect(&key->aes, dest, aligned) == 0 ? 0 : -1;
	}
	word32 counter = (word32)sample[3] << 24 | (word32)sample[2] << 16 |
			 (word32)sample[1] << 8 | sample[0];
	return wc_Chacha_SetIV(&key->chacha, sample + 4, counter) == 0 &&
			       wc_Chacha_Process(&key->chacha, dest, zeroes, sizeof zeroes) == 0
		       ? 0
		       : -1;
}

int ngtcp2_crypto_random(uint8_t *bytes, size_t len)
{
	return lp_random(bytes, len) ? 0 : -1;
}

int ngtcp2_crypto_get_path_challenge_data2_cb(
	ngtcp2_conn *conn, ngtcp2_path_challenge_data *data, void *user)
{
	(void)conn;
	(void)user;
	return lp_random(data->data, sizeof data->data) ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}
