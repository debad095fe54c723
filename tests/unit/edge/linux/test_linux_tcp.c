#include "lanparty/edge/linux/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <cmocka.h>

#include "lanparty/edge/address.h"
#include "lanparty/edge/linux/loop.h"

#define WAIT_MS 2000
#define LATE    (60 * LP_SECOND) /* a test that waits for this one has failed */

/* A port that nobody has, at the any-address of both families. */
static struct lp_address listen_any(size_t count, int *listeners)
{
	struct lp_address at = {.len = sizeof(at.in6)};
	at.in6.sin6_family = AF_INET6;
	assert_true(lp_tcp_listen_group(&at, true, 1, listeners));
	getsockname(listeners[0], &at.sa, &at.len);
	if (count > 1) {
		close(listeners[0]);
		assert_true(lp_tcp_listen_group(&at, true, count, listeners));
	}
	return at;
}

static struct lp_address loopback(const struct lp_address *listener, bool v6)
{
	struct lp_address a = {.len = v6 ? sizeof(a.in6) : sizeof(a.in)};
	if (v6) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = listener->in6.sin6_port;
		a.in6.sin6_addr = in6addr_loopback;
	} else {
		a.in.sin_family = AF_INET;
		a.in.sin_port = listener->in6.sin6_port;
		a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	return a;
}

static bool becomes(int fd, short event)
{
	struct pollfd p = {.fd = fd, .events = event};
	return poll(&p, 1, WAIT_MS) == 1 && (p.revents & event);
}

struct pair {
	int listener, client, server;
	struct lp_path path; /* as the server sees it */
};

static void connect_pair(struct pair *p, bool v6)
{
	struct lp_address at = listen_any(1, &p->listener), to = loopback(&at, v6);
	p->client = lp_tcp_connect(&to, 0);
	assert_true(p->client >= 0);
	assert_true(becomes(p->client, POLLOUT));
	assert_int_equal(lp_tcp_connected(p->client), 0);
	assert_true(becomes(p->listener, POLLIN));
	p->server = lp_tcp_accept(p->listener, &p->path);
	assert_true(p->server >= 0);
}

static void close_pair(struct pair *p)
{
	close(p->client);
	close(p->server);
	close(p->listener);
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);
	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static void W2_both_families_reach_a_dual_listener(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct pair p;
		struct lp_address own = {.len = sizeof(own.in6)};
		connect_pair(&p, v6);
		getsockname(p.client, &own.sa, &own.len);
		assert_true(lp_address_equal(&p.path.remote, &own));
		assert_int_equal(p.path.local.sa.sa_family, v6 ? AF_INET6 : AF_INET);
		assert_int_equal(lp_tcp_accept(p.listener, &p.path), -1);
		assert_int_equal(errno, EAGAIN);
		close_pair(&p);
	}
}

static void W2_a_connection_sends_at_once_and_notices_a_dead_peer(void **state)
{
	(void)state;
	struct pair p;
	connect_pair(&p, false);
	const int ends[] = {p.client, p.server};
	for (size_t i = 0; i < 2; i++) {
		char name[16] = "";
		socklen_t len = sizeof(name);
		assert_int_equal(getsockopt(ends[i], IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
		assert_true(strcmp(name, "cubic") == 0 || strcmp(name, "reno") == 0);
		assert_int_equal(option(ends[i], IPPROTO_TCP, TCP_NODELAY), 1);
		assert_int_equal(
			option(ends[i], IPPROTO_TCP, TCP_NOTSENT_LOWAT), LP_TCP_UNSENT_MAX);
		assert_int_equal(option(ends[i], IPPROTO_TCP, TCP_USER_TIMEOUT), LP_TCP_SILENCE_MS);
		assert_int_equal(option(ends[i], SOL_SOCKET, SO_KEEPALIVE), 1);
	}
	close_pair(&p);
}

static void bytes_arrive_and_the_end_after_them(void **state)
{
	(void)state;
	struct pair p;
	uint8_t got[16];
	size_t len = 99;
	connect_pair(&p, false);
	assert_int_equal(lp_tcp_read(p.server, got, sizeof(got), &len), LP_TCP_BLOCKED);
	assert_int_equal(len, 99);
	assert_int_equal(lp_tcp_write(p.client, (const uint8_t *)"hello", 5, &len), LP_TCP_DONE);
	assert_int_equal(len, 5);
	lp_tcp_end(p.client);
	assert_true(becomes(p.server, POLLIN));
	assert_int_equal(lp_tcp_read(p.server, got, 3, &len), LP_TCP_DONE);
	assert_int_equal(len, 3);
	assert_int_equal(lp_tcp_read(p.server, got, sizeof(got), &len), LP_TCP_DONE);
	assert_int_equal(len, 2);
	assert_memory_equal(got, "lo", 2);
	assert_true(becomes(p.server, POLLIN));
	assert_int_equal(lp_tcp_read(p.server, got, sizeof(got), &len), LP_TCP_ENDED);
	/* The other direction is still open. */
	assert_int_equal(lp_tcp_write(p.server, (const uint8_t *)"!", 1, &len), LP_TCP_DONE);
	assert_true(becomes(p.client, POLLIN));
	close(p.client); /* with an unread byte: the other end is reset */
	assert_true(becomes(p.server, POLLERR | POLLHUP | POLLIN));
	usleep(10000);
	assert_int_equal(lp_tcp_write(p.server, (const uint8_t *)"!", 1, &len), LP_TCP_FAILED);
	close(p.server);
	close(p.listener);
}

/* What the kernel has and the other end has not, once nothing more is taken. */
static void W2_little_waits_in_the_kernel_when_the_peer_does_not_read(void **state)
{
	(void)state;
	static const uint8_t payload[1500];
	struct pair p;
	size_t len, sent = 0;
	int small = 4096, unsent = 0;
	struct lp_waiter waiter;
	int ready;
	connect_pair(&p, false);
	setsockopt(p.server, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	while (lp_tcp_write(p.client, payload, sizeof(payload), &len) == LP_TCP_DONE) {
		sent += len;
		assert_true(sent < 1 << 24);
		usleep(sent > 1 << 19 ? 100 : 0);
	}
	assert_int_equal(ioctl(p.client, SIOCOUTQNSD, &unsent), 0);
	assert_true(unsent > 0);
	assert_true(unsent < LP_TCP_UNSENT_MAX + (int)sizeof(payload));
	/* The waiter says when the peer has read. */
	lp_waiter_open(&waiter);
	assert_true(lp_waiter_add(&waiter, p.client));
	lp_waiter_watch(&waiter, p.client, true);
	assert_int_equal(lp_waiter_poll(&waiter, &ready, 1), 0);
	static uint8_t sink[1 << 16];
	while (sent > 0) {
		if (lp_tcp_read(p.server, sink, sizeof(sink), &len) == LP_TCP_DONE)
			sent -= len;
		else
			assert_true(becomes(p.server, POLLIN));
	}
	assert_int_equal(lp_wait(&waiter, lp_clock() + LATE, &ready, 1), 1);
	assert_int_equal(ready, p.client);
	assert_int_equal(lp_tcp_write(p.client, payload, 1, &len), LP_TCP_DONE);
	lp_waiter_watch(&waiter, p.client, false);
	assert_int_equal(lp_waiter_poll(&waiter, &ready, 1), 0);
	lp_waiter_close(&waiter);
	close_pair(&p);
}

static void a_group_shares_the_connections_and_nobody_else_joins_it(void **state)
{
	(void)state;
	int listeners[2], other[2], clients[32], seen[2] = {0};
	struct lp_address at = listen_any(2, listeners), to = loopback(&at, false);
	for (size_t i = 0; i < 32; i++) {
		clients[i] = lp_tcp_connect(&to, 0);
		assert_true(becomes(clients[i], POLLOUT));
	}
	for (int i = 0; i < 2; i++) {
		struct lp_path path;
		int fd;
		while ((fd = lp_tcp_accept(listeners[i], &path)) >= 0) {
			seen[i]++;
			close(fd);
		}
	}
	assert_int_equal(seen[0] + seen[1], 32);
	assert_true(seen[0] > 0 && seen[1] > 0);
	for (size_t count = 1; count <= 2; count++) {
		errno = 0;
		assert_false(lp_tcp_listen_group(&at, true, count, other));
		assert_int_equal(errno, EADDRINUSE);
	}
	for (size_t i = 0; i < 32; i++)
		close(clients[i]);
	close(listeners[0]);
	close(listeners[1]);
	/* Its connections have ended a moment ago. */
	assert_true(lp_tcp_listen_group(&at, true, 1, other));
	close(other[0]);
}

/* K6 */
static void an_address_that_is_missing_yet_is_listened_at(void **state)
{
	(void)state;
	int listener;
	struct lp_address at = {.len = sizeof(at.in)};
	at.in.sin_family = AF_INET;
	inet_pton(AF_INET, "192.0.2.77", &at.in.sin_addr);
	assert_true(lp_tcp_listen_group(&at, false, 1, &listener));
	close(listener);
}

static void a_refused_connection_says_so(void **state)
{
	(void)state;
	int listener;
	struct lp_address at = listen_any(1, &listener), to = loopback(&at, false);
	close(listener);
	int fd = lp_tcp_connect(&to, 0);
	if (fd >= 0) {
		assert_true(becomes(fd, POLLOUT));
		assert_int_equal(lp_tcp_connected(fd), ECONNREFUSED);
		close(fd);
	} else {
		assert_int_equal(errno, ECONNREFUSED);
	}
}

static void a_connection_that_is_not_answered_yet_says_so(void **state)
{
	(void)state;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(lp_tcp_connected(fd), EINPROGRESS);
	close(fd);
}

static void an_interface_that_is_not_there_is_refused(void **state)
{
	(void)state;
	int listener;
	struct lp_address at = listen_any(1, &listener), to = loopback(&at, false);
	assert_int_equal(lp_tcp_connect(&to, 0x7ffffff0), -1);
	assert_int_equal(errno, ENODEV);
	int fd = lp_tcp_connect(&to, 1); /* lo */
	assert_true(fd >= 0);
	assert_true(becomes(fd, POLLOUT));
	assert_int_equal(lp_tcp_connected(fd), 0);
	close(fd);
	close(listener);
}

/* One waiter inside of another. */
static void a_waiter_wakes_a_waiter(void **state)
{
	(void)state;
	struct pair p;
	struct lp_waiter inner, outer;
	int ready;
	size_t len;
	connect_pair(&p, true);
	lp_waiter_open(&inner);
	lp_waiter_open(&outer);
	assert_true(lp_waiter_add(&inner, p.server));
	assert_true(lp_waiter_add(&outer, lp_waiter_fd(&inner)));
	assert_int_equal(lp_waiter_poll(&outer, &ready, 1), 0);
	assert_int_equal(lp_tcp_write(p.client, (const uint8_t *)"x", 1, &len), LP_TCP_DONE);
	assert_int_equal(lp_wait(&outer, lp_clock() + LATE, &ready, 1), 1);
	assert_int_equal(ready, lp_waiter_fd(&inner));
	assert_int_equal(lp_waiter_poll(&inner, &ready, 1), 1);
	assert_int_equal(ready, p.server);
	lp_waiter_close(&inner);
	lp_waiter_close(&outer);
	close_pair(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(W2_both_families_reach_a_dual_listener),
		cmocka_unit_test(W2_a_connection_sends_at_once_and_notices_a_dead_peer),
		cmocka_unit_test(bytes_arrive_and_the_end_after_them),
		cmocka_unit_test(W2_little_waits_in_the_kernel_when_the_peer_does_not_read),
		cmocka_unit_test(a_group_shares_the_connections_and_nobody_else_joins_it),
		cmocka_unit_test(an_address_that_is_missing_yet_is_listened_at),
		cmocka_unit_test(a_refused_connection_says_so),
		cmocka_unit_test(a_connection_that_is_not_answered_yet_says_so),
		cmocka_unit_test(an_interface_that_is_not_there_is_refused),
		cmocka_unit_test(a_waiter_wakes_a_waiter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
