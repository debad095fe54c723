/* TLS over the bytes of a TCP connection: both ends in memory. */
#include "lanparty/quic/tls_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/quic/identity.h"

#define NOW_UNIX INT64_C(1790000000)

static struct lp_identity *identity;
static struct lp_tls_stream *client, *server;
static struct {
	size_t len;
	uint8_t bytes[1 << 17];
} heard;

static void on_bytes(void *context, const uint8_t *bytes, size_t len)
{
	assert_ptr_equal(context, &heard);
	assert_true(heard.len + len <= sizeof heard.bytes);
	memcpy(heard.bytes + heard.len, bytes, len);
	heard.len += len;
}

static bool move(struct lp_tls_stream *from, struct lp_tls_stream *to)
{
	size_t len;
	const uint8_t *bytes = lp_tls_stream_pending(from, &len);
	lp_tls_stream_read(to, bytes, len, on_bytes, &heard);
	lp_tls_stream_sent(from, len);
	return len > 0;
}

static void run(void)
{
	bool moved = true;
	while (moved) {
		moved = move(client, server);
		moved = move(server, client) || moved;
	}
}

static int setup(void **state)
{
	(void)state;
	heard.len = 0;
	identity = lp_identity_new("relay.example", NOW_UNIX);
	client = lp_tls_stream_connect("192.0.2.1");
	server = lp_tls_stream_accept(identity);
	assert_non_null(client);
	assert_non_null(server);
	assert_false(lp_tls_stream_write(client, (const uint8_t *)"early", 5));
	run();
	assert_int_equal(lp_tls_stream_state(client), LP_TLS_STREAM_UP);
	assert_int_equal(lp_tls_stream_state(server), LP_TLS_STREAM_UP);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lp_tls_stream_free(client);
	lp_tls_stream_free(server);
	lp_identity_free(identity);
	return 0;
}

static void bytes_of_any_length_pass(void **state)
{
	(void)state;
	static uint8_t bytes[20000]; /* more than a record */
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i % 251);
	for (size_t len = 1; len <= sizeof bytes; len = len * 3 + 1) {
		heard.len = 0;
		assert_true(lp_tls_stream_write(client, bytes, len));
		run();
		assert_int_equal(heard.len, len);
		assert_memory_equal(heard.bytes, bytes, len);
	}
	assert_true(lp_tls_stream_write(client, bytes, 0));
}

static void what_waits_is_bounded(void **state)
{
	(void)state;
	static const uint8_t bytes[4096];
	size_t len = 0;
	for (unsigned i = 0; i < 7; i++)
		assert_true(lp_tls_stream_write(server, bytes, sizeof bytes));
	lp_tls_stream_pending(server, &len);
	assert_true(len > 7 * sizeof bytes && len <= LP_TLS_STREAM_PENDING_MAX);
	assert_false(lp_tls_stream_write(server, bytes, sizeof bytes));
	assert_int_equal(lp_tls_stream_state(server), LP_TLS_STREAM_FAILED);
	lp_tls_stream_pending(server, &len);
	assert_true(len <= LP_TLS_STREAM_PENDING_MAX);
}

static void an_end_is_told(void **state)
{
	(void)state;
	assert_true(lp_tls_stream_write(client, (const uint8_t *)"last", 4));
	lp_tls_stream_close(client);
	run();
	assert_int_equal(heard.len, 4);
	assert_int_equal(lp_tls_stream_state(server), LP_TLS_STREAM_CLOSED);
}

static void bytes_that_are_no_tls_fail(void **state)
{
	(void)state;
	lp_tls_stream_read(client, (const uint8_t *)"HTTP/1.1 200 OK\r\n", 17, on_bytes, &heard);
	assert_int_equal(lp_tls_stream_state(client), LP_TLS_STREAM_FAILED);
	assert_false(lp_tls_stream_write(client, (const uint8_t *)"x", 1));
	assert_int_equal(heard.len, 0);
}

/* A relay that gets another certificate keeps the streams of the old one. */
static void a_stream_outlives_its_identity(void **state)
{
	(void)state;
	lp_identity_free(identity);
	identity = NULL;
	bytes_of_any_length_pass(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(bytes_of_any_length_pass),
		TEST(what_waits_is_bounded),
		TEST(an_end_is_told),
		TEST(bytes_that_are_no_tls_fail),
		TEST(a_stream_outlives_its_identity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
