/* prefix.h - a range of IP addresses, IPv4 and IPv6 alike.
 *
 * An IPv4 address is held as an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2), so that one
 * comparison serves both. It never formats text: edge/address.h does. */
#ifndef LANPARTY_BASE_PREFIX_H
#define LANPARTY_BASE_PREFIX_H

#include <stdbool.h>
#include <stdint.h>

#define LP_PREFIX_BYTES  16
#define LP_PREFIX_MAPPED 96 /* bits before an IPv4 address */
#define LP_PREFIX_HOST   (8 * LP_PREFIX_BYTES)

struct lp_prefix {
	uint8_t address[LP_PREFIX_BYTES]; /* any address of the range */
	uint8_t length; /* bits that its addresses share, LP_PREFIX_HOST at most */
};

/* address: host byte order. length: 0 to 32 bits. */
struct lp_prefix lp_prefix_ipv4(uint32_t address, unsigned length);
/* length: 0 to 128 bits. */
struct lp_prefix lp_prefix_ipv6(const uint8_t address[LP_PREFIX_BYTES], unsigned length);

/* The first address of the range, with the same length. */
struct lp_prefix lp_prefix_first(const struct lp_prefix *p);

bool lp_prefix_is_ipv4(const struct lp_prefix *p);
/* True when an address is in both. */
bool lp_prefix_overlaps(const struct lp_prefix *a, const struct lp_prefix *b);
/* True when both name the same address, whatever their lengths. */
bool lp_prefix_same_address(const struct lp_prefix *a, const struct lp_prefix *b);

#endif
