#include "lanparty/edge/linux/tcp.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lanparty/edge/address.h"

#define BACKLOG       1024
#define KEEP_IDLE     10 /* seconds of silence before the kernel asks for a sign of life */
#define KEEP_INTERVAL 5
#define KEEP_COUNT    2

static bool set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* One that slows down only after a loss. BBR pauses for 200 ms every 10 s to measure the path, and what is
 * urgent waits. Reno is allowed everywhere. */
static void choose_congestion(int fd)
{
	static const char *const names[] = {"cubic", "reno"};
	for (size_t i = 0; i < 2; i++)
		if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, names[i],
			    (socklen_t)strlen(names[i])) == 0)
			return;
}

/* They are best effort: without them, what is urgent waits longer, and a dead peer is noticed later. What a
 * listener has, its connections have, too. */
static void set_options(int fd)
{
	choose_congestion(fd);
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, LP_TCP_UNSENT_MAX);
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, LP_TCP_SILENCE_MS);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT);
}

static int close_with_error(int fd)
{
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* As with UDP, an address that this computer does not have yet is bound all the same (row K6). SO_REUSEADDR
 * takes a port whose last connections have ended a moment ago, but none that somebody listens at. */
static int listen_at(const struct lp_address *address, bool dual, bool reuse_port)
{
	int family = address->sa.sa_family;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	set_options(fd);
	bool v6 = family == AF_INET6;
	if ((v6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !dual)) ||
		!set(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_FREEBIND : IP_FREEBIND, 1) ||
		!set(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
		(reuse_port && !set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) ||
		bind(fd, &address->sa, address->len) != 0 || listen(fd, BACKLOG) != 0)
		return close_with_error(fd);
	return fd;
}

static void close_all(const int *listeners, size_t count)
{
	int error = errno;
	while (count > 0)
		close(listeners[--count]);
	errno = error;
}

/* First one without SO_REUSEPORT: a group would also admit another program of the same user. */
bool lp_tcp_listen_group(
	const struct lp_address *address, bool dual, size_t count, int *ret_listeners)
{
	int alone = listen_at(address, dual, false);
	if (alone < 0)
		return false;
	if (count == 1) {
		*ret_listeners = alone;
		return true;
	}
	close(alone);
	for (size_t i = 0; i < count; i++) {
		ret_listeners[i] = listen_at(address, dual, true);
		if (ret_listeners[i] < 0) {
			close_all(ret_listeners, i);
			return false;
		}
	}
	return true;
}

int lp_tcp_accept(int listener, struct lp_path *ret_path)
{
	struct lp_path path = {
		.local.len = sizeof(path.local.in6), .remote.len = sizeof(path.remote.in6)};
	int fd = accept4(listener, &path.remote.sa, &path.remote.len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return -1;
	if (getsockname(fd, &path.local.sa, &path.local.len) != 0)
		return close_with_error(fd);
	lp_address_unmap(&path.local);
	lp_address_unmap(&path.remote);
	*ret_path = path;
	return fd;
}

bool lp_tcp_pin(int fd, unsigned interface)
{
	return set(fd, SOL_SOCKET, SO_BINDTOIFINDEX, (int)interface);
}

int lp_tcp_connect(const struct lp_address *remote, unsigned interface)
{
	int fd = socket(remote->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	set_options(fd);
	if ((interface && !lp_tcp_pin(fd, interface)) ||
		(connect(fd, &remote->sa, remote->len) != 0 && errno != EINPROGRESS))
		return close_with_error(fd);
	return fd;
}

bool lp_tcp_has_address(int fd)
{
	struct lp_address local = {.len = sizeof(local.in6)};
	if (getsockname(fd, &local.sa, &local.len) != 0)
		return true;
	int probe = socket(local.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	*(local.sa.sa_family == AF_INET6 ? &local.in6.sin6_port : &local.in.sin_port) = 0;
	bool lost = probe >= 0 && bind(probe, &local.sa, local.len) != 0 && errno == EADDRNOTAVAIL;
	if (probe >= 0)
		close(probe);
	return !lost;
}

int lp_tcp_connected(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);
	struct lp_address remote = {.len = sizeof(remote.in6)};
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return errno;
	if (error || getpeername(fd, &remote.sa, &remote.len) == 0)
		return error;
	return errno == ENOTCONN ? EINPROGRESS : errno;
}

static bool is_blocked(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

enum lp_tcp_result lp_tcp_read(int fd, uint8_t *bytes, size_t cap, size_t *ret_len)
{
	ssize_t n = recv(fd, bytes, cap, 0);
	if (n == 0)
		return LP_TCP_ENDED;
	if (n < 0)
		return is_blocked(errno) ? LP_TCP_BLOCKED : LP_TCP_FAILED;
	*ret_len = (size_t)n;
	return LP_TCP_DONE;
}

/* The kernel itself asks for TCP_NOTSENT_LOWAT only when it begins a new segment, which can have 64 KiB. */
bool lp_tcp_takes(int fd)
{
	int unsent;
	return ioctl(fd, SIOCOUTQNSD, &unsent) != 0 || unsent < LP_TCP_UNSENT_MAX;
}

enum lp_tcp_result lp_tcp_write(int fd, const uint8_t *bytes, size_t len, size_t *ret_len)
{
	if (!lp_tcp_takes(fd))
		return LP_TCP_BLOCKED;
	ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
	if (n < 0)
		return is_blocked(errno) ? LP_TCP_BLOCKED : LP_TCP_FAILED;
	*ret_len = (size_t)n;
	return LP_TCP_DONE;
}

void lp_tcp_end(int fd)
{
	shutdown(fd, SHUT_WR);
}
