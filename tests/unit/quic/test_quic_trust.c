/* Which certificates a client accepts, and which protocol both sides speak. */
#include "quic_pair.h"

#define PEM_MAX 8192

/* Starts both endpoints, connects with one pin, and runs until the handshake is decided. */
static void connect_with_pin(struct quic_pair *pair, const uint8_t pin[32], const char *name)
{
	uint8_t pins[1][32];
	memcpy(pins[0], pin, 32);
	pair_start_both(pair);
	pair_connect(pair, (const uint8_t(*)[32])pins, 1, name);
	pair_run(pair, LP_SECOND);
}

static void assert_refused(struct quic_pair *pair, enum lp_quic_end end)
{
	assert_int_equal(pair->log[CLIENT].connected, 0);
	assert_int_equal(pair->log[SERVER].connected, 0);
	assert_int_equal(pair->log[CLIENT].closed, 1);
	assert_int_equal(pair->log[CLIENT].why.end, end);
	assert_int_equal(pair->log[SERVER].closed, 0); /* its user never saw the connection */
	assert_int_equal(lp_quic_connection_count(pair->end[SERVER]), 0);
	pair_free(pair);
}

static void assert_accepted(struct quic_pair *pair)
{
	assert_int_equal(pair->log[CLIENT].connected, 1);
	assert_int_equal(pair->log[SERVER].connected, 1);
	pair_free(pair);
}

static void become(struct quic_pair *pair, struct lp_identity *identity)
{
	assert_non_null(identity);
	lp_identity_free(pair->identity);
	pair->identity = identity;
}

static void a_zero_pin_is_refused(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	uint8_t pin[32] = {1};
	connect_with_pin(pair, pin, "relay.example");
	assert_refused(pair, LP_QUIC_END_PIN);
}

static void a_clone_with_the_same_name_and_another_key_is_refused(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	uint8_t pin[32];
	lp_identity_pin(pair->identity, pin);
	become(pair, lp_identity_new("relay.example", NOW_UNIX));
	connect_with_pin(pair, pin, "relay.example");
	assert_refused(pair, LP_QUIC_END_PIN);
}

/* The handshake's signature is verified, although the pin decides about the certificate. */
static void the_pinned_certificate_without_its_key_is_refused(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	uint8_t pin[32];
	lp_identity_pin(pair->identity, pin);
	struct lp_identity *thief = lp_identity_new("relay.example", NOW_UNIX);
	struct lp_identity *forged = lp_identity_forge(pair->identity, thief);
	lp_identity_free(thief);
	become(pair, forged);
	connect_with_pin(pair, pin, "relay.example");
	assert_refused(pair, LP_QUIC_END_ERROR);
}

static void an_expired_certificate_that_is_pinned_is_accepted(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	uint8_t pin[32];
	become(pair, lp_identity_new("relay.example", INT64_C(800000000))); /* until 2005 */
	lp_identity_pin(pair->identity, pin);
	connect_with_pin(pair, pin, "relay.example");
	assert_accepted(pair);
}

static void a_pinned_certificate_can_have_any_name(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	uint8_t pin[32];
	lp_identity_pin(pair->identity, pin);
	connect_with_pin(pair, pin, "other.example");
	assert_accepted(pair);
}

static void no_name_is_needed_with_a_pin(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	uint8_t pin[32];
	lp_identity_pin(pair->identity, pin);
	connect_with_pin(pair, pin, NULL);
	assert_accepted(pair);
}

static void the_second_of_two_pins_is_accepted(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	uint8_t pins[2][32] = {{1}};
	lp_identity_pin(pair->identity, pins[1]);
	pair_start_both(pair);
	pair_connect(pair, (const uint8_t(*)[32])pins, 2, "relay.example");
	memset(pins, 0, sizeof pins); /* lp_quic_connect copied them */
	pair_run(pair, LP_SECOND);
	assert_accepted(pair);
}

/* The leaf of one identity, followed by the certificate of another as its chain. */
static struct lp_identity *with_chain(struct lp_identity *leaf, struct lp_identity *issuer)
{
	static char cert[2 * PEM_MAX], key[PEM_MAX], more[PEM_MAX], unused[PEM_MAX];
	const char *error;
	assert_true(lp_identity_pem(leaf, cert, PEM_MAX, key, sizeof key));
	assert_true(lp_identity_pem(issuer, more, sizeof more, unused, sizeof unused));
	strcat(cert, more);
	return lp_identity_load(cert, strlen(cert), key, strlen(key), &error);
}

static void the_pin_applies_to_the_leaf_of_a_chain(void **state)
{
	(void)state;
	for (int pin_the_leaf = 0; pin_the_leaf < 2; pin_the_leaf++) {
		struct quic_pair *pair = pair_new();
		struct lp_identity *issuer = lp_identity_new("issuer.example", NOW_UNIX);
		uint8_t pin[32];
		lp_identity_pin(pin_the_leaf ? pair->identity : issuer, pin);
		become(pair, with_chain(pair->identity, issuer));
		lp_identity_free(issuer);
		connect_with_pin(pair, pin, "relay.example");
		if (pin_the_leaf)
			assert_accepted(pair);
		else
			assert_refused(pair, LP_QUIC_END_PIN);
	}
}

static void write_pem(const uint8_t *der, size_t len, char *pem)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	pem += sprintf(pem, "-----BEGIN CERTIFICATE-----\n");
	for (size_t i = 0; i < len; i += 3) {
		uint32_t three = 0;
		for (size_t k = 0; k < 3; k++)
			three = three << 8 | (i + k < len ? der[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			*pem++ = i + k > len ? '=' : digits[three >> (18 - 6 * k) & 63];
		if (i % 48 == 45)
			*pem++ = '\n';
	}
	sprintf(pem, "\n-----END CERTIFICATE-----\n");
}

/* The same certificate except for one byte of its signature: same names, same key. */
static void a_certificate_that_differs_in_one_byte_is_refused(void **state)
{
	(void)state;
	for (int change = 0; change < 2; change++) {
		struct quic_pair *pair = pair_new();
		uint8_t pin[32], der[2048];
		char cert[PEM_MAX], key[PEM_MAX];
		const char *error;
		lp_identity_pin(pair->identity, pin);
		assert_true(lp_identity_pem(pair->identity, cert, sizeof cert, key, sizeof key));
		size_t len;
		const uint8_t *old = lp_identity_der(pair->identity, &len);
		memcpy(der, old, len);
		der[len - 1] ^= (uint8_t)change;
		write_pem(der, len, cert);
		become(pair, lp_identity_load(cert, strlen(cert), key, strlen(key), &error));
		connect_with_pin(pair, pin, "relay.example");
		if (change)
			assert_refused(pair, LP_QUIC_END_PIN);
		else
			assert_accepted(pair);
	}
}

static void without_pins_a_self_signed_certificate_is_refused(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	pair_start_both(pair);
	struct lp_quic_target target = {.path = pair_path(1, 200), .server_name = "relay.example"};
	enum lp_status status = LP_OK;
	struct lp_quic_conn *conn =
		lp_quic_connect(pair->end[CLIENT], &target, NULL, pair->now, &status);
	if (!conn) { /* the machine has no CA store */
		assert_int_equal(status, LP_NO_STORE);
		pair_free(pair);
		return;
	}
	pair_run(pair, LP_SECOND);
	assert_refused(pair, LP_QUIC_END_AUTHORITY);
}

static void without_pins_a_name_is_required(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_new();
	pair_start(pair, CLIENT);
	struct lp_quic_target target = {.path = pair_path(1, 200), .server_name = ""};
	enum lp_status status = LP_OK;
	assert_null(lp_quic_connect(pair->end[CLIENT], &target, NULL, pair->now, &status));
	assert_int_equal(status, LP_INVALID);
	assert_int_equal(lp_quic_connection_count(pair->end[CLIENT]), 0);
	pair_free(pair);
}

/* [P2] */
static void a_new_identity_applies_to_new_connections_only(void **state)
{
	(void)state;
	struct quic_pair *pair = pair_up();
	struct lp_identity *old = pair->identity;
	pair->identity = lp_identity_new("relay.example", NOW_UNIX);
	lp_quic_set_identity(pair->end[SERVER], pair->identity);
	lp_identity_free(old);
	pair_connect_pinned(pair);
	pair_run(pair, 20 * LP_SECOND);
	assert_int_equal(pair->log[CLIENT].connected, 2);
	assert_int_equal(pair->log[CLIENT].closed, 0);
	assert_int_equal(lp_quic_connection_count(pair->end[SERVER]), 2);
	pair_free(pair);
}

/* [C1] */
static void both_must_speak_the_same_protocol(void **state)
{
	(void)state;
	static const struct {
		const char *client, *server;
		const char *what;
	} table[] = {
		{"lanparty/2", "lanparty/1", "a newer client"},
		{"lanparty/1", "h3", "another server"},
		{NULL, "lanparty/1", "a client that offers none"},
		{"lanparty/1", NULL, "a server that picks none"},
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct quic_pair *pair = pair_new();
		uint8_t pins[1][32];
		lp_identity_pin(pair->identity, pins[0]);
		pair_start_both(pair);
		lp_quic_set_alpn(pair->end[CLIENT], table[i].client);
		lp_quic_set_alpn(pair->end[SERVER], table[i].server);
		pair_connect(pair, (const uint8_t(*)[32])pins, 1, "relay.example");
		pair_run(pair, LP_SECOND);
		print_message("%s\n", table[i].what);
		assert_refused(pair, LP_QUIC_END_ALPN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zero_pin_is_refused),
		cmocka_unit_test(a_clone_with_the_same_name_and_another_key_is_refused),
		cmocka_unit_test(the_pinned_certificate_without_its_key_is_refused),
		cmocka_unit_test(an_expired_certificate_that_is_pinned_is_accepted),
		cmocka_unit_test(a_pinned_certificate_can_have_any_name),
		cmocka_unit_test(no_name_is_needed_with_a_pin),
		cmocka_unit_test(the_second_of_two_pins_is_accepted),
		cmocka_unit_test(the_pin_applies_to_the_leaf_of_a_chain),
		cmocka_unit_test(a_certificate_that_differs_in_one_byte_is_refused),
		cmocka_unit_test(without_pins_a_self_signed_certificate_is_refused),
		cmocka_unit_test(without_pins_a_name_is_required),
		cmocka_unit_test(a_new_identity_applies_to_new_connections_only),
		cmocka_unit_test(both_must_speak_the_same_protocol),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
