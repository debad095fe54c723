/* guests RELAY DER COUNT come|stay: measures what members cost a relay when they send nothing.
 *
 * come: COUNT members connect, join their own room and leave, several at a time.
 *
 * stay: COUNT members join, ROOM_SIZE per room, and stay.
 *
 * Its output is that of load.c; "arrived" counts the members that joined. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/edge/linux/loop.h"
#include "rig.h"

#define AT_ONCE   32
#define ROOM_SIZE 10
#define MAX_STAY  4096
#define SETTLE    (2 * LP_SECOND)

static struct rig_peer *guests[MAX_STAY];

static struct rig_peer *connect_one(struct rig *rig, size_t room, size_t number)
{
	struct lp_hello hello;
	rig_hello(&hello, LP_ROLE_CLIENT, "one-of-many-rooms", (uint8_t)number);
	memcpy(hello.room_key, &room, sizeof(room));
	return rig_peer_new(rig, &hello);
}

/* Several at a time, so that wake-ups do not dominate. Returns how many joined. */
static size_t come_and_go(struct rig *rig, size_t count)
{
	struct rig_peer *some[AT_ONCE];
	size_t joined = 0;
	for (size_t at = 0; at < count; at += AT_ONCE) {
		size_t n = count - at < AT_ONCE ? count - at : AT_ONCE;
		for (size_t i = 0; i < n; i++)
			some[i] = connect_one(rig, at + i, 1);
		for (size_t i = 0; i < n; i++)
			joined += rig_join(some[i]);
		for (size_t i = 0; i < n; i++)
			rig_peer_free(some[i]);
	}
	return joined;
}

static size_t stay(struct rig *rig, size_t count)
{
	size_t joined = 0;
	for (size_t i = 0; i < count; i++) {
		guests[i] = connect_one(rig, i / ROOM_SIZE, i % ROOM_SIZE);
		joined += rig_join(guests[i]);
	}
	rig_run(rig, SETTLE, NULL,
		/* until path MTU discovery has finished, and all members know of each other */
		NULL);
	return joined;
}

static void wait_for_word(const char *word)
{
	printf("%s\n", word);
	fflush(stdout);
	getchar();
}

/* Its members would time out if nobody ran them. */
static void stay_until_word(struct rig *rig)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	while (poll(&input, 1, 0) == 0)
		rig_run(rig, LP_SECOND / 10, NULL, NULL);
	getchar();
}

int main(int argc, char **argv)
{
	size_t count = argc == 5 ? strtoul(argv[3], NULL, 10) : 0, joined;
	bool staying = argc == 5 && strcmp(argv[4], "stay") == 0;
	if (!count || count > MAX_STAY || (!staying && strcmp(argv[4], "come") != 0)) {
		fprintf(stderr, "usage: guests RELAY DER COUNT come|stay\n");
		return 2;
	}
	struct rig *rig = rig_open(argv[1], argv[2]);
	/* The first one pays for what a relay does only once. */
	struct rig_peer *first = connect_one(rig, SIZE_MAX, 1);
	rig_join(first);
	wait_for_word("ready");
	lp_time start = lp_clock();
	joined = staying ? stay(rig, count) : come_and_go(rig, count);
	rig_run(rig, LP_SECOND / 5, NULL, NULL);
	printf("{\"sent\":%zu,\"arrived\":%zu,\"seconds\":%.3f}\n", count, joined,
		(double)(lp_clock() - start) / 1e9);
	fflush(stdout);
	stay_until_word(rig);
	for (size_t i = 0; staying && i < count; i++)
		rig_peer_free(guests[i]);
	rig_peer_free(first);
	rig_close(rig);
	return 0;
}
