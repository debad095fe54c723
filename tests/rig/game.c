/* game echo ADDR:PORT | game play ADDR:PORT SECONDS [SIZE [INTERVAL]]: measures the traffic of a
 * game. play sends SIZE bytes (64) every INTERVAL milliseconds (20), and echo sends each packet
 * back with its time of arrival. Both read the same clock, so one-way delays are exact. play prints
 * one JSON object: packets sent and lost; p50, p99 and maximum of the round trip and of both
 * one-way delays, in ms; and the longest time without an answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lanparty/edge/linux/loop.h"
#include "udp_socket.h"

#define MAX_LEN    2048
#define STRAGGLERS LP_SECOND /* how long to wait for late answers at the end */

struct stamp {
	uint64_t number;
	lp_time sent, echoed;
};

struct times {
	double *values; /* ms */
	size_t count;
};

static _Noreturn void echo(int fd, struct lp_waiter *waiter)
{
	uint8_t bytes[MAX_LEN];
	struct stamp stamp;
	printf("listening\n");
	fflush(stdout);
	for (;;) {
		struct lp_address from = {.len = sizeof(from.in6)};
		int ready;
		lp_wait(waiter, LP_NEVER, &ready, 1);
		ssize_t len = recvfrom(fd, bytes, sizeof(bytes), 0, &from.sa, &from.len);
		if (len < (ssize_t)sizeof(stamp))
			continue;
		memcpy(&stamp, bytes, sizeof(stamp));
		stamp.echoed = lp_clock();
		memcpy(bytes, &stamp, sizeof(stamp));
		sendto(fd, bytes, (size_t)len, 0, &from.sa, from.len);
	}
}

static void add(struct times *t, lp_time from, lp_time to)
{
	t->values[t->count++] = (double)(to - from) / (double)LP_MILLISECOND;
}

static int compare(const void *a, const void *b)
{
	double x, y;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static void print(const char *name, struct times *t)
{
	if (!t->count) {
		printf(",\"%s_ms\":null", name);
		return;
	}
	qsort(t->values, t->count, sizeof(*t->values), compare);
	printf(",\"%s_ms\":{\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f}", name, t->values[t->count / 2],
		t->values[t->count * 99 / 100], t->values[t->count - 1]);
}

static int play(int fd, struct lp_waiter *waiter, lp_time how_long, size_t size, lp_time interval)
{
	uint8_t bytes[MAX_LEN] = {0};
	struct times trip = {0}, up = {0}, down = {0};
	struct stamp stamp = {0};
	uint64_t total = how_long / interval;
	uint8_t *seen = calloc(total, 1);
	trip.values = calloc(total, sizeof(double));
	up.values = calloc(total, sizeof(double));
	down.values = calloc(total, sizeof(double));
	if (!seen || !trip.values || !up.values || !down.values)
		return 1;
	lp_time start = lp_clock(), next = start, heard = start, gap = 0;
	while (lp_clock() < start + total * interval + STRAGGLERS && trip.count < total) {
		if (stamp.number < total && lp_clock() >= next) {
			stamp.sent = lp_clock();
			memcpy(bytes, &stamp, sizeof(stamp));
			send(fd, bytes, size, 0);
			stamp.number++;
			next += interval;
		}
		int ready;
		lp_wait(waiter, stamp.number < total ? next : start + total * interval + STRAGGLERS,
			&ready, 1);
		uint8_t answer[MAX_LEN];
		while (recv(fd, answer, sizeof(answer), 0) >= (ssize_t)sizeof(struct stamp)) {
			struct stamp back;
			memcpy(&back, answer, sizeof(back));
			if (back.number >= total || seen[back.number])
				continue;
			lp_time now = lp_clock();
			seen[back.number] = 1;
			gap = now - heard > gap ? now - heard : gap;
			heard = now;
			add(&trip, back.sent, now);
			add(&up, back.sent, back.echoed);
			add(&down, back.echoed, now);
		}
	}
	lp_time end = start + total * interval;
	if (heard < end && end - heard > gap)
		gap = end - heard;
	printf("{\"sent\":%llu,\"lost\":%llu,\"gap_ms\":%.1f", (unsigned long long)total,
		(unsigned long long)(total - trip.count), (double)gap / (double)LP_MILLISECOND);
	print("rtt", &trip);
	print("up", &up);
	print("down", &down);
	printf("}\n");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3 || (strcmp(argv[1], "echo") == 0) != (argc == 3) || argc > 6) {
		fprintf(stderr, "usage: game echo ADDR:PORT | game play ADDR:PORT SECONDS [SIZE "
				"[INTERVAL]]\n");
		return 2;
	}
	int fd = udp_open_text(argv[2], argc == 3, SOCK_NONBLOCK);
	struct lp_waiter waiter;
	lp_waiter_open(&waiter);
	if (!lp_waiter_add(&waiter, fd))
		return 1;
	if (argc == 3)
		echo(fd, &waiter);
	double seconds = strtod(argv[3], NULL);
	size_t size = argc > 4 ? strtoul(argv[4], NULL, 10) : 64;
	double interval = argc > 5 ? strtod(argv[5], NULL) : 20;
	if (seconds <= 0 || interval <= 0 || size < sizeof(struct stamp) || size > MAX_LEN)
		return 2;
	return play(fd, &waiter, (lp_time)(seconds * (double)LP_SECOND), size,
		(lp_time)(interval * (double)LP_MILLISECOND));
}
