/* floor_gso relay ADDR:PORT [aes]: floor.c's relay, as fast as the kernel allows. Several packets
 * of the same size are received as one message (UDP_GRO) and sent as one (UDP_SEGMENT), without
 * looking at any of them.
 *
 * floor_gso load ADDR:PORT SIZE COUNT TARGETS SEGMENTS [aes]: the load, which sends up to SEGMENTS
 * packets (at most 64) per message.
 *
 * With aes each packet is decrypted once and encrypted once per recipient, with AES-128-GCM. Key
 * and nonce are constant, because nothing needs protection. */
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <wolfssl/wolfcrypt/aes.h>

#include "floor_run.h"

#define IN_BATCH     8
#define OUT_BATCH    256
#define MESSAGE_MAX  65536
#define SEGMENTS_MAX 64
#define ARENA        (1 << 20)
#define TAG          16

union control {
	struct cmsghdr header;
	uint8_t bytes[CMSG_SPACE(sizeof(int))];
};

struct in {
	struct mmsghdr messages[IN_BATCH];
	struct iovec iov[IN_BATCH];
	struct sockaddr_storage from[IN_BATCH];
	union control control[IN_BATCH];
	uint8_t bytes[IN_BATCH][MESSAGE_MAX];
};

static bool with_aes;
static uint64_t segments; /* packets per message of the load */
static Aes aes;
static const uint8_t key[16], nonce[12];

static void take_gro(int fd)
{
	int on = 1;
	if (setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) != 0) {
		perror("UDP_GRO");
		exit(1);
	}
}

static int receive(int fd, struct in *in)
{
	for (size_t i = 0; i < IN_BATCH; i++) {
		in->iov[i] = (struct iovec){in->bytes[i], MESSAGE_MAX};
		in->messages[i].msg_hdr = (struct msghdr){.msg_name = &in->from[i],
			.msg_namelen = sizeof(in->from[i]),
			.msg_iov = &in->iov[i],
			.msg_iovlen = 1,
			.msg_control = &in->control[i],
			.msg_controllen = sizeof(in->control[i])};
	}
	return recvmmsg(fd, in->messages, IN_BATCH, MSG_DONTWAIT, NULL);
}

/* Size of the packets in a message; the last one can be shorter. */
static size_t segment_size(struct mmsghdr *message)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(&message->msg_hdr);
	int size = 0;
	if (c && c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
		memcpy(&size, CMSG_DATA(c), sizeof(size));
	return size > 0 ? (size_t)size : message->msg_len;
}

static void set_segment(struct msghdr *message, union control *control, size_t size)
{
	uint16_t value = (uint16_t)size;
	message->msg_control = control;
	message->msg_controllen = CMSG_SPACE(sizeof(value));
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	*c = (struct cmsghdr){.cmsg_level = IPPROTO_UDP,
		.cmsg_type = UDP_SEGMENT,
		.cmsg_len = CMSG_LEN(sizeof(value))};
	memcpy(CMSG_DATA(c), &value, sizeof(value));
}

static void encrypt(uint8_t *out, const uint8_t *in, size_t len)
{
	wc_AesGcmEncrypt(&aes, out, in, (word32)len, nonce, sizeof(nonce), out + len, TAG, NULL, 0);
}

/* Decrypts in place. */
static void decrypt(uint8_t *bytes, size_t len)
{
	if (wc_AesGcmDecrypt(&aes, bytes, bytes, (word32)len, nonce, sizeof(nonce), bytes + len,
		    TAG, NULL, 0) != 0)
		fprintf(stderr, "floor_gso: a packet does not decrypt\n");
}

struct relay {
	int fd;
	struct sockaddr_storage members[FLOOR_MEMBERS];
	socklen_t lens[FLOOR_MEMBERS];
	size_t count;
	struct mmsghdr out[OUT_BATCH];
	struct iovec iov[OUT_BATCH];
	union control control[OUT_BATCH];
	size_t waiting;
	uint8_t arena[ARENA]; /* encrypted packets that wait to be sent */
	size_t used;
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
	r->waiting = r->used = 0;
}

static void put(struct relay *r, size_t member, uint8_t *bytes, size_t len, size_t size)
{
	struct msghdr *message = &r->out[r->waiting].msg_hdr;
	r->iov[r->waiting] = (struct iovec){bytes, len};
	*message = (struct msghdr){.msg_name = &r->members[member],
		.msg_namelen = r->lens[member],
		.msg_iov = &r->iov[r->waiting],
		.msg_iovlen = 1};
	if (len > size)
		set_segment(message, &r->control[r->waiting], size);
	r->waiting++;
}

/* Encrypts each packet of a message into the arena. */
static uint8_t *encrypted(struct relay *r, const uint8_t *bytes, size_t len, size_t size)
{
	uint8_t *out = r->arena + r->used;
	for (size_t at = 0; at + TAG < len; at += size)
		encrypt(out + at, bytes + at, (len - at < size ? len - at : size) - TAG);
	r->used += len;
	return out;
}

static void forward(struct relay *r, struct mmsghdr *message)
{
	const struct msghdr *h = &message->msg_hdr;
	uint8_t *bytes = h->msg_iov->iov_base;
	size_t len = message->msg_len, size = segment_size(message);
	if (len && bytes[0] == 'J' && len == 1) {
		if (r->count < FLOOR_MEMBERS) {
			memcpy(&r->members[r->count], h->msg_name, h->msg_namelen);
			r->lens[r->count++] = h->msg_namelen;
		}
		return;
	}
	for (size_t at = 0; with_aes && at + TAG < len; at += size)
		decrypt(bytes + at, (len - at < size ? len - at : size) - TAG);
	for (size_t i = 0; i < r->count; i++) {
		if (memcmp(&r->members[i], h->msg_name, h->msg_namelen) == 0)
			continue;
		if (r->waiting == OUT_BATCH || r->used + len > ARENA)
			flush(r);
		put(r, i, with_aes ? encrypted(r, bytes, len, size) : bytes, len, size);
	}
}

static bool forward_batch(int fd)
{
	static struct relay r;
	static struct in in;
	r.fd = fd;
	int n = receive(fd, &in);
	for (int i = 0; i < n; i++)
		forward(&r, &in.messages[i]);
	flush(&r);
	return n == IN_BATCH;
}

static uint64_t take(int fd)
{
	static struct in in;
	uint64_t copies = 0;
	int n;
	while ((n = receive(fd, &in)) > 0)
		for (int i = 0; i < n; i++) {
			size_t size = segment_size(&in.messages[i]);
			copies += (in.messages[i].msg_len + size - 1) / size;
		}
	return copies;
}

/* Sends one message of at most count packets of len bytes. */
static uint64_t send_some(int fd, size_t len, uint64_t count)
{
	static uint8_t bytes[MESSAGE_MAX];
	static bool made;
	static const uint8_t frame[MESSAGE_MAX];
	union control control;
	size_t size = len + (with_aes ? TAG : 0), most = (MESSAGE_MAX - 1024) / size;
	most = most < segments ? most : segments;
	count = count < most ? count : most;
	if (!count)
		return 0;
	for (size_t i = 0; with_aes && !made && i < most; i++)
		encrypt(bytes + i * size, frame, len);
	made = true;
	struct iovec iov = {bytes, size * count};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	if (count > 1)
		set_segment(&message, &control, size);
	return sendmsg(fd, &message, 0) > 0 ? count : 0;
}

int main(int argc, char **argv)
{
	static const struct floor floor = {
		.opened = take_gro, .forward = forward_batch, .send = send_some, .take = take};
	with_aes = argc > 1 && strcmp(argv[argc - 1], "aes") == 0;
	argc -= with_aes;
	if (with_aes && (wc_AesInit(&aes, NULL, INVALID_DEVID) != 0 ||
				wc_AesGcmSetKey(&aes, key, sizeof(key)) != 0))
		return 1;
	if (argc == 3 && strcmp(argv[1], "relay") == 0)
		floor_relay(&floor, argv[2]);
	if (argc == 7 && strcmp(argv[1], "load") == 0) {
		segments = strtoull(argv[6], NULL, 10);
		segments = segments < 1 ? 1 : segments < SEGMENTS_MAX ? segments : SEGMENTS_MAX;
		return floor_load(&floor, argv[2], strtoul(argv[3], NULL, 10),
			strtoll(argv[4], NULL, 10), strtoul(argv[5], NULL, 10));
	}
	fprintf(stderr, "usage: floor_gso relay ADDR:PORT [aes] | "
			"floor_gso load ADDR:PORT SIZE COUNT TARGETS SEGMENTS [aes]\n");
	return 2;
}
