/* resume_file.h - the resume token of a membership, kept from run to run: a program that was killed continues
 * the membership of its last run (rows K1, K2). */
#ifndef LANPARTY_PEER_RESUME_FILE_H
#define LANPARTY_PEER_RESUME_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/peer/resume.h"

struct lp_resume_file {
	int fd; /* -1: nothing is kept */
	uint8_t tag[LP_RESUME_TAG];
};

/* Opens the file NAME.resume of the state folder, which it makes when it is missing, and reads the token
 * of the room in it. ret_token: zero when there is none of this room, written on this computer. Call it
 * while the program can still write there. False: the room's key cannot be hashed. A file that cannot be
 * used is logged, and nothing is kept. */
bool lp_resume_file_open(struct lp_resume_file *r, const char *name,
	const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_token[LP_TOKEN_SIZE]);
/* Keeps the token of the membership that has begun. */
void lp_resume_file_keep(struct lp_resume_file *r, const uint8_t token[LP_TOKEN_SIZE]);
/* The room was left: nothing can be continued. */
void lp_resume_file_forget(struct lp_resume_file *r);
void lp_resume_file_close(struct lp_resume_file *r);

/* lp_resume_member for this computer's machine-id(5). */
void lp_resume_member_id(const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_id[LP_MEMBER_ID]);

#endif
