/* mss.h - lowers TCP's maximum segment size (MSS) in SYN segments that pass, so that each full segment
 * fits one QUIC DATAGRAM and its frame is not split into fragments (RFC 9293, section 3.7.1).
 *
 * Each end of a TCP connection obeys the MSS that it receives, so both directions are clamped. The clamp
 * changes no other field than the MSS and TCP's checksum. */
#ifndef LANPARTY_PACKET_MSS_H
#define LANPARTY_PACKET_MSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/packet/view.h"

/* The MSS is never set below what every host must accept, bytes. */
#define LP_MSS_MIN_IPV4 536  /* RFC 9293, section 3.7.1 */
#define LP_MSS_MIN_IPV6 1220 /* the smallest IPv6 MTU without both headers: RFC 8200, section 5 */

/* True for a whole TCP SYN over IPv4, or over IPv6 without extension headers: lp_mss_clamp could change
 * the frame. */
bool lp_mss_is_syn(const struct lp_view *view);

/* Lowers the MSS of a SYN in place, so that Ethernet frames of the connection have at most frame_max
 * bytes, and updates the checksum (RFC 1624). `frame` is the frame that `view` was made of, or a copy of
 * it. Returns true when the frame was changed. Any bytes are safe. */
bool lp_mss_clamp(uint8_t *frame, const struct lp_view *view, size_t frame_max);

#endif
