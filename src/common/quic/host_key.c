#include "lanparty/quic/host_key.h"

#include <string.h>

#include "lanparty/base/bytes.h"
#include "lanparty/base/wipe.h"
#include "lanparty/quic/crypto.h"
#include "identity_internal.h"

#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/random.h>

#define HALF    32 /* bytes of a coordinate, and of each number of a signature */
#define DER_MAX 256

static const char no_key[] = "the file holds no PEM private key without a password";
static const char wrong_key[] = "the key in the file is not one of the curve P-256";

/* ---- the pair */

/* Takes both parts out of the library's key of the curve P-256. */
static bool take(ecc_key *from, struct lp_host_key *key)
{
	word32 x = HALF, y = HALF, d = HALF;
	uint8_t *xy = key->public_half;
	key->known = wc_ecc_export_private_raw(from, xy, &x, xy + HALF, &y, key->secret, &d) == 0;
	return key->known;
}

/* secret: NULL for the public half alone. The caller frees *ret_key also on failure. */
static bool give(const uint8_t *public_half, const uint8_t *secret, ecc_key *ret_key)
{
	if (wc_ecc_init(ret_key) != 0)
		return false;
	return wc_ecc_import_unsigned(ret_key, (byte *)(uintptr_t)public_half,
		       (byte *)(uintptr_t)(public_half + HALF), (byte *)(uintptr_t)secret,
		       ECC_SECP256R1) == 0;
}

bool lp_host_key_make(struct lp_host_key *ret_key)
{
	struct lp_host_key key = {.known = false};
	WC_RNG rng;
	ecc_key pair;
	/* On Windows nothing else initialises the lock of the random number generator. */
	if (wolfSSL_Init() != WOLFSSL_SUCCESS)
		return false;
	bool good = wc_InitRng(&rng) == 0;
	if (good) {
		good = wc_ecc_init(&pair) == 0 &&
		       wc_ecc_make_key_ex(&rng, HALF, &pair, ECC_SECP256R1) == 0 &&
		       take(&pair, &key);
		wc_ecc_free(&pair);
		wc_FreeRng(&rng);
	}
	wolfSSL_Cleanup();
	if (good)
		*ret_key = key;
	lp_zero(&key, sizeof key);
	return good;
}

bool lp_host_key_format(const struct lp_host_key *key, char *pem, size_t cap)
{
	byte der[DER_MAX];
	word32 len = sizeof der;
	ecc_key pair;
	int text = -1;
	if (give(key->public_half, key->secret, &pair) && wc_EccKeyToPKCS8(&pair, der, &len) >= 0)
		text = wc_DerToPem(der, len, (byte *)pem, (word32)cap, PKCS8_PRIVATEKEY_TYPE);
	wc_ecc_free(&pair);
	lp_zero(der, sizeof der);
	if (text <= 0 || (size_t)text >= cap)
		return false;
	pem[text] = '\0';
	return true;
}

/* A file can have a private half that is not that of its public half. */
static bool read_pair(const uint8_t *der, size_t len, struct lp_host_key *key)
{
	ecc_key pair;
	word32 at = 0;
	bool good = wc_ecc_init(&pair) == 0 &&
		    wc_EccPrivateKeyDecode(der, &at, &pair, (word32)len) == 0 && pair.dp &&
		    pair.dp->id == ECC_SECP256R1 && wc_ecc_make_pub(&pair, NULL) == 0 &&
		    take(&pair, key);
	wc_ecc_free(&pair);
	return good;
}

const char *lp_host_key_parse(const char *pem, size_t len, struct lp_host_key *ret_key)
{
	struct lp_host_key key = {.known = false};
	size_t der_len = 0;
	uint8_t *der = lp_identity_decode_pem(pem, len, PRIVATEKEY_TYPE, &der_len);
	if (!der)
		return no_key;
	bool good = read_pair(der, der_len, &key);
	lp_zero_free(der, der_len);
	if (good)
		*ret_key = key;
	lp_zero(&key, sizeof key);
	return good ? NULL : wrong_key;
}

void lp_host_print(const uint8_t public_half[LP_HOST_KEY_SIZE], uint8_t ret_print[LP_HOST_PRINT])
{
	/* SubjectPublicKeyInfo: id-ecPublicKey, prime256v1, an uncompressed point (RFC 5480). */
	static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
		0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03,
		0x42, 0x00, 0x04};
	uint8_t info[sizeof head + LP_HOST_KEY_SIZE];
	memcpy(info, head, sizeof head);
	memcpy(info + sizeof head, public_half, LP_HOST_KEY_SIZE);
	lp_sha256(info, sizeof info, ret_print);
}

/* ---- signatures */

/* As two numbers of fixed length, because DER has several forms of one signature. */
static bool sign(const struct lp_host_key *key, const uint8_t hash[32], uint8_t signature[2 * HALF])
{
	byte der[ECC_MAX_SIG_SIZE], r[HALF], s[HALF];
	word32 len = sizeof der, r_len = HALF, s_len = HALF;
	WC_RNG rng;
	ecc_key pair;
	if (wc_InitRng(&rng) != 0)
		return false;
	bool good = give(key->public_half, key->secret, &pair) &&
		    wc_ecc_sign_hash(hash, 32, der, &len, &rng, &pair) == 0 &&
		    wc_ecc_sig_to_rs(der, len, r, &r_len, s, &s_len) == 0;
	wc_ecc_free(&pair);
	wc_FreeRng(&rng);
	if (!good)
		return false;
	memset(signature, 0, 2 * HALF);
	memcpy(signature + HALF - r_len, r, r_len);
	memcpy(signature + 2 * HALF - s_len, s, s_len);
	return true;
}

static bool verify(const uint8_t *public_half, const uint8_t hash[32], const uint8_t *signature)
{
	byte der[ECC_MAX_SIG_SIZE];
	word32 len = sizeof der;
	ecc_key key;
	int right = 0;
	bool good = give(public_half, NULL, &key) && wc_ecc_check_key(&key) == 0 &&
		    wc_ecc_rs_raw_to_sig(signature, HALF, signature + HALF, HALF, der, &len) == 0 &&
		    wc_ecc_verify_hash(der, len, hash, 32, &right, &key) == 0;
	wc_ecc_free(&key);
	return good && right == 1;
}

/* The label keeps signatures of different meanings apart. */
static void hash_claim(const struct lp_host_claim *claim, uint8_t ret_hash[32])
{
	static const char label[32] = "lanparty/1 host proof";
	uint8_t text[sizeof label + LP_QUIC_BINDING_SIZE + LP_ROOM_KEY_SIZE + 1], *at = text;
	memcpy(at, label, sizeof label);
	at += sizeof label;
	memcpy(at, claim->binding, LP_QUIC_BINDING_SIZE);
	at += LP_QUIC_BINDING_SIZE;
	memcpy(at, claim->room_key, LP_ROOM_KEY_SIZE);
	at += LP_ROOM_KEY_SIZE;
	*at = (uint8_t)claim->role;
	lp_sha256(text, sizeof text, ret_hash);
	lp_zero(text, sizeof text); /* the room's key */
}

bool lp_host_prove(const struct lp_host_key *key, const struct lp_host_claim *claim,
	uint8_t ret_proof[LP_HOST_PROOF_SIZE])
{
	uint8_t hash[32];
	hash_claim(claim, hash);
	return sign(key, hash, ret_proof);
}

bool lp_host_proves(const uint8_t public_half[LP_HOST_KEY_SIZE], const struct lp_host_claim *claim,
	const uint8_t proof[LP_HOST_PROOF_SIZE])
{
	uint8_t hash[32];
	hash_claim(claim, hash);
	return verify(public_half, hash, proof);
}

/* ---- guests (row H3) */

static void hash_pass(const uint8_t pass[LP_GUEST_PASS], uint8_t ret_hash[32])
{
	static const char label[32] = "lanparty/1 guest pass";
	uint8_t text[sizeof label + LP_GUEST_SIGNED];
	memcpy(text, label, sizeof label);
	memcpy(text + sizeof label, pass, LP_GUEST_SIGNED);
	lp_sha256(text, sizeof text, ret_hash);
}

bool lp_guest_sign(const struct lp_host_key *key, uint16_t steer, uint32_t end,
	uint8_t ret_pass[LP_GUEST_PASS])
{
	uint8_t pass[LP_GUEST_PASS], hash[32];
	lp_put16(pass, steer);
	lp_put32(pass + 2, end);
	hash_pass(pass, hash);
	if (!sign(key, hash, pass + LP_GUEST_SIGNED))
		return false;
	memcpy(ret_pass, pass, sizeof pass);
	return true;
}

bool lp_guest_is_signed(
	const uint8_t public_half[LP_HOST_KEY_SIZE], const uint8_t pass[LP_GUEST_PASS])
{
	uint8_t hash[32];
	hash_pass(pass, hash);
	return verify(public_half, hash, pass + LP_GUEST_SIGNED);
}

bool lp_guest_room_key(const uint8_t print[LP_HOST_PRINT], const uint8_t pass[LP_GUEST_PASS],
	uint8_t ret_key[LP_ROOM_KEY_SIZE])
{
	uint8_t text[LP_HOST_PRINT + 2];
	memcpy(text, print, LP_HOST_PRINT);
	memcpy(text + LP_HOST_PRINT, pass, 2);
	return lp_derive(text, sizeof text, "lanparty/1 guest room", ret_key);
}
