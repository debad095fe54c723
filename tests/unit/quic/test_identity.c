/* Certificates, keys and other functions of the TLS library. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/base/wipe.h"
#include "lanparty/quic/crypto.h"
#include "lanparty/quic/identity.h"

#define NOW      INT64_C(1790000000) /* 2026-09-21 */
#define TEXT_MAX 4096

static bool contains(const uint8_t *bytes, size_t len, const void *part, size_t part_len)
{
	for (size_t i = 0; i + part_len <= len; i++)
		if (memcmp(bytes + i, part, part_len) == 0)
			return true;
	return false;
}

/* [P2] */
static void a_new_certificate_names_its_host_and_lasts_ten_years(void **state)
{
	(void)state;
	struct lp_identity *identity = lp_identity_new("relay.example", NOW);
	assert_non_null(identity);
	size_t len;
	const uint8_t *der = lp_identity_der(identity, &len);
	assert_int_equal(der[0], 0x30);
	assert_int_equal(len, 4 + (der[2] << 8 | der[3]));
	assert_true(contains(der, len, "\x82\x0drelay.example", 15));
	/* Valid from the day before, as UTCTime. */
	assert_true(contains(der, len,
		"\x17\x0d"
		"260920",
		8));
	assert_true(contains(der, len,
		"\x17\x0d"
		"360918",
		8));
	assert_false(lp_identity_is_trusted(identity, "relay.example")); /* nobody confirms it */
	lp_identity_free(identity);
}

static void an_address_as_name_becomes_an_address_in_the_certificate(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *san;
		size_t len;
	} table[] = {
		{"192.0.2.7", "\x87\x04\xc0\x00\x02\x07", 6},
		{"2001:db8::7", "\x87\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07", 18},
		{"localhost", "\x82\x09localhost", 11},
	};
	for (size_t i = 0; i < 3; i++) {
		struct lp_identity *identity = lp_identity_new(table[i].name, NOW);
		size_t len;
		const uint8_t *der = lp_identity_der(identity, &len);
		assert_true(contains(der, len, table[i].san, table[i].len));
		lp_identity_free(identity);
	}
}

static void the_longest_host_name_fits_a_certificate(void **state)
{
	(void)state;
	char name[LP_HOST_MAX + 2];
	memset(name, 'a', sizeof name);
	name[LP_HOST_MAX] = '\0';
	struct lp_identity *identity = lp_identity_new(name, NOW);
	assert_non_null(identity);
	size_t len;
	const uint8_t *der = lp_identity_der(identity, &len);
	assert_true(contains(der, len, name, LP_HOST_MAX));
	lp_identity_free(identity);
	assert_null(lp_identity_new("", NOW));
	name[LP_HOST_MAX] = 'a';
	name[LP_HOST_MAX + 1] = '\0';
	assert_null(lp_identity_new(name, NOW));
}

static void an_identity_survives_a_round_trip_through_pem(void **state)
{
	(void)state;
	struct lp_identity *identity = lp_identity_new("relay.example", NOW);
	char cert[TEXT_MAX], key[TEXT_MAX];
	const char *error;
	assert_false(lp_identity_pem(identity, cert, 100, key, sizeof key));
	assert_false(lp_identity_pem(identity, cert, sizeof cert, key, 100));
	assert_true(lp_identity_pem(identity, cert, sizeof cert, key, sizeof key));
	struct lp_identity *again = lp_identity_load(cert, strlen(cert), key, strlen(key), &error);
	assert_non_null(again);
	size_t len, again_len;
	const uint8_t *der = lp_identity_der(identity, &len);
	const uint8_t *again_der = lp_identity_der(again, &again_len);
	assert_int_equal(len, again_len);
	assert_memory_equal(der, again_der, len);
	uint8_t pin[32], hash[32], secret[32], again_secret[32], other[32];
	lp_identity_pin(again, pin);
	lp_sha256(der, len, hash);
	assert_memory_equal(pin, hash, 32);
	assert_true(lp_identity_secret(identity, "a", secret));
	assert_true(lp_identity_secret(again, "a", again_secret));
	assert_true(lp_identity_secret(again, "b", other));
	assert_memory_equal(secret, again_secret, 32);
	assert_memory_not_equal(secret, other, 32);
	lp_identity_free(identity);
	lp_identity_free(again);
}

static void a_copy_outlives_its_original(void **state)
{
	(void)state;
	struct lp_identity *identity = lp_identity_new("relay.example", NOW);
	uint8_t pin[LP_PIN_SIZE], copied[LP_PIN_SIZE], secret[32], copied_secret[32];
	assert_non_null(identity);
	lp_identity_pin(identity, pin);
	assert_true(lp_identity_secret(identity, "test", secret));
	struct lp_identity *copy = lp_identity_copy(identity);
	assert_non_null(copy);
	lp_identity_free(identity);
	lp_identity_pin(copy, copied);
	assert_memory_equal(pin, copied, sizeof pin);
	assert_true(lp_identity_secret(copy, "test", copied_secret));
	assert_memory_equal(secret, copied_secret, sizeof secret);
	lp_identity_free(copy);
}

static void two_identities_share_neither_key_nor_secret(void **state)
{
	(void)state;
	struct lp_identity *a = lp_identity_new("relay.example", NOW);
	struct lp_identity *b = lp_identity_new("relay.example", NOW);
	uint8_t of_a[32], of_b[32];
	lp_identity_pin(a, of_a);
	lp_identity_pin(b, of_b);
	assert_memory_not_equal(of_a, of_b, 32);
	assert_true(lp_identity_secret(a, "x", of_a) && lp_identity_secret(b, "x", of_b));
	assert_memory_not_equal(of_a, of_b, 32);
	lp_identity_free(a);
	lp_identity_free(b);
}

static void bad_pem_is_refused_with_a_reason(void **state)
{
	(void)state;
	char cert[TEXT_MAX], key[TEXT_MAX], other_cert[TEXT_MAX], other_key[TEXT_MAX];
	struct lp_identity *a = lp_identity_new("relay.example", NOW);
	struct lp_identity *b = lp_identity_new("relay.example", NOW);
	assert_true(lp_identity_pem(a, cert, sizeof cert, key, sizeof key));
	assert_true(lp_identity_pem(b, other_cert, sizeof other_cert, other_key, sizeof other_key));
	const struct {
		const char *cert, *key, *reason;
	} table[] = {
		{"", key, "the certificate file holds no PEM certificate"},
		{"nonsense", key, "the certificate file holds no PEM certificate"},
		{key, key, "the certificate file holds no PEM certificate"},
		{cert, "", "the key file holds no PEM private key without a password"},
		{cert, cert, "the key file holds no PEM private key without a password"},
		{cert, other_key, "the private key does not belong to the certificate"},
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		const char *error = "";
		assert_null(lp_identity_load(table[i].cert, strlen(table[i].cert), table[i].key,
			strlen(table[i].key), &error));
		assert_string_equal(error, table[i].reason);
	}
	lp_identity_free(a);
	lp_identity_free(b);
}

static void a_sec1_key_is_accepted(void **state)
{
	(void)state;
	/* A P-256 key and its certificate, written by openssl ecparam -genkey and req -x509. */
	static const char cert[] =
		"-----BEGIN CERTIFICATE-----\n"
		"MIIBhTCCASugAwIBAgIUAmbYOeH+OZ2RZf95dyVW1zoi0dowCgYIKoZIzj0EAwIw\n"
		"GDEWMBQGA1UEAwwNcmVsYXkuZXhhbXBsZTAeFw0yNjExMjMwMDMzMzVaFw0zNjEx\n"
		"MjAwMDMzMzVaMBgxFjAUBgNVBAMMDXJlbGF5LmV4YW1wbGUwWTATBgcqhkjOPQIB\n"
		"BggqhkjOPQMBBwNCAASFz7QyEwZ09L8SE7IYFmrK1nxF3p+SYanV41kwf1L4FEcz\n"
		"CiY0uGlZ1bP/GptAOnqDNbV2cBqXI2WyR2fp0os3o1MwUTAdBgNVHQ4EFgQUSsw7\n"
		"zyMf96v2zYcILtXzUadOVWEwHwYDVR0jBBgwFoAUSsw7zyMf96v2zYcILtXzUadO\n"
		"VWEwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiAtT5UewiX/MDrm\n"
		"jTPdnZ0LjYCr0Md4YZ56WvxhPsZ3nAIhAIFqT3PmntHngn5Ush7YrFqx6u1utrP4\n"
		"hRwcm/VtWevn\n"
		"-----END CERTIFICATE-----\n";
	static const char key[] =
		"-----BEGIN EC PRIVATE KEY-----\n"
		"MHcCAQEEIIfgYpjGGCudp58gxXjz0mJmIZcefxbJW5YRtLvNeEcCoAoGCCqGSM49\n"
		"AwEHoUQDQgAEhc+0MhMGdPS/EhOyGBZqytZ8Rd6fkmGp1eNZMH9S+BRHMwomNLhp\n"
		"WdWz/xqbQDp6gzW1dnAalyNlskdn6dKLNw==\n"
		"-----END EC PRIVATE KEY-----\n";
	const char *error = "";
	struct lp_identity *identity =
		lp_identity_load(cert, strlen(cert), key, strlen(key), &error);
	assert_string_equal(error, "");
	assert_non_null(identity);
	lp_identity_free(identity);
}

static void hashes_and_room_keys_are_the_specified_ones(void **state)
{
	(void)state;
	uint8_t hash[32];
	lp_sha256("abc", 3, hash); /* FIPS 180-2, appendix B.1 */
	assert_memory_equal(
		hash, "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23", 16);
	struct lp_code code = {.text = "ABCDEFGHJKMNPQRB"}, other = {.text = "ABCDEFGHJKMNPQRT"};
	uint8_t key[32], other_key[32];
	assert_true(lp_room_key(&code, key));
	assert_true(lp_room_key(&other, other_key));
	/* Computed with another implementation of RFC 5869. */
	assert_memory_equal(key,
		"\x48\x07\x22\x10\xdf\x8a\xfe\xaa\x3e\x71\x40\xdb\xc5\x38\xfa\x62\xf7\x21\x68\xe1"
		"\x29\x94\xa8\x2a\xbc\xa3\x6e\xc2\x2a\x56\x01\x57",
		32);
	assert_memory_not_equal(key, other_key, 32);
	lp_sha256(key, 32, hash);
	assert_int_equal(lp_room_steer(key), hash[0] << 8 | hash[1]);
	assert_int_equal(lp_room_steer(key), 0x15e3); /* as doc/protocol.md says */
}

static void random_bytes_differ_and_zeroing_zeroes(void **state)
{
	(void)state;
	uint8_t a[32], b[32], none[32] = {0};
	assert_true(lp_random(a, sizeof a) && lp_random(b, sizeof b));
	assert_memory_not_equal(a, b, sizeof a);
	lp_zero(a, sizeof a);
	assert_memory_equal(a, none, sizeof a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_certificate_names_its_host_and_lasts_ten_years),
		cmocka_unit_test(an_address_as_name_becomes_an_address_in_the_certificate),
		cmocka_unit_test(the_longest_host_name_fits_a_certificate),
		cmocka_unit_test(an_identity_survives_a_round_trip_through_pem),
		cmocka_unit_test(a_copy_outlives_its_original),
		cmocka_unit_test(two_identities_share_neither_key_nor_secret),
		cmocka_unit_test(bad_pem_is_refused_with_a_reason),
		cmocka_unit_test(a_sec1_key_is_accepted),
		cmocka_unit_test(hashes_and_room_keys_are_the_specified_ones),
		cmocka_unit_test(random_bytes_differ_and_zeroing_zeroes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
