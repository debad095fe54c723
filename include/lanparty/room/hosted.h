/* hosted.h - what the relay keeps of a room that belongs to a host key (row N4), also while nobody is in it.
 *
 * The program has the book; the core asks it and writes into it. */
#ifndef LANPARTY_ROOM_HOSTED_H
#define LANPARTY_ROOM_HOSTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/wire/control.h"

#define LP_HOSTED_BANS    16
#define LP_HOSTED_MEMBERS 64 /* who can come back into a locked room */
#define LP_HOSTED_ADDRESS                                                                          \
	16 /* bytes: an IPv6 /64, or an IPv4 address as ::ffff:a.b.c.d; zero: none */

/* How a computer is known again. */
struct lp_hosted_member {
	struct lp_mac mac;
	uint8_t id[LP_MEMBER_ID];           /* zero: it has told none */
	uint8_t address[LP_HOSTED_ADDRESS]; /* of bans */
	char name[LP_NAME_MAX + 1];         /* of bans */
};

/* key and print zero: the room has no host. */
struct lp_hosted {
	uint8_t key[LP_HOST_KEY_SIZE]; /* the public half */
	uint8_t print[LP_HOST_PRINT];  /* its fingerprint */
	bool locked, isolated;
	struct lp_hosted_member bans[LP_HOSTED_BANS];
	size_t ban_count;
	struct lp_hosted_member members[LP_HOSTED_MEMBERS]; /* with locked: mac and id */
	size_t member_count;
};

struct lp_host_book {
	/* What is kept of the room with this key; zero: nothing. False: memory is missing, so that is not
	 * known. */
	bool (*find)(void *context, const uint8_t room_key[LP_ROOM_KEY_SIZE],
		struct lp_hosted *ret_hosted);
	/* The room was used by its host now. Keeps what is given, in place of what was kept. False: there is
	 * no space for one more room. */
	bool (*keep)(void *context, const uint8_t room_key[LP_ROOM_KEY_SIZE],
		const struct lp_hosted *hosted);
	void *context;
};

#endif
