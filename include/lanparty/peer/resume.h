/* resume.h - what a program keeps of its membership, so that its next run can continue it (rows K1, K2). */
#ifndef LANPARTY_PEER_RESUME_H
#define LANPARTY_PEER_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/wire/control.h"

#define LP_RESUME_TAG     8
#define LP_RESUME_MACHINE 64 /* bytes of a computer's own id that count, at most */

/* As it is stored, with the rights of a private key: whoever reads it can take the member's place, if they
 * also have the room's code. */
struct lp_resume_record {
	uint8_t tag[LP_RESUME_TAG];
	uint8_t token[LP_TOKEN_SIZE];
};

/* A tag of the room and the computer: another room's record, or a cloned computer's, is not used. False
 * without memory. */
bool lp_resume_tag(const uint8_t room_key[LP_ROOM_KEY_SIZE], const void *machine, size_t len,
	uint8_t ret_tag[LP_RESUME_TAG]);
/* By what a host's ban knows this computer in this room again; zero when the computer has no ID of its own
 * (len 0), or without memory. */
void lp_resume_member(const uint8_t room_key[LP_ROOM_KEY_SIZE], const void *machine, size_t len,
	uint8_t ret_id[LP_MEMBER_ID]);

#endif
