/* Packet protection against the vectors of RFC 9001, appendix A. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_shared.h>

#include "protection.h"

#define PACKET_MAX 1200
#define TAG        16

static size_t unhex(const char *hex, uint8_t *ret_bytes)
{
	size_t len = strlen(hex) / 2;
	for (size_t i = 0; i < 2 * len; i++) {
		unsigned digit =
			(unsigned)(strchr("0123456789abcdef", hex[i]) - "0123456789abcdef");
		ret_bytes[i / 2] = (uint8_t)((unsigned)ret_bytes[i / 2] << 4 | digit);
	}
	return len;
}

static void assert_hex(const uint8_t *bytes, const char *hex)
{
	uint8_t expected[PACKET_MAX];
	assert_memory_equal(bytes, expected, unhex(hex, expected));
}

/* One direction's keys, ready for use. */
struct keys {
	ngtcp2_crypto_ctx suite;
	uint8_t key[32], iv[12], hp[32];
	ngtcp2_crypto_aead_ctx seal, open;
	ngtcp2_crypto_cipher_ctx mask;
};

static void keys_make(struct keys *k, const uint8_t secret[32])
{
	assert_int_equal(ngtcp2_crypto_derive_packet_protection_key(k->key, k->iv, k->hp,
				 NGTCP2_PROTO_VER_V1, &k->suite.aead, &k->suite.md, secret, 32),
		0);
	assert_int_equal(
		ngtcp2_crypto_aead_ctx_encrypt_init(&k->seal, &k->suite.aead, k->key, 12), 0);
	assert_int_equal(
		ngtcp2_crypto_aead_ctx_decrypt_init(&k->open, &k->suite.aead, k->key, 12), 0);
	assert_int_equal(ngtcp2_crypto_cipher_ctx_encrypt_init(&k->mask, &k->suite.hp, k->hp), 0);
}

static void keys_free(struct keys *k)
{
	ngtcp2_crypto_aead_ctx_free(&k->seal);
	ngtcp2_crypto_aead_ctx_free(&k->open);
	ngtcp2_crypto_cipher_ctx_free(&k->mask);
}

/* A.1: the keys of Initial packets, from the client's first ID. */
static void initial_secrets(uint8_t client[32], uint8_t server[32])
{
	ngtcp2_cid id = {.datalen = 8};
	uint8_t secret[32];
	unhex("8394c8f03e515708", id.data);
	assert_int_equal(ngtcp2_crypto_derive_initial_secrets(server, client, secret,
				 NGTCP2_PROTO_VER_V1, &id, NGTCP2_CRYPTO_SIDE_CLIENT),
		0);
	assert_hex(secret, "7db5df06e7a69e432496adedb00851923595221596ae2ae9fb8115c1e9ed0a44");
}

static void initial_keys(struct keys *client, struct keys *server)
{
	uint8_t client_secret[32], server_secret[32];
	initial_secrets(client_secret, server_secret);
	ngtcp2_crypto_ctx_initial(&client->suite);
	ngtcp2_crypto_ctx_initial(&server->suite);
	keys_make(client, client_secret);
	keys_make(server, server_secret);
}

/* A packet of the appendix: what goes in, and what must come out. */
struct vector {
	uint64_t number;
	const char *header; /* its packet number, number_len bytes, is the end */
	size_t number_len;
	const char *payload;
	size_t padded; /* the payload's length with PADDING frames */
	const char *packet;
	const char *tag; /* the end of packet */
};

static const struct vector client_initial = {
	.number = 2,
	.header = "c300000001088394c8f03e5157080000449e00000002",
	.number_len = 4,
	.payload = "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868"
		   "04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"
		   "616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
		   "04616c706e000500050100000000003300260024001d00209370b2c9caa47fba"
		   "baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400"
		   "0d0010000e0403050306030203080408050806002d00020101001c0002400100"
		   "3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000"
		   "75300901100f088394c8f03e51570806048000ffff",
	.padded = 1162,
	/* The beginning: the tag at the end covers the rest. */
	.packet = "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11"
		  "d242b123dc9bd8bab936b47d92ec356c0bab7df5976d27cd449f63300099f399",
	.tag = "e221af44860018ab0856972e194cd934",
};

static const struct vector server_initial = {
	.number = 1,
	.header = "c1000000010008f067a5502a4262b50040750001",
	.number_len = 2,
	.payload = "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf739"
		   "88cfc79825df566dc5430b9a045a1200130100002e00330024001d00209d3c94"
		   "0d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00"
		   "020304",
	.padded = 99,
	.packet = "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a"
		  "5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3"
		  "dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84"
		  "022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4"
		  "2158407dd074ee",
	.tag = "3d20398c276456cbc42158407dd074ee",
};

static const struct vector chacha_short = {
	.number = 654360564,
	.header = "4200bff4",
	.number_len = 3,
	.payload = "01",
	.padded = 1,
	.packet = "4cfe4189655e5cd55c41f69080575d7999c25a5bfb",
	.tag = "5e5cd55c41f69080575d7999c25a5bfb",
};

static void nonce_of(const struct keys *k, uint64_t number, uint8_t ret_nonce[12])
{
	memcpy(ret_nonce, k->iv, 12);
	for (size_t i = 0; i < 8; i++)
		ret_nonce[11 - i] ^= (uint8_t)(number >> (8 * i));
}

/* Protects a packet as ngtcp2 does. Its length. */
static size_t protect(const struct keys *k, const struct vector *v, uint8_t packet[PACKET_MAX])
{
	uint8_t nonce[12], mask[NGTCP2_HP_SAMPLELEN];
	nonce_of(k, v->number, nonce);
	size_t header = unhex(v->header, packet);
	uint8_t *payload = packet + header;
	memset(payload, 0, v->padded);
	unhex(v->payload, payload);
	assert_int_equal(ngtcp2_crypto_encrypt(payload, &k->suite.aead, &k->seal, payload,
				 v->padded, nonce, 12, packet, header),
		0);
	uint8_t *number = payload - v->number_len;
	assert_int_equal(ngtcp2_crypto_hp_mask(mask, &k->suite.hp, &k->mask, number + 4), 0);
	packet[0] ^= mask[0] & (packet[0] & 0x80 ? 0x0f : 0x1f);
	for (size_t i = 0; i < v->number_len; i++)
		number[i] ^= mask[1 + i];
	return header + v->padded + TAG;
}

/* The payload of a protected packet, or false. */
static bool unprotect(const struct keys *k, const struct vector *v, const uint8_t *packet,
	size_t len, uint8_t payload[PACKET_MAX])
{
	uint8_t nonce[12], header[32];
	nonce_of(k, v->number, nonce);
	size_t header_len = unhex(v->header, header);
	return ngtcp2_crypto_decrypt(payload, &k->suite.aead, &k->open, packet + header_len,
		       len - header_len, nonce, 12, header, header_len) == 0;
}

static void check(const struct keys *k, const struct vector *v)
{
	uint8_t packet[PACKET_MAX], payload[PACKET_MAX], plain[PACKET_MAX] = {0};
	size_t len = protect(k, v, packet);
	assert_hex(packet, v->packet);
	assert_hex(packet + len - strlen(v->tag) / 2, v->tag);
	assert_true(unprotect(k, v, packet, len, payload));
	unhex(v->payload, plain);
	assert_memory_equal(payload, plain, v->padded);
	/* In place, as ngtcp2 does it, too. */
	size_t header = strlen(v->header) / 2;
	uint8_t copy[PACKET_MAX];
	memcpy(copy, packet, len);
	assert_true(unprotect(k, v, copy, len, copy + header));
	assert_memory_equal(copy + header, plain, v->padded);
	/* Each byte counts: ciphertext, tag, and what is sent in the clear. */
	for (size_t i = header; i < len; i++) {
		packet[i] ^= 1;
		assert_false(unprotect(k, v, packet, len, payload));
		packet[i] ^= 1;
	}
	assert_false(unprotect(k, v, packet, len - 1, payload));
	assert_false(unprotect(k, v, packet, header + TAG - 1, payload));
	struct vector other = *v;
	other.number++;
	assert_false(unprotect(k, &other, packet, len, payload));
}

static void initial_keys_are_those_of_the_appendix(void **state)
{
	(void)state;
	uint8_t client_secret[32], server_secret[32];
	initial_secrets(client_secret, server_secret);
	assert_hex(
		client_secret, "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea");
	assert_hex(
		server_secret, "3c199828fd139efd216c155ad844cc81fb82fa8d7446fa7d78be803acdda951b");
	struct keys client, server;
	initial_keys(&client, &server);
	assert_hex(client.key, "1f369613dd76d5467730efcbe3b1a22d");
	assert_hex(client.iv, "fa044b2f42a3fd3b46fb255c");
	assert_hex(client.hp, "9f50449e04a0e810283a1e9933adedd2");
	assert_hex(server.key, "cf3a5331653c364c88f0f379b6067e37");
	assert_hex(server.iv, "0ac1493ca1905853b0bba03e");
	assert_hex(server.hp, "c206b8d9b9f0f37644430b490eeaa314");
	keys_free(&client);
	keys_free(&server);
}

static void initial_packets_are_those_of_the_appendix(void **state)
{
	(void)state;
	struct keys client, server;
	initial_keys(&client, &server);
	check(&client, &client_initial);
	check(&server, &server_initial);
	keys_free(&client);
	keys_free(&server);
}

static void header_masks_are_those_of_the_appendix(void **state)
{
	(void)state;
	struct keys client, server;
	uint8_t sample[NGTCP2_HP_SAMPLELEN], mask[NGTCP2_HP_SAMPLELEN];
	initial_keys(&client, &server);
	unhex("d1b1c98dd7689fb8ec11d242b123dc9b", sample);
	ngtcp2_crypto_hp_mask(mask, &client.suite.hp, &client.mask, sample);
	assert_hex(mask, "437b9aec36");
	unhex("2cd0991cd25b0aac406a5816b6394100", sample);
	ngtcp2_crypto_hp_mask(mask, &server.suite.hp, &server.mask, sample);
	assert_hex(mask, "2ec0d8356a");
	keys_free(&client);
	keys_free(&server);
}

/* A.4 */
static void the_retry_tag_is_that_of_the_appendix(void **state)
{
	(void)state;
	uint8_t key[16], nonce[12], aad[64], tag[TAG];
	unhex("be0c690b9f66575a1d766b54e368c84e", key); /* section 5.8 */
	unhex("461599d35d632bf2239825bb", nonce);
	size_t len = unhex("088394c8f03e515708ff000000010008f067a5502a4262b5746f6b656e", aad);
	ngtcp2_crypto_aead aead;
	ngtcp2_crypto_aead_ctx ctx;
	ngtcp2_crypto_aead_retry(&aead);
	assert_int_equal(ngtcp2_crypto_aead_ctx_encrypt_init(&ctx, &aead, key, 12), 0);
	assert_int_equal(ngtcp2_crypto_encrypt(tag, &aead, &ctx, tag, 0, nonce, 12, aad, len), 0);
	assert_hex(tag, "04a265ba2eff4d829058fb3f0f2496ba");
	ngtcp2_crypto_aead_ctx_free(&ctx);
}

/* A.5 */
static void chacha20_poly1305_is_that_of_the_appendix(void **state)
{
	(void)state;
	uint8_t secret[32], next[32];
	unhex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b", secret);
	struct keys k;
	assert_non_null(lp_protection_suite(&k.suite, LP_TLS_CHACHA20_POLY1305_SHA256));
	keys_make(&k, secret);
	assert_hex(k.key, "c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8");
	assert_hex(k.iv, "e0459b3474bdd0e44a41c144");
	assert_hex(k.hp, "25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4");
	assert_int_equal(ngtcp2_crypto_update_traffic_secret(
				 next, NGTCP2_PROTO_VER_V1, &k.suite.md, secret, 32),
		0);
	assert_hex(next, "1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9");
	check(&k, &chacha_short);
	keys_free(&k);
}

static void other_suites_are_refused(void **state)
{
	(void)state;
	ngtcp2_crypto_ctx ctx;
	assert_null(lp_protection_suite(&ctx, 0x1302)); /* TLS_AES_256_GCM_SHA384 */
	assert_null(lp_protection_suite(&ctx, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(initial_keys_are_those_of_the_appendix),
		cmocka_unit_test(initial_packets_are_those_of_the_appendix),
		cmocka_unit_test(header_masks_are_those_of_the_appendix),
		cmocka_unit_test(the_retry_tag_is_that_of_the_appendix),
		cmocka_unit_test(chacha20_poly1305_is_that_of_the_appendix),
		cmocka_unit_test(other_suites_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
