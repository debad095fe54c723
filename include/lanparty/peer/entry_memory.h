/* entry_memory.h - what a member remembers of the way to a relay: the address that worked last, over UDP or TCP
 * (rows W1, W2). */
#ifndef LANPARTY_PEER_ENTRY_MEMORY_H
#define LANPARTY_PEER_ENTRY_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/peer/host_memory.h"
#include "lanparty/peer/link.h"

#define LP_ENTRY_MEMORY_STREAM 16

/* As it is stored. */
struct lp_entry_memory {
	uint8_t family; /* 4 or 6, plus LP_ENTRY_MEMORY_STREAM for a stream; 0: nothing is stored */
	uint8_t endpoint;
	uint8_t port[2], ip[16]; /* in network order */
};

/* Of the room and its endpoints: with other endpoints the memory does not count. False without memory. */
bool lp_entry_memory_tag(
	const struct lp_peer_options *options, uint8_t ret_tag[LP_HOST_MEMORY_TAG]);
/* An address with a scope cannot be stored: family is 0 then. */
void lp_entry_memory_put(const struct lp_entry *entry, struct lp_entry_memory *ret_memory);
/* False: nothing is stored, or it makes no sense. */
bool lp_entry_memory_get(const struct lp_entry_memory *memory, struct lp_entry *ret_entry);

#endif
