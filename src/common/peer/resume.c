#include "lanparty/peer/resume.h"

#include <string.h>

#include "lanparty/base/wipe.h"
#include "lanparty/quic/crypto.h"

static bool derive(const uint8_t room_key[LP_ROOM_KEY_SIZE], const void *machine, size_t len,
	const char *label, uint8_t ret_hash[32])
{
	uint8_t secret[LP_ROOM_KEY_SIZE + LP_RESUME_MACHINE] = {0};
	memcpy(secret, room_key, LP_ROOM_KEY_SIZE);
	memcpy(secret + LP_ROOM_KEY_SIZE, machine,
		len < LP_RESUME_MACHINE ? len : LP_RESUME_MACHINE);
	bool good = lp_derive(secret, sizeof(secret), label, ret_hash);
	lp_zero(secret, sizeof(secret));
	return good;
}

bool lp_resume_tag(const uint8_t room_key[LP_ROOM_KEY_SIZE], const void *machine, size_t len,
	uint8_t ret_tag[LP_RESUME_TAG])
{
	uint8_t hash[32];
	bool good = derive(room_key, machine, len, "lanparty/1 resume tag", hash);
	if (good)
		memcpy(ret_tag, hash, LP_RESUME_TAG);
	return good;
}

void lp_resume_member(const uint8_t room_key[LP_ROOM_KEY_SIZE], const void *machine, size_t len,
	uint8_t ret_id[LP_MEMBER_ID])
{
	uint8_t hash[32];
	bool good = len > 0 && derive(room_key, machine, len, "lanparty/1 member", hash);
	memset(ret_id, 0, LP_MEMBER_ID);
	if (good)
		memcpy(ret_id, hash, LP_MEMBER_ID);
}
