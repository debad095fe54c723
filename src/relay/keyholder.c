#include "keyholder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lanparty/edge/log.h"

static int open_file(const struct keyholder *k, uint8_t file)
{
	/* O_NONBLOCK: a FIFO that nobody writes to must not stop the relay. */
	return file < KEYHOLDER_FILES && k->files[file]
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

/* In the child. */
static bool serve(const void *context, int socket)
{
	const struct keyholder *k = context;
	uint8_t file = 0;
	bool sent = true;
	while (sent && read(socket, &file, 1) == 1) {
		int fd = open_file(k, file);
		int error = fd < 0 ? errno : 0;
		sent = answer(socket, fd, error);
		if (fd >= 0)
			close(fd);
	}
	return sent;
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

bool keyholder_start(struct keyholder *k)
{
	const struct lp_child_task task = {.name = "lanparty-keys",
		.kept = CAP_DAC_READ_SEARCH,
		.program = LP_SANDBOX_KEYHOLDER,
		.fd = -1,
		.run = serve,
		.context = k};
	bool good = lp_child_start(&task, &k->child);
	if (!good)
		lp_log(LP_LOG_ERROR, "keyholder_failed", "error=%s", strerror(errno));
	return good;
}

int keyholder_open(struct keyholder *k, enum keyholder_file file)
{
	uint8_t byte = (uint8_t)file;
	if (k->child.socket < 0)
		return open_file(k, byte);
	if (send(k->child.socket, &byte, 1, MSG_NOSIGNAL) != 1)
		return -1;
	return take_answer(k->child.socket);
}

/* The socket stays, so that SIGHUP says which file was not read. */
void keyholder_look(struct keyholder *k)
{
	if (!lp_child_has_ended(&k->child))
		return;
	lp_log(LP_LOG_WARNING, "keyholder_ended", "hint=%s",
		"the process that reads the certificate again at SIGHUP has ended: restart the "
		"relay before the certificate expires");
}

void keyholder_stop(struct keyholder *k)
{
	lp_child_end(&k->child);
}
