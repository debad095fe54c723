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
 * takes each id once (struct lp_replay), whatever type it comes as. */
#ifndef LANPARTY_WIRE_OVERLAY_H
#define LANPARTY_WIRE_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/packet/eth.h"
#include "lanparty/packet/verdict.h"

#define LP_OVERLAY_VERSION         1
#define LP_OVERLAY_HEADER          8
#define LP_OVERLAY_FRAGMENT_HEADER 12
#define LP_OVERLAY_NUMBERED_HEADER 10
/* The least that a DATAGRAM must hold for every frame to fit in two halves. */
#define LP_DATAGRAM_MIN (LP_OVERLAY_FRAGMENT_HEADER + (LP_ETH_FRAME_MAX + 1) / 2)
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

/* Bytes of a frame of frame_len bytes that its fragment of this type (FIRST or SECOND) holds. */
size_t lp_overlay_fragment_len(enum lp_overlay_type type, size_t frame_len);

/* Writes the header alone; returns its length. */
size_t lp_overlay_encode(
	const struct lp_overlay *overlay, uint8_t header[LP_OVERLAY_FRAGMENT_HEADER]);

#endif
