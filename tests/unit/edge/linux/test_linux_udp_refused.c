/* What a socket reports that cannot work: ICMP errors, and a computer without IPv6. */
#include "lanparty/edge/linux/udp.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "lanparty/edge/log.h"
#include "linux_udp.h"

#define LINE 500 /* bytes of the log's line that are kept */

static bool no_ipv6;
int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol)
{
	if (no_ipv6 && family == AF_INET6) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return __real_socket(family, type, protocol);
}

static void count(void *context, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	(void)path, (void)bytes, (void)len;
	++*(unsigned *)context;
}

/* Sends a packet, and reads what comes until the socket is quiet. Returns the number of packets. */
static unsigned ask(struct lp_udp *client, const struct lp_address *to)
{
	const struct lp_path path = {.remote = *to};
	struct pollfd fd = {.fd = lp_udp_fd(client), .events = POLLIN};
	unsigned packets = 0;
	memset(lp_udp_slot(client), 1, 100);
	lp_udp_put(client, &path, 100);
	lp_udp_flush(client);
	for (int i = 0; poll(&fd, 1, i ? 20 : 300) > 0; i++) {
		assert_true(i < 100); /* an error that stays in the queue */
		lp_udp_receive(client, count, &packets);
	}
	return packets;
}

/* Anybody can forge ICMP, so it counts only while the relay has not answered. */
static void icmp_is_heard_until_the_first_packet(void **state)
{
	(void)state;
	struct lp_address closed, own;
	enum lp_exit code = LP_EXIT_OK;
	struct lp_udp *gone = server_at("127.0.0.1:0", &closed);
	struct lp_udp *client = lp_udp_client(AF_INET, &code);
	assert_non_null(client);
	lp_udp_close(gone);
	assert_int_equal(ask(client, &closed), 0);
	assert_int_equal(lp_udp_take_report(client), ECONNREFUSED);
	assert_int_equal(lp_udp_take_report(client), 0);
	lp_udp_local(client, &own);
	own.in.sin_addr = closed.in.sin_addr;
	assert_int_equal(ask(client, &own), 1); /* its own packet */
	assert_int_equal(ask(client, &closed), 0);
	assert_int_equal(ask(client, &closed), 0);
	assert_int_equal(lp_udp_take_report(client), 0);
	lp_udp_close(client);
}

static void take_line(void *context, const char *line, size_t len)
{
	snprintf(context, LINE, "%.*s", (int)len, line);
}

static void a_computer_without_IPv6_listens_on_IPv4(void **state)
{
	(void)state;
	char line[LINE] = "";
	struct lp_address bound;
	struct lp_listen listen;
	enum lp_exit code = LP_EXIT_OK;
	lp_log_to(take_line, line);
	lp_log_set(LP_LOG_INFO, LP_LOG_TEXT);
	no_ipv6 = true;
	struct lp_udp *server = server_at("0/udp", &bound);
	assert_int_equal(bound.sa.sa_family, AF_INET);
	lp_udp_close(server);
	assert_true(lp_listen_parse("[::1]:0", &listen));
	assert_null(lp_udp_listen(&listen, false, &code));
	assert_int_equal(code, LP_EXIT_OS);
	assert_non_null(strstr(line, "this computer has no IPv6: name an IPv4 address"));
	no_ipv6 = false;
	lp_log_set(LP_LOG_ERROR, LP_LOG_TEXT);
	lp_log_to(NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(icmp_is_heard_until_the_first_packet),
		cmocka_unit_test(a_computer_without_IPv6_listens_on_IPv4),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
