/* overlay.h - the header in front of a frame in a QUIC DATAGRAM, and frames in two halves.
 *
 *   0        1        2        4        8         (10)           (12)
 *   version  flags    peer id  room id  [frame id [frame length]]  bytes of the frame
 *   <<4|type 0        u16      u32      u16       u16
 *
 * Big endian. Type 0 is a whole frame. Types 1 and 2 are the first and the second half of a frame
 * that does not fit one datagram: the first has (length + 1) / 2 bytes, the second the rest, so
 * that 1514 bytes always fit QUIC's smallest datagrams. Type 3 is a whole frame with an id, which may
 * be sent again when its packet is lost: between peers that both have the capability, the receiver
 * takes each id once (struct lp_seen), whatever type it comes as. */
#ifndef LANPARTY_WIRE_OVERLAY_H
#define LANPARTY_WIRE_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/packet/eth.h"
#include "lanparty/path/frame.h"
#include "lanparty/base/time.h"
#include "lanparty/packet/verdict.h"

#define LP_OVERLAY_VERSION       1
#define LP_OVERLAY_HEADER        8
#define LP_OVERLAY_HALF_HEAD     12
#define LP_OVERLAY_NUMBERED_HEAD 10
/* The least that a DATAGRAM must hold for every frame to fit in two halves. */
#define LP_DATAGRAM_MIN (LP_OVERLAY_HALF_HEAD + (LP_ETH_FRAME_MAX + 1) / 2)
/* A whole frame of the largest size. */
#define LP_DATAGRAM_MAX (LP_OVERLAY_HEADER + LP_ETH_FRAME_MAX)

enum lp_overlay_type {
	LP_OVERLAY_WHOLE = 0,
	LP_OVERLAY_FIRST = 1,
	LP_OVERLAY_SECOND = 2,
	LP_OVERLAY_NUMBERED = 3,
};

struct lp_overlay {
	enum lp_overlay_type type;
	uint16_t peer;
	uint32_t room;
	uint16_t frame_id;    /* not with LP_OVERLAY_WHOLE */
	uint16_t frame_len;   /* halves only: of the whole frame */
	const uint8_t *bytes; /* of the frame or the half, within the datagram */
	size_t len;
};

/* LP_DROP_NONE, LP_DROP_OVERLAY (short, another version, flags set, a half that has not the length
 * it must have, a frame length over LP_ETH_FRAME_MAX or too short for halves) or
 * LP_DROP_WRONG_TYPE. */
enum lp_drop lp_overlay_decode(const uint8_t *datagram, size_t len, struct lp_overlay *ret_overlay);

/* Writes the header alone; returns its length. */
size_t lp_overlay_encode(const struct lp_overlay *overlay, uint8_t header[LP_OVERLAY_HALF_HEAD]);

/* Which ids have come of late: a window that moves on with the newest (as RFC 4303, section 3.4.3). */
#define LP_SEEN_IDS 4096 /* a power of two, far below 65,536 */
struct lp_seen {
	uint64_t bits[LP_SEEN_IDS / 64];
	uint16_t newest;
	bool any;
};
/* True the first time; false when it has been here, or is too old to tell. Zero-initialise. */
bool lp_seen_first(struct lp_seen *s, uint16_t id);
/* The same without remembering it. */
bool lp_seen_before(const struct lp_seen *s, uint16_t id);

/* Frames of which one half is here. Bounded; the oldest gives way, and LP_HALVES_TTL ends all. */
#define LP_HALVES_SLOTS 8
#define LP_HALVES_TTL   (500 * LP_MILLISECOND)

struct lp_half {
	struct lp_frame *frame; /* NULL: free */
	uint16_t peer, frame_id;
	enum lp_overlay_type have;
	lp_time until;
};

struct lp_halves {
	struct lp_half slots[LP_HALVES_SLOTS];
};

/* Takes one half (type FIRST or SECOND). Gives the whole frame when both are here: the caller drops
 * it with lp_frame_drop. NULL when the other half is missing, the same half came twice (the first
 * one counts), the halves disagree on the length, or the pool is empty. Zero-initialise first. */
struct lp_frame *lp_halves_add(
	struct lp_halves *h, struct lp_pool *pool, const struct lp_overlay *half, lp_time now);
/* Gives back those whose time is over, for peers that send no more. */
void lp_halves_expire(struct lp_halves *h, struct lp_pool *pool, lp_time now);
/* Gives all frames back. */
void lp_halves_clear(struct lp_halves *h, struct lp_pool *pool);

#endif
