/* join.h - from what a player typed to everything that a session needs, or to a sentence that says
 * what is missing. Nothing is sent, and codes are wiped. */
#ifndef LANPARTY_CLIENT_JOIN_H
#define LANPARTY_CLIENT_JOIN_H

#include <stdbool.h>

#include "lanparty/peer/peer_options.h"

#define JOIN_TYPED                                                                                 \
	(LP_INVITE_TEXT + 256) /* bytes of what is typed, with its end: white space too */
#define JOIN_SENTENCE 400

/* While it is typed: which relay it is for, or what is to be typed. known->relay.name: "" when no
 * relay is known. again: nothing typed means the room that was left. */
void join_hint(const char *typed, const struct lp_peer_options *known, bool again,
	char sentence[JOIN_SENTENCE]);

/* An invite replaces what is known of the relay; a code is for the known relay. name: "" for the
 * known one. *ret_options, complete, is wiped by the caller (lp_zero). False: sentence. */
bool join_options(const char *typed, const char *name, const struct lp_peer_options *known,
	struct lp_peer_options *ret_options, char sentence[JOIN_SENTENCE]);

/* Is it a whole invite? What comes from outside (a link) is asked so before it is shown. */
bool join_is_invite(const char *typed);

#endif
