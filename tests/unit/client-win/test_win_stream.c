/* Row W2: a stream of the Windows client and a relay's end over TCP of this computer. */
#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/quic/identity.h"

#define NOW_UNIX INT64_C(1790000000)
#define TURNS    2000

static struct lp_identity *identity;
static HANDLE loop;
static struct lp_address address; /* of the listener */
static SOCKET listener, server;
static struct lp_carrier *relay; /* the server's end */
static bool reads;               /* the server does */
static size_t got_here, got_there, bytes_there;

static void close_socket(SOCKET *fd)
{
	if (*fd != INVALID_SOCKET)
		closesocket(*fd);
	*fd = INVALID_SOCKET;
}

static void let_wait(SOCKET fd)
{
	u_long yes = 1;
	assert_int_equal(ioctlsocket(fd, (long)FIONBIO, &yes), 0);
}

static int begin(void **state)
{
	(void)state;
	identity = lp_identity_new("relay.example", NOW_UNIX);
	assert_non_null(identity);
	loop = lp_loop_open();
	assert_non_null(loop);
	address = (struct lp_address){.len = sizeof(address.in)};
	address.in.sin_family = AF_INET;
	address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	server = INVALID_SOCKET;
	assert_int_equal(bind(listener, &address.sa, address.len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, &address.sa, &address.len), 0);
	let_wait(listener);
	reads = true;
	got_here = got_there = bytes_there = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	lp_carrier_free(relay);
	relay = NULL;
	close_socket(&server);
	close_socket(&listener);
	lp_loop_wait(loop, lp_clock() + LP_SECOND / 20);
	lp_loop_close(loop);
	lp_identity_free(identity);
	return 0;
}

static struct stream *open_stream(void)
{
	const struct lp_carrier_target target = {.host = "relay.example", .port = 443};
	struct stream *s = stream_open(loop, &address, &target, 0);
	assert_non_null(s);
	return s;
}

static void count_here(void *context, const uint8_t *payload, size_t len)
{
	(void)context;
	(void)payload;
	(void)len;
	got_here++;
}

static void count_there(void *context, const uint8_t *payload, size_t len)
{
	(void)context;
	(void)payload;
	got_there++;
	bytes_there += len;
}

static void accept_stream(void)
{
	if (server != INVALID_SOCKET)
		return;
	server = accept(listener, NULL, NULL);
	if (server == INVALID_SOCKET)
		return;
	let_wait(server);
	relay = lp_carrier_accept(identity);
}

static void serve(void)
{
	char bytes[4096];
	size_t len;
	accept_stream();
	if (server == INVALID_SOCKET || !relay)
		return;
	for (int n; reads && (n = recv(server, bytes, sizeof(bytes), 0)) > 0;)
		lp_carrier_read(relay, (uint8_t *)bytes, (size_t)n, count_there, NULL);
	for (const uint8_t *at; (at = lp_carrier_pending(relay, &len)), len > 0;) {
		int n = send(server, (const char *)at, (int)len, 0);
		if (n <= 0)
			break;
		lp_carrier_sent(relay, (size_t)n);
	}
}

/* What has completed, and some milliseconds at most. */
static void turn(struct stream *s)
{
	serve();
	lp_loop_wait(loop, lp_clock() + 2 * LP_MILLISECOND);
	stream_run(s, count_here, NULL);
}

static struct stream *opened_stream(void)
{
	struct stream *s = open_stream();
	struct lp_stream_failure failure;
	bool opened = false;
	for (int i = 0; i < TURNS && !opened; i++) {
		turn(s);
		opened = stream_has_opened(s);
	}
	assert_true(opened);
	assert_false(stream_has_opened(s)); /* said once */
	assert_false(stream_has_failed(s, &failure));
	return s;
}

static void put(struct stream *s, size_t len)
{
	static const uint8_t bytes[LP_PAYLOAD_MAX] = {7};
	stream_put(s, bytes, len);
}

static void payloads_pass_both_ways(void **state)
{
	(void)state;
	struct stream *s = opened_stream();
	for (int i = 0; i < TURNS && !stream_takes(s); i++)
		turn(s);
	put(s, 100);
	put(s, LP_PAYLOAD_MAX);
	stream_flush(s);
	for (int i = 0; i < TURNS && got_there < 2; i++)
		turn(s);
	assert_int_equal(bytes_there, 100 + LP_PAYLOAD_MAX);
	assert_true(lp_carrier_put(relay, (const uint8_t *)"hello", 5));
	for (int i = 0; i < TURNS && got_here < 1; i++)
		turn(s);
	assert_int_equal(got_here, 1);
	stream_close(s);
}

/* What it does not take stays in the queue of whoever sends. */
static void a_peer_that_does_not_read_is_noticed(void **state)
{
	(void)state;
	struct stream *s = opened_stream();
	size_t count = 0;
	reads = false;
	for (int idle = 0; idle < 100 && count < 100000; idle++) {
		while (stream_takes(s)) {
			put(s, LP_PAYLOAD_MAX);
			count++;
			idle = 0;
		}
		stream_flush(s);
		turn(s);
	}
	assert_true(count >= 10 && count < 100000);
	assert_false(stream_takes(s));
	stream_is_released(s); /* while it was being filled */
	for (int i = 0; i < 20; i++)
		turn(s);
	assert_false(stream_is_released(s));
	reads = true;
	bool released = false;
	for (int i = 0; i < TURNS && !released; i++) {
		turn(s);
		released = stream_is_released(s);
	}
	assert_true(released);
	for (int i = 0; i < TURNS && got_there < count; i++)
		turn(s);
	assert_int_equal(got_there, count); /* and nothing was lost */
	stream_close(s);
}

static struct lp_stream_failure failure_of(struct stream *s)
{
	struct lp_stream_failure failure = {0};
	bool failed = false;
	for (int i = 0; i < 5 * TURNS && !failed; i++) {
		turn(s);
		failed = stream_has_failed(s, &failure);
	}
	assert_true(failed);
	assert_false(stream_has_failed(s, &failure)); /* said once */
	assert_true(stream_takes(s));                 /* and drops it */
	put(s, 100);
	stream_flush(s);
	stream_close(s);
	return failure;
}

static void a_port_where_nobody_listens_is_told(void **state)
{
	(void)state;
	close_socket(&listener);
	struct lp_stream_failure f = failure_of(open_stream());
	assert_int_equal(f.end, LP_STREAM_NO_TCP);
	assert_int_equal(f.failure, LP_SEND_REFUSED);
}

static void another_server_is_told(void **state)
{
	(void)state;
	struct stream *s = open_stream();
	for (int i = 0; i < TURNS && server == INVALID_SOCKET; i++)
		turn(s);
	assert_true(server != INVALID_SOCKET);
	lp_carrier_free(relay);
	relay = NULL;
	assert_int_equal(send(server, "SSH-2.0-x\r\n", 11, 0), 11);
	struct lp_stream_failure f = failure_of(s);
	assert_int_equal(f.end, LP_STREAM_NOT_LANPARTY);
}

static void a_stream_that_the_relay_closes_is_told(void **state)
{
	(void)state;
	struct stream *s = opened_stream();
	lp_carrier_close(relay);
	serve();
	struct lp_stream_failure f = failure_of(s);
	assert_int_equal(f.end, LP_STREAM_CLOSED);
}

static void a_connection_that_breaks_is_told(void **state)
{
	(void)state;
	struct linger at_once = {1, 0};
	struct stream *s = opened_stream();
	setsockopt(server, SOL_SOCKET, SO_LINGER, (const char *)&at_once, sizeof(at_once));
	close_socket(&server);
	close_socket(&listener);
	struct lp_stream_failure f = failure_of(s);
	assert_int_equal(f.end, LP_STREAM_CLOSED);
}

/* The last word of a member arrives. */
static void what_was_put_before_the_end_arrives(void **state)
{
	(void)state;
	struct stream *s = opened_stream();
	for (int i = 0; i < TURNS && !stream_takes(s); i++)
		turn(s);
	put(s, 100);
	stream_close(s);
	for (int i = 0; i < TURNS && got_there < 1; i++) {
		lp_loop_wait(loop, lp_clock() + LP_MILLISECOND);
		serve();
	}
	assert_int_equal(got_there, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(payloads_pass_both_ways),
		TEST(a_peer_that_does_not_read_is_noticed),
		TEST(a_port_where_nobody_listens_is_told),
		TEST(another_server_is_told),
		TEST(a_stream_that_the_relay_closes_is_told),
		TEST(a_connection_that_breaks_is_told),
		TEST(what_was_put_before_the_end_arrives),
	};
	WSADATA winsock;
	if (WSAStartup(MAKEWORD(2, 2), &winsock) != 0)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	WSACleanup();
	return failed;
}
