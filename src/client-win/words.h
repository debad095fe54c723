/* words.h - the sentences that a player reads: for each event of a stay what it is and what to do.
 * They contain no option names, no jargon and never a room code. */
#ifndef LANPARTY_CLIENT_WORDS_H
#define LANPARTY_CLIENT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/wire/code.h"
#include "session.h"

#define WORDS_MAX     700               /* bytes of sentences with their NUL */
#define WORDS_RELAY   (LP_HOST_MAX + 9) /* "[" "]" ":65535" and NUL */
#define WORDS_ADDRESS 48

/* All functions return text. */

/* The relay as people write it: with the port only when it is not the default. */
const char *words_relay(const struct lp_host *relay, char text[WORDS_RELAY]);
/* "192.168.77.101" of "192.168.77.101/24": the prefix length tells a player nothing. */
const char *words_address(const char *given, char text[WORDS_ADDRESS]);
/* The sentence for the log and the status. "": nothing to report. relay: the one that the stay is at. */
const char *words_event(
	const struct session_event *event, const struct lp_host *relay, char text[WORDS_MAX]);
/* The status of a joined room. others: number of players beside this one. */
const char *words_room(size_t others, bool gateway, char text[WORDS_MAX]);
/* Writes a number of bytes: "0 B", "999 B", "1.0 kB", "12 MB". */
const char *words_bytes(double bytes, char text[24]);

#endif
