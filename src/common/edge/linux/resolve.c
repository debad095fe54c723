#include "lanparty/edge/linux/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The thread owns it and frees it. The result travels through a pipe in a single write, which is
 * atomic because it is shorter than PIPE_BUF. So nothing is shared, and the caller cancels by
 * closing its end. */
struct question {
	int fd;
	char port[6];
	char host[];
};

static void *run(void *argument)
{
	struct question *q = argument;
	struct lp_addresses result;
	lp_lookup(q->host, q->port, &result);
	/* The write fails when the caller has cancelled. SIGPIPE is blocked in this thread. */
	if (write(q->fd, &result, sizeof(result)) < 0)
		result.count = 0;
	close(q->fd);
	free(q);
	return NULL;
}

static bool start(struct question *q)
{
	sigset_t all, before;
	pthread_attr_t attributes;
	pthread_t thread;
	sigfillset(&all);
	sigdelset(&all, SIGSYS); /* a system call that is refused must not end the program */
	if (pthread_attr_init(&attributes) != 0)
		return false;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals must reach the loop's thread */
	int error = pthread_create(&thread, &attributes, run, q);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return error == 0;
}

int lp_resolve(const char *host, uint16_t port)
{
	int fds[2];
	size_t size = strlen(host) + 1;
	struct question *q = malloc(sizeof(*q) + size);
	if (!q)
		return -1;
	if (pipe2(fds, O_CLOEXEC) != 0) {
		free(q);
		return -1;
	}
	q->fd = fds[1];
	snprintf(q->port, sizeof(q->port), "%u", port);
	memcpy(q->host, host, size);
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0 && start(q))
		return fds[0];
	close(fds[0]);
	close(fds[1]);
	free(q);
	return -1;
}

bool lp_resolve_take(int fd, struct lp_addresses *ret_addresses)
{
	ssize_t len = read(fd, ret_addresses, sizeof(*ret_addresses));
	if (len < 0 && errno == EAGAIN)
		return false;
	close(fd);
	if (len != (ssize_t)sizeof(*ret_addresses))
		*ret_addresses = (struct lp_addresses){.error = "the look-up was interrupted"};
	return true;
}
