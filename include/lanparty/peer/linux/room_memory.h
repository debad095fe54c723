/* room_memory.h - what this computer keeps of the rooms that it was in, from run to run: their host keys (row
 * N4), and the ways to their relays (row W1). */
#ifndef LANPARTY_PEER_ROOM_MEMORY_H
#define LANPARTY_PEER_ROOM_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/peer/entry_memory.h"
#include "lanparty/peer/host_memory.h"

/* A file of the state folder, with one record for each room. */
struct lp_room_memory {
	int fd;        /* -1: nothing is kept */
	unsigned slot; /* of the record */
	size_t len;    /* bytes of its value */
	struct {
		uint8_t tag[LP_HOST_MEMORY_TAG];
		uint8_t value[LP_HOST_PRINT];
	} record;
};

/* Open the file NAME.hosts or NAME.ways of the state folder, make it when it is missing, and read what is kept
 * of this room: the fingerprint of its host key, zero when there is none; the address that worked last, len 0
 * when there is none. Call them while the program can still write there. False: the room's key cannot be
 * hashed. A file that cannot be used is logged, and nothing is kept. */
bool lp_room_memory_hosts(struct lp_room_memory *m, const char *name,
	const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_host[LP_HOST_PRINT]);
bool lp_room_memory_ways(struct lp_room_memory *m, const char *name,
	const struct lp_peer_options *options, struct lp_entry *ret_entry);
/* Keep it, unless it is kept already. */
void lp_room_memory_keep_host(struct lp_room_memory *m, const uint8_t host[LP_HOST_PRINT]);
void lp_room_memory_keep_way(struct lp_room_memory *m, const struct lp_entry *entry);
void lp_room_memory_close(struct lp_room_memory *m);

#endif
