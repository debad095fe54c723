/* doc/protocol.md, "TCP where UDP is blocked": what it shows is what a member's end and a relay's end send. */
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
#define PAYLOAD  "hi quic!"

static char protocol[1 << 17];

/* What one end has sent inside TLS, or the payloads that came out of it. */
struct text {
	size_t len;
	char bytes[4096];
};

static void on_bytes(void *context, const uint8_t *bytes, size_t len)
{
	struct text *text = context;
	assert_true(text->len + len < sizeof text->bytes);
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->bytes[text->len] = '\0';
}

static int read_protocol(void **state)
{
	(void)state;
	FILE *file = fopen(SOURCE_DIR "/doc/protocol.md", "rb");
	size_t len = file ? fread(protocol, 1, sizeof protocol - 1, file) : 0;
	if (file)
		fclose(file);
	assert_true(len > 0 && len < sizeof protocol - 1);
	return 0;
}

/* The inside of the block that begins with this line. */
static struct text block(const char *first_line)
{
	struct text text = {0};
	const char *at = strstr(protocol, first_line);
	assert_non_null(at);
	at += strlen(first_line);
	const char *end = strstr(at, "\n```");
	assert_non_null(end);
	on_bytes(&text, (const uint8_t *)at, (size_t)(end + 1 - at));
	return text;
}

/* A block of lines as HTTP sends them. */
static struct text documented_head(const char *first_line)
{
	struct text lines = block(first_line), text = {0};
	for (size_t i = 0; i < lines.len; i++) {
		if (lines.bytes[i] == '\n')
			on_bytes(&text, (const uint8_t *)"\r", 1);
		on_bytes(&text, (const uint8_t *)&lines.bytes[i], 1);
	}
	return text;
}

static struct text documented_capsule(void)
{
	struct text lines = block("```capsule carrier-capsule\n"), text = {0};
	for (char *at = lines.bytes; *at;) {
		char *end;
		unsigned long value = strtoul(at, &end, 16);
		uint8_t byte = (uint8_t)value;
		if (end == at || *at == '#')
			at = strchr(at, '\n') ? strchr(at, '\n') + 1 : at + strlen(at);
		else
			on_bytes(&text, &byte, 1), at = end + strspn(end, " ");
	}
	return text;
}

/* Runs a carrier against plain TLS at the other end, until both are silent. */
static void run(struct lp_carrier *carrier, struct lp_tls_stream *tls, struct text *sent,
	struct text *payloads)
{
	size_t out = 1, in = 1;
	while (out + in > 0) {
		const uint8_t *bytes = lp_carrier_pending(carrier, &out);
		lp_tls_stream_read(tls, bytes, out, on_bytes, sent);
		if (out > 0)
			lp_carrier_sent(carrier, out);
		bytes = lp_tls_stream_pending(tls, &in);
		lp_carrier_read(carrier, bytes, in, on_bytes, payloads);
		lp_tls_stream_sent(tls, in);
	}
}

static void assert_text(const struct text *text, const struct text *expected)
{
	assert_string_equal(text->bytes, expected->bytes);
	assert_int_equal(text->len, expected->len);
	assert_memory_equal(text->bytes, expected->bytes, text->len);
}

static void assert_carries(struct lp_carrier *carrier, struct lp_tls_stream *tls)
{
	struct text sent = {0}, payloads = {0}, capsule = documented_capsule();
	assert_int_equal(lp_carrier_state(carrier), LP_CARRIER_OPEN);
	assert_true(lp_carrier_put(carrier, (const uint8_t *)PAYLOAD, strlen(PAYLOAD)));
	assert_true(lp_tls_stream_write(tls, (const uint8_t *)capsule.bytes, capsule.len));
	run(carrier, tls, &sent, &payloads);
	assert_text(&sent, &capsule);
	assert_string_equal(payloads.bytes, PAYLOAD);
}

static void a_member_sends_what_the_protocol_shows(void **state)
{
	(void)state;
	const struct lp_carrier_target target = {
		.server_name = "relay.example", .host = "192.0.2.1", .port = 443};
	struct text request = documented_head("```text carrier-request\n");
	struct text answer = documented_head("```text carrier-answer\n");
	struct text sent = {0}, payloads = {0};
	struct lp_identity *identity = lp_identity_new("relay.example", NOW_UNIX);
	struct lp_carrier *member = lp_carrier_connect(&target);
	struct lp_tls_stream *tls = lp_tls_stream_accept(identity);
	run(member, tls, &sent, &payloads);
	assert_text(&sent, &request);
	assert_true(lp_tls_stream_write(tls, (const uint8_t *)answer.bytes, answer.len));
	run(member, tls, &sent, &payloads);
	assert_carries(member, tls);
	lp_carrier_free(member);
	lp_tls_stream_free(tls);
	lp_identity_free(identity);
}

static void a_relay_answers_as_the_protocol_shows(void **state)
{
	(void)state;
	struct text request = documented_head("```text carrier-request\n");
	struct text answer = documented_head("```text carrier-answer\n");
	struct text sent = {0}, payloads = {0};
	struct lp_identity *identity = lp_identity_new("relay.example", NOW_UNIX);
	struct lp_carrier *relay = lp_carrier_accept(identity);
	struct lp_tls_stream *tls = lp_tls_stream_connect("relay.example");
	run(relay, tls, &sent, &payloads);
	assert_true(lp_tls_stream_write(tls, (const uint8_t *)request.bytes, request.len));
	run(relay, tls, &sent, &payloads);
	assert_text(&sent, &answer);
	assert_carries(relay, tls);
	lp_carrier_free(relay);
	lp_tls_stream_free(tls);
	lp_identity_free(identity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_sends_what_the_protocol_shows),
		cmocka_unit_test(a_relay_answers_as_the_protocol_shows),
	};
	return cmocka_run_group_tests(tests, read_protocol, NULL);
}
