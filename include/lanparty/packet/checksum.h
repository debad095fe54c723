/* checksum.h - the Internet checksum (RFC 1071) of IPv4, UDP and TCP.
 *
 * Writes checksums; it never verifies one, and it never parses a packet. */
#ifndef LANPARTY_PACKET_CHECKSUM_H
#define LANPARTY_PACKET_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Returns the complement of the ones' complement sum of len bytes. An odd last byte is padded with a
 * zero. `before` is a sum that is added first, such as that of a pseudo header; 0 for none. */
uint16_t lp_checksum(const uint8_t *bytes, size_t len, uint64_t before);

/* Writes the header checksum of an IPv4 header. len is the header's length with options, in bytes. */
void lp_checksum_ipv4(uint8_t *ip, size_t len);

/* Returns the checksum of a UDP packet or TCP segment: len bytes, and the pseudo header of RFC 768,
 * RFC 9293 section 3.1 or RFC 8200 section 8.1. `ip` is the IPv4 or IPv6 header of the packet. The
 * checksum field in `bytes` must be zero.
 * The result is never 0, because 0 in UDP means that there is no checksum. An IPv6 packet must not
 * have a routing header, because then the header does not hold the final destination. */
uint16_t lp_checksum_transport(
	const uint8_t *ip, uint8_t protocol, const uint8_t *bytes, size_t len);

#endif
