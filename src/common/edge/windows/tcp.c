#include "lanparty/edge/windows/tcp.h"

#include <mswsock.h>
#include <mstcpip.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"

#define RECEIVE_MAX  16384
#define KEEPALIVE_MS 5000
#ifndef TCP_MAXRT
#define TCP_MAXRT 5 /* seconds that Windows repeats a segment */
#endif

struct operation {
	struct lp_io io; /* first */
	struct lp_tcp *owner;
	bool under_way;
};

struct lp_tcp {
	SOCKET fd;
	enum lp_tcp_state state;
	int error;
	bool refused_here;
	struct operation sending, receiving; /* sending also connects */
	size_t to_send, sent;                /* of out */
	size_t received;                     /* bytes in in that sink has not had */
	uint8_t out[LP_TCP_SEND_MAX];
	uint8_t in[RECEIVE_MAX];
};

static void release(struct lp_tcp *t)
{
	if (t->fd == INVALID_SOCKET && !t->sending.under_way && !t->receiving.under_way)
		lp_zero_free(t, sizeof(*t)); /* out can have had a proxy's password */
}

static void fail(struct lp_tcp *t, int error)
{
	if (t->state == LP_TCP_FAILED)
		return;
	t->state = LP_TCP_FAILED;
	t->error = error;
}

/* After a call that has begun an operation. */
static void begun(struct operation *operation, bool at_once)
{
	operation->under_way = at_once || WSAGetLastError() == WSA_IO_PENDING;
	if (!operation->under_way)
		fail(operation->owner, WSAGetLastError());
}

static void begin_receive(struct lp_tcp *t)
{
	WSABUF buffer = {.len = sizeof(t->in), .buf = (char *)t->in};
	DWORD flags = 0;
	if (t->state != LP_TCP_UP || t->receiving.under_way || t->received > 0)
		return;
	memset(&t->receiving.io.overlapped, 0, sizeof(t->receiving.io.overlapped));
	begun(&t->receiving,
		WSARecv(t->fd, &buffer, 1, NULL, &flags, &t->receiving.io.overlapped, NULL) == 0);
}

static void begin_send(struct lp_tcp *t)
{
	WSABUF buffer = {.len = (ULONG)(t->to_send - t->sent), .buf = (char *)t->out + t->sent};
	memset(&t->sending.io.overlapped, 0, sizeof(t->sending.io.overlapped));
	begun(&t->sending,
		WSASend(t->fd, &buffer, 1, NULL, 0, &t->sending.io.overlapped, NULL) == 0);
}

/* False: the connection has been closed meanwhile, and can be gone. */
static bool complete(struct operation *operation, DWORD error)
{
	struct lp_tcp *t = operation->owner;
	operation->under_way = false;
	if (t->fd == INVALID_SOCKET) {
		release(t);
		return false;
	}
	if (error)
		fail(t, (int)error);
	return true;
}

static void on_received(struct lp_io *io, DWORD error, DWORD bytes)
{
	struct operation *operation = (struct operation *)io;
	struct lp_tcp *t = operation->owner;
	if (!complete(operation, error) || error)
		return;
	t->received = bytes;
	if (bytes == 0 && t->state == LP_TCP_UP)
		t->state = LP_TCP_ENDED;
}

static void on_sent(struct lp_io *io, DWORD error, DWORD bytes)
{
	struct operation *operation = (struct operation *)io;
	struct lp_tcp *t = operation->owner;
	if (!complete(operation, error) || error)
		return;
	t->sent += bytes;
	if (t->sent < t->to_send)
		begin_send(t);
}

static void on_connected(struct lp_io *io, DWORD error, DWORD bytes)
{
	struct operation *operation = (struct operation *)io;
	struct lp_tcp *t = operation->owner;
	(void)bytes;
	if (!complete(operation, error) || error)
		return;
	setsockopt(t->fd, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0);
	t->sending.io.done = on_sent;
	t->state = LP_TCP_UP;
	begin_receive(t);
}

/* Best effort: a Windows that does not know an option does not need it. */
static void set_options(SOCKET fd, int family, unsigned long interface_index)
{
	bool v6 = family == AF_INET6;
	int buffer = LP_TCP_BUFFER;
	DWORD on = TRUE, seconds = LP_TCP_SILENCE_MS / 1000, got;
	DWORD index = v6 ? interface_index : htonl(interface_index); /* as IP_UNICAST_IF has it */
	struct tcp_keepalive alive = {1, KEEPALIVE_MS, 1000};
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_MAXRT, (const char *)&seconds, sizeof(seconds));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, (const char *)&buffer, sizeof(buffer));
	WSAIoctl(fd, SIO_KEEPALIVE_VALS, &alive, sizeof(alive), NULL, 0, &got, NULL, NULL);
	if (interface_index)
		setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_UNICAST_IF : IP_UNICAST_IF,
			(const char *)&index, sizeof(index));
}

/* ConnectEx wants a socket that is bound. */
static bool open_socket(struct lp_tcp *t, HANDLE loop, int family)
{
	struct lp_address any = {.len = family == AF_INET6 ? sizeof(any.in6) : sizeof(any.in)};
	any.sa.sa_family = (ADDRESS_FAMILY)family;
	t->fd = WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
		WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
	return t->fd != INVALID_SOCKET && bind(t->fd, &any.sa, any.len) == 0 &&
	       lp_loop_add(loop, (HANDLE)t->fd);
}

static void begin_connect(struct lp_tcp *t, const struct lp_address *remote)
{
	GUID id = WSAID_CONNECTEX;
	LPFN_CONNECTEX connect_ex = NULL;
	DWORD got;
	if (WSAIoctl(t->fd, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &connect_ex,
		    sizeof(connect_ex), &got, NULL, NULL) != 0) {
		fail(t, WSAGetLastError());
		return;
	}
	begun(&t->sending, connect_ex(t->fd, &remote->sa, remote->len, NULL, 0, NULL,
				   &t->sending.io.overlapped));
}

struct lp_tcp *lp_tcp_connect(
	HANDLE loop, const struct lp_address *remote, unsigned long interface_index)
{
	struct lp_tcp *t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->sending.owner = t->receiving.owner = t;
	t->sending.io.done = on_connected;
	t->receiving.io.done = on_received;
	if (open_socket(t, loop, remote->sa.sa_family)) {
		set_options(t->fd, remote->sa.sa_family, interface_index);
		begin_connect(t, remote);
	} else {
		fail(t, WSAGetLastError());
	}
	t->refused_here = t->state == LP_TCP_FAILED;
	return t;
}

void lp_tcp_close(struct lp_tcp *t)
{
	if (!t)
		return;
	if (t->fd != INVALID_SOCKET) {
		if (t->state == LP_TCP_UP || t->state == LP_TCP_ENDED)
			shutdown(t->fd, SD_SEND);
		closesocket(t->fd);
	}
	t->fd = INVALID_SOCKET;
	release(t);
}

enum lp_tcp_state lp_tcp_state(const struct lp_tcp *t)
{
	return t->state;
}

int lp_tcp_error(const struct lp_tcp *t)
{
	return t->error;
}

bool lp_tcp_was_refused_here(const struct lp_tcp *t)
{
	return t->refused_here;
}

void lp_tcp_receive(struct lp_tcp *t, lp_tcp_sink *sink, void *context)
{
	size_t len = t->received;
	if (len > 0)
		sink(context, t->in, len);
	t->received = 0;
	begin_receive(t);
}

bool lp_tcp_takes(const struct lp_tcp *t)
{
	return (t->state == LP_TCP_UP || t->state == LP_TCP_ENDED) && !t->sending.under_way;
}

size_t lp_tcp_send(struct lp_tcp *t, const uint8_t *bytes, size_t len)
{
	if (!lp_tcp_takes(t) || len == 0)
		return 0;
	t->to_send = len < LP_TCP_SEND_MAX ? len : LP_TCP_SEND_MAX;
	t->sent = 0;
	memcpy(t->out, bytes, t->to_send);
	begin_send(t);
	return t->to_send;
}
