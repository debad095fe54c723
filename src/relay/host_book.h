/* host_book.h - the rooms that belong to a host key, and what is kept of them (row N4): a table, and its text.
 *
 * A room is named by an ID that is derived from its key, so that whoever reads the text can join no room. It
 * reads no file and no clock: the day, counted from 1970, is an argument. */
#ifndef LANPARTY_RELAY_HOST_BOOK_H
#define LANPARTY_RELAY_HOST_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/room/hosted.h"

#define HOST_BOOK_ROOMS 4096 /* at most */
#define HOST_BOOK_DAYS  90   /* a room that its host has not used for longer is forgotten */
#define HOST_BOOK_ID    32
/* Bytes of the longest text: a line for each room, each ban, and each member of a locked room. */
#define HOST_BOOK_TEXT (256 + HOST_BOOK_ROOMS * (256 + 128 * (LP_HOSTED_BANS + LP_HOSTED_MEMBERS)))

struct host_entry {
	uint8_t id[HOST_BOOK_ID];
	uint32_t day; /* of its last use */
	struct lp_hosted hosted;
};

struct host_book {
	struct host_entry **list; /* sorted by ID */
	size_t count;
};

void host_book_clear(struct host_book *book);
/* The ID of the room with this key. False without memory. */
bool host_book_id(const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_id[HOST_BOOK_ID]);
/* NULL: the room belongs to nobody. */
const struct host_entry *host_book_find(
	const struct host_book *book, const uint8_t id[HOST_BOOK_ID]);
/* Keeps this of the room, with the day of its use. In a full book the room that was unused for longest gives
 * way, unless it was used today. True: kept; *ret_changed says whether the text is another one now. */
bool host_book_keep(struct host_book *book, const uint8_t id[HOST_BOOK_ID],
	const struct lp_hosted *hosted, uint32_t day, bool *ret_changed);

/* Writes the book as text, which the caller frees, and its length. NULL without memory. */
char *host_book_write(const struct host_book *book, size_t *ret_len);
/* Fills an empty book from a text with a NUL at its end, without the rooms that are forgotten by that day.
 * Returns 0; or the number of the first line that is wrong, or of the last one when memory is missing. The
 * caller clears the book. */
size_t host_book_read(struct host_book *book, const char *text, uint32_t day);

#endif
