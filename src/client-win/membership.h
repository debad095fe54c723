/* membership.h - the resume token of the last membership, in HKEY_CURRENT_USER\\Software\\lanparty: a client
 * that was killed continues it (rows K1, K2; resume.h). */
#ifndef LANPARTY_CLIENT_MEMBERSHIP_H
#define LANPARTY_CLIENT_MEMBERSHIP_H

#include <stdint.h>

#include "lanparty/peer/entry_memory.h"
#include "lanparty/peer/resume.h"

/* All of them log what fails. */

/* The token of this room; zero when none is stored. */
void membership_load(const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_token[LP_TOKEN_SIZE]);
/* Stores the token of the membership that has begun. */
void membership_keep(const uint8_t room_key[LP_ROOM_KEY_SIZE], const uint8_t token[LP_TOKEN_SIZE]);
/* The room was left. */
void membership_forget(void);

/* lp_resume_member for this installation of Windows. */
void membership_id(const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_id[LP_MEMBER_ID]);
/* The fingerprint of the room's host key (row N4), which outlives the membership; zero: none is kept. At most
 * LP_HOST_MEMORY_ROOMS rooms have one; one more replaces one of them. So it is with the addresses below. */
void membership_load_host(
	const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_host[LP_HOST_PRINT]);
void membership_keep_host(
	const uint8_t room_key[LP_ROOM_KEY_SIZE], const uint8_t host[LP_HOST_PRINT]);

/* The address of the relay that worked last (row W1), for these endpoints; len 0: none is kept. */
void membership_load_way(const struct lp_peer_options *options, struct lp_entry *ret_entry);
void membership_keep_way(const struct lp_peer_options *options, const struct lp_entry *entry);

#endif
