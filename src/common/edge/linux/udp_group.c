#include "lanparty/edge/linux/udp_group.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/edge/log.h"

#define LONG_HEADER 0x80 /* bit in a packet's first byte (RFC 8999, section 5.1) */
#define LONG_ID     6    /* offset of the connection ID: after flags, version and its length */
#define SHORT_ID    1

/* Attaches the steering program. Offsets count from the UDP payload; a load beyond its end gives
 * 0. */
static bool steer(int fd, size_t count)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, LONG_HEADER, 0, 2),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, LONG_ID),
		BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, SHORT_ID),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, (uint32_t)count),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) == 0;
}

bool lp_udp_can_group(void)
{
	int on = 1;
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool good = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0 &&
		    bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0 && steer(fd, 1);
	if (!good)
		lp_log(LP_LOG_WARNING, "udp_group_failed", "error=%s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return good;
}

/* A socket's index is its position in binding order. The program is attached before the second
 * socket is bound, so the kernel's hash never distributes a packet. */
static bool open_group(struct lp_listen at, size_t count, struct lp_udp **sockets,
	size_t *ret_opened, enum lp_exit *ret_exit)
{
	for (size_t i = 0; i < count; i++) {
		sockets[i] = lp_udp_listen(&at, true, ret_exit);
		if (!sockets[i])
			return false;
		*ret_opened = i + 1;
		if (i > 0)
			continue;
		lp_udp_local(sockets[0], &at.address);
		at.dual = at.dual && at.address.sa.sa_family == AF_INET6;
		if (!steer(lp_udp_fd(sockets[0]), count)) {
			lp_log(LP_LOG_ERROR, "udp_group_failed", "error=%s", strerror(errno));
			*ret_exit = LP_EXIT_OS;
			return false;
		}
	}
	return true;
}

bool lp_udp_listen_group(const struct lp_listen *listen, size_t count, struct lp_udp **ret_sockets,
	enum lp_exit *ret_exit)
{
	struct lp_udp *sockets[LP_UDP_GROUP_MAX];
	size_t opened = 0;
	/* First open one without SO_REUSEPORT: a group would also admit another program of the same
	 * user, and packets would reach either. */
	struct lp_udp *alone = lp_udp_listen(listen, false, ret_exit);
	if (!alone)
		return false;
	if (count == 1) {
		*ret_sockets = alone;
		return true;
	}
	lp_udp_close(alone);
	if (open_group(*listen, count, sockets, &opened, ret_exit)) {
		memcpy(ret_sockets, sockets, count * sizeof(*sockets));
		return true;
	}
	while (opened > 0)
		lp_udp_close(sockets[--opened]);
	return false;
}
