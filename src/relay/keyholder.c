#include "keyholder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lanparty/edge/linux/rights.h"
#include "lanparty/edge/linux/sandbox.h"
#include "lanparty/edge/log.h"

static int open_file(const struct keyholder *k, uint8_t file)
{
	/* O_NONBLOCK: a FIFO that nobody writes to must not stop the relay. */
	return file <= KEYHOLDER_KEY
		       ? open(k->files[file], O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
		       : -1;
}

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* Sends errno, and the descriptor where there is one. */
static bool answer(int socket, int fd, int error)
{
	union control control = {{0}};
	struct iovec piece = {&error, sizeof(error)};
	struct msghdr m = {.msg_iov = &piece, .msg_iovlen = 1};
	if (fd >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(socket, &m, MSG_NOSIGNAL) == (ssize_t)sizeof(error);
}

/* In the child. It gets no signals of the terminal, and ends when the relay's end of the socket closes. */
static _Noreturn void serve(const struct keyholder *k, int socket, const char *user)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE};
	uint8_t file = 0;
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, "lanparty-keys");
	if (socket > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned)socket - 1, 0);
	close_range((unsigned)socket + 1, UINT_MAX, 0);
	if (!lp_rights_become(user, CAP_DAC_READ_SEARCH) || !lp_sandbox_enter(LP_SANDBOX_KEYHOLDER))
		_exit(1);
	if (write(socket, "", 1) != 1) /* ready */
		_exit(1);
	while (read(socket, &file, 1) == 1) {
		int fd = open_file(k, file);
		int error = fd < 0 ? errno : 0;
		bool sent = answer(socket, fd, error);
		if (fd >= 0)
			close(fd);
		if (!sent)
			break;
	}
	_exit(0);
}

static bool is_ready(int socket)
{
	char byte;
	ssize_t n;
	do
		n = read(socket, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = EPERM; /* the child has logged why */
	return n == 1;
}

/* Returns a descriptor, or -1 with the child's errno. */
static int take_answer(int socket)
{
	union control control = {{0}};
	int error = 0, fd = -1;
	struct iovec piece = {&error, sizeof(error)};
	struct msghdr m = {.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	ssize_t len;
	do
		len = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	while (len < 0 && errno == EINTR);
	if (len != (ssize_t)sizeof(error)) {
		errno = len < 0 ? errno : ECHILD; /* it has ended */
		return -1;
	}
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	errno = error;
	return fd;
}

bool keyholder_start(struct keyholder *k, const char *user)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		ends[0] = ends[1] = -1;
	k->child = ends[0] >= 0 ? fork() : -1;
	if (k->child == 0) {
		close(ends[1]);
		serve(k, ends[0], user);
	}
	int error = errno;
	if (ends[0] >= 0)
		close(ends[0]);
	k->socket = ends[1];
	if (k->child > 0 && is_ready(k->socket))
		return true;
	error = k->child > 0 ? errno : error;
	lp_log(LP_LOG_ERROR, "keyholder_failed", "error=%s", strerror(error));
	keyholder_stop(k);
	return false;
}

int keyholder_open(struct keyholder *k, enum keyholder_file file)
{
	uint8_t byte = (uint8_t)file;
	if (k->socket < 0)
		return open_file(k, byte);
	if (send(k->socket, &byte, 1, MSG_NOSIGNAL) != 1)
		return -1;
	return take_answer(k->socket);
}

void keyholder_stop(struct keyholder *k)
{
	if (k->socket >= 0)
		close(k->socket);
	k->socket = -1;
	while (k->child > 0 && waitpid(k->child, NULL, 0) < 0 && errno == EINTR)
		;
	k->child = -1;
}
