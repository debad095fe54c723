/* llc.h - what old games send instead of IP: IPX in its four kinds of frames, and NetBEUI.
 *
 * A frame with a length in place of the ethertype is one of IEEE 802.3. What is in it says IEEE 802.2 (LLC),
 * with or without SNAP (RFC 1042), or, before that standard, nothing: Novell's "raw" IPX. Spanning tree, CDP,
 * IS-IS and IP in SNAP are such frames too, and are none of these. The filter alone looks into such frames. */
#ifndef LANPARTY_PACKET_LLC_H
#define LANPARTY_PACKET_LLC_H

#include <stdbool.h>

#include "lanparty/packet/view.h"

#define LP_ETHERTYPE_IPX 0x8137

enum lp_old_protocol {
	LP_OLD_NONE,
	LP_OLD_IPX,      /* in an Ethernet II frame */
	LP_OLD_IPX_8023, /* IEEE 802.3: raw, LLC or SNAP */
	LP_OLD_NETBEUI,  /* IEEE 802.3: LLC */
	LP_OLD_COUNT
};

/* Which of these the frame is, whole and with lengths that fit. */
enum lp_old_protocol lp_old_protocol_of(const struct lp_view *view);

#endif
