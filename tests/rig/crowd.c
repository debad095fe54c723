/* crowd RELAY DER COUNT: COUNT clients join one room in turn and stay. The next one must be
 * rejected with room_full (row R2), and every client must have been told of all others (row C4). */
#include <stdio.h>
#include <stdlib.h>

#include "rig.h"

#define ROOM     "crowded-room"
#define PATIENCE (20 * LP_SECOND)

static struct rig_peer *crowd[LP_MAX_CLIENTS];
static size_t count;

static struct rig_peer *join(struct rig *rig, size_t number)
{
	struct lp_hello hello;
	rig_hello(&hello, LP_ROLE_CLIENT, ROOM, (uint8_t)number);
	hello.mac.b[4] = (uint8_t)(number >> 8);
	snprintf(hello.name, sizeof(hello.name), "one of many, and a long name %zu", number % 100);
	struct rig_peer *peer = rig_peer_new(rig, &hello);
	rig_join(peer);
	return peer;
}

static bool all_know_all(void *context)
{
	(void)context;
	for (size_t i = 0; i < count; i++)
		if (crowd[i]->state == RIG_JOINED && crowd[i]->heard_joined < count - 1)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	count = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	if (!count || count > LP_MAX_CLIENTS) {
		fprintf(stderr, "usage: crowd RELAY DER COUNT\n");
		return 2;
	}
	struct rig *rig = rig_open(argv[1], argv[2]);
	for (size_t i = 0; i < count; i++)
		crowd[i] = join(rig, i);
	struct rig_peer *late = join(rig, count);
	bool good = late->state == RIG_REJECTED && late->reject == LP_REJECT_ROOM_FULL;
	printf("the one too many: %s\n", good ? "room_full" : "not refused as it should be");
	if (!rig_run(rig, PATIENCE, all_know_all, NULL)) {
		printf("not all have heard of all\n");
		good = false;
	}
	size_t lost = 0;
	for (size_t i = 0; i < count; i++)
		lost += crowd[i]->state != RIG_JOINED;
	printf("joined: %zu, lost: %zu\n", count, lost);
	for (size_t i = 0; i < count; i++)
		rig_peer_free(crowd[i]);
	rig_peer_free(late);
	rig_run(rig, LP_SECOND / 5, NULL, NULL);
	rig_close(rig);
	return good && !lost ? 0 : 1;
}
