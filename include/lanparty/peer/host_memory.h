/* host_memory.h - what a member remembers of the rooms that it was in: their host keys (row N4). */
#ifndef LANPARTY_PEER_HOST_MEMORY_H
#define LANPARTY_PEER_HOST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/wire/control.h"

#define LP_HOST_MEMORY_TAG   16
#define LP_HOST_MEMORY_ROOMS 64 /* one more replaces one of them */

/* As it is stored. Nothing of it is secret. */
struct lp_host_memory {
	uint8_t tag[LP_HOST_MEMORY_TAG]; /* of the room: nobody learns the room's key from it */
	uint8_t print[LP_HOST_PRINT];
};

/* False without memory. */
bool lp_host_memory_tag(
	const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_tag[LP_HOST_MEMORY_TAG]);

#endif
