/* Rows N4, H3: the host key, what proves it, and the passes that it signs. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/quic/crypto.h"
#include "lanparty/quic/host_key.h"
#include "quic_pair.h"

/* openssl ecparam -name prime256v1 -genkey -noout; the print is that of
 * openssl pkey -pubout -outform der | sha256sum. */
static const char sec1[] = "-----BEGIN EC PRIVATE KEY-----\n"
			   "MHcCAQEEIL1ZNMjWoavGxrzninOZH2XdEOmIWflqtBACa3nAJfItoAoGCCqGSM49\n"
			   "AwEHoUQDQgAEZd9/ZS/qPGuG1pbsw4z/Ii7ng4TvlUIOZgNgG/ucWd7UcAyzvL52\n"
			   "soz4W12oWXo+6WZMHkNpAXD90jCdKvFjiA==\n"
			   "-----END EC PRIVATE KEY-----\n";
static const char sec1_print[] =
	"sha256:3c058021b8673deda2e1557e9b295b1f66f1ea37a62d27ed62181e9d71e156d8";
/* The same private half, with another public half. */
static const char wrong_half[] =
	"-----BEGIN EC PRIVATE KEY-----\n"
	"MHcCAQEEIL1ZNMjWoavGxrzninOZH2XdEOmIWflqtBACa3nAJfItoAoGCCqGSM49\n"
	"AwEHoUQDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/\n"
	"m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n"
	"-----END EC PRIVATE KEY-----\n";
static const char other_curve[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAX/4XMeOYVJfJFSlBr\n"
	"wkpmhrC8IKPMo2908nwoZU1OE2NwGzNvtdHbgML1QTolHBChZANiAATlIJvmiOoq\n"
	"Kh9RW1jZU+On87pu3YcYNhPi7UVT7IoGnmT09jL5THEBZN+2T3QcE3iXtl8g/vx3\n"
	"9Nrxe7jYPh18Qua0gBzYCoVNhUFBFZwO13xXjHikSTQLuAYe9sC5Dj0=\n"
	"-----END PRIVATE KEY-----\n";

static uint8_t binding[LP_QUIC_BINDING_SIZE] = {1}, room[LP_ROOM_KEY_SIZE] = {2};

static struct lp_host_key new_key(void)
{
	struct lp_host_key key;
	assert_true(lp_host_key_make(&key));
	assert_true(key.known);
	return key;
}

static void N4_a_key_survives_its_file(void **state)
{
	(void)state;
	struct lp_host_key key = new_key(), read;
	char pem[LP_HOST_PEM_MAX];
	assert_true(lp_host_key_format(&key, pem, sizeof(pem)));
	assert_null(lp_host_key_parse(pem, strlen(pem), &read));
	assert_memory_equal(&read, &key, sizeof(key));
	assert_false(lp_host_key_format(&key, pem, strlen(pem)));
}

static void N4_a_key_of_openssl_has_the_same_fingerprint(void **state)
{
	(void)state;
	static const char *const files[] = {sec1, wrong_half};
	for (size_t i = 0; i < 2; i++) {
		struct lp_host_key key;
		uint8_t print[LP_HOST_PRINT];
		char text[LP_PIN_TEXT];
		assert_null(lp_host_key_parse(files[i], strlen(files[i]), &key));
		lp_host_print(key.public_half, print);
		assert_string_equal(lp_pin_format(print, text), sec1_print);
	}
}

static void N4_a_file_without_such_a_key_is_refused(void **state)
{
	(void)state;
	struct lp_host_key key = {.known = false};
	char cut[sizeof(sec1)];
	memcpy(cut, sec1, sizeof(sec1));
	cut[80] = 0;
	assert_non_null(lp_host_key_parse("", 0, &key));
	assert_non_null(lp_host_key_parse("no key", 6, &key));
	assert_non_null(lp_host_key_parse(cut, strlen(cut), &key));
	assert_non_null(lp_host_key_parse(other_curve, strlen(other_curve), &key));
	assert_false(key.known);
}

static void N4_a_proof_is_good_for_one_connection_room_and_role(void **state)
{
	(void)state;
	static uint8_t other[32] = {7};
	struct lp_host_key key = new_key(), stranger = new_key();
	struct lp_host_claim claim = {binding, room, LP_ROLE_GATEWAY};
	const struct lp_host_claim wrong[] = {{other, room, LP_ROLE_GATEWAY},
		{binding, other, LP_ROLE_GATEWAY}, {binding, room, LP_ROLE_CLIENT}};
	uint8_t proof[LP_HOST_PROOF_SIZE];
	bool short_r = false, short_s = false;
	for (int i = 0; i < 20000 && !(short_r && short_s); i++) {
		assert_true(lp_host_prove(&key, &claim, proof));
		assert_true(lp_host_proves(key.public_half, &claim, proof));
		short_r = short_r || !proof[0];
		short_s = short_s || !proof[LP_HOST_PROOF_SIZE / 2];
	}
	assert_true(short_r && short_s); /* one in 256 of each */
	for (size_t i = 0; i < 3; i++)
		assert_false(lp_host_proves(key.public_half, &wrong[i], proof));
	assert_false(lp_host_proves(stranger.public_half, &claim, proof));
	for (size_t i = 0; i < sizeof(proof); i++) {
		proof[i] ^= 1;
		assert_false(lp_host_proves(key.public_half, &claim, proof));
		proof[i] ^= 1;
	}
}

/* A point that is not on the curve, and numbers that no signature has. */
static void N4_nonsense_proves_nothing(void **state)
{
	(void)state;
	struct lp_host_key key = new_key();
	struct lp_host_claim claim = {binding, room, LP_ROLE_GATEWAY};
	uint8_t proof[LP_HOST_PROOF_SIZE], zero[LP_HOST_KEY_SIZE] = {0}, ones[LP_HOST_KEY_SIZE];
	memset(ones, 0xff, sizeof(ones));
	assert_true(lp_host_prove(&key, &claim, proof));
	assert_false(lp_host_proves(zero, &claim, proof));
	assert_false(lp_host_proves(ones, &claim, proof));
	assert_false(lp_host_proves(key.public_half, &claim, zero));
	assert_false(lp_host_proves(key.public_half, &claim, ones));
	key.public_half[40] ^= 1;
	assert_false(lp_host_proves(key.public_half, &claim, proof));
}

static void H3_a_pass_is_good_for_one_host_room_and_end(void **state)
{
	(void)state;
	struct lp_host_key key = new_key(), stranger = new_key();
	uint8_t pass[LP_GUEST_PASS];
	assert_true(lp_guest_sign(&key, 0x1234, 0x89abcdef, pass));
	assert_int_equal(lp_guest_steer(pass), 0x1234);
	assert_int_equal(lp_guest_end(pass), 0x89abcdef);
	assert_true(lp_guest_is_signed(key.public_half, pass));
	assert_false(lp_guest_is_signed(stranger.public_half, pass));
	for (size_t i = 0; i < sizeof(pass); i++) {
		pass[i] ^= 1;
		assert_false(lp_guest_is_signed(key.public_half, pass));
		pass[i] ^= 1;
	}
}

/* Nor is a proof of the host's a pass. */
static void H3_a_pass_does_not_open_the_room_for_ever(void **state)
{
	(void)state;
	struct lp_host_key key = new_key();
	struct lp_code code;
	uint8_t print[LP_HOST_PRINT], room_key[LP_ROOM_KEY_SIZE], first[LP_ROOM_KEY_SIZE],
		second[LP_ROOM_KEY_SIZE], pass[LP_GUEST_PASS];
	assert_int_equal(lp_code_parse("ABCD-EFGH-JKMN-PQRB", &code), LP_OK);
	assert_true(lp_room_key(&code, room_key));
	lp_host_print(key.public_half, print);
	assert_true(lp_guest_sign(&key, lp_room_steer(room_key), 1, pass));
	assert_true(lp_guest_room_key(print, pass, first));
	assert_memory_not_equal(first, room_key, sizeof(first));
	assert_true(lp_guest_sign(&key, lp_room_steer(room_key), 2, pass));
	assert_true(lp_guest_room_key(print, pass, second));
	assert_memory_equal(first, second, sizeof(first));
	assert_true(lp_guest_sign(&key, 0, 2, pass));
	assert_true(lp_guest_room_key(print, pass, second));
	assert_memory_not_equal(first, second, sizeof(first));
	const struct lp_host_claim claim = {binding, room_key, LP_ROLE_CLIENT};
	assert_true(lp_host_prove(&key, &claim, pass + LP_GUEST_SIGNED));
	assert_false(lp_guest_is_signed(key.public_half, pass));
}

static void N4_both_ends_of_a_connection_have_the_same_binding(void **state)
{
	(void)state;
	uint8_t first[LP_QUIC_BINDING_SIZE];
	for (int i = 0; i < 2; i++) {
		struct quic_pair *pair = pair_up();
		const uint8_t *client = lp_quic_binding(pair->log[CLIENT].conn);
		assert_memory_equal(client, lp_quic_binding(pair->log[SERVER].conn), sizeof(first));
		if (i == 0)
			memcpy(first, client, sizeof(first));
		else
			assert_memory_not_equal(client, first, sizeof(first));
		pair_free(pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N4_a_key_survives_its_file),
		cmocka_unit_test(N4_a_key_of_openssl_has_the_same_fingerprint),
		cmocka_unit_test(N4_a_file_without_such_a_key_is_refused),
		cmocka_unit_test(N4_a_proof_is_good_for_one_connection_room_and_role),
		cmocka_unit_test(N4_nonsense_proves_nothing),
		cmocka_unit_test(H3_a_pass_is_good_for_one_host_room_and_end),
		cmocka_unit_test(H3_a_pass_does_not_open_the_room_for_ever),
		cmocka_unit_test(N4_both_ends_of_a_connection_have_the_same_binding),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
