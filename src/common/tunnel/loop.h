/* loop.h - detects a second connection between the room and its LAN, such as a bridge of the frame port with
 * a cable into that LAN. Through it, each group frame of the LAN would circulate without end.
 *
 * A computer with such a connection gets each group frame twice: from the room, and at its frame port. The
 * second copy reveals the loop. It never allocates and reads no clock. */
#ifndef LANPARTY_TUNNEL_LOOP_H
#define LANPARTY_TUNNEL_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/siphash.h"
#include "lanparty/base/time.h"

#define LP_LOOP_FRAMES 256
#define LP_LOOP_WINDOW (2 * LP_SECOND) /* between the two copies of a frame */
/* A station of the LAN has a member's MAC: so many frames in a row, over so long, that the member did not
 * send. One frame of a bridged member can be lost on the way through the room. */
#define LP_LOOP_TWINS     3
#define LP_LOOP_TWIN_TIME LP_SECOND
#define LP_LOOP_REST      (10 * LP_SECOND) /* after the last pair the loop counts as gone */
/* Copies of one group frame per second that a gateway takes from its LAN. No program sends as many; a loop
 * through a client that does not look for it gives thousands. */
#define LP_LOOP_COPIES 64

struct lp_loop_frame {
	uint64_t hash;
	lp_time at; /* of the first copy */
	unsigned copies;
};

enum lp_loop_way { LP_LOOP_ROOM, LP_LOOP_PORT };

struct lp_loop {
	struct lp_loop_frame frames[2][LP_LOOP_FRAMES]; /* by lp_loop_way */
};

/* Notes a frame. True: the same frame arrived from the other side within LP_LOOP_WINDOW. */
bool lp_loop_note(struct lp_loop *l, enum lp_loop_way way, uint64_t hash, lp_time now);
/* Notes a group frame that came from a gateway's LAN. True: it is one of too many copies. */
bool lp_loop_is_storm(struct lp_loop *l, uint64_t hash, lp_time now);
/* The hash that stands for a frame. */
uint64_t lp_loop_hash(const struct lp_siphash_key *key, const uint8_t *frame, size_t len);

#endif
