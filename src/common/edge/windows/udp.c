#include "lanparty/edge/windows/udp.h"

#include <mswsock.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/edge/log.h"

#define RECEIVES       32        /* concurrent receive operations */
#define SOCKET_BUFFER  (4 << 20) /* bytes */
#define PMTUDISC_PROBE 3         /* for IP_MTU_DISCOVER: ignore what ICMP reports */
#ifndef IP_MTU_DISCOVER
#define IP_MTU_DISCOVER   71
#define IPV6_MTU_DISCOVER 71
#endif
#ifndef SIO_UDP_CONNRESET
#define SIO_UDP_CONNRESET _WSAIOW(IOC_VENDOR, 12)
#endif

struct receive {
	struct lp_io io;
	struct lp_udp *socket;
	struct lp_address from;
	DWORD flags, len; /* len of the received packet; 0: nothing to deliver */
	uint8_t bytes[LP_UDP_PACKET_MAX];
};

struct lp_udp {
	SOCKET fd;
	int family;
	bool full;   /* of the batch: the socket takes nothing more */
	bool heard;  /* a packet has arrived */
	int failure; /* see lp_udp_take_failure; 0: none */
	size_t under_way;
	struct receive *ready[RECEIVES]; /* completed, in order of completion */
	size_t ready_count;
	struct receive receives[RECEIVES];
};

static void release(struct lp_udp *u)
{
	if (u->fd == INVALID_SOCKET && u->under_way == 0)
		free(u);
}

/* What ICMP said of an earlier packet: either a receive ends with it, or the next one does not begin. Anybody
 * can forge it, so it counts only until a packet has arrived. */
static void note_icmp(struct lp_udp *u, DWORD error)
{
	if (u->heard)
		return;
	if (error == ERROR_PORT_UNREACHABLE || error == WSAECONNRESET)
		u->failure = WSAECONNREFUSED;
	else if (error == ERROR_HOST_UNREACHABLE || error == ERROR_NETWORK_UNREACHABLE)
		u->failure = ERROR_HOST_UNREACHABLE;
}

static void begin(struct lp_udp *u, struct receive *r)
{
	WSABUF buffer = {.len = sizeof(r->bytes), .buf = (char *)r->bytes};
	memset(&r->io.overlapped, 0, sizeof(r->io.overlapped));
	r->flags = 0;
	r->from.len = sizeof(r->from.in6);
	if (WSARecvFrom(u->fd, &buffer, 1, NULL, &r->flags, &r->from.sa, &r->from.len,
		    &r->io.overlapped, NULL) == 0 ||
		WSAGetLastError() == WSA_IO_PENDING) {
		u->under_way++;
		return;
	}
	note_icmp(u, (DWORD)WSAGetLastError());
	/* An error about an earlier packet, or no buffers: the next batch tries again. */
	r->len = 0;
	u->ready[u->ready_count++] = r;
}

static void on_received(struct lp_io *io, DWORD error, DWORD bytes)
{
	struct receive *r = (struct receive *)io;
	struct lp_udp *u = r->socket;
	u->under_way--;
	if (u->fd == INVALID_SOCKET) {
		release(u);
		return;
	}
	note_icmp(u, error);
	r->len = error ? 0 : bytes;
	u->ready[u->ready_count++] = r;
}

/* From now on an ICMP "port unreachable" ends no receive, because anybody can forge it. */
static void ignore_icmp(struct lp_udp *u)
{
	DWORD off = FALSE, got;
	u->heard = true;
	WSAIoctl(u->fd, SIO_UDP_CONNRESET, &off, sizeof(off), NULL, 0, &got, NULL, NULL);
}

void lp_udp_receive(struct lp_udp *u, lp_udp_sink *sink, void *context)
{
	struct receive *ready[RECEIVES];
	size_t count = u->ready_count;
	memcpy(ready, u->ready, sizeof(ready));
	u->ready_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (ready[i]->len > 0 && !u->heard)
			ignore_icmp(u);
		if (ready[i]->len > 0)
			sink(context, &ready[i]->from, ready[i]->bytes, ready[i]->len);
		begin(u, ready[i]);
	}
}

bool lp_udp_send(
	struct lp_udp *u, const struct lp_address *remote, const uint8_t *bytes, size_t len)
{
	WSABUF buffer = {.len = (ULONG)len, .buf = (char *)(uintptr_t)bytes};
	DWORD sent;
	if (u->full)
		return false;
	if (WSASendTo(u->fd, &buffer, 1, &sent, 0, &remote->sa, remote->len, NULL, NULL) == 0)
		return true;
	int error = WSAGetLastError();
	u->full = error == WSAEWOULDBLOCK;
	if (!u->full)
		u->failure = error;
	return false;
}

int lp_udp_take_failure(struct lp_udp *u)
{
	int failure = u->failure;
	u->failure = 0;
	return failure;
}

void lp_udp_flush(struct lp_udp *u)
{
	u->full = false;
}

/* Best effort: a Windows that does not know an option does not need it. */
static void set_options(const struct lp_udp *u)
{
	bool v6 = u->family == AF_INET6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int size = SOCKET_BUFFER;
	DWORD on = TRUE, probe = PMTUDISC_PROBE;
	u_long yes = 1;
	setsockopt(u->fd, SOL_SOCKET, SO_RCVBUF, (const char *)&size, sizeof(size));
	setsockopt(u->fd, SOL_SOCKET, SO_SNDBUF, (const char *)&size, sizeof(size));
	setsockopt(
		u->fd, level, v6 ? IPV6_DONTFRAG : IP_DONTFRAGMENT, (const char *)&on, sizeof(on));
	setsockopt(u->fd, level, v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, (const char *)&probe,
		sizeof(probe));
	ioctlsocket(u->fd, (long)FIONBIO, &yes);
}

struct lp_udp *lp_udp_client(HANDLE loop, int family)
{
	struct lp_udp *u = calloc(1, sizeof(*u));
	struct lp_address any = {.len = family == AF_INET6 ? sizeof(any.in6) : sizeof(any.in)};
	if (!u)
		return NULL;
	any.sa.sa_family = (ADDRESS_FAMILY)family;
	u->family = family;
	u->fd = WSASocketW(family, SOCK_DGRAM, IPPROTO_UDP, NULL, 0,
		WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
	if (u->fd == INVALID_SOCKET || bind(u->fd, &any.sa, any.len) != 0 ||
		!lp_loop_add(loop, (HANDLE)u->fd)) {
		lp_log(LP_LOG_ERROR, "socket_failed", "error=%d", WSAGetLastError());
		lp_udp_close(u);
		return NULL;
	}
	set_options(u);
	for (size_t i = 0; i < RECEIVES; i++) {
		u->receives[i].io.done = on_received;
		u->receives[i].socket = u;
		begin(u, &u->receives[i]);
	}
	return u;
}

void lp_udp_close(struct lp_udp *u)
{
	if (!u)
		return;
	if (u->fd != INVALID_SOCKET)
		closesocket(u->fd);
	u->fd = INVALID_SOCKET;
	release(u);
}

void lp_udp_local(const struct lp_udp *u, struct lp_address *ret_address)
{
	ret_address->len = sizeof(ret_address->in6);
	if (getsockname(u->fd, &ret_address->sa, &ret_address->len) != 0)
		ret_address->len = 0;
}

bool lp_udp_pin(struct lp_udp *u, unsigned long interface_index)
{
	/* IPv4 expects the index in network byte order, IPv6 in host byte order. */
	DWORD index = u->family == AF_INET6 ? interface_index : htonl(interface_index);
	return setsockopt(u->fd, u->family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
		       u->family == AF_INET6 ? IPV6_UNICAST_IF : IP_UNICAST_IF,
		       (const char *)&index, sizeof(index)) == 0;
}
