/* room_list.h - the rooms that an operator permits, with limits of their own (row H3).
 *
 * Knows room keys, and no codes. Reads no file. */
#ifndef LANPARTY_ROOM_LIST_H
#define LANPARTY_ROOM_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/wire/control.h"

#define LP_ROOM_LIST_MAX 4096

struct lp_room_terms {
	uint8_t key[LP_ROOM_KEY_SIZE];
	size_t max_clients; /* 0: as in other rooms */
	bool has_rate;      /* else as in other rooms */
	uint64_t rate;      /* bytes per second from one client; 0: no limit */
};

struct lp_room_list {
	bool open; /* rooms that are not in the list can be opened, too */
	/* Whoever knows it can open any room; has_token false: nobody can. */
	bool has_token;
	uint8_t token[LP_ROOM_KEY_SIZE];
	size_t count; /* up to LP_ROOM_LIST_MAX */
	struct lp_room_terms *rooms;
};

/* A list of count rooms, which the caller fills. NULL: out of memory. */
struct lp_room_list *lp_room_list_new(size_t count);
struct lp_room_list *lp_room_list_copy(const struct lp_room_list *list);
/* Wipes the keys. NULL: nothing happens. */
void lp_room_list_free(struct lp_room_list *list);

/* The room's terms; NULL: it is not in the list. Takes as long for each key. */
const struct lp_room_terms *lp_room_list_find(
	const struct lp_room_list *list, const uint8_t key[LP_ROOM_KEY_SIZE]);
/* Whether a member with this token, zero for none, can open a room with these terms. */
bool lp_room_list_opens(const struct lp_room_list *list, const struct lp_room_terms *terms,
	const uint8_t token[LP_ROOM_KEY_SIZE]);

#endif
