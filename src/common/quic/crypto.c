#include "lanparty/quic/crypto.h"

#include <string.h>

#ifdef _WIN32
#include <windows.h>
#include <bcrypt.h>
#else
#include <errno.h>
#include <sys/random.h>
#endif

#include "lanparty/base/bytes.h"

#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/hmac.h>

bool lp_random(void *bytes, size_t len)
{
#ifdef _WIN32
	return BCryptGenRandom(NULL, bytes, (ULONG)len, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0;
#else
	uint8_t *at = bytes;
	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
#endif
}

void lp_sha256(const void *bytes, size_t len, uint8_t ret_hash[32])
{
	if (wc_Sha256Hash(bytes, (word32)len, ret_hash) != 0)
		memset(ret_hash, 0, 32); /* without memory */
}

bool lp_derive(const void *secret, size_t len, const char *label, uint8_t ret_key[32])
{
	return wc_HKDF(WC_SHA256, secret, (word32)len, NULL, 0, (const byte *)label,
		       (word32)strlen(label), ret_key, 32) == 0;
}

bool lp_room_key(const struct lp_code *code, uint8_t ret_key[LP_ROOM_KEY_SIZE])
{
	return lp_derive(code->text, strlen(code->text), "lanparty/1 room key", ret_key);
}

bool lp_opening_key(const struct lp_code *token, uint8_t ret_key[LP_ROOM_KEY_SIZE])
{
	return lp_derive(token->text, strlen(token->text), "lanparty/1 opening", ret_key);
}

uint16_t lp_room_steer(const uint8_t key[LP_ROOM_KEY_SIZE])
{
	uint8_t hash[32];
	lp_sha256(key, LP_ROOM_KEY_SIZE, hash);
	return lp_get16(hash);
}
