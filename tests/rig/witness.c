/* witness RELAY DER MEMBERS SECONDS: MEMBERS of one room send each other frames, 50 per second each, as games
 * do. Prints "ready" when all are in, then one JSON object: frames sent and lost, and the delay of
 * those that arrived, p50, p99 and maximum in ms. Both ends have the same clock.
 *
 * witness RELAY DER join [ROOM]: joins a room of its own, and prints how long that took. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/edge/linux/loop.h"
#include "rig.h"

#define ROOM      "the-room-of-all-witnesses"
#define MOST      64
#define INTERVAL  (20 * LP_MILLISECOND)
#define FRAME_LEN 200
#define HEAD      42 /* Ethernet, IPv4 and UDP */
#define LATE      LP_SECOND

static struct rig_peer *members[MOST];
static size_t member_count;
static double *delays; /* ms */
static size_t arrived, sent, cap;

static void on_frame(struct rig_peer *peer, uint16_t from, const uint8_t *frame, size_t len)
{
	lp_time then;
	(void)peer;
	(void)from;
	if (len < HEAD + sizeof(then) || arrived == cap)
		return;
	memcpy(&then, frame + HEAD, sizeof(then));
	delays[arrived++] = (double)(lp_clock() - then) / (double)LP_MILLISECOND;
}

static struct rig_peer *enter(struct rig *rig, const char *room, uint8_t number)
{
	struct lp_hello hello;
	rig_hello(&hello, LP_ROLE_CLIENT, room, number);
	struct rig_peer *peer = rig_enter(rig, &hello);
	if (!peer) {
		fprintf(stderr, "witness: refused\n");
		exit(1);
	}
	peer->on_frame = on_frame;
	return peer;
}

/* UDP from 10.0.0.NUMBER to the next member; the checksum of UDP is 0, which means none. */
static void send_one(size_t at)
{
	uint8_t from = (uint8_t)(1 + at), to = (uint8_t)(1 + (at + 1) % member_count);
	uint8_t frame[FRAME_LEN] = {2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8, 0, 0x45, 0, 0,
		FRAME_LEN - 14, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, from, 10, 0, 0, to, 0x69, 0x87,
		0x69, 0x87, 0, FRAME_LEN - 34, 0, 0};
	uint32_t sum = 0;
	for (size_t i = 14; i < 34; i += 2)
		sum += (uint32_t)(frame[i] << 8 | frame[i + 1]);
	sum = ~((sum & 0xffff) + (sum >> 16));
	frame[24] = (uint8_t)(sum >> 8);
	frame[25] = (uint8_t)sum;
	lp_time now = lp_clock();
	memcpy(frame + HEAD, &now, sizeof(now));
	sent += rig_send_frame(members[at], frame, sizeof(frame));
}

static int compare(const void *a, const void *b)
{
	double x, y;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static double percentile(double part)
{
	return arrived ? delays[(size_t)(part * (double)(arrived - 1))] : 0;
}

static void talk(struct rig *rig, lp_time end)
{
	/* One after the other, so that no burst of our own is measured. */
	lp_time gap = INTERVAL / member_count, next = lp_clock();
	for (size_t at = 0; next < end; at = (at + 1) % member_count, next += gap) {
		lp_time now = lp_clock();
		if (next > now)
			rig_run(rig, next - now, NULL, NULL);
		send_one(at);
	}
	rig_run(rig, LATE, NULL, NULL);
}

static int time_a_join(struct rig *rig, const char *room)
{
	lp_time start = lp_clock();
	enter(rig, room, 1);
	printf("{\"join_ms\":%.1f}\n", (double)(lp_clock() - start) / (double)LP_MILLISECOND);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && strcmp(argv[3], "join") == 0)
		return time_a_join(
			rig_open(argv[1], argv[2]), argc == 5 ? argv[4] : "a-true-player");
	member_count = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
	lp_time seconds = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
	if (member_count < 2 || member_count > MOST || !seconds || seconds > 600) {
		fprintf(stderr,
			"usage: witness RELAY DER MEMBERS SECONDS | RELAY DER join [ROOM]\n");
		return 2;
	}
	cap = (size_t)(seconds + 1) * member_count * (LP_SECOND / INTERVAL);
	delays = calloc(cap, sizeof(*delays));
	if (!delays)
		return 1;
	struct rig *rig = rig_open(argv[1], argv[2]);
	for (size_t i = 0; i < member_count; i++)
		members[i] = enter(rig, ROOM, (uint8_t)(1 + i));
	rig_run(rig, LP_SECOND, NULL, NULL);
	printf("ready\n");
	fflush(stdout);
	talk(rig, lp_clock() + seconds * LP_SECOND);
	size_t in = 0;
	for (size_t i = 0; i < member_count; i++)
		in += members[i]->state == RIG_JOINED;
	qsort(delays, arrived, sizeof(*delays), compare);
	printf("{\"sent\":%zu,\"lost\":%zu,\"p50\":%.2f,\"p99\":%.2f,\"max\":%.2f,\"members\":%zu}"
	       "\n",
		sent, sent - arrived, percentile(0.5), percentile(0.99), percentile(1), in);
	return 0;
}
