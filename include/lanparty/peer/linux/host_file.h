/* host_file.h - the host keys of the rooms that this computer was in, kept from run to run (row N4). */
#ifndef LANPARTY_PEER_HOST_FILE_H
#define LANPARTY_PEER_HOST_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/peer/host_memory.h"

#define LP_HOST_FILE_ROOMS 64 /* one more replaces one of them */

struct lp_host_file {
	int fd; /* -1: nothing is kept */
	struct lp_host_memory record;
	unsigned slot; /* of the record */
};

/* Opens the file NAME.hosts of the state folder, which it makes when it is missing, and reads the fingerprint
 * of this room's host key. ret_host: zero when there is none. Call it while the program can still write
 * there. False: the room's key cannot be hashed. A file that cannot be used is logged, and nothing is
 * kept. */
bool lp_host_file_open(struct lp_host_file *f, const char *name,
	const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_host[LP_HOST_PRINT]);
/* Keeps the fingerprint of this room's host key. */
void lp_host_file_keep(struct lp_host_file *f, const uint8_t host[LP_HOST_PRINT]);
void lp_host_file_close(struct lp_host_file *f);

#endif
