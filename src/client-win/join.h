/* join.h - turns what a player typed into the options of a session, or into a message that says
 * what is missing. It sends nothing and wipes room codes. */
#ifndef LANPARTY_CLIENT_JOIN_H
#define LANPARTY_CLIENT_JOIN_H

#include <stdbool.h>

#include "lanparty/peer/peer_options.h"

#define JOIN_TYPED                                                                                 \
	(LP_INVITE_TEXT + 256) /* bytes of typed text with its NUL, white space included */
#define JOIN_SENTENCE 400

/* The hint while the player types: which relay the text is for, or what to type. known->relay.name
 * is "" when no relay is known. again: empty text means the room that was left. */
void join_hint(const char *typed, const struct lp_peer_options *known, bool again,
	char sentence[JOIN_SENTENCE]);

/* Makes the options of a session. An invite replaces the known relay; a room code is for the known
 * relay. name is the player's; "" means the known one. True: *ret_options is complete, and the
 * caller wipes it with lp_zero. False: sentence says what is missing. */
bool join_options(const char *typed, const char *name, const struct lp_peer_options *known,
	struct lp_peer_options *ret_options, char sentence[JOIN_SENTENCE]);

/* True if typed is a complete invite. Text from outside, such as a link, must pass this check
 * before it is shown. */
bool join_is_invite(const char *typed);

#endif
