#include "lanparty/peer/host_memory.h"

#include <string.h>

#include "lanparty/quic/crypto.h"

bool lp_host_memory_tag(
	const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_tag[LP_HOST_MEMORY_TAG])
{
	uint8_t hash[32];
	if (!lp_derive(room_key, LP_ROOM_KEY_SIZE, "lanparty/1 host memory", hash))
		return false;
	memcpy(ret_tag, hash, LP_HOST_MEMORY_TAG);
	return true;
}
