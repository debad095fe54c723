/* plain_tap RELAY TAP PAD: a TAP whose frames travel to "floor relay" as plain UDP packets, and
 * back: a tunnel without encryption and without any policy, with which the benchmarks compare ours.
 * Each UDP packet begins with PAD unused bytes, at least 1. They stand for our headers, so that
 * both fill a link with the same number of packets.
 *
 * It sends at most BATCH frames per system call and ignores the state of the network. What the
 * socket cannot take is lost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/linux/tap.h"
#include "udp_socket.h"

#define BATCH   64
#define MAX_LEN 2048

static struct mmsghdr messages[BATCH];
static struct iovec iov[BATCH];
static uint8_t bytes[BATCH][MAX_LEN];

static void send_frames(int tap, int fd, size_t pad)
{
	unsigned count = 0;
	for (; count < BATCH; count++) {
		ssize_t len = read(tap, bytes[count] + pad, MAX_LEN - pad);
		if (len <= 0)
			break;
		memset(bytes[count], 0, pad);
		iov[count].iov_len = pad + (size_t)len;
	}
	for (unsigned sent = 0; sent < count;) {
		int n = sendmmsg(fd, messages + sent, count - sent, 0);
		sent += n > 0 ? (unsigned)n : 1;
	}
}

static void receive_frames(int tap, int fd, size_t pad)
{
	for (size_t i = 0; i < BATCH; i++)
		iov[i].iov_len = MAX_LEN;
	int count = recvmmsg(fd, messages, BATCH, 0, NULL);
	for (int i = 0; i < count; i++)
		if (messages[i].msg_len > pad &&
			write(tap, bytes[i] + pad, messages[i].msg_len - pad) < 0)
			continue; /* the interface is down: lost */
}

int main(int argc, char **argv)
{
	size_t pad = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	if (!pad || pad > MAX_LEN / 2) {
		fprintf(stderr, "usage: plain_tap RELAY TAP PAD\n");
		return 2;
	}
	for (size_t i = 0; i < BATCH; i++) {
		iov[i].iov_base = bytes[i];
		messages[i].msg_hdr.msg_iov = &iov[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	int fd = udp_open_text(argv[1], false, SOCK_NONBLOCK), never = IP_PMTUDISC_PROBE;
	setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &never, sizeof(never));
	struct lp_tap made;
	if (lp_tap_open(argv[2], &made) != 0) {
		fprintf(stderr, "%s: no TAP\n", argv[2]);
		return 1;
	}
	int tap = made.fd, ready[2];
	struct lp_waiter waiter;
	lp_waiter_open(&waiter);
	if (send(fd, "J", 1, 0) != 1 || !lp_waiter_add(&waiter, fd) || !lp_waiter_add(&waiter, tap))
		return 1;
	printf("joined\n");
	fflush(stdout);
	for (;;) {
		size_t count = lp_wait(&waiter, LP_NEVER, ready, 2);
		for (size_t i = 0; i < count; i++)
			if (ready[i] == tap)
				send_frames(tap, fd, pad);
			else
				receive_frames(tap, fd, pad);
	}
}
