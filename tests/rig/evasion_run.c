/* evasion_run RELAY DER: a hostile client sends every frame of evasion.h through a real relay to a
 * player and a gateway, which must receive the honest ones and none of the others.
 *
 * evasion_run RELAY DER play ROOM: only the hostile client, for rooms with a real gateway and real
 * players.
 *
 * With "steal IPV6..." at the end, the client also uses these addresses, which others own (row N2); watch
 * needs them too.
 *
 * evasion_run watch IFACE SECONDS: watches the incoming frames of an interface instead, and prints
 * how many hostile and honest frames it saw: broadcasts, and frames for its station. watch-all: also those
 * of the gateway.
 *
 * Exit status 0: no hostile frame passed, and (without play and watch) every honest frame did. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evasion.h"
#include "lanparty/edge/linux/loop.h"
#include "rig.h"

#define PAUSE (8 * LP_MILLISECOND) /* between frames, so that no rate limit applies */

#define STOLEN_MAX 8

static const struct evasion_context context = {
	.client = {{2, 0, 0, 0, 0, 1}},
	.victim = {{2, 0, 0, 0, 0, 2}},
	.station = {{2, 0, 0, 0, 0, 0x63}},
	.client_ipv4 = 0xc0a84d0a, /* 192.168.77.10 */
	.victim_ipv4 = 0xc0a84d0b,
	.station_ipv4 = 0xc0a84d63,
};

#define FRAMES_MAX (EVASION_FRAMES_MAX + STOLEN_MAX * EVASION_THEFTS_MAX)

static struct evasion_frame frames[FRAMES_MAX];
static bool seen[FRAMES_MAX];
static size_t frame_count;

static size_t current = SIZE_MAX; /* index of the last frame sent, if this process sends */

static bool is_frame(size_t i, const uint8_t *bytes, size_t len)
{
	return len == frames[i].len && memcmp(bytes, frames[i].bytes, len) == 0;
}

/* Some bytes are hostile at one time and honest at another, such as a last fragment before and
 * after its first. Without the time of sending they count as honest. */
static void note(const uint8_t *bytes, size_t len)
{
	size_t found = SIZE_MAX;
	for (size_t i = 0; i < frame_count; i++)
		if (is_frame(i, bytes, len) && (found == SIZE_MAX || frames[i].honest))
			found = i;
	if (current != SIZE_MAX && is_frame(current, bytes, len))
		found = current;
	if (found != SIZE_MAX)
		seen[found] = true;
}

static void on_frame(struct rig_peer *peer, uint16_t from, const uint8_t *frame, size_t len)
{
	(void)peer;
	(void)from;
	note(frame, len);
}

/* Judges the frames of gateway and clients, or of clients only. Prints what is wrong; true if
 * nothing is. */
static bool judge(bool honest_needed, bool client_only)
{
	size_t hostile = 0, hostile_through = 0, honest = 0, honest_through = 0;
	for (size_t i = 0; i < frame_count; i++) {
		if (client_only && frames[i].from_gateway)
			continue;
		*(frames[i].honest ? &honest : &hostile) += 1;
		if (seen[i])
			*(frames[i].honest ? &honest_through : &hostile_through) += 1;
		if (seen[i] && !frames[i].honest)
			printf("got through: %s\n", frames[i].name);
		if (!seen[i] && frames[i].honest && honest_needed)
			printf("honest and lost: %s\n", frames[i].name);
	}
	printf("hostile frames: %zu, got through: %zu; honest frames: %zu, got through: %zu\n",
		hostile, hostile_through, honest, honest_through);
	return hostile_through == 0 && (!honest_needed || honest_through == honest);
}

static void send_all(struct rig *rig, struct rig_peer *attacker, struct rig_peer *gateway)
{
	for (size_t i = 0; i < frame_count; i++) {
		struct rig_peer *from = frames[i].from_gateway ? gateway : attacker;
		if (!from)
			continue;
		current = i;
		rig_send_frame(from, frames[i].bytes, frames[i].len);
		rig_run(rig, PAUSE, NULL, NULL);
	}
	rig_run(rig, LP_SECOND / 2, NULL, NULL);
}

static struct rig_peer *join(struct rig *rig, enum lp_role role, const char *room, uint8_t number)
{
	struct lp_hello hello;
	rig_hello(&hello, role, room, number);
	struct rig_peer *peer = rig_peer_new(rig, &hello);
	if (!rig_join(peer)) {
		fprintf(stderr, "evasion_run: could not join\n");
		exit(1);
	}
	peer->on_frame = on_frame;
	return peer;
}

static int watch(const char *iface, int seconds, bool client_only)
{
	int fd = socket(AF_PACKET, SOCK_RAW, htons(3 /* ETH_P_ALL */));
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
		.sll_protocol = htons(3),
		.sll_ifindex = (int)if_nametoindex(iface)};
	lp_time end = lp_clock() + (lp_time)seconds * LP_SECOND;
	struct lp_waiter waiter;
	lp_waiter_open(&waiter);
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
		!lp_waiter_add(&waiter, fd)) {
		perror(iface);
		return 1;
	}
	printf("watching\n");
	fflush(stdout);
	while (lp_clock() < end) {
		uint8_t bytes[2048];
		int ready;
		lp_wait(&waiter, end, &ready, 1);
		ssize_t len = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (len > 0)
			note(bytes, (size_t)len);
	}
	close(fd);
	lp_waiter_close(&waiter);
	return judge(false, client_only) ? 0 : 1;
}

/* Takes "steal IPV6..." off the end of the arguments, and makes their frames. */
static int take_stolen(int argc, char **argv)
{
	int first = 1;
	while (first < argc && strcmp(argv[first], "steal") != 0)
		first++;
	for (int i = first + 1; i < argc && i <= first + STOLEN_MAX; i++) {
		uint8_t ipv6[16];
		if (inet_pton(AF_INET6, argv[i], ipv6) != 1)
			return 0;
		frame_count += evasion_thefts(
			&context, ipv6, frames + frame_count, FRAMES_MAX - frame_count);
	}
	return first;
}

int main(int argc, char **argv)
{
	frame_count = evasion_frames(&context, frames, EVASION_FRAMES_MAX);
	argc = take_stolen(argc, argv);
	if (argc == 4 && strncmp(argv[1], "watch", 5) == 0)
		return watch(argv[2], atoi(argv[3]), strcmp(argv[1], "watch-all") != 0);
	if (argc != 3 && !(argc == 5 && strcmp(argv[3], "play") == 0)) {
		fprintf(stderr,
			"usage: evasion_run (RELAY DER [play ROOM] | watch[-all] IFACE SECONDS) "
			"[steal IPV6...]\n");
		return 2;
	}
	struct rig *rig = rig_open(argv[1], argv[2]);
	bool alone = argc == 5;
	const char *room = alone ? argv[4] : "evasion-room";
	struct rig_peer *gateway = alone ? NULL : join(rig, LP_ROLE_GATEWAY, room, 0);
	struct rig_peer *victim = alone ? NULL : join(rig, LP_ROLE_CLIENT, room, 2);
	struct rig_peer *attacker = join(rig, LP_ROLE_CLIENT, room, 1);
	send_all(rig, attacker, gateway);
	bool good = alone || judge(true, false);
	if (attacker->state != RIG_JOINED) {
		printf("the relay closed the attacker: %s\n", attacker->why.text);
		good = false;
	}
	rig_peer_free(attacker);
	if (!alone) {
		rig_peer_free(victim);
		rig_peer_free(gateway);
	}
	rig_run(rig, LP_SECOND / 10, NULL, NULL);
	rig_close(rig);
	return good ? 0 : 1;
}
