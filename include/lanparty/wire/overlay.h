/* overlay.h - the header of a frame in a QUIC DATAGRAM, and how a frame is split into two
 * fragments.
 *
 *   0        1        2        4        8         (10)           (12)
 *   version  flags    peer id  room id  [frame id [frame length]]  bytes of the frame
 *   <<4|type 0        u16      u32      u16       u16
 *
 * Integers are big-endian. Type 0 is a complete frame. Types 1 and 2 are the first and the second
 * fragment of a frame that does not fit one datagram: the first has (length + 1) / 2 bytes, the
 * second the rest, so that 1514 bytes always fit QUIC's smallest datagrams. Type 3 is a complete
 * frame with an id. It can be retransmitted when its packet is lost, if both sides have the
 * capability. The receiver accepts each id once (struct lp_replay), whichever type it arrives
 * as. */
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
/* The smallest DATAGRAM payload with which every frame fits into two fragments. */
#define LP_DATAGRAM_MIN (LP_OVERLAY_FRAGMENT_HEADER + (LP_ETH_FRAME_MAX + 1) / 2)
/* A complete frame of the largest size. */
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
	uint16_t frame_len;   /* fragments only: length of the complete frame */
	const uint8_t *bytes; /* of the frame or the fragment, within the datagram */
	size_t len;
};

/* Decodes a datagram. LP_DROP_WRONG_TYPE: unknown type. LP_DROP_OVERLAY: too short, another
 * version, flags set, a fragment of the wrong length, or a frame length above LP_ETH_FRAME_MAX or
 * too small to be fragmented. */
enum lp_drop lp_overlay_decode(const uint8_t *datagram, size_t len, struct lp_overlay *ret_overlay);

/* Bytes that the fragment of this type (FIRST or SECOND) holds of a frame of frame_len bytes. */
size_t lp_overlay_fragment_len(enum lp_overlay_type type, size_t frame_len);

/* Writes the header without the frame's bytes. Returns the header's length. */
size_t lp_overlay_encode(
	const struct lp_overlay *overlay, uint8_t header[LP_OVERLAY_FRAGMENT_HEADER]);

#endif
