/* A TCP connection of the Windows client, against a plain socket of this process. */
#include "lanparty/edge/windows/tcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <cmocka.h>

#include <string.h>

#define WAIT (20 * LP_SECOND)

static HANDLE loop;
static struct lp_tcp *tcp;
static SOCKET listener, other;
static struct {
	size_t len;
	uint8_t bytes[1 << 16];
} heard;

static void on_bytes(void *context, const uint8_t *bytes, size_t len)
{
	assert_ptr_equal(context, &heard);
	assert_true(heard.len + len <= sizeof heard.bytes);
	memcpy(heard.bytes + heard.len, bytes, len);
	heard.len += len;
}

static struct lp_address listen_here(int family)
{
	struct lp_address address = {
		.len = family == AF_INET6 ? sizeof(address.in6) : sizeof(address.in)};
	address.sa.sa_family = (ADDRESS_FAMILY)family;
	if (family == AF_INET6)
		address.in6.sin6_addr = in6addr_loopback;
	else
		address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(family, SOCK_STREAM, IPPROTO_TCP);
	assert_true(listener != INVALID_SOCKET);
	assert_int_equal(bind(listener, &address.sa, address.len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, &address.sa, &address.len), 0);
	return address;
}

/* Runs the loop until the connection is no longer in this state. */
static void leave(enum lp_tcp_state state)
{
	lp_time until = lp_clock() + WAIT;
	while (lp_tcp_state(tcp) == state && lp_clock() < until) {
		lp_loop_wait(loop, lp_clock() + LP_SECOND / 10);
		lp_tcp_receive(tcp, on_bytes, &heard);
	}
	assert_int_not_equal(lp_tcp_state(tcp), state);
}

static void hear(size_t len)
{
	lp_time until = lp_clock() + WAIT;
	while (heard.len < len && lp_clock() < until) {
		lp_loop_wait(loop, lp_clock() + LP_SECOND / 10);
		lp_tcp_receive(tcp, on_bytes, &heard);
	}
	assert_int_equal(heard.len, len);
}

static void connect_both(int family)
{
	struct lp_address address = listen_here(family);
	loop = lp_loop_open();
	heard.len = 0;
	tcp = lp_tcp_connect(loop, &address, 0);
	assert_non_null(tcp);
	assert_int_equal(lp_tcp_state(tcp), LP_TCP_CONNECTING);
	assert_false(lp_tcp_takes(tcp));
	assert_int_equal(lp_tcp_send(tcp, (const uint8_t *)"early", 5), 0);
	leave(LP_TCP_CONNECTING);
	assert_int_equal(lp_tcp_state(tcp), LP_TCP_UP);
	other = accept(listener, NULL, NULL);
	assert_true(other != INVALID_SOCKET);
	closesocket(listener);
}

static void close_both(void)
{
	if (other != INVALID_SOCKET)
		closesocket(other);
	lp_tcp_close(tcp);
	lp_loop_wait(loop, lp_clock() + LP_SECOND / 10);
	lp_loop_close(loop);
}

static void bytes_pass_both_ways(void **state)
{
	static const int families[] = {AF_INET, AF_INET6};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char bytes[16] = {0};
		connect_both(families[i]);
		assert_int_equal(lp_tcp_send(tcp, (const uint8_t *)"hello", 5), 5);
		assert_int_equal(recv(other, bytes, sizeof bytes, 0), 5);
		assert_string_equal(bytes, "hello");
		for (size_t n = 1; n <= 3; n++) {
			assert_int_equal(send(other, "relay", 5, 0), 5);
			hear(5 * n);
		}
		assert_memory_equal(heard.bytes, "relayrelayrelay", 15);
		close_both();
	}
}

/* Who does not read is not sent to: nothing grows here. */
static void a_peer_that_reads_nothing_is_noticed(void **state)
{
	(void)state;
	static uint8_t bytes[2 * LP_TCP_SEND_MAX], back[65536];
	size_t sent = 0, received = 0;
	connect_both(AF_INET);
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i % 251);
	lp_time quiet = lp_clock() + LP_SECOND;
	while (lp_clock() < quiet) {
		size_t n = lp_tcp_send(tcp, bytes, sizeof bytes);
		assert_true(n == 0 || n == LP_TCP_SEND_MAX);
		sent += n;
		if (n > 0)
			quiet = lp_clock() + LP_SECOND;
		assert_true(sent < 64 << 20);
		lp_loop_wait(loop, lp_clock() + LP_SECOND / 100);
	}
	assert_false(lp_tcp_takes(tcp));
	while (received < sent) {
		int n = recv(other, (char *)back, sizeof back, 0);
		assert_true(n > 0);
		for (size_t i = 0; i < (size_t)n; i++)
			assert_int_equal(back[i], (received + i) % LP_TCP_SEND_MAX % 251);
		received += (size_t)n;
		lp_loop_wait(loop, lp_clock());
	}
	lp_loop_wait(loop, lp_clock() + LP_SECOND);
	assert_true(lp_tcp_takes(tcp));
	close_both();
}

static void the_end_of_the_other_side_is_noticed(void **state)
{
	(void)state;
	connect_both(AF_INET);
	assert_int_equal(send(other, "last", 4, 0), 4);
	assert_int_equal(shutdown(other, SD_SEND), 0);
	leave(LP_TCP_UP);
	assert_int_equal(lp_tcp_state(tcp), LP_TCP_ENDED);
	assert_int_equal(heard.len, 4);
	assert_true(lp_tcp_takes(tcp)); /* this side is still open */
	close_both();
}

static void a_reset_is_a_failure(void **state)
{
	(void)state;
	struct linger at_once = {1, 0};
	connect_both(AF_INET);
	assert_int_equal(
		setsockopt(other, SOL_SOCKET, SO_LINGER, (char *)&at_once, sizeof at_once), 0);
	closesocket(other);
	other = INVALID_SOCKET;
	leave(LP_TCP_UP);
	assert_int_equal(lp_tcp_state(tcp), LP_TCP_FAILED);
	assert_int_not_equal(lp_tcp_error(tcp), 0);
	assert_false(lp_tcp_takes(tcp));
	close_both();
}

static void a_port_where_nobody_listens_is_refused(void **state)
{
	(void)state;
	struct lp_address address = listen_here(AF_INET);
	closesocket(listener);
	other = INVALID_SOCKET;
	loop = lp_loop_open();
	tcp = lp_tcp_connect(loop, &address, 0);
	assert_non_null(tcp);
	leave(LP_TCP_CONNECTING);
	assert_int_equal(lp_tcp_state(tcp), LP_TCP_FAILED);
	assert_int_not_equal(lp_tcp_error(tcp), 0);
	assert_false(lp_tcp_was_refused_here(tcp));
	close_both();
}

/* What was taken is still sent; the memory goes with the last operation. */
static void a_close_sends_what_was_taken(void **state)
{
	(void)state;
	char bytes[16] = {0};
	connect_both(AF_INET);
	assert_int_equal(lp_tcp_send(tcp, (const uint8_t *)"goodbye", 7), 7);
	lp_tcp_close(tcp);
	assert_int_equal(recv(other, bytes, sizeof bytes, 0), 7);
	assert_int_equal(recv(other, bytes, sizeof bytes, 0), 0);
	tcp = NULL;
	close_both();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_pass_both_ways),
		cmocka_unit_test(a_peer_that_reads_nothing_is_noticed),
		cmocka_unit_test(the_end_of_the_other_side_is_noticed),
		cmocka_unit_test(a_reset_is_a_failure),
		cmocka_unit_test(a_port_where_nobody_listens_is_refused),
		cmocka_unit_test(a_close_sends_what_was_taken),
	};
	WSADATA winsock;
	if (WSAStartup(MAKEWORD(2, 2), &winsock) != 0)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	WSACleanup();
	return failed;
}
