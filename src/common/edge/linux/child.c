#include "lanparty/edge/linux/child.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lanparty/edge/linux/rights.h"

static void close_range_if_any(int first, int last)
{
	if (first <= last)
		syscall(SYS_close_range, (unsigned)first, (unsigned)last,
			0); /* musl has no function for it */
}

/* Standard descriptors stay open too. The child must not hold the program's sockets and secrets. */
static void close_all_but(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;
	close_range_if_any(STDERR_FILENO + 1, low - 1);
	close_range_if_any(low + 1, high - 1);
	close_range_if_any(high + 1, INT_MAX);
}

/* Sends a byte to tell the program that it is ready. SIGABRT: a service manager sends it to all processes of a
 * program that hangs, and a child's memory can hold a key, which belongs in no core file. */
static _Noreturn void run(const struct lp_child_task *task, int socket)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGTERM, SIGPIPE};
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, task->name);
	close_all_but(socket, task->fd >= 0 ? task->fd : socket);
	if (!lp_rights_drop(task->kept) || !lp_sandbox_enter(task->program) ||
		write(socket, "", 1) != 1)
		_exit(1);
	_exit(task->run(task->context, socket) ? 0 : 1);
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

bool lp_child_start(const struct lp_child_task *task, struct lp_child *ret_child)
{
	int ends[2];
	*ret_child = (struct lp_child){.socket = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[1]);
		run(task, ends[0]);
	}
	int error = errno;
	close(ends[0]);
	*ret_child = (struct lp_child){pid > 0 ? pid : 0, ends[1]};
	if (pid > 0 && is_ready(ends[1]))
		return true;
	error = pid > 0 ? errno : error;
	lp_child_end(ret_child);
	errno = error;
	return false;
}

bool lp_child_has_ended(struct lp_child *child)
{
	if (child->pid == 0 || waitpid(child->pid, NULL, WNOHANG) != child->pid)
		return false;
	child->pid = 0;
	return true;
}

bool lp_child_end(struct lp_child *child)
{
	int status = 0;
	if (child->socket >= 0)
		close(child->socket);
	while (child->pid > 0 && waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	*child = (struct lp_child){.socket = -1};
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
