/* A member's end and a relay's end of a carrier, with bytes that arrive in pieces of any length. */
#include "lanparty/carrier/carrier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/quic/identity.h"

#define NOW_UNIX INT64_C(1790000000)
#define SEEN_MAX 512

/* The payloads that came out of one end. */
struct seen {
	size_t count, bytes;
	size_t len[SEEN_MAX];
	uint8_t first[SEEN_MAX];
	uint8_t last[LP_PAYLOAD_MAX];
};

struct both {
	struct lp_identity *identity;
	struct lp_carrier *member, *relay;
	struct seen to_member, to_relay;
	size_t piece; /* bytes that arrive at once */
};

static void on_payload(void *context, const uint8_t *payload, size_t len)
{
	struct seen *seen = context;
	assert_true(len > 0 && len <= LP_PAYLOAD_MAX && seen->count < SEEN_MAX);
	seen->len[seen->count] = len;
	seen->first[seen->count++] = payload[0];
	seen->bytes += len;
	memcpy(seen->last, payload, len);
}

static void setup(struct both *both, size_t piece)
{
	static const struct lp_carrier_target target = {
		.server_name = "relay.example", .host = "192.0.2.1", .port = 443};
	memset(both, 0, sizeof *both);
	both->piece = piece;
	both->identity = lp_identity_new("relay.example", NOW_UNIX);
	assert_non_null(both->identity);
	both->member = lp_carrier_connect(&target);
	both->relay = lp_carrier_accept(both->identity);
	assert_non_null(both->member);
	assert_non_null(both->relay);
}

static void clear(struct both *both)
{
	lp_carrier_free(both->member);
	lp_carrier_free(both->relay);
	lp_identity_free(both->identity);
}

/* Moves what one end has to send. False: it has nothing. */
static bool move(struct lp_carrier *from, struct lp_carrier *to, struct seen *seen, size_t piece)
{
	size_t len;
	const uint8_t *bytes = lp_carrier_pending(from, &len);
	if (len == 0)
		return false;
	size_t n = len < piece ? len : piece;
	lp_carrier_read(to, bytes, n, on_payload, seen);
	lp_carrier_sent(from, n);
	return true;
}

static void run(struct both *both)
{
	bool moved = true;
	while (moved) {
		moved = move(both->member, both->relay, &both->to_relay, both->piece);
		moved = move(both->relay, both->member, &both->to_member, both->piece) || moved;
	}
}

static void assert_open(const struct both *both)
{
	assert_int_equal(lp_carrier_fault(both->member, NULL), LP_CARRIER_NO_FAULT);
	assert_int_equal(lp_carrier_fault(both->relay, NULL), LP_CARRIER_NO_FAULT);
	assert_int_equal(lp_carrier_state(both->member), LP_CARRIER_OPEN);
	assert_int_equal(lp_carrier_state(both->relay), LP_CARRIER_OPEN);
}

/* [W2] */
static void payloads_pass_in_pieces_of_any_length(void **state)
{
	static const size_t pieces[] = {1, 2, 7, 1000, 65536};
	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		struct both both;
		uint8_t payload[LP_PAYLOAD_MAX];
		setup(&both, pieces[i]);
		run(&both);
		assert_open(&both);
		for (unsigned n = 0; n < 60; n++) {
			size_t len = n % 3 == 0 ? LP_PAYLOAD_MAX : n + 1;
			memset(payload, (int)n, sizeof payload);
			assert_true(lp_carrier_put(both.member, payload, len));
			assert_true(lp_carrier_put(both.relay, payload, LP_PAYLOAD_MAX + 1 - len));
			if (n % 2)
				run(&both);
		}
		assert_int_equal(both.to_relay.count, 60);
		assert_int_equal(both.to_member.count, 60);
		for (unsigned n = 0; n < 60; n++) {
			size_t len = n % 3 == 0 ? LP_PAYLOAD_MAX : n + 1;
			assert_int_equal(both.to_relay.len[n], len);
			assert_int_equal(both.to_relay.first[n], n);
			assert_int_equal(both.to_member.len[n], LP_PAYLOAD_MAX + 1 - len);
			assert_int_equal(both.to_member.first[n], n);
		}
		assert_open(&both);
		clear(&both);
	}
}

/* ---- a proxy between a member and a relay */

static const struct lp_carrier_proxy proxy = {.host = "proxy.example", .port = 3128};

static size_t answer_as_proxy(struct lp_carrier *member, const char *answer)
{
	struct seen seen;
	size_t len, more;
	lp_carrier_pending(member, &len);
	lp_carrier_sent(member, len);
	lp_carrier_pending(member, &more);
	assert_int_equal(more, 0); /* TLS waits for the proxy's answer */
	lp_carrier_read(member, (const uint8_t *)answer, strlen(answer), on_payload, &seen);
	lp_carrier_pending(member, &len);
	return len;
}

/* [W2] */
static void a_proxy_is_asked_for_the_relay(void **state)
{
	(void)state;
	struct lp_carrier_proxy secret = proxy;
	struct lp_carrier_target target = {.server_name = "relay.example",
		.host = "2001:db8::1",
		.port = 4443,
		.proxy = &secret};
	size_t len;
	strcpy(secret.authorization, "dXNlcjpwYXNz");
	struct lp_carrier *member = lp_carrier_connect(&target);
	const uint8_t *bytes = lp_carrier_pending(member, &len);
	static const char expected[] = "CONNECT [2001:db8::1]:4443 HTTP/1.1\r\n"
				       "Host: [2001:db8::1]:4443\r\n"
				       "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n";
	assert_int_equal(len, sizeof expected - 1);
	assert_memory_equal(bytes, expected, len);
	assert_true(answer_as_proxy(member, "HTTP/1.0 200 Connection established\r\n\r\n") > 100);
	assert_int_equal(lp_carrier_state(member), LP_CARRIER_OPENING);
	assert_int_equal(lp_carrier_pending(member, &len)[0], 0x16); /* TLS begins */
	lp_carrier_free(member);
	secret.authorization[0] = '\0';
	target.host = "relay.example";
	member = lp_carrier_connect(&target);
	bytes = lp_carrier_pending(member, &len);
	static const char open[] =
		"CONNECT relay.example:4443 HTTP/1.1\r\nHost: relay.example:4443\r\n\r\n";
	assert_int_equal(len, sizeof open - 1);
	assert_memory_equal(bytes, open, len);
	lp_carrier_free(member);
}

/* [W2] */
static void a_proxy_that_refuses_is_told_apart(void **state)
{
	(void)state;
	static const struct {
		const char *answer;
		enum lp_carrier_fault fault;
		unsigned status;
	} rows[] = {
		{"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: "
		 "9\r\n\r\n<html>..\n",
			LP_CARRIER_PROXY_AUTH, 407},
		{"HTTP/1.1 403 Forbidden\r\n\r\n", LP_CARRIER_PROXY, 403},
		{"HTTP/1.1 503 x\r\n\r\n", LP_CARRIER_PROXY, 503},
		{"HTTP/1.1 302 x\r\n\r\n", LP_CARRIER_PROXY, 302},
		{"HTTP/1.1 100 x\r\n\r\nHTTP/1.1 502 x\r\n\r\n", LP_CARRIER_PROXY, 502},
		{"\x05\x01\r\n\r\n", LP_CARRIER_SYNTAX, 0},
	};
	const struct lp_carrier_target target = {.host = "a", .port = 1, .proxy = &proxy};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_carrier *member = lp_carrier_connect(&target);
		unsigned status = 1;
		answer_as_proxy(member, rows[i].answer);
		assert_int_equal(lp_carrier_state(member), LP_CARRIER_FAILED);
		assert_int_equal(lp_carrier_fault(member, &status), rows[i].fault);
		assert_int_equal(status, rows[i].status);
		lp_carrier_free(member);
	}
}

static void a_host_cannot_hold_a_line_of_a_request(void **state)
{
	(void)state;
	struct lp_carrier_target target = {.host = "a\r\nX: y", .port = 1};
	assert_null(lp_carrier_connect(&target));
	target.host = "a";
	target.server_name = "a b";
	assert_null(lp_carrier_connect(&target));
	target.server_name = NULL;
	target.host = "";
	assert_null(lp_carrier_connect(&target));
	char host[LP_HOST_MAX + 2];
	memset(host, 'a', sizeof host);
	host[LP_HOST_MAX + 1] = '\0';
	target.host = host;
	assert_null(lp_carrier_connect(&target));
	host[LP_HOST_MAX] = '\0';
	struct lp_carrier *member = lp_carrier_connect(&target);
	assert_non_null(member);
	lp_carrier_free(member);
}

/* ---- ends */

static void the_end_of_the_connection_is_told_by_where_it_came(void **state)
{
	(void)state;
	struct lp_carrier_target target = {.host = "a", .port = 1, .proxy = &proxy};
	struct lp_carrier *member = lp_carrier_connect(&target);
	lp_carrier_read_end(member);
	assert_int_equal(lp_carrier_fault(member, NULL), LP_CARRIER_PROXY);
	lp_carrier_free(member);
	target.proxy = NULL;
	member = lp_carrier_connect(&target);
	lp_carrier_read_end(member);
	assert_int_equal(lp_carrier_fault(member, NULL), LP_CARRIER_TLS);
	lp_carrier_free(member);
	struct both both;
	setup(&both, 1000);
	run(&both);
	lp_carrier_read_end(both.member);
	lp_carrier_read_end(both.relay);
	assert_int_equal(lp_carrier_state(both.member), LP_CARRIER_FAILED);
	assert_int_equal(lp_carrier_state(both.relay), LP_CARRIER_FAILED);
	assert_int_equal(lp_carrier_fault(both.member, NULL), LP_CARRIER_NO_FAULT);
	clear(&both);
}

/* [W2] What was put before is still sent. */
static void a_goodbye_closes_both_ends(void **state)
{
	(void)state;
	struct both both;
	setup(&both, 7);
	run(&both);
	assert_true(lp_carrier_put(both.member, (const uint8_t *)"last", 4));
	lp_carrier_close(both.member);
	assert_false(lp_carrier_put(both.member, (const uint8_t *)"late", 4));
	run(&both);
	assert_int_equal(both.to_relay.count, 1);
	assert_memory_equal(both.to_relay.last, "last", 4);
	assert_int_equal(lp_carrier_state(both.relay), LP_CARRIER_CLOSING);
	assert_int_equal(lp_carrier_state(both.member), LP_CARRIER_CLOSING);
	assert_int_equal(lp_carrier_fault(both.relay, NULL), LP_CARRIER_NO_FAULT);
	clear(&both);
}

static void bytes_that_were_changed_on_the_way_end_it(void **state)
{
	(void)state;
	struct both both;
	setup(&both, 65536);
	run(&both);
	assert_true(lp_carrier_put(both.member, (const uint8_t *)"hello", 5));
	size_t len;
	const uint8_t *bytes = lp_carrier_pending(both.member, &len);
	uint8_t changed[256];
	assert_true(len < sizeof changed);
	memcpy(changed, bytes, len);
	changed[len - 1] ^= 1;
	lp_carrier_read(both.relay, changed, len, on_payload, &both.to_relay);
	assert_int_equal(both.to_relay.count, 0);
	assert_int_equal(lp_carrier_fault(both.relay, NULL), LP_CARRIER_TLS);
	clear(&both);
}

/* [W2] Who puts more than the other end takes loses it here, and nothing grows. */
static void a_queue_that_is_full_takes_no_more(void **state)
{
	(void)state;
	struct both both;
	uint8_t payload[LP_PAYLOAD_MAX] = {1};
	setup(&both, 65536);
	assert_false(lp_carrier_takes(both.member));
	assert_false(lp_carrier_put(both.member, payload, 1)); /* it is not open yet */
	run(&both);
	for (unsigned round = 0; round < 3; round++) {
		unsigned taken = 0;
		size_t len;
		while (lp_carrier_takes(both.member)) {
			assert_true(lp_carrier_put(both.member, payload, sizeof payload));
			taken++;
			if (round == 1)
				lp_carrier_pending(both.member, &len); /* each is encrypted alone */
		}
		assert_int_equal(taken, 3);
		/* one for who does not ask */
		assert_true(lp_carrier_put(both.member, payload, sizeof payload));
		assert_false(lp_carrier_put(both.member, payload, sizeof payload));
		lp_carrier_pending(both.member, &len);
		assert_true(len <= LP_CARRIER_QUEUE_MAX);
		assert_false(lp_carrier_takes(both.member));
		run(&both);
		assert_int_equal(both.to_relay.count, 4 * (round + 1));
	}
	assert_false(lp_carrier_put(both.member, payload, 0));
	uint8_t longer[LP_PAYLOAD_MAX + 1] = {0};
	assert_false(lp_carrier_put(both.member, longer, sizeof longer));
	clear(&both);
}

/* [W2] A relay's end moves to another thread after the first payload; its identity can go before it. */
static void a_relays_end_outlives_its_identity(void **state)
{
	(void)state;
	struct both both;
	setup(&both, 65536);
	run(&both);
	lp_identity_free(both.identity);
	both.identity = NULL;
	assert_true(lp_carrier_put(both.member, (const uint8_t *)"hello", 5));
	assert_true(lp_carrier_put(both.relay, (const uint8_t *)"hello", 5));
	run(&both);
	assert_int_equal(both.to_relay.count, 1);
	assert_int_equal(both.to_member.count, 1);
	clear(&both);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(payloads_pass_in_pieces_of_any_length),
		cmocka_unit_test(a_proxy_is_asked_for_the_relay),
		cmocka_unit_test(a_proxy_that_refuses_is_told_apart),
		cmocka_unit_test(a_host_cannot_hold_a_line_of_a_request),
		cmocka_unit_test(the_end_of_the_connection_is_told_by_where_it_came),
		cmocka_unit_test(a_goodbye_closes_both_ends),
		cmocka_unit_test(bytes_that_were_changed_on_the_way_end_it),
		cmocka_unit_test(a_queue_that_is_full_takes_no_more),
		cmocka_unit_test(a_relays_end_outlives_its_identity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
