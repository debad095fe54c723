/* Strangers at the other end of a carrier: browsers and attackers at a relay, other web servers at a member. */
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

/* The payloads that came out of the carrier. */
struct seen {
	size_t count;
	uint8_t last[LP_PAYLOAD_MAX];
};

static void on_payload(void *context, const uint8_t *payload, size_t len)
{
	struct seen *seen = context;
	assert_true(len > 0 && len <= LP_PAYLOAD_MAX);
	seen->count++;
	memcpy(seen->last, payload, len);
}

struct text {
	size_t len;
	char bytes[32768];
};

static void on_text(void *context, const uint8_t *bytes, size_t len)
{
	struct text *text = context;
	assert_true(text->len + len < sizeof text->bytes);
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->bytes[text->len] = '\0';
}

struct stranger {
	struct lp_identity *identity;
	struct lp_carrier *carrier;
	struct lp_tls_stream *tls;
	struct seen payloads;
	struct text text;
};

static void run_stranger(struct stranger *s)
{
	size_t out = 1, in = 1;
	while (out + in > 0) {
		const uint8_t *bytes = lp_carrier_pending(s->carrier, &out);
		lp_tls_stream_read(s->tls, bytes, out, on_text, &s->text);
		if (out > 0)
			lp_carrier_sent(s->carrier, out);
		bytes = lp_tls_stream_pending(s->tls, &in);
		lp_carrier_read(s->carrier, bytes, in, on_payload, &s->payloads);
		lp_tls_stream_sent(s->tls, in);
	}
}

/* A browser, or an attacker, at a relay's end. */
static void setup_browser(struct stranger *s)
{
	memset(s, 0, sizeof *s);
	s->identity = lp_identity_new("relay.example", NOW_UNIX);
	s->carrier = lp_carrier_accept(s->identity);
	s->tls = lp_tls_stream_connect("relay.example");
	assert_non_null(s->carrier);
	assert_non_null(s->tls);
	run_stranger(s);
	assert_int_equal(lp_tls_stream_state(s->tls), LP_TLS_STREAM_UP);
}

/* A web server at a member's end. */
static void setup_web_server(struct stranger *s)
{
	static const struct lp_carrier_target target = {.host = "relay.example", .port = 443};
	memset(s, 0, sizeof *s);
	s->identity = lp_identity_new("portal.example", NOW_UNIX);
	s->carrier = lp_carrier_connect(&target);
	s->tls = lp_tls_stream_accept(s->identity);
	assert_non_null(s->carrier);
	assert_non_null(s->tls);
	run_stranger(s);
	assert_non_null(strstr(s->text.bytes, "\r\nHost: relay.example:443\r\n"));
}

static void clear_stranger(struct stranger *s)
{
	lp_carrier_free(s->carrier);
	lp_tls_stream_free(s->tls);
	lp_identity_free(s->identity);
}

static void say_bytes(struct stranger *s, const void *bytes, size_t len)
{
	assert_true(lp_tls_stream_write(s->tls, bytes, len));
	run_stranger(s);
}

static void say(struct stranger *s, const char *text)
{
	say_bytes(s, text, strlen(text));
}

#define HOST    "Host: relay.example\r\n"
#define UPGRADE "Connection: Upgrade\r\nUpgrade: connect-udp\r\nCapsule-Protocol: ?1\r\n"
#define ASK     "GET " LP_CARRIER_PATH " HTTP/1.1\r\n" HOST UPGRADE "\r\n"

/* [W2] */
static void a_browser_gets_a_page_or_a_refusal(void **state)
{
	(void)state;
	static const struct {
		const char *request, *status;
	} rows[] = {
		{"GET / HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 "},
		{"HEAD / HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 "},
		{"GET /x HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 404 "},
		{"HEAD /x HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 404 "},
		{"POST / HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 405 "},
		{"CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 405 "},
		{"GET " LP_CARRIER_PATH " HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 426 "},
		{"HEAD " LP_CARRIER_PATH " HTTP/1.1\r\n" HOST UPGRADE "\r\n", "HTTP/1.1 426 "},
		{"GET /X HTTP/1.1\r\n" HOST UPGRADE "\r\n", "HTTP/1.1 404 "},
		{"GET / HTTP/1.0\r\n" HOST "\r\n", "HTTP/1.1 400 "},
		{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
		{"GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", "HTTP/1.1 400 "},
		{"\r\n\r\n", "HTTP/1.1 400 "},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct stranger s;
		setup_browser(&s);
		say(&s, rows[i].request);
		if (strncmp(s.text.bytes, rows[i].status, strlen(rows[i].status)) != 0)
			fail_msg("row %zu: %s", i, s.text.bytes);
		/* the length is right, nothing follows, and the connection ends in order */
		const char *body = strstr(s.text.bytes, "\r\n\r\n") + 4;
		unsigned long len =
			strtoul(strstr(s.text.bytes, "Content-Length: ") + 16, NULL, 10);
		assert_int_equal(strlen(body), strncmp(rows[i].request, "HEAD", 4) ? len : 0);
		assert_non_null(strstr(s.text.bytes, "close\r\n"));
		assert_int_equal(lp_carrier_state(s.carrier), LP_CARRIER_CLOSING);
		assert_int_equal(lp_tls_stream_state(s.tls), LP_TLS_STREAM_CLOSED);
		assert_false(lp_carrier_put(s.carrier, (const uint8_t *)"x", 1));
		clear_stranger(&s);
	}
}

static void the_page_loads_and_runs_nothing(void **state)
{
	(void)state;
	struct stranger s;
	setup_browser(&s);
	say(&s, "GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_non_null(strstr(s.text.bytes, "Content-Security-Policy: default-src 'none';"));
	assert_non_null(strstr(s.text.bytes, "frame-ancestors 'none'"));
	assert_null(strstr(s.text.bytes, "<script"));
	assert_null(strstr(s.text.bytes, "http:"));
	assert_null(strstr(s.text.bytes, "https:"));
	clear_stranger(&s);
}

/* [W2] Also when its capsules come with the request. */
static void whoever_asks_for_an_upgrade_gets_it(void **state)
{
	(void)state;
	struct stranger s;
	setup_browser(&s);
	say_bytes(&s, ASK "\0\3\0ab\0\2\0c", sizeof ASK - 1 + 9);
	assert_int_equal(lp_carrier_state(s.carrier), LP_CARRIER_OPEN);
	assert_int_equal(strncmp(s.text.bytes, "HTTP/1.1 101 ", 13), 0);
	assert_int_equal(s.payloads.count, 2);
	assert_int_equal(s.payloads.last[0], 'c');
	s.text.len = 0;
	assert_true(lp_carrier_put(s.carrier, (const uint8_t *)"hello", 5));
	run_stranger(&s);
	assert_int_equal(s.text.len, 8);
	assert_memory_equal(s.text.bytes, "\0\6\0hello", 8);
	clear_stranger(&s);
}

static void a_head_has_at_most_8192_bytes(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		struct stranger s;
		char head[LP_HTTP_HEAD_MAX + 2] = "GET / HTTP/1.1\r\n" HOST "X: ";
		size_t len = strlen(head);
		setup_browser(&s);
		memset(head + len, 'x', LP_HTTP_HEAD_MAX - len - 4 + more);
		memcpy(head + LP_HTTP_HEAD_MAX - 4 + more, "\r\n\r\n", 4);
		say(&s, head);
		assert_int_equal(
			strncmp(s.text.bytes, more ? "HTTP/1.1 400 " : "HTTP/1.1 200 ", 13), 0);
		assert_int_equal(lp_carrier_state(s.carrier), LP_CARRIER_CLOSING);
		clear_stranger(&s);
	}
}

static void capsules_that_carry_nothing_end_the_connection(void **state)
{
	(void)state;
	struct stranger s;
	setup_browser(&s);
	say(&s, ASK);
	/* empty datagrams: three bytes each */
	for (unsigned i = 0; i < 40000 && lp_carrier_state(s.carrier) == LP_CARRIER_OPEN; i++) {
		assert_true(i < LP_CARRIER_OVERHEAD_MAX / 25);
		say_bytes(&s, "\0\1\0", 3);
	}
	assert_int_equal(lp_carrier_state(s.carrier), LP_CARRIER_FAILED);
	assert_int_equal(lp_carrier_fault(s.carrier, NULL), LP_CARRIER_TOO_MUCH);
	clear_stranger(&s);
}

/* The smallest packets of QUIC, each in a record of its own, for as long as one likes. */
static void small_payloads_pay_for_what_surrounds_them(void **state)
{
	(void)state;
	struct stranger s;
	setup_browser(&s);
	say(&s, ASK);
	for (unsigned i = 0; i < 10000; i++) {
		uint8_t capsule[3 + 21] = {0, 22, 0};
		s.payloads.count = 0;
		say_bytes(&s, capsule, sizeof capsule);
		assert_int_equal(s.payloads.count, 1);
	}
	assert_int_equal(lp_carrier_state(s.carrier), LP_CARRIER_OPEN);
	clear_stranger(&s);
}

static void a_wrong_capsule_ends_the_connection(void **state)
{
	(void)state;
	struct stranger s;
	setup_browser(&s);
	say(&s, ASK);
	say_bytes(&s, "\0\0", 2);
	assert_int_equal(lp_carrier_state(s.carrier), LP_CARRIER_FAILED);
	assert_int_equal(lp_carrier_fault(s.carrier, NULL), LP_CARRIER_SYNTAX);
	say_bytes(&s, "\0\2\0x", 4);
	assert_int_equal(s.payloads.count, 0); /* nothing is read any more */
	clear_stranger(&s);
	setup_browser(&s);
	say(&s, ASK);
	say_bytes(&s, "\x09\x80\x01\x00\x01", 5);
	assert_int_equal(lp_carrier_fault(s.carrier, NULL), LP_CARRIER_TOO_MUCH);
	clear_stranger(&s);
}

static void http_without_tls_is_told_so(void **state)
{
	(void)state;
	struct lp_identity *identity = lp_identity_new("relay.example", NOW_UNIX);
	struct lp_carrier *relay = lp_carrier_accept(identity);
	struct seen seen;
	lp_carrier_read(relay, (const uint8_t *)"GET / HTTP/1.1\r\n", 16, on_payload, &seen);
	size_t len, more;
	const uint8_t *bytes = lp_carrier_pending(relay, &len);
	assert_true(len > 13);
	assert_memory_equal(bytes, "HTTP/1.1 400 ", 13);
	assert_int_equal(lp_carrier_state(relay), LP_CARRIER_CLOSING);
	lp_carrier_sent(relay, 13);
	assert_memory_equal(lp_carrier_pending(relay, &more), "Bad", 3);
	lp_carrier_sent(relay, more);
	lp_carrier_pending(relay, &more);
	assert_int_equal(more, 0);
	lp_carrier_free(relay);
	/* what is neither gets no answer */
	relay = lp_carrier_accept(identity);
	lp_carrier_read(relay, (const uint8_t *)"\x80", 1, on_payload, &seen);
	assert_int_equal(lp_carrier_state(relay), LP_CARRIER_FAILED);
	lp_carrier_free(relay);
	/* nor can TLS with another version or garbage in it stay */
	relay = lp_carrier_accept(identity);
	lp_carrier_read(relay, (const uint8_t *)"\x16\x03\x01\x00\x05hello", 10, on_payload, &seen);
	assert_int_equal(lp_carrier_state(relay), LP_CARRIER_CLOSING);
	assert_int_equal(lp_carrier_fault(relay, NULL), LP_CARRIER_TLS);
	bytes = lp_carrier_pending(relay, &len);
	assert_true(len > 0);
	assert_int_equal(bytes[0], 0x15); /* an alert */
	lp_carrier_free(relay);
	lp_identity_free(identity);
}

/* [W2] A captive portal, another web server. */
static void a_member_knows_that_it_is_no_relay(void **state)
{
	(void)state;
	static const struct {
		const char *answer;
		enum lp_carrier_fault fault;
		unsigned status;
	} rows[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", LP_CARRIER_NOT_LANPARTY, 200},
		{"HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n", LP_CARRIER_NOT_LANPARTY, 302},
		{"HTTP/1.1 407 x\r\n\r\n", LP_CARRIER_NOT_LANPARTY, 407},
		{"HTTP/1.1 101 x\r\n\r\n", LP_CARRIER_NOT_LANPARTY, 101},
		{"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: connect-udp\r\n\r\n",
			LP_CARRIER_NOT_LANPARTY, 101},
		{"HTTP/1.1 103 x\r\n\r\nHTTP/1.1 404 x\r\n\r\n", LP_CARRIER_NOT_LANPARTY, 404},
		{"SSH-2.0-x\r\n\r\n", LP_CARRIER_SYNTAX, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct stranger s;
		unsigned status = 1;
		setup_web_server(&s);
		say(&s, rows[i].answer);
		assert_int_equal(lp_carrier_state(s.carrier), LP_CARRIER_FAILED);
		assert_int_equal(lp_carrier_fault(s.carrier, &status), rows[i].fault);
		assert_int_equal(status, rows[i].status);
		clear_stranger(&s);
	}
}

/* [W2] */
static void an_interim_answer_is_waited_out(void **state)
{
	(void)state;
	struct stranger s;
	setup_web_server(&s);
	say(&s, "HTTP/1.1 103 Early Hints\r\n\r\n");
	assert_int_equal(lp_carrier_state(s.carrier), LP_CARRIER_OPENING);
	say(&s, "HTTP/1.1 101 x\r\n" UPGRADE "\r\n");
	assert_int_equal(lp_carrier_state(s.carrier), LP_CARRIER_OPEN);
	clear_stranger(&s);
}

static void an_endless_answer_is_too_much(void **state)
{
	(void)state;
	struct stranger s;
	setup_web_server(&s);
	for (size_t i = 0; i < LP_HTTP_HEAD_MAX; i++) {
		assert_int_equal(lp_carrier_state(s.carrier), LP_CARRIER_OPENING);
		assert_true(lp_tls_stream_write(s.tls, (const uint8_t *)"x", 1));
		if (i % 64 == 63)
			run_stranger(&s);
		if (lp_carrier_state(s.carrier) != LP_CARRIER_OPENING)
			break;
	}
	assert_int_equal(lp_carrier_fault(s.carrier, NULL), LP_CARRIER_TOO_MUCH);
	clear_stranger(&s);
}

static void a_web_server_that_says_nothing_is_no_relay(void **state)
{
	(void)state;
	struct stranger s;
	setup_web_server(&s);
	lp_carrier_read_end(s.carrier);
	assert_int_equal(lp_carrier_state(s.carrier), LP_CARRIER_FAILED);
	assert_int_equal(lp_carrier_fault(s.carrier, NULL), LP_CARRIER_NOT_LANPARTY);
	clear_stranger(&s);
	setup_web_server(&s);
	lp_tls_stream_close(s.tls);
	run_stranger(&s);
	assert_int_equal(lp_carrier_fault(s.carrier, NULL), LP_CARRIER_NOT_LANPARTY);
	clear_stranger(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_browser_gets_a_page_or_a_refusal),
		cmocka_unit_test(the_page_loads_and_runs_nothing),
		cmocka_unit_test(whoever_asks_for_an_upgrade_gets_it),
		cmocka_unit_test(a_head_has_at_most_8192_bytes),
		cmocka_unit_test(capsules_that_carry_nothing_end_the_connection),
		cmocka_unit_test(small_payloads_pay_for_what_surrounds_them),
		cmocka_unit_test(a_wrong_capsule_ends_the_connection),
		cmocka_unit_test(http_without_tls_is_told_so),
		cmocka_unit_test(a_member_knows_that_it_is_no_relay),
		cmocka_unit_test(an_interim_answer_is_waited_out),
		cmocka_unit_test(an_endless_answer_is_too_much),
		cmocka_unit_test(a_web_server_that_says_nothing_is_no_relay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
