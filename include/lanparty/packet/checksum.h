/* checksum.h - the Internet checksum (RFC 1071), and big-endian fields at their places. */
#ifndef LANPARTY_PACKET_CHECKSUM_H
#define LANPARTY_PACKET_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LP_IP_TCP 6
#define LP_IP_UDP 17

static inline uint16_t lp_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline void lp_put16(uint8_t *at, size_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static inline uint32_t lp_get32(const uint8_t *at)
{
	return (uint32_t)lp_get16(at) << 16 | lp_get16(at + 2);
}

static inline void lp_put32(uint8_t *at, uint32_t v)
{
	lp_put16(at, v >> 16);
	lp_put16(at + 2, v & 0xffff);
}

/* The complement of the sum of len bytes and of what was summed before (0 to begin with). */
uint16_t lp_checksum(const uint8_t *bytes, size_t len, uint64_t before);

/* Writes the header checksum of the IPv4 header of len bytes. */
void lp_checksum_ipv4(uint8_t *ip, size_t len);

/* The checksum of len bytes of UDP or TCP behind the IP header of either version (no IPv6 routing
 * header), whose checksum field has been set to zero; never 0, which means none in UDP. */
uint16_t lp_checksum_transport(
	const uint8_t *ip, uint8_t protocol, const uint8_t *bytes, size_t len);

#endif
