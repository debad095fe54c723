/* load RELAY DER SIZE COUNT TARGETS [NUMBER]: sends COUNT frames of SIZE bytes from one member of a
 * room to TARGETS others (unicast if TARGETS is 1, else broadcast). A window limits the frames in
 * flight. Prints one JSON object: frames sent, and copies that arrived.
 *
 * A negative COUNT sends -COUNT frames one by one, 4,000 per second. NUMBER selects the room; with
 * two workers, odd and even numbers are on different workers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/quic/crypto.h"
#include "lanparty/edge/linux/loop.h"
#include "rig.h"

#define MAX_TARGETS 64
#define WINDOW      256
#define STALL       (200 * LP_MILLISECOND)
#define SPARSE_GAP  (LP_SECOND / 4000)

static struct rig_peer *targets[MAX_TARGETS];
static size_t target_count;
static char code[32];

static uint64_t arrived(void)
{
	uint64_t copies = 0;
	for (size_t i = 0; i < target_count; i++)
		copies += targets[i]->received;
	return copies;
}

static struct rig_peer *join(struct rig *rig, uint8_t number)
{
	struct lp_hello hello;
	rig_hello(&hello, LP_ROLE_CLIENT, code, number);
	struct rig_peer *peer = rig_peer_new(rig, &hello);
	if (!rig_join(peer)) {
		fprintf(stderr, "load: could not join\n");
		exit(1);
	}
	return peer;
}

/* Claims its IPv4 address by ARP, as every computer does. */
static void announce(struct rig_peer *sender)
{
	static const uint8_t arp[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08,
		0x06, 0, 1, 0x08, 0x00, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0,
		10, 0, 0, 2};
	rig_send_frame(sender, arp, sizeof(arp));
}

static void choose_code(unsigned long number)
{
	struct lp_hello hello;
	int attempt = 0;
	do {
		snprintf(code, sizeof(code), "load-room-%lu-%i", number % 1000, attempt++);
		rig_hello(&hello, LP_ROLE_CLIENT, code, 1);
	} while (lp_room_steer(hello.room_key) % 2 != number % 2);
}

static bool progress(void *context)
{
	return arrived() != *(uint64_t *)context;
}

/* Keeps WINDOW frames in flight. Lost ones are written off after a while. */
static void saturate(
	struct rig *rig, struct rig_peer *sender, const uint8_t *frame, size_t len, uint64_t count)
{
	uint64_t sent = 0, lost = 0 - arrived(); /* earlier frames do not count */
	while (sent < count) {
		uint64_t before = arrived();
		while (sent < count &&
			sent * target_count < before + lost + WINDOW * target_count &&
			rig_send_frame(sender, frame, len))
			sent++;
		if (!rig_run(rig, STALL, progress, &before))
			lost = sent * target_count - arrived();
	}
}

static void trickle(
	struct rig *rig, struct rig_peer *sender, const uint8_t *frame, size_t len, uint64_t count)
{
	lp_time at = lp_clock();
	for (uint64_t sent = 0; sent < count; sent++) {
		rig_send_frame(sender, frame, len);
		at += SPARSE_GAP;
		lp_time now = lp_clock();
		rig_run(rig, at > now ? at - now : 0, NULL, NULL);
	}
}

int main(int argc, char **argv)
{
	if (argc != 6 && argc != 7) {
		fprintf(stderr, "usage: load RELAY DER SIZE COUNT TARGETS [NUMBER]\n");
		return 2;
	}
	size_t len = strtoul(argv[3], NULL, 10);
	long long count = strtoll(argv[4], NULL, 10);
	target_count = strtoul(argv[5], NULL, 10);
	if (len < 42 || len > LP_ETH_FRAME_MAX || !target_count || target_count > MAX_TARGETS)
		return 2;
	struct rig *rig = rig_open(argv[1], argv[2]);
	choose_code(argc > 6 ? strtoul(argv[6], NULL, 10) : 0);
	struct rig_peer *sender = join(rig, 1);
	for (size_t i = 0; i < target_count; i++)
		targets[i] = join(rig, (uint8_t)(i + 2));
	announce(sender);
	/* Path MTU discovery takes a few round trips. */
	rig_run(rig, LP_SECOND / 2, NULL, NULL);
	uint8_t frame[LP_ETH_FRAME_MAX] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00};
	if (target_count > 1)
		memset(frame, 0xff, 6);
	/* IPv4 and UDP, as games send. */
	uint8_t ip[] = {0x45, 0, (uint8_t)((len - 14) >> 8), (uint8_t)(len - 14), 0, 0, 0x40, 0, 64,
		17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
	uint32_t sum = 0;
	for (size_t i = 0; i < sizeof(ip); i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	memcpy(frame + 14, ip, sizeof(ip));
	uint8_t udp[] = {0x20, 0x6f, 0x20, 0x6f, (uint8_t)((len - 34) >> 8), (uint8_t)(len - 34)};
	memcpy(frame + 34, udp, sizeof(udp));
	printf("ready\n");
	fflush(stdout);
	getchar(); /* the caller reads the relay's CPU time now */
	uint64_t before = arrived();
	lp_time start = lp_clock();
	if (count < 0)
		trickle(rig, sender, frame, len, (uint64_t)-count);
	else
		saturate(rig, sender, frame, len, (uint64_t)count);
	rig_run(rig, LP_SECOND / 10, NULL, NULL);
	printf("{\"sent\":%llu,\"arrived\":%llu,\"seconds\":%.3f}\n",
		(unsigned long long)sender->sent, (unsigned long long)(arrived() - before),
		(double)(lp_clock() - start) / 1e9);
	fflush(stdout);
	getchar(); /* and again */
	rig_peer_free(sender);
	for (size_t i = 0; i < target_count; i++)
		rig_peer_free(targets[i]);
	rig_close(rig);
	return 0;
}
