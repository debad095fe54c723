/* floor relay ADDR:PORT: a plain UDP relay with recvmmsg and sendmmsg, without encryption and
 * without checks. tools/bench compares the relay with it. A UDP packet that begins with 'J' makes
 * its sender a member; all others are sent to all other members.
 *
 * floor load ADDR:PORT SIZE COUNT TARGETS: the load for it, with the window and the output of
 * load.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "floor_run.h"

#define BATCH   64
#define MAX_LEN 2048

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
	if (!b->messages[0].msg_hdr.msg_iov)
		batch_init(b);
	for (size_t i = 0; i < BATCH; i++) {
		b->iov[i].iov_len = MAX_LEN;
		b->messages[i].msg_hdr.msg_name = &b->from[i];
		b->messages[i].msg_hdr.msg_namelen = sizeof(b->from[i]);
	}
	return recvmmsg(fd, b->messages, BATCH, MSG_DONTWAIT, NULL);
}

struct relay {
	int fd;
	struct sockaddr_storage members[FLOOR_MEMBERS];
	socklen_t lens[FLOOR_MEMBERS];
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
		if (r->count < FLOOR_MEMBERS) {
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

static bool forward_batch(int fd)
{
	static struct relay r;
	static struct batch in;
	r.fd = fd;
	int n = receive(fd, &in);
	for (int i = 0; i < n; i++)
		forward(&r, &in.from[i], in.messages[i].msg_hdr.msg_namelen, in.bytes[i],
			in.messages[i].msg_len);
	flush(&r);
	return n == BATCH;
}

static uint64_t take(int fd)
{
	static struct batch in;
	uint64_t copies = 0;
	int n;
	while ((n = receive(fd, &in)) > 0)
		copies += (uint64_t)n;
	return copies;
}

static uint64_t send_some(int fd, size_t len, uint64_t count)
{
	static struct batch out;
	unsigned n = count < BATCH ? (unsigned)count : BATCH;
	if (!out.messages[0].msg_hdr.msg_iov) {
		batch_init(&out);
		for (size_t i = 0; i < BATCH; i++)
			out.iov[i].iov_len = len;
	}
	int sent = n ? sendmmsg(fd, out.messages, n, 0) : 0;
	return sent > 0 ? (uint64_t)sent : 0;
}

int main(int argc, char **argv)
{
	static const struct floor floor = {
		.forward = forward_batch, .send = send_some, .take = take};
	if (argc == 3 && strcmp(argv[1], "relay") == 0)
		floor_relay(&floor, argv[2]);
	if (argc == 6 && strcmp(argv[1], "load") == 0)
		return floor_load(&floor, argv[2], strtoul(argv[3], NULL, 10),
			strtoll(argv[4], NULL, 10), strtoul(argv[5], NULL, 10));
	fprintf(stderr, "usage: floor relay ADDR:PORT | floor load ADDR:PORT SIZE COUNT TARGETS\n");
	return 2;
}
