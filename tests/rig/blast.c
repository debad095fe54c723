/* blast NETNS ADDR:PORT SIZE COUNT: measures UDP through a tunnel. It sends COUNT UDP packets of
 * SIZE bytes from the network namespace in which it was started to ADDR:PORT, and receives them
 * itself in the namespace NETNS (a path). A window limits the packets in flight. A negative COUNT
 * sends -COUNT packets one by one, 4,000 per second. Its output is that of load.c. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lanparty/edge/linux/loop.h"
#include "udp_socket.h"

#define BATCH      64
#define MAX_LEN    2048
#define WINDOW     192 /* shorter than any queue on the path */
#define STALL      (200 * LP_MILLISECOND)
#define PATIENCE   (5 * LP_SECOND)
#define LIMIT      (30 * LP_SECOND)
#define SPARSE_GAP (LP_SECOND / 4000)

static struct mmsghdr messages[BATCH];
static struct iovec iov[BATCH];
static uint8_t bytes[BATCH][MAX_LEN];
static int from, to;
static struct lp_waiter waiter;
static uint64_t sent, arrived;

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int open_there(const char *netns, const struct lp_address *address)
{
	int here = open("/proc/self/ns/net", O_RDONLY), there = open(netns, O_RDONLY);
	if (here < 0 || there < 0 || setns(there, CLONE_NEWNET) != 0)
		exit(fail(netns));
	int fd = udp_open(address, true, SOCK_NONBLOCK);
	if (setns(here, CLONE_NEWNET) != 0)
		exit(fail("blast: back"));
	return fd;
}

static void send_some(size_t size, uint64_t most)
{
	for (size_t i = 0; i < BATCH; i++)
		iov[i].iov_len = size;
	int n = sendmmsg(from, messages, most < BATCH ? (unsigned)most : BATCH, 0);
	sent += n > 0 ? (uint64_t)n : 0;
}

static bool receive_some(lp_time deadline)
{
	uint64_t before = arrived;
	int ready, n;
	lp_wait(&waiter, deadline, &ready, 1);
	do {
		for (size_t i = 0; i < BATCH; i++)
			iov[i].iov_len = MAX_LEN;
		n = recvmmsg(to, messages, BATCH, 0, NULL);
		arrived += n > 0 ? (uint64_t)n : 0;
	} while (n == BATCH);
	return arrived != before;
}

static void saturate(size_t size, uint64_t count, lp_time end)
{
	uint64_t lost = 0;
	while (sent < count && lp_clock() < end) {
		uint64_t under_way = sent - arrived - lost;
		if (under_way < WINDOW)
			send_some(size, WINDOW - under_way);
		if (!receive_some(lp_clock() + STALL))
			lost = sent - arrived;
	}
}

static void trickle(size_t size, uint64_t count, lp_time end)
{
	for (lp_time at = lp_clock(); sent < count && at < end;) {
		send_some(size, 1);
		at += SPARSE_GAP;
		while (lp_clock() < at)
			receive_some(at);
	}
}

int main(int argc, char **argv)
{
	struct lp_listen at;
	if (argc != 5 || !lp_listen_parse(argv[2], &at)) {
		fprintf(stderr, "usage: blast NETNS ADDR:PORT SIZE COUNT\n");
		return 2;
	}
	size_t size = strtoul(argv[3], NULL, 10);
	long long count = strtoll(argv[4], NULL, 10);
	if (!size || size > MAX_LEN)
		return 2;
	for (size_t i = 0; i < BATCH; i++) {
		iov[i].iov_base = bytes[i];
		messages[i].msg_hdr.msg_iov = &iov[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	to = open_there(argv[1], &at.address);
	from = udp_open(&at.address, false, SOCK_NONBLOCK);
	lp_waiter_open(&waiter);
	if (!lp_waiter_add(&waiter, to))
		return fail("blast");
	/* The first packets cause ARP, and teach switches where the stations are. */
	for (lp_time start = lp_clock(); !arrived && lp_clock() < start + PATIENCE;) {
		send_some(size, 1);
		receive_some(lp_clock() + STALL);
	}
	while (receive_some(lp_clock() + STALL))
		;
	if (!arrived) {
		fprintf(stderr, "blast: nothing arrives at %s\n", argv[2]);
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	getchar(); /* the caller reads the relay's CPU time now */
	sent = arrived = 0;
	lp_time start = lp_clock();
	if (count < 0)
		trickle(size, (uint64_t)-count, start + LIMIT);
	else
		saturate(size, (uint64_t)count, start + LIMIT);
	lp_time end = lp_clock();
	while (arrived < sent && receive_some(lp_clock() + STALL))
		;
	printf("{\"sent\":%llu,\"arrived\":%llu,\"seconds\":%.3f}\n", (unsigned long long)sent,
		(unsigned long long)arrived, (double)(end - start) / 1e9);
	fflush(stdout);
	getchar(); /* and again */
	return 0;
}
