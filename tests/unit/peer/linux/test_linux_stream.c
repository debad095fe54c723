/* Row W2: a stream of a member and a relay's end over TCP of this computer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "lanparty/edge/linux/tcp.h"
#include "lanparty/quic/identity.h"
#include "stream.h"

#define NOW_UNIX INT64_C(1790000000)
#define TURNS    2000

static struct lp_identity *identity;
static struct lp_waiter waiter;
static struct lp_address address; /* of the listener */
static int listener, server = -1;
static struct lp_carrier *relay; /* the server's end */
static bool reads;               /* the server does */
static size_t got_here, got_there, bytes_there;

static int begin(void **state)
{
	(void)state;
	identity = lp_identity_new("relay.example", NOW_UNIX);
	assert_non_null(identity);
	lp_waiter_open(&waiter);
	address = (struct lp_address){.len = sizeof(address.in)};
	address.in.sin_family = AF_INET;
	address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(lp_tcp_listen_group(&address, false, 1, &listener));
	assert_int_equal(getsockname(listener, &address.sa, &address.len), 0);
	reads = true;
	got_here = got_there = bytes_there = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	lp_carrier_free(relay);
	relay = NULL;
	if (server >= 0)
		close(server);
	server = -1;
	close(listener);
	lp_waiter_close(&waiter);
	lp_identity_free(identity);
	return 0;
}

static struct lp_stream *open_stream(void)
{
	const struct lp_carrier_target target = {.host = "relay.example", .port = 443};
	struct lp_stream *s = lp_stream_open(&waiter, &address, &target, 0);
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

static void serve(void)
{
	uint8_t bytes[4096];
	const uint8_t *pending;
	struct lp_path path;
	size_t len, sent;
	if (server < 0) {
		server = lp_tcp_accept(listener, &path);
		relay = server < 0 ? NULL : lp_carrier_accept(identity);
	}
	if (server < 0)
		return;
	while (reads && lp_tcp_read(server, bytes, sizeof(bytes), &len) == LP_TCP_DONE)
		lp_carrier_read(relay, bytes, len, count_there, NULL);
	while ((pending = lp_carrier_pending(relay, &len)), len > 0) {
		if (lp_tcp_write(server, pending, len, &sent) != LP_TCP_DONE)
			break;
		lp_carrier_sent(relay, sent);
	}
}

/* What is ready, and a millisecond at most. */
static void turn(struct lp_stream *s)
{
	int ready[4];
	serve();
	size_t count = lp_wait(&waiter, lp_clock() + LP_MILLISECOND, ready, 4);
	for (size_t i = 0; i < count; i++)
		if (ready[i] == lp_stream_fd(s))
			lp_stream_on_ready(s, count_here, NULL);
}

static struct lp_stream *opened_stream(void)
{
	struct lp_stream *s = open_stream();
	struct lp_stream_failure failure;
	bool opened = false;
	for (int i = 0; i < TURNS && !opened; i++) {
		turn(s);
		opened = lp_stream_has_opened(s);
	}
	assert_true(opened);
	assert_false(lp_stream_has_opened(s)); /* said once */
	assert_false(lp_stream_has_failed(s, &failure));
	return s;
}

static void put(struct lp_stream *s, size_t len)
{
	memset(lp_stream_slot(s), 7, len);
	lp_stream_put(s, len);
}

static void payloads_pass_both_ways(void **state)
{
	(void)state;
	struct lp_stream *s = opened_stream();
	assert_true(lp_stream_takes(s));
	put(s, 100);
	put(s, LP_PAYLOAD_MAX);
	lp_stream_flush(s);
	for (int i = 0; i < TURNS && got_there < 2; i++)
		turn(s);
	assert_int_equal(bytes_there, 100 + LP_PAYLOAD_MAX);
	assert_true(lp_carrier_put(relay, (const uint8_t *)"hello", 5));
	for (int i = 0; i < TURNS && got_here < 1; i++)
		turn(s);
	assert_int_equal(got_here, 1);
	lp_stream_close(s);
}

/* What it does not take stays in the queue of whoever sends. */
static void a_peer_that_does_not_read_is_noticed_within_few_packets(void **state)
{
	(void)state;
	struct lp_stream *s = opened_stream();
	size_t count = 0;
	reads = false;
	for (int idle = 0; idle < 50 && count < 100000; idle++) {
		while (lp_stream_takes(s)) {
			put(s, LP_PAYLOAD_MAX);
			count++;
			idle = 0;
		}
		lp_stream_flush(s);
		turn(s);
	}
	assert_in_range(count, 10, 99999);
	assert_false(lp_stream_takes(s));
	lp_stream_is_released(s); /* while it was being filled */
	for (int i = 0; i < 20; i++)
		turn(s);
	assert_false(lp_stream_is_released(s));
	reads = true;
	bool released = false;
	for (int i = 0; i < TURNS && !released; i++) {
		turn(s);
		released = lp_stream_is_released(s);
	}
	assert_true(released);
	assert_true(lp_stream_takes(s));
	for (int i = 0; i < TURNS && got_there < count; i++)
		turn(s);
	assert_int_equal(got_there, count); /* and nothing was lost */
	lp_stream_close(s);
}

static struct lp_stream_failure failure_of(struct lp_stream *s)
{
	struct lp_stream_failure failure = {0};
	bool failed = false;
	for (int i = 0; i < TURNS && !failed; i++) {
		failed = lp_stream_has_failed(s, &failure);
		if (!failed)
			turn(s);
	}
	assert_true(failed);
	assert_false(lp_stream_has_failed(s, &failure)); /* said once */
	assert_int_equal(lp_stream_fd(s), -1);
	assert_true(lp_stream_takes(s)); /* and drops it */
	put(s, 100);
	lp_stream_flush(s);
	lp_stream_close(s);
	return failure;
}

static void a_port_where_nobody_listens_is_told(void **state)
{
	(void)state;
	close(listener);
	listener = -1;
	struct lp_stream_failure f = failure_of(open_stream());
	assert_int_equal(f.end, LP_STREAM_NO_TCP);
	assert_int_equal(f.failure, LP_SEND_REFUSED);
}

static void an_address_without_a_route_is_told(void **state)
{
	(void)state;
	address.in.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	struct lp_stream_failure f = failure_of(open_stream());
	assert_int_equal(f.end, LP_STREAM_NO_TCP);
}

static void another_server_is_told(void **state)
{
	(void)state;
	struct lp_stream *s = open_stream();
	for (int i = 0; i < TURNS && server < 0; i++)
		turn(s);
	lp_carrier_free(relay);
	relay = NULL;
	reads = false;
	assert_true(send(server, "SSH-2.0-x\r\n", 11, 0) == 11);
	shutdown(server, SHUT_WR);
	int fd = server;
	server = -1;
	close(listener);
	listener = -1;
	struct lp_stream_failure f = failure_of(s);
	close(fd);
	assert_int_equal(f.end, LP_STREAM_NOT_LANPARTY);
}

static void a_stream_that_the_relay_closes_is_told(void **state)
{
	(void)state;
	struct lp_stream *s = opened_stream();
	lp_carrier_close(relay);
	serve();
	shutdown(server, SHUT_WR);
	struct lp_stream_failure f = failure_of(s);
	assert_int_equal(f.end, LP_STREAM_CLOSED);
}

/* Its last word arrives although the relay goes on to send. */
static void what_was_put_before_the_end_arrives(void **state)
{
	(void)state;
	struct lp_stream *s = opened_stream();
	for (int i = 0; i < 20; i++) {
		lp_carrier_put(relay, (const uint8_t *)"hello", 5);
		serve();
	}
	put(s, 100);
	lp_stream_close(s);
	for (int i = 0; i < TURNS && got_there < 1; i++)
		serve();
	assert_int_equal(got_there, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(payloads_pass_both_ways, begin, end),
		cmocka_unit_test_setup_teardown(
			a_peer_that_does_not_read_is_noticed_within_few_packets, begin, end),
		cmocka_unit_test_setup_teardown(a_port_where_nobody_listens_is_told, begin, end),
		cmocka_unit_test_setup_teardown(an_address_without_a_route_is_told, begin, end),
		cmocka_unit_test_setup_teardown(another_server_is_told, begin, end),
		cmocka_unit_test_setup_teardown(a_stream_that_the_relay_closes_is_told, begin, end),
		cmocka_unit_test_setup_teardown(what_was_put_before_the_end_arrives, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
