#include "lanparty/peer/resume.h"

#include <string.h>

#include "lanparty/base/wipe.h"
#include "lanparty/quic/crypto.h"

bool lp_resume_tag(const uint8_t room_key[LP_ROOM_KEY_SIZE], const void *machine, size_t len,
	uint8_t ret_tag[LP_RESUME_TAG])
{
	uint8_t secret[LP_ROOM_KEY_SIZE + LP_RESUME_MACHINE] = {0}, hash[32];
	memcpy(secret, room_key, LP_ROOM_KEY_SIZE);
	memcpy(secret + LP_ROOM_KEY_SIZE, machine,
		len < LP_RESUME_MACHINE ? len : LP_RESUME_MACHINE);
	bool good = lp_derive(secret, sizeof(secret), "lanparty/1 resume tag", hash);
	lp_zero(secret, sizeof(secret));
	if (good)
		memcpy(ret_tag, hash, LP_RESUME_TAG);
	return good;
}
