#include "lanparty/edge/linux/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The thread owns it and frees it. The result travels through a pipe in a single write, which is
 * atomic because it is shorter than PIPE_BUF. So nothing is shared, and the caller cancels by
 * closing its end. */
struct question {
	int fd;
	bool early; /* IPv4 alone, for a first answer */
	char port[6];
	char host[];
};

static void *run(void *argument)
{
	struct question *q = argument;
	struct lp_addresses result;
	if (q->early)
		lp_lookup_ipv4(q->host, q->port, &result);
	else
		lp_lookup(q->host, q->port, &result);
	result.more = q->early;
	/* The write fails when the caller has cancelled. SIGPIPE is blocked in this thread. */
	if ((!q->early || result.count > 0) && write(q->fd, &result, sizeof(result)) < 0)
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

/* Takes fd, also when it fails. */
static bool ask(const char *host, uint16_t port, int fd, bool early)
{
	size_t size = strlen(host) + 1;
	struct question *q = fd >= 0 ? malloc(sizeof(*q) + size) : NULL;
	if (q) {
		q->fd = fd;
		q->early = early;
		snprintf(q->port, sizeof(q->port), "%u", port);
		memcpy(q->host, host, size);
		if (start(q))
			return true;
	}
	if (fd >= 0)
		close(fd);
	free(q);
	return false;
}

static bool is_number(const char *host)
{
	uint8_t bytes[16];
	return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* RFC 8305, section 3: some name servers take seconds to say that there is no IPv6 address. The resolver
 * answers both questions together, so IPv4 has one of its own, whose answer comes first or not at all. */
int lp_resolve(const char *host, uint16_t port)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) != 0)
		return -1;
	int early = is_number(host) ? -1 : fcntl(fds[1], F_DUPFD_CLOEXEC, 0);
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0 && ask(host, port, fds[1], false)) {
		ask(host, port, early, true);
		return fds[0];
	}
	if (early >= 0)
		close(early);
	close(fds[0]);
	return -1;
}

bool lp_resolve_take(int fd, struct lp_addresses *ret_addresses)
{
	ssize_t len = read(fd, ret_addresses, sizeof(*ret_addresses));
	if (len < 0 && errno == EAGAIN)
		return false;
	if (len != (ssize_t)sizeof(*ret_addresses))
		*ret_addresses = (struct lp_addresses){.error = "the look-up was interrupted"};
	if (!ret_addresses->more)
		close(fd);
	return true;
}
