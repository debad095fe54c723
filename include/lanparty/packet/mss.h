/* mss.h - TCP's maximum segment size, lowered in the SYNs that pass, so that bulk segments fit one
 * datagram and need no halves (RFC 9293, section 3.7.1). Both ends believe what they hear, so it works
 * both ways when both directions are clamped. */
#ifndef LANPARTY_PACKET_MSS_H
#define LANPARTY_PACKET_MSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Never lowered below what every host must take anyway. */
#define LP_MSS_MIN_IPV4 536  /* RFC 9293, section 3.7.1 */
#define LP_MSS_MIN_IPV6 1220 /* the least MTU of IPv6 less headers: RFC 8200, section 5 */

/* Is this a TCP SYN over IPv4, or over IPv6 without extension headers, and no fragment? Its segment size
 * could be lowered. */
bool lp_mss_is_syn(const uint8_t *frame, size_t len);
/* Lowers it in place so that Ethernet frames of the connection have at most frame_max bytes, and
 * corrects the checksum (RFC 1624). Returns whether it was changed. Any bytes are safe. */
bool lp_mss_clamp(uint8_t *frame, size_t len, size_t frame_max);

#endif
