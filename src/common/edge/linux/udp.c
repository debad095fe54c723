#include "lanparty/edge/linux/udp.h"

#include <errno.h>
#include <limits.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/log.h"
#include "udp_icmp.h"

#define RECEIVE_SLOTS  16
#define RECEIVE_BYTES  65536 /* the largest buffer that GRO can fill */
#define RECEIVE_ROUNDS 4     /* bounded, so that sending and timers get their turn */
#define SEGMENTS_MAX   64    /* the kernel's UDP_MAX_SEGMENTS */
#define SEND_MAX       64000 /* bytes per message with UDP_SEGMENT: 65535 minus headers */
#define SOCKET_BUFFER  (4 * 1024 * 1024)

union control {
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo)) +
		   CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

#ifdef __GLIBC__
#define SEND_MANY sendmmsg
#else /* musl's function sends them one by one, to clear bytes that are clear in ours */
#define SEND_MANY(...) (int)syscall(SYS_sendmmsg, __VA_ARGS__)
#endif

struct lp_udp {
	int fd;
	int family;
	bool server;  /* many local addresses: pktinfo reports which one */
	bool segment; /* kernel and interfaces support UDP_SEGMENT */
	bool hears_icmp;
	int failure; /* errno of the last packet that could not be sent; 0: none */
	int report;  /* errno value of the last ICMP error; 0: none */
	struct lp_address local;
	struct lp_udp_counters counters;

	struct {
		struct mmsghdr messages[RECEIVE_SLOTS];
		struct iovec pieces[RECEIVE_SLOTS];
		struct lp_address remotes[RECEIVE_SLOTS];
		union control controls[RECEIVE_SLOTS];
		uint8_t bytes[RECEIVE_SLOTS][RECEIVE_BYTES];
	} in;
	struct {
		size_t count;
		struct lp_address locals[LP_UDP_BATCH], remotes[LP_UDP_BATCH];
		struct iovec pieces[LP_UDP_BATCH];
		struct mmsghdr messages[LP_UDP_BATCH];
		union control controls[LP_UDP_BATCH];
		uint8_t bytes[LP_UDP_BATCH][LP_UDP_PACKET_MAX];
	} out;
};

static bool set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static void set_buffer(int fd, int force, int option)
{
	/* beyond the sysctl's limit, if permitted */
	if (!set(fd, SOL_SOCKET, force, SOCKET_BUFFER))
		set(fd, SOL_SOCKET, option, SOCKET_BUFFER);
}

/* Only the options that prevent wrong packets are required; the others are best effort. */
static bool set_options(int fd, int family, bool server)
{
	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
	set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	/* Dual-stack sockets have the options of both families. */
	bool good = set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
	if (family == AF_INET6)
		good = set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE) && good;
	if (server && family == AF_INET)
		good = set(fd, IPPROTO_IP, IP_PKTINFO, 1) && good;
	if (server && family == AF_INET6)
		good = set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) && good;
	return good;
}

/* Offers the whole slot. The kernel overwrites the lengths with what it used. */
static void offer(struct lp_udp *u, size_t slot)
{
	u->in.messages[slot].msg_hdr.msg_namelen = sizeof(u->in.remotes[slot].in6);
	u->in.messages[slot].msg_hdr.msg_controllen = sizeof(u->in.controls[slot]);
}

static void prepare_receive(struct lp_udp *u)
{
	for (size_t i = 0; i < RECEIVE_SLOTS; i++) {
		u->in.pieces[i] = (struct iovec){u->in.bytes[i], RECEIVE_BYTES};
		u->in.messages[i].msg_hdr = (struct msghdr){
			.msg_name = &u->in.remotes[i].sa,
			.msg_iov = &u->in.pieces[i],
			.msg_iovlen = 1,
			.msg_control = &u->in.controls[i],
		};
		offer(u, i);
	}
}

/* Takes ownership of fd, also when it fails. */
static struct lp_udp *udp_of(int fd, int family, bool server)
{
	struct lp_udp *u = calloc(1, sizeof(*u));
	if (!u) {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s", "out of memory");
		close(fd);
		return NULL;
	}
	u->fd = fd;
	u->family = family;
	u->server = server;
	int size;
	socklen_t len = sizeof(size);
	/* Decided once. Segmentation is also switched off later if an interface does not support
	 * it. */
	bool merge = set(fd, IPPROTO_UDP, UDP_GRO, 1);
	u->segment = getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, &len) == 0;
	lp_log(merge && u->segment ? LP_LOG_DEBUG : LP_LOG_INFO, "udp_offload",
		"receive=%s send=%s", merge ? "gro" : "single", u->segment ? "gso" : "single");
	u->local.len = sizeof(u->local.in6);
	getsockname(fd, &u->local.sa, &u->local.len);
	u->hears_icmp = !server && lp_icmp_hear(fd, family, true);
	prepare_receive(u);
	return u;
}

/* Row K6: an address that this computer does not have yet, as while it starts, is bound all the same. The
 * socket receives as soon as the address is there. */
static bool bind_to(int fd, const struct lp_address *address, bool may_wait)
{
	char text[LP_ADDRESS_TEXT];
	if (bind(fd, &address->sa, address->len) == 0)
		return true;
	if (errno != EADDRNOTAVAIL || !may_wait)
		return false;
	int level = address->sa.sa_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int option = level == IPPROTO_IPV6 ? IPV6_FREEBIND : IP_FREEBIND;
	if (!set(fd, level, option, 1) || bind(fd, &address->sa, address->len) != 0)
		return false;
	lp_log(LP_LOG_WARNING, "address_missing", "address=%s hint=%s",
		lp_address_format(address, text),
		"it is not one of this computer's addresses yet (see 'ip address'): listening as "
		"soon as it is");
	return true;
}

static int open_socket(const struct lp_address *address, bool dual, bool server, bool reuse_port)
{
	int family = address->sa.sa_family;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if ((family == AF_INET6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !dual)) ||
		(reuse_port && !set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) ||
		!set_options(fd, family, server) || !bind_to(fd, address, server && !dual)) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static const char *hint_for(const struct lp_address *address, int error)
{
	/* sin_port and sin6_port lie at the same place. */
	bool privileged = ntohs(address->in.sin_port) < IPPORT_RESERVED;
	switch (error) {
	case EADDRINUSE:
		return "another program has this UDP port: stop it, or choose another port";
	case EACCES:
	case EPERM:
		return privileged
			       ? "ports below 1024 need root or CAP_NET_BIND_SERVICE: start it "
				 "as root, which it gives up, or choose a port from 1024 on"
			       : "a security module of this system forbids it: look into its log";
	case EAFNOSUPPORT:
	case EADDRNOTAVAIL:
		return address->sa.sa_family == AF_INET6
			       ? "this computer has no IPv6: name an IPv4 address, or enable IPv6"
			       : "this computer does not have this address: see 'ip address'";
	case EMFILE:
	case ENFILE:
		return LP_HINT_DESCRIPTORS;
	default:
		return "";
	}
}

static enum lp_exit explain(const struct lp_address *address, int error)
{
	char text[LP_ADDRESS_TEXT];
	lp_log(LP_LOG_ERROR, "udp_socket_failed", "address=%s error=%s hint=%s",
		lp_address_format(address, text), strerror(error), hint_for(address, error));
	if (error == EADDRINUSE)
		return LP_EXIT_UNAVAILABLE;
	return error == EACCES || error == EPERM ? LP_EXIT_NO_PERMISSION : LP_EXIT_OS;
}

static struct lp_udp *open_udp(
	const struct lp_listen *listen, bool server, bool reuse_port, enum lp_exit *ret_exit)
{
	struct lp_address address = listen->address;
	int fd = open_socket(&address, listen->dual, server, reuse_port);
	if (fd < 0 && listen->dual && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
		in_port_t port = address.in6.sin6_port;
		address = (struct lp_address){.len = sizeof(address.in)};
		address.in.sin_family = AF_INET;
		address.in.sin_port = port;
		fd = open_socket(&address, false, server, reuse_port);
		if (fd >= 0)
			lp_log(LP_LOG_INFO, "ipv6_missing", "hint=%s",
				"this computer has no IPv6: listening on IPv4 alone, so that "
				"players who have only IPv6 cannot join");
	}
	if (fd < 0) {
		*ret_exit = explain(&address, errno);
		return NULL;
	}
	struct lp_udp *u = udp_of(fd, address.sa.sa_family, server);
	if (!u)
		*ret_exit = LP_EXIT_INTERNAL;
	return u;
}

struct lp_udp *lp_udp_listen(
	const struct lp_listen *listen, bool reuse_port, enum lp_exit *ret_exit)
{
	return open_udp(listen, true, reuse_port, ret_exit);
}

struct lp_udp *lp_udp_client(int family, enum lp_exit *ret_exit)
{
	struct lp_listen any = {0};
	any.address.sa.sa_family = (sa_family_t)family;
	any.address.len = family == AF_INET6 ? sizeof(any.address.in6) : sizeof(any.address.in);
	return open_udp(&any, false, false, ret_exit);
}

void lp_udp_close(struct lp_udp *u)
{
	if (!u)
		return;
	close(u->fd);
	free(u);
}

/* IPv4 takes the index in network byte order, IPv6 too, on Linux. */
bool lp_udp_pin(struct lp_udp *u, unsigned index)
{
	int value = (int)htonl(index);
	return u->family == AF_INET6 ? set(u->fd, IPPROTO_IPV6, IPV6_UNICAST_IF, value)
				     : set(u->fd, IPPROTO_IP, IP_UNICAST_IF, value);
}

int lp_udp_fd(const struct lp_udp *u)
{
	return u->fd;
}

void lp_udp_local(const struct lp_udp *u, struct lp_address *ret_address)
{
	*ret_address = u->local;
}

void lp_udp_get_counters(const struct lp_udp *u, struct lp_udp_counters *ret_counters)
{
	*ret_counters = u->counters;
}

static struct in6_addr mapped(struct in_addr v4)
{
	struct in6_addr v6 = {0};
	v6.s6_addr[10] = v6.s6_addr[11] = 0xff;
	memcpy(&v6.s6_addr[12], &v4, sizeof(v4));
	return v6;
}

/* An IPv6 socket needs the mapped form to send to IPv4 addresses. */
static void map(struct lp_address *address)
{
	if (address->sa.sa_family != AF_INET)
		return;
	struct lp_address v6 = {.len = sizeof(v6.in6)};
	v6.in6.sin6_family = AF_INET6;
	v6.in6.sin6_port = address->in.sin_port;
	v6.in6.sin6_addr = mapped(address->in.sin_addr);
	*address = v6;
}

/* Reads the control messages: the local address, and the packet size if GRO merged several (else
 * *segment is unchanged). */
static void read_control(
	const struct lp_udp *u, struct msghdr *message, struct lp_address *local, size_t *segment)
{
	*local = u->local;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		const void *data = CMSG_DATA(c);
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			const struct in_pktinfo *info = data;
			local->in.sin_addr = info->ipi_spec_dst;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			const struct in6_pktinfo *info = data;
			local->in6.sin6_addr = info->ipi6_addr;
			if (IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
				local->in6.sin6_scope_id = (uint32_t)info->ipi6_ifindex;
		} else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
			int size;
			memcpy(&size, data, sizeof(size));
			if (size > 0)
				*segment = (size_t)size;
		}
	}
	lp_address_unmap(local);
}

static void deliver(struct lp_udp *u, size_t slot, lp_payload_sink *sink, void *context)
{
	struct mmsghdr *m = &u->in.messages[slot];
	size_t left = m->msg_len, segment = left;
	struct lp_path path = {.remote = u->in.remotes[slot]};
	path.remote.len = m->msg_hdr.msg_namelen;
	lp_address_unmap(&path.remote);
	read_control(u, &m->msg_hdr, &path.local, &segment);
	if (left == 0 || segment > LP_UDP_PACKET_MAX || (m->msg_hdr.msg_flags & MSG_TRUNC)) {
		u->counters.ignored++;
		return;
	}
	const uint8_t *at = u->in.bytes[slot];
	while (left > 0) {
		size_t len = left < segment ? left : segment;
		u->counters.packets_in++;
		u->counters.bytes_in += len;
		sink(context, &path, at, len);
		at += len;
		left -= len;
	}
}

static void mind_icmp(struct lp_udp *u)
{
	if (!u->hears_icmp)
		return;
	if (u->counters.packets_in > 0) {
		lp_icmp_hear(u->fd, u->family, false);
		u->hears_icmp = false;
		return;
	}
	int error = lp_icmp_read(u->fd);
	if (error)
		u->report = error;
}

bool lp_udp_receive(struct lp_udp *u, lp_payload_sink *sink, void *context)
{
	mind_icmp(u);
	for (int round = 0; round < RECEIVE_ROUNDS; round++) {
		u->counters.syscalls_in++;
		int count = recvmmsg(u->fd, u->in.messages, RECEIVE_SLOTS, MSG_DONTWAIT, NULL);
		if (count < 0 && errno == EAGAIN)
			return false;
		if (count < 0) {
			/* EINTR, or an ICMP error about an earlier packet: keep receiving. */
			lp_log(LP_LOG_DEBUG, "udp_receive_failed", "error=%s", strerror(errno));
			continue;
		}
		for (size_t i = 0; i < (size_t)count; i++) {
			deliver(u, i, sink, context);
			offer(u, i);
		}
		if (count < RECEIVE_SLOTS)
			return false;
	}
	return true;
}

uint8_t *lp_udp_slot(struct lp_udp *u)
{
	if (u->out.count == LP_UDP_BATCH)
		lp_udp_flush(u);
	return u->out.bytes[u->out.count];
}

void lp_udp_put(struct lp_udp *u, const struct lp_path *path, size_t len)
{
	size_t i = u->out.count++;
	u->out.locals[i] = path->local;
	u->out.remotes[i] = path->remote;
	if (u->family == AF_INET6) {
		map(&u->out.locals[i]);
		map(&u->out.remotes[i]);
	}
	u->out.pieces[i] = (struct iovec){u->out.bytes[i], len};
}

static void add_control(struct msghdr *message, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c =
		(struct cmsghdr *)(void *)((char *)message->msg_control + message->msg_controllen);
	*c = (struct cmsghdr){.cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(len)};
	memcpy(CMSG_DATA(c), data, len);
	message->msg_controllen += CMSG_SPACE(len);
}

/* Sets the source address, unless the system chooses it. */
static void add_source(
	const struct lp_udp *u, struct msghdr *message, const struct lp_address *local)
{
	if (!u->server || local->len == 0)
		return;
	if (u->family == AF_INET) {
		struct in_pktinfo info = {.ipi_spec_dst = local->in.sin_addr};
		if (info.ipi_spec_dst.s_addr != INADDR_ANY)
			add_control(message, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	} else {
		struct in6_pktinfo info = {.ipi6_addr = local->in6.sin6_addr,
			.ipi6_ifindex = local->in6.sin6_scope_id};
		struct in6_addr any4 = mapped((struct in_addr){INADDR_ANY});
		if (!IN6_IS_ADDR_UNSPECIFIED(&info.ipi6_addr) &&
			memcmp(&info.ipi6_addr, &any4, sizeof(any4)) != 0)
			add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
}

/* How many packets from first on can share one message: same addresses and length, only the last
 * can be shorter. */
static size_t run_of(const struct lp_udp *u, size_t first)
{
	size_t segment = u->out.pieces[first].iov_len, total = segment, n = 1;
	if (!u->segment)
		return 1;
	while (first + n < u->out.count && n < SEGMENTS_MAX) {
		size_t len = u->out.pieces[first + n].iov_len;
		if (len > segment || total + len > SEND_MAX ||
			!lp_address_equal(&u->out.remotes[first], &u->out.remotes[first + n]) ||
			!lp_address_equal(&u->out.locals[first], &u->out.locals[first + n]))
			break;
		total += len;
		n++;
		if (len < segment)
			break;
	}
	return n;
}

static void fill_message(
	struct lp_udp *u, struct mmsghdr *m, union control *control, size_t first, size_t count)
{
	m->msg_hdr = (struct msghdr){
		.msg_name = &u->out.remotes[first].sa,
		.msg_namelen = u->out.remotes[first].len,
		.msg_iov = &u->out.pieces[first],
		.msg_iovlen = count,
		.msg_control = control,
	};
	add_source(u, &m->msg_hdr, &u->out.locals[first]);
	if (count > 1) {
		uint16_t segment = (uint16_t)u->out.pieces[first].iov_len;
		add_control(&m->msg_hdr, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment));
	}
	if (m->msg_hdr.msg_controllen == 0)
		m->msg_hdr.msg_control = NULL;
}

static void count_sent(struct lp_udp *u, const struct msghdr *message)
{
	u->counters.packets_out += message->msg_iovlen;
	for (size_t i = 0; i < message->msg_iovlen; i++)
		u->counters.bytes_out += message->msg_iov[i].iov_len;
}

/* The socket's buffer is full until the kernel has sent some of it. */
static bool is_full(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK;
}

static void count_dropped(struct lp_udp *u, const struct msghdr *message, int error)
{
	u->counters.dropped += message->msg_iovlen;
	if (!is_full(error))
		u->failure = error;
	lp_log(LP_LOG_DEBUG, "udp_send_failed", "packets=%zu error=%s", (size_t)message->msg_iovlen,
		strerror(error));
}

/* Sends the packets of a failed message one by one, so that only those that really fail are lost.
 * False: the socket is full, and the remaining packets were dropped without a system call. */
static bool send_singly(struct lp_udp *u, const struct msghdr *message)
{
	bool full = false;
	for (size_t i = 0; i < message->msg_iovlen; i++) {
		struct mmsghdr single;
		union control control;
		size_t index = (size_t)(message->msg_iov + i - u->out.pieces);
		fill_message(u, &single, &control, index, 1);
		if (full) {
			count_dropped(u, &single.msg_hdr, EAGAIN);
			continue;
		}
		u->counters.syscalls_out++;
		if (sendmsg(u->fd, &single.msg_hdr, MSG_DONTWAIT) >= 0) {
			count_sent(u, &single.msg_hdr);
		} else {
			full = is_full(errno);
			count_dropped(u, &single.msg_hdr, errno);
		}
	}
	return !full;
}

/* The first message of the rest failed. EMSGSIZE, ENETUNREACH, EPERM, ENOBUFS and the like concern
 * its destination alone. Returns false when the socket is full. */
static bool after_failure(struct lp_udp *u, const struct msghdr *failed, int error)
{
	if (error == EIO && u->segment) {
		u->segment = false; /* an interface that cannot */
		lp_log(LP_LOG_INFO, "udp_offload", "send=%s", "single");
	}
	if (failed->msg_iovlen > 1 && !is_full(error))
		return send_singly(u, failed);
	count_dropped(u, failed, error);
	return !is_full(error);
}

static void send_messages(struct lp_udp *u, size_t count)
{
	size_t done = 0;
	bool full = false;
	while (done < count && !full) {
		u->counters.syscalls_out++;
		int sent = SEND_MANY(
			u->fd, u->out.messages + done, (unsigned)(count - done), MSG_DONTWAIT);
		for (int i = 0; i < sent; i++)
			count_sent(u, &u->out.messages[done + (size_t)i].msg_hdr);
		if (sent >= 0)
			done += (size_t)sent;
		else if (errno != EINTR)
			full = !after_failure(u, &u->out.messages[done++].msg_hdr, errno);
	}
	for (; done < count; done++)
		count_dropped(u, &u->out.messages[done].msg_hdr, EAGAIN);
}

int lp_udp_take_report(struct lp_udp *u)
{
	int report = u->report;
	u->report = 0;
	return report;
}

int lp_udp_take_failure(struct lp_udp *u)
{
	int failure = u->failure;
	u->failure = 0;
	return failure;
}

void lp_udp_flush(struct lp_udp *u)
{
	size_t messages = 0;
	for (size_t i = 0; i < u->out.count;) {
		size_t run = run_of(u, i);
		fill_message(u, &u->out.messages[messages], &u->out.controls[messages], i, run);
		messages++;
		i += run;
	}
	send_messages(u, messages);
	u->out.count = 0;
}
