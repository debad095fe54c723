#include "lanparty/edge/windows/udp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <winsock2.h>
#include <windows.h>
#include <cmocka.h>

#include "lanparty/edge/log.h"

/* The linker's --wrap replaces the import of WSASendTo, to simulate a socket with a full buffer. */
static struct {
	int error; /* 0: it accepts everything */
	unsigned calls;
} buffer;

static int WSAAPI send_to(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD sent, DWORD flags,
	const struct sockaddr *to, int to_len, LPWSAOVERLAPPED overlapped,
	LPWSAOVERLAPPED_COMPLETION_ROUTINE done)
{
	(void)s, (void)count, (void)flags, (void)to, (void)to_len, (void)overlapped, (void)done;
	buffer.calls++;
	if (buffer.error) {
		WSASetLastError(buffer.error);
		return SOCKET_ERROR;
	}
	*sent = buffers[0].len;
	return 0;
}

extern int(WSAAPI *__wrap___imp_WSASendTo)(SOCKET, LPWSABUF, DWORD, LPDWORD, DWORD,
	const struct sockaddr *, int, LPWSAOVERLAPPED, LPWSAOVERLAPPED_COMPLETION_ROUTINE);
int(WSAAPI *__wrap___imp_WSASendTo)(SOCKET, LPWSABUF, DWORD, LPDWORD, DWORD,
	const struct sockaddr *, int, LPWSAOVERLAPPED,
	LPWSAOVERLAPPED_COMPLETION_ROUTINE) = send_to;

/* Likewise for WSARecvFrom: the error that ICMP causes in the next receive. Real ICMP reaches no unconnected
 * socket under Wine. */
static int receive_error;

static int WSAAPI receive_from(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD len, LPDWORD flags,
	struct sockaddr *from, LPINT from_len, LPWSAOVERLAPPED overlapped,
	LPWSAOVERLAPPED_COMPLETION_ROUTINE done)
{
	(void)s, (void)buffers, (void)count, (void)len, (void)flags, (void)from, (void)from_len;
	(void)overlapped, (void)done;
	WSASetLastError(receive_error);
	return SOCKET_ERROR;
}

extern int(WSAAPI *__wrap___imp_WSARecvFrom)(SOCKET, LPWSABUF, DWORD, LPDWORD, LPDWORD,
	struct sockaddr *, LPINT, LPWSAOVERLAPPED, LPWSAOVERLAPPED_COMPLETION_ROUTINE);
int(WSAAPI *__wrap___imp_WSARecvFrom)(SOCKET, LPWSABUF, DWORD, LPDWORD, LPDWORD, struct sockaddr *,
	LPINT, LPWSAOVERLAPPED, LPWSAOVERLAPPED_COMPLETION_ROUTINE) = receive_from;

static void ignore(void *context, const struct lp_address *remote, const uint8_t *bytes, size_t len)
{
	(void)context, (void)remote, (void)bytes, (void)len;
}

static void what_icmp_says_is_told(void **state)
{
	(void)state;
	static const int rows[][2] = {{WSAECONNRESET, WSAECONNREFUSED},
		{ERROR_PORT_UNREACHABLE, WSAECONNREFUSED},
		{ERROR_HOST_UNREACHABLE, ERROR_HOST_UNREACHABLE},
		{ERROR_NETWORK_UNREACHABLE, ERROR_HOST_UNREACHABLE}, {WSAENOBUFS, 0}};
	HANDLE loop = lp_loop_open();
	struct lp_udp *u = lp_udp_client(loop, AF_INET);
	assert_non_null(u);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		receive_error = rows[i][0];
		lp_udp_receive(u, ignore, NULL);
		assert_int_equal(lp_udp_take_failure(u), rows[i][1]);
		assert_int_equal(lp_udp_take_failure(u), 0);
	}
	lp_udp_close(u);
	lp_loop_close(loop);
}

static unsigned calls_of_batch(struct lp_udp *u, int error, bool ret_taken[10])
{
	const struct lp_address to = {
		.in = {.sin_family = AF_INET, .sin_port = 9}, .len = sizeof(to.in)};
	buffer.error = error;
	buffer.calls = 0;
	for (int i = 0; i < 10; i++)
		ret_taken[i] = lp_udp_send(u, &to, (const uint8_t *)"x", 1);
	lp_udp_flush(u);
	return buffer.calls;
}

static void a_full_socket_costs_one_failing_call_per_batch(void **state)
{
	(void)state;
	bool taken[10];
	HANDLE loop = lp_loop_open();
	struct lp_udp *u = lp_udp_client(loop, AF_INET);
	assert_non_null(u);
	assert_int_equal(calls_of_batch(u, WSAEWOULDBLOCK, taken), 1);
	assert_false(taken[0] || taken[9]);
	assert_int_equal(calls_of_batch(u, WSAEWOULDBLOCK, taken), 1);
	assert_int_equal(calls_of_batch(u, 0, taken), 10);
	assert_true(taken[0] && taken[9]);
	/* A destination that fails does not delay the others. */
	assert_int_equal(calls_of_batch(u, WSAENETUNREACH, taken), 10);
	lp_udp_close(u);
	lp_loop_wait(loop, 0);
	lp_loop_close(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_icmp_says_is_told),
		cmocka_unit_test(a_full_socket_costs_one_failing_call_per_batch),
	};
	WSADATA winsock;
	if (WSAStartup(MAKEWORD(2, 2), &winsock) != 0)
		return 1;
	lp_log_set(LP_LOG_ERROR, LP_LOG_TEXT);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	WSACleanup();
	return failed;
}
