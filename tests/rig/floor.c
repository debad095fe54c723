/* floor relay ADDR:PORT: a plain UDP relay with recvmmsg and sendmmsg, without encryption and
 * without checks. tools/bench compares the relay with it. A UDP packet that begins with 'J' makes
 * its sender a member; all others are sent to all other members.
 *
 * floor load ADDR:PORT SIZE COUNT TARGETS: the load for it, with the window and the output of
 * load.c. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lanparty/edge/linux/loop.h"
#include "udp_socket.h"

#define BATCH       64
#define MAX_MEMBERS 65
#define MAX_LEN     2048
#define WINDOW      256
#define STALL       (200 * LP_MILLISECOND)
#define SPARSE_GAP  (LP_SECOND / 4000)

struct batch {
	struct mmsghdr messages[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage from[BATCH];
	uint8_t bytes[BATCH][MAX_LEN];
};

static void batch_init(struct batch *b)
{
	memset(b->messages, 0, sizeof(b->messages));
	for (size_t i = 0; i < BATCH; i++) {
		b->iov[i] = (struct iovec){b->bytes[i], MAX_LEN};
		b->messages[i].msg_hdr.msg_iov = &b->iov[i];
		b->messages[i].msg_hdr.msg_iovlen = 1;
	}
}

static int receive(int fd, struct batch *b)
{
	for (size_t i = 0; i < BATCH; i++) {
		b->iov[i].iov_len = MAX_LEN;
		b->messages[i].msg_hdr.msg_name = &b->from[i];
		b->messages[i].msg_hdr.msg_namelen = sizeof(b->from[i]);
	}
	return recvmmsg(fd, b->messages, BATCH, MSG_DONTWAIT, NULL);
}

struct relay {
	int fd;
	struct sockaddr_storage members[MAX_MEMBERS];
	socklen_t lens[MAX_MEMBERS];
	size_t count;
	struct mmsghdr out[BATCH];
	struct iovec iov[BATCH];
	size_t waiting;
};

static void flush(struct relay *r)
{
	size_t done = 0;
	while (done < r->waiting) {
		int n = sendmmsg(r->fd, r->out + done, (unsigned)(r->waiting - done), 0);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	r->waiting = 0;
}

static void forward(struct relay *r, const struct sockaddr_storage *from, socklen_t from_len,
	uint8_t *bytes, size_t len)
{
	if (len && bytes[0] == 'J') {
		if (r->count < MAX_MEMBERS) {
			r->members[r->count] = *from;
			r->lens[r->count++] = from_len;
		}
		return;
	}
	for (size_t i = 0; i < r->count; i++) {
		if (memcmp(&r->members[i], from, from_len) == 0)
			continue;
		if (r->waiting == BATCH)
			flush(r);
		r->iov[r->waiting] = (struct iovec){bytes, len};
		r->out[r->waiting].msg_hdr = (struct msghdr){.msg_name = &r->members[i],
			.msg_namelen = r->lens[i],
			.msg_iov = &r->iov[r->waiting],
			.msg_iovlen = 1};
		r->waiting++;
	}
}

static _Noreturn void run_relay(const char *at)
{
	static struct relay r;
	static struct batch in;
	batch_init(&in);
	r.fd = udp_open_text(at, true, 0);
	printf("listening\n");
	fflush(stdout);
	struct lp_waiter waiter;
	int ready;
	lp_waiter_open(&waiter);
	if (!lp_waiter_add(&waiter, r.fd))
		exit(1);
	for (;;) {
		lp_wait(&waiter, LP_NEVER, &ready, 1);
		for (int round = 0; round < 4; round++) {
			int n = receive(r.fd, &in);
			for (int i = 0; i < n; i++)
				forward(&r, &in.from[i], in.messages[i].msg_hdr.msg_namelen,
					in.bytes[i], in.messages[i].msg_len);
			flush(&r);
			if (n < BATCH)
				break;
		}
	}
}

static uint64_t drain(const int *fds, size_t count, struct batch *in)
{
	uint64_t copies = 0;
	for (size_t i = 0; i < count; i++) {
		int n;
		while ((n = receive(fds[i], in)) > 0)
			copies += (uint64_t)n;
	}
	return copies;
}

static uint64_t send_some(int fd, struct batch *out, uint64_t count)
{
	unsigned n = count < BATCH ? (unsigned)count : BATCH;
	int sent = n ? sendmmsg(fd, out->messages, n, 0) : 0;
	return sent > 0 ? (uint64_t)sent : 0;
}

static int run_load(const char *to, size_t len, long long wanted, size_t targets)
{
	static struct batch in, out;
	int fds[MAX_MEMBERS];
	uint64_t sent = 0, copies = 0, lost = 0, count = (uint64_t)llabs(wanted);
	struct lp_waiter waiter;
	int ready;
	lp_waiter_open(&waiter);
	batch_init(&in);
	batch_init(&out);
	for (size_t i = 0; i < BATCH; i++)
		out.iov[i].iov_len = len;
	for (size_t i = 0; i <= targets; i++) {
		fds[i] = udp_open_text(to, false, 0);
		if (send(fds[i], "J", 1, 0) != 1 || (i && !lp_waiter_add(&waiter, fds[i])))
			return 1;
	}
	printf("ready\n");
	fflush(stdout);
	getchar();
	lp_time start = lp_clock(), moved = start, at = start;
	while (sent < count) {
		if (wanted < 0) {
			sent += send_some(fds[0], &out, 1);
			at += SPARSE_GAP;
			while (lp_clock() < at) {
				lp_wait(&waiter, at, &ready, 1);
				copies += drain(fds + 1, targets, &in);
			}
			continue;
		}
		while (sent < count && sent * targets < copies + lost + WINDOW * targets)
			sent += send_some(fds[0], &out, count - sent);
		lp_wait(&waiter, lp_clock() + STALL, &ready, 1);
		uint64_t got = drain(fds + 1, targets, &in);
		copies += got;
		if (got)
			moved = lp_clock();
		else if (lp_clock() > moved + STALL)
			lost = sent * targets - copies;
	}
	for (moved = lp_clock(); copies < sent * targets && lp_clock() < moved + STALL;) {
		lp_wait(&waiter, moved + STALL, &ready, 1);
		copies += drain(fds + 1, targets, &in);
	}
	printf("{\"sent\":%llu,\"arrived\":%llu,\"seconds\":%.3f}\n", (unsigned long long)sent,
		(unsigned long long)copies, (double)(lp_clock() - start) / 1e9);
	fflush(stdout);
	getchar();
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "relay") == 0)
		run_relay(argv[2]);
	if (argc == 6 && strcmp(argv[1], "load") == 0)
		return run_load(argv[2], strtoul(argv[3], NULL, 10), strtoll(argv[4], NULL, 10),
			strtoul(argv[5], NULL, 10));
	fprintf(stderr, "usage: floor relay ADDR:PORT | floor load ADDR:PORT SIZE COUNT TARGETS\n");
	return 2;
}
