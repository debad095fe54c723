#include "lanparty/packet/checksum.h"

#include "lanparty/base/bytes.h"
#include "lanparty/packet/headers.h"

static uint64_t sum(const uint8_t *bytes, size_t len, uint64_t before)
{
	for (; len >= 2; bytes += 2, len -= 2)
		before += lp_get16(bytes);
	return len > 0 ? before + (uint64_t)(*bytes << 8) : before;
}

uint16_t lp_checksum(const uint8_t *bytes, size_t len, uint64_t before)
{
	uint64_t total = sum(bytes, len, before);
	while (total > UINT16_MAX)
		total = (total & UINT16_MAX) + (total >> 16);
	return (uint16_t)~total;
}

void lp_checksum_ipv4(uint8_t *ip, size_t len)
{
	lp_put16(ip + LP_IPV4_CHECKSUM, 0);
	lp_put16(ip + LP_IPV4_CHECKSUM, lp_checksum(ip, len, 0));
}

uint16_t lp_checksum_transport(
	const uint8_t *ip, uint8_t protocol, const uint8_t *bytes, size_t len)
{
	/* source and destination, one behind the other */
	uint64_t pseudo = ip[0] >> 4 == 4
				  ? sum(ip + LP_IPV4_SOURCE, (size_t)2 * LP_IPV4_ADDRESS, protocol)
				  : sum(ip + LP_IPV6_SOURCE, (size_t)2 * LP_IPV6_ADDRESS, protocol);
	uint16_t v = lp_checksum(bytes, len, pseudo + len);
	return v == 0 ? UINT16_MAX : v;
}
