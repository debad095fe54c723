/* Heads of HTTP messages: what is taken, and what is refused because it can be read in two ways. */
#include "lanparty/carrier/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define GET          "GET / HTTP/1.1\r\n"
#define HOST         "Host: relay.example\r\n"
#define UPGRADE      "Connection: Upgrade\r\nUpgrade: connect-udp\r\n"
#define END          "\r\n"

static bool request(const char *head, size_t len, struct lp_http_request *ret_request)
{
	return lp_http_read_request((const uint8_t *)head, len, ret_request);
}

static void requests_are_read_strictly(void **state)
{
	(void)state;
#define ROW(text, good) {text, sizeof text - 1, good}
	static const struct {
		const char *head;
		size_t len;
		bool good;
	} rows[] = {
		ROW(GET HOST END, true),
		ROW(GET "hOST:relay.example\r\n" END, true),
		ROW(GET HOST "X-Empty:\r\nX: \xc3\xa9\t?\r\n" END, true),
		ROW("!#$%&'*+-.^_`|~ * HTTP/1.1\r\n" HOST END, true),
		/* the first line */
		ROW("GET / HTTP/1.0\r\n" HOST END, false),
		ROW("GET / HTTP/2.0\r\n" HOST END, false),
		ROW("GET / http/1.1\r\n" HOST END, false),
		ROW("GET /\r\n" HOST END, false),
		ROW("GET  / HTTP/1.1\r\n" HOST END, false),
		ROW("GET / x HTTP/1.1\r\n" HOST END, false),
		ROW(" / HTTP/1.1\r\n" HOST END, false),
		ROW("G(T / HTTP/1.1\r\n" HOST END, false),
		ROW("GET /\x7f HTTP/1.1\r\n" HOST END, false),
		ROW("GET /\x80 HTTP/1.1\r\n" HOST END, false),
		ROW("\r\n" GET HOST END, false),
		/* Host */
		ROW(GET END, false),
		ROW(GET HOST HOST END, false),
		/* lines */
		ROW(GET HOST, false),
		ROW(GET HOST END "x", false),
		ROW("GET / HTTP/1.1\n" HOST END, false),
		ROW(GET "Host: relay.example\n" END, false),
		ROW(GET HOST "X: a\r\n b\r\n" END, false),
		ROW(GET HOST "X: a\rb\r\n" END, false),
		ROW(GET HOST "X: a\0b\r\n" END, false),
		ROW(GET HOST "X: a\x1b\r\n" END, false),
		ROW(GET HOST "X : a\r\n" END, false),
		ROW(GET HOST " X: a\r\n" END, false),
		ROW(GET HOST ": a\r\n" END, false),
		ROW(GET HOST "X\r\n" END, false),
		ROW(GET HOST "X\0: a\r\n" END, false),
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_http_request result;
		if (request(rows[i].head, rows[i].len, &result) != rows[i].good)
			fail_msg("row %zu: %s", i, rows[i].head);
	}
}

static void an_upgrade_needs_both_its_words(void **state)
{
	(void)state;
	static const struct {
		const char *head;
		bool upgrade, capsules, body;
	} rows[] = {
		{GET HOST UPGRADE "Capsule-Protocol: ?1\r\n" END, true, true, false},
		{GET HOST UPGRADE END, true, false, false},
		{GET HOST UPGRADE "Capsule-Protocol: ?0\r\n" END, true, false, false},
		{GET HOST "connection: keep-alive,\tUPGRADE ,\r\nupgrade: a, Connect-UDP\r\n" END,
			true, false, false},
		{GET HOST "Connection: a\r\nConnection: upgrade\r\nUpgrade: b\r\n"
			  "Upgrade: connect-udp\r\n" END,
			true, false, false},
		{GET HOST "Connection: Upgrades\r\nUpgrade: connect-udp\r\n" END, false, false,
			false},
		{GET HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n" END, false, false, false},
		{GET HOST "Upgrade: connect-udp\r\n" END, false, false, false},
		{GET HOST "Content-Length: 0\r\n" END, false, false, false},
		{GET HOST "Content-Length: 1\r\n" END, false, false, true},
		{GET HOST "Content-Length: 1\r\nContent-Length: 0\r\n" END, false, false, true},
		{GET HOST "Transfer-Encoding: chunked\r\n" END, false, false, true},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_http_request result;
		assert_true(request(rows[i].head, strlen(rows[i].head), &result));
		if (result.fields.upgrade != rows[i].upgrade ||
			result.fields.capsules != rows[i].capsules ||
			result.fields.body != rows[i].body)
			fail_msg("row %zu", i);
	}
}

static void methods_and_targets_are_told_apart(void **state)
{
	(void)state;
	static const struct {
		const char *head, *target;
		enum lp_http_method method;
	} rows[] = {
		{GET HOST END, "/", LP_HTTP_GET},
		{"HEAD /a?b=c HTTP/1.1\r\n" HOST END, "/a?b=c", LP_HTTP_HEAD},
		{"get / HTTP/1.1\r\n" HOST END, "/", LP_HTTP_OTHER},
		{"GETS / HTTP/1.1\r\n" HOST END, "/", LP_HTTP_OTHER},
		{"CONNECT a:1 HTTP/1.1\r\n" HOST END, "a:1", LP_HTTP_OTHER},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_http_request result;
		assert_true(request(rows[i].head, strlen(rows[i].head), &result));
		assert_int_equal(result.method, rows[i].method);
		assert_true(lp_http_text_is(&result.target, rows[i].target));
		assert_false(lp_http_text_is(&result.target, "x"));
	}
}

static void a_head_has_at_most_100_fields(void **state)
{
	(void)state;
	struct lp_http_request result;
	for (size_t more = 0; more < 2; more++) {
		char head[LP_HTTP_HEAD_MAX] = GET HOST;
		size_t len = strlen(head);
		for (size_t i = 1; i < LP_HTTP_FIELDS_MAX + more; i++)
			len += (size_t)snprintf(head + len, sizeof head - len, "a:b\r\n");
		len += (size_t)snprintf(head + len, sizeof head - len, END);
		assert_int_equal(request(head, len, &result), more == 0);
	}
}

static void answers_of_old_proxies_are_understood(void **state)
{
	(void)state;
	static const struct {
		const char *head;
		unsigned status; /* 0: refused */
	} rows[] = {
		{"HTTP/1.1 101 Switching Protocols\r\n" UPGRADE END, 101},
		{"HTTP/1.0 200 Connection established\r\nProxy-agent: x\r\n" END, 200},
		{"HTTP/1.1 200\r\n" END, 200},
		{"HTTP/1.1 200 \r\n" END, 200},
		{"HTTP/1.1 599 x\r\n" END, 599},
		{"HTTP/1.1 100 x\r\n" END, 100},
		{"HTTP/1.1 099 x\r\n" END, 0},
		{"HTTP/1.1 600 x\r\n" END, 0},
		{"HTTP/1.1 20 x\r\n" END, 0},
		{"HTTP/1.1 2000 x\r\n" END, 0},
		{"HTTP/1.1 2x0 x\r\n" END, 0},
		{"HTTP/1.1 200 a\x01\r\n" END, 0},
		{"HTTP/1.2 200 x\r\n" END, 0},
		{"HTTP/2 200\r\n" END, 0},
		{"ICY 200 OK\r\n" END, 0},
		{"HTTP/1.1  200 x\r\n" END, 0},
		{"HTTP/1.1 200 x\r\nX : y\r\n" END, 0},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_http_response result = {.status = 0};
		bool good = lp_http_read_response(
			(const uint8_t *)rows[i].head, strlen(rows[i].head), &result);
		if (good != (rows[i].status > 0) || result.status != rows[i].status)
			fail_msg("row %zu: %s", i, rows[i].head);
	}
}

static void the_end_of_a_head_is_found_in_pieces(void **state)
{
	(void)state;
	static const char head[] = GET HOST "X: a\r\n\rb\r\n" END "behind";
	const size_t end = sizeof head - 1 - strlen("behind");
	for (size_t piece = 1; piece < sizeof head; piece++) {
		size_t found = 0, seen = 0;
		while (!found && seen < sizeof head - 1) {
			size_t more =
				seen + piece < sizeof head - 1 ? seen + piece : sizeof head - 1;
			found = lp_http_head_len((const uint8_t *)head, more, seen);
			seen = more;
		}
		assert_int_equal(found, end);
		assert_true(seen >= end && seen < end + piece);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_read_strictly),
		cmocka_unit_test(an_upgrade_needs_both_its_words),
		cmocka_unit_test(methods_and_targets_are_told_apart),
		cmocka_unit_test(a_head_has_at_most_100_fields),
		cmocka_unit_test(answers_of_old_proxies_are_understood),
		cmocka_unit_test(the_end_of_a_head_is_found_in_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
