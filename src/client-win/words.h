/* words.h - what a player reads: a sentence or two for everything that can happen to a stay in a
 * room: what it is, and what to do about it. No option's name, no jargon, never a room code. */
#ifndef LANPARTY_CLIENT_WORDS_H
#define LANPARTY_CLIENT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/wire/code.h"
#include "session.h"

#define WORDS_MAX     700               /* bytes of sentences with their end */
#define WORDS_RELAY   (LP_HOST_MAX + 9) /* "[" "]" ":65535" and the end */
#define WORDS_ADDRESS 48

/* What an event does not say itself. */
struct words_about {
	const struct lp_host *relay;
	bool pinned; /* the invite said by which certificate the relay is known */
};

/* All return text. */

/* As people write it: the port only when it is not the usual one. */
const char *words_relay(const struct lp_host *relay, char text[WORDS_RELAY]);
/* Of "192.168.77.101/24": the length of a network's prefix says nothing to a player. */
const char *words_address(const char *given, char text[WORDS_ADDRESS]);
/* What has happened, for the log and for the status. "" when it is nothing to be told. */
const char *words_event(
	const struct session_event *event, const struct words_about *about, char text[WORDS_MAX]);
/* How a room is that one is in. others: players beside oneself. */
const char *words_room(size_t others, bool gateway, char text[WORDS_MAX]);
/* A number of bytes: "0 B", "999 B", "1.0 kB", "12 MB". */
const char *words_bytes(double bytes, char text[24]);

#endif
