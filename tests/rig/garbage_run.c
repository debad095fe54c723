/* garbage_run RELAY DER [COUNT]: sends COUNT (default 1000000) random UDP payloads, DATAGRAMs and
 * control messages to a running relay, while two members of a room exchange frames. Exit status 0:
 * the members stayed, and every frame between them arrived.
 *
 * The members' frames set the pace: after each thousand random items one frame must arrive. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rig.h"

#define ROOM            "garbage-room"
#define THROWN_PER_PING 250
#define PING_TRIES      20 /* half a second each, because QUIC DATAGRAMs can be lost */
#define PER_CONNECTION  400
#define FRAME_LEN       128

static struct rig *rig;
static struct rig_peer *alice, *bob;
static uint64_t state = 88172645463325252u;
static uint64_t thrown, pings, retries;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static size_t random_bytes(uint8_t *bytes, size_t max)
{
	size_t len = next_random() % (max + 1);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(next_random() >> 24);
	return len;
}

static bool arrived(void *context)
{
	return bob->received > *(uint64_t *)context || bob->state != RIG_JOINED;
}

/* Sends one frame from one member to the other. */
static void ping(void)
{
	uint8_t frame[FRAME_LEN] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x06, 0, 1, 8, 0, 6,
		4, 0, 1, 2, 0, 0, 0, 0, 1, 192, 168, 1, 1, 0, 0, 0, 0, 0, 0, 192, 168, 1, 2};
	uint64_t before = bob->received;
	pings++;
	for (int i = 0; i < PING_TRIES; i++) {
		rig_send_frame(alice, frame, sizeof(frame));
		if (rig_run(rig, LP_SECOND / 2, arrived, &before))
			break;
		retries++;
	}
	if (bob->received > before && alice->state == RIG_JOINED && bob->state == RIG_JOINED)
		return;
	printf("the members were disturbed after %llu: %s %s\n", (unsigned long long)thrown,
		alice->why.text, bob->why.text);
	exit(1);
}

static void throw_one(void)
{
	if (++thrown % THROWN_PER_PING == 0)
		ping();
}

/* Sends UDP payloads directly to the socket. */
static void throw_packets(const char *relay, uint64_t count)
{
	struct lp_listen to;
	lp_listen_parse(relay, &to);
	int fd = socket(to.address.sa.sa_family, SOCK_DGRAM, 0);
	if (fd < 0 || connect(fd, &to.address.sa, to.address.len) != 0) {
		perror("socket");
		exit(1);
	}
	static const uint8_t first[] = {0xc0, 0xc3, 0xd0, 0xe0, 0xf0, 0x40, 0x43, 0x5d};
	for (uint64_t i = 0; i < count; i++) {
		uint8_t bytes[1500];
		size_t len = random_bytes(bytes, sizeof(bytes));
		if (len > 6 && i % 2) { /* almost a QUIC header */
			bytes[0] = first[next_random() % sizeof(first)];
			memcpy(bytes + 1, "\0\0\0\1\x08", 5);
		}
		if (send(fd, bytes, len, 0) < 0)
			rig_run(rig, LP_MILLISECOND, NULL, NULL);
		throw_one();
	}
	close(fd);
}

static bool drained(void *context)
{
	const struct rig_peer *peer = context;
	return !peer->count || peer->state == RIG_CLOSED;
}

static struct rig_peer *attacker(uint8_t number)
{
	struct lp_hello hello;
	rig_hello(&hello, LP_ROLE_CLIENT, ROOM, number);
	struct rig_peer *peer = rig_peer_new(rig, &hello);
	rig_join(peer);
	return peer;
}

/* A member's DATAGRAMs: some malformed, most with a valid header and an invalid frame. */
static void throw_datagrams(uint64_t count)
{
	while (count) {
		struct rig_peer *peer = attacker(3);
		for (int i = 0; i < PER_CONNECTION && count && peer->state == RIG_JOINED;
			i++, count--) {
			uint8_t bytes[LP_DATAGRAM_MAX];
			size_t len = random_bytes(bytes, 1400);
			struct lp_overlay o = {.type = LP_OVERLAY_WHOLE,
				.peer = peer->welcome.peer,
				.room = peer->welcome.room};
			if (len >= LP_OVERLAY_FRAGMENT_HEADER + 14 && i % 32) {
				if (i % 8 == 0)
					o.type = i % 16 ? LP_OVERLAY_FIRST : LP_OVERLAY_SECOND;
				o.frame_id = (uint16_t)(i / 16);
				o.frame_len = (uint16_t)(2 * (len - LP_OVERLAY_FRAGMENT_HEADER));
				size_t head = lp_overlay_encode(&o, bytes);
				memcpy(bytes + head + 6, peer->hello.mac.b, 6);
				memcpy(bytes + head + 12, i % 3 ? "\x08\0\x45" : "\x86\xdd\x60", 3);
			}
			if (len)
				rig_send_bytes(peer, bytes, len);
			if (i % 16 == 15)
				rig_run(rig, LP_SECOND, drained, peer);
			throw_one();
		}
		rig_run(rig, LP_SECOND, drained, peer);
		rig_peer_free(peer);
	}
}

/* Random bytes and broken control messages on stream 0 and on unidirectional streams. */
static void throw_control(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		bool joined = i % 2;
		struct rig_peer *peer = joined ? attacker(4) : rig_peer_new(rig, NULL);
		uint8_t bytes[6000];
		struct lp_control message = {.type = LP_HELLO};
		int64_t stream = 0;
		if (!joined)
			rig_join(peer);
		rig_hello(&message.hello, LP_ROLE_CLIENT, ROOM, 4);
		size_t len = i % 4 < 2 ? lp_control_encode(&message, bytes, sizeof(bytes))
				       : random_bytes(bytes, sizeof(bytes));
		for (int flips = 0; len && flips < 3; flips++)
			bytes[next_random() % len] ^= (uint8_t)(1u << next_random() % 8);
		if (peer->conn && joined)
			lp_quic_send_message(peer->conn, bytes, len);
		else if (peer->conn && lp_quic_open(peer->conn, &stream) == LP_OK)
			lp_quic_send(peer->conn, stream, bytes, len, i % 8 < 4);
		rig_run(rig, 2 * LP_MILLISECOND, NULL, NULL);
		rig_peer_free(peer);
		throw_one();
	}
}

static struct rig_peer *member(enum lp_role role, uint8_t number)
{
	struct lp_hello hello;
	rig_hello(&hello, role, ROOM, number);
	struct rig_peer *peer = rig_peer_new(rig, &hello);
	if (!rig_join(peer)) {
		fprintf(stderr, "garbage_run: could not join\n");
		exit(1);
	}
	return peer;
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 3 ? strtoull(argv[3], NULL, 10) : 1000000;
	if (argc < 3) {
		fprintf(stderr, "usage: garbage_run RELAY DER [COUNT]\n");
		return 2;
	}
	rig = rig_open(argv[1], argv[2]);
	alice = member(LP_ROLE_CLIENT, 1);
	bob = member(LP_ROLE_CLIENT, 2);
	throw_packets(argv[1], count / 10 * 8);
	throw_datagrams(count / 10 * 2 - count / 400);
	throw_control(count / 400);
	for (int i = 0; i < 100; i++)
		ping();
	printf("thrown: %llu; frames between members: %llu, sent again: %llu\n",
		(unsigned long long)thrown, (unsigned long long)pings, (unsigned long long)retries);
	rig_peer_free(alice);
	rig_peer_free(bob);
	rig_close(rig);
	return 0;
}
