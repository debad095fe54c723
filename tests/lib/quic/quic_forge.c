#include "quic_forge.h"

#include <assert.h>
#include <string.h>

#include <ngtcp2/ngtcp2_crypto.h>

static uint8_t forged[FORGE_MAX];
static size_t forged_len;

void forge_next(const uint8_t *frames, size_t len)
{
	assert(len <= sizeof(forged));
	memcpy(forged, frames, len);
	forged_len = len;
}

bool forge_is_done(void)
{
	return forged_len == 0;
}

/* A QUIC varint of two bytes. */
static void put(uint8_t *frames, size_t *at, unsigned value)
{
	frames[(*at)++] = (uint8_t)(0x40 | value >> 8);
	frames[(*at)++] = (uint8_t)value;
}

void forge_stream(uint8_t *frames, size_t *at, unsigned stream, unsigned offset)
{
	frames[(*at)++] = 0x0e; /* with offset and length (RFC 9000, section 19.8) */
	put(frames, at, stream);
	put(frames, at, offset);
	put(frames, at, 1);
	frames[(*at)++] = 0;
}

#define PN_LEN  4
#define PN_JUMP (1u << 24) /* past all packets that ngtcp2 sends here */
#define TAG_LEN 16

/* What the last packet with a short header was encrypted with. */
static struct {
	ngtcp2_crypto_aead aead; /* copies: ngtcp2's own can be on its stack */
	ngtcp2_crypto_aead_ctx key;
	uint8_t iv[12], id[20];
	size_t id_len;
	ngtcp2_crypto_cipher mask;
	ngtcp2_crypto_cipher_ctx mask_key;
	bool expects_mask, complete;
	uint32_t number;
} seen;

int __real_ngtcp2_crypto_encrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
	const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *plain, size_t len, const uint8_t *nonce,
	size_t nonce_len, const uint8_t *aad, size_t aad_len);
int __wrap_ngtcp2_crypto_encrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
	const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *plain, size_t len, const uint8_t *nonce,
	size_t nonce_len, const uint8_t *aad, size_t aad_len);
int __real_ngtcp2_crypto_hp_mask(uint8_t *dest, const ngtcp2_crypto_cipher *hp,
	const ngtcp2_crypto_cipher_ctx *ctx, const uint8_t *sample);
int __wrap_ngtcp2_crypto_hp_mask(uint8_t *dest, const ngtcp2_crypto_cipher *hp,
	const ngtcp2_crypto_cipher_ctx *ctx, const uint8_t *sample);

/* The nonce is the IV with the packet number, whose last bytes end the header (RFC 9001, section 5.3). */
static void learn(const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *ctx,
	const uint8_t *nonce, const uint8_t *aad, size_t aad_len)
{
	size_t pn_len = (aad[0] & 3u) + 1u;
	if (aad[0] & 0x80 || aad_len < 1 + pn_len || aad_len - 1 - pn_len > sizeof(seen.id))
		return;
	seen.aead = *aead;
	seen.key = *ctx;
	seen.id_len = aad_len - 1 - pn_len;
	memcpy(seen.id, aad + 1, seen.id_len);
	memcpy(seen.iv, nonce, sizeof(seen.iv));
	for (size_t i = 0; i < pn_len; i++)
		seen.iv[sizeof(seen.iv) - pn_len + i] ^= aad[aad_len - pn_len + i];
	seen.expects_mask = true;
}

int __wrap_ngtcp2_crypto_encrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
	const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *plain, size_t len, const uint8_t *nonce,
	size_t nonce_len, const uint8_t *aad, size_t aad_len)
{
	uint8_t frames[2048] = {0};
	learn(aead, ctx, nonce, aad, aad_len);
	if (forged_len && len >= forged_len && len <= sizeof(frames)) {
		memcpy(frames, forged, forged_len);
		forged_len = 0;
		plain = frames;
	}
	return __real_ngtcp2_crypto_encrypt(
		dest, aead, ctx, plain, len, nonce, nonce_len, aad, aad_len);
}

/* The first one after a packet was encrypted is that packet's. */
int __wrap_ngtcp2_crypto_hp_mask(uint8_t *dest, const ngtcp2_crypto_cipher *hp,
	const ngtcp2_crypto_cipher_ctx *ctx, const uint8_t *sample)
{
	if (seen.expects_mask) {
		seen.mask = *hp;
		seen.mask_key = *ctx;
		seen.expects_mask = false;
		seen.complete = true;
	}
	return __real_ngtcp2_crypto_hp_mask(dest, hp, ctx, sample);
}

size_t forge_packet(uint8_t packet[FORGE_PACKET], const uint8_t *frames, size_t len)
{
	uint8_t plain[FORGE_MAX] = {0}, nonce[sizeof(seen.iv)], mask[16];
	size_t head = 1 + seen.id_len + PN_LEN;
	if (!seen.complete || len > sizeof(plain))
		return 0;
	memcpy(plain, frames, len);
	memcpy(nonce, seen.iv, sizeof(nonce));
	packet[0] = 0x40 | (PN_LEN - 1);
	memcpy(packet + 1, seen.id, seen.id_len);
	uint32_t number = PN_JUMP + seen.number++;
	for (size_t i = 0; i < PN_LEN; i++) {
		uint8_t byte = (uint8_t)(number >> 8 * (PN_LEN - 1 - i));
		packet[1 + seen.id_len + i] = byte;
		nonce[sizeof(nonce) - PN_LEN + i] ^= byte;
	}
	if (__real_ngtcp2_crypto_encrypt(packet + head, &seen.aead, &seen.key, plain, sizeof(plain),
		    nonce, sizeof(nonce), packet, head) != 0 ||
		__real_ngtcp2_crypto_hp_mask(
			mask, &seen.mask, &seen.mask_key, packet + 1 + seen.id_len + 4) != 0)
		return 0;
	packet[0] ^= mask[0] & 0x1f;
	for (size_t i = 0; i < PN_LEN; i++)
		packet[1 + seen.id_len + i] ^= mask[1 + i];
	return head + sizeof(plain) + TAG_LEN;
}
