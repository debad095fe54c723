/* room_unit.h - shared by the tests of the room registry. */
#ifndef LANPARTY_TESTS_ROOM_UNIT_H
#define LANPARTY_TESTS_ROOM_UNIT_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "frames.h"
#include "lanparty/wire/overlay.h"
#include "lanparty/room/room.h"

#define PATH 1400 /* bytes of a datagram that the connections in these tests carry */

struct lp_rooms *rooms_with(size_t max_clients, size_t max_rooms);

struct lp_hello hello_of(enum lp_role role, unsigned player, uint8_t room);

struct outcome {
	struct lp_member *member; /* or who has the place */
	struct lp_member *gave_way;
	bool resumed;
	int reject; /* -1: joined */
};

/* From elsewhere, where it is in four networks with this number. */
struct outcome join_from(struct lp_rooms *rooms, const struct lp_hello *hello, uint32_t source,
	uint8_t token, lp_time now);

/* From this computer, as those below. */
struct outcome join_with(struct lp_rooms *rooms, const struct lp_hello *hello, size_t path,
	uint8_t token, lp_time now);

struct outcome join(struct lp_rooms *rooms, const struct lp_hello *hello);

struct lp_member *must_join(struct lp_rooms *rooms, const struct lp_hello *hello);

struct lp_member *client(struct lp_rooms *rooms, unsigned player);

struct lp_member *gateway(struct lp_rooms *rooms);

#endif
