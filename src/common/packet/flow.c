#include "lanparty/packet/flow.h"

#include <string.h>

#include "lanparty/packet/eth.h"

#define IPV4_MIN        20
#define IPV4_FRAGMENT   6
#define IPV4_FRAGMENTED 0x3fff /* more fragments, and the offset */
#define IPV4_PROTOCOL   9
#define IPV4_SOURCE     12
#define IPV6_HEADER     40
#define IPV6_NEXT       6
#define IPV6_SOURCE     8
#define PORTS           4 /* both, where TCP and UDP have them */
#define TCP             6
#define UDP             17

static unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* FNV-1a, eight bytes at a time, and a last mixing (MurmurHash3's) for the low bits. */
static uint64_t add(uint64_t hash, const uint8_t *bytes, size_t len)
{
	uint64_t word = 0;
	memcpy(&word, bytes, len);
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

static uint32_t finish(uint64_t hash)
{
	hash ^= hash >> 33;
	hash *= UINT64_C(0xff51afd7ed558ccd);
	hash ^= hash >> 33;
	return (uint32_t)hash;
}

struct lp_flow_key lp_flow_of(const uint8_t *frame, size_t len, uint64_t salt)
{
	struct lp_flow_key key = {0};
	if (len < LP_ETH_HEADER)
		return key;
	/* Two bytes twice: eight are read at once. */
	uint64_t hash = add(add(salt, frame, 8), frame + LP_ETH_HEADER - 8, 8);
	const uint8_t *ip = frame + LP_ETH_HEADER;
	size_t left = len - LP_ETH_HEADER, header = 0;
	unsigned type = get16(frame + LP_ETH_HEADER - 2);
	unsigned protocol = 0;
	bool fragment = false;
	if (type == LP_ETHERTYPE_IPV4 && left >= IPV4_MIN) {
		header = (size_t)(ip[0] & 15) * 4;
		protocol = ip[IPV4_PROTOCOL];
		fragment = (get16(ip + IPV4_FRAGMENT) & IPV4_FRAGMENTED) != 0;
		hash = add(hash, ip + IPV4_SOURCE, IPV4_MIN - IPV4_SOURCE);
	} else if (type == LP_ETHERTYPE_IPV6 && left >= IPV6_HEADER) {
		header = IPV6_HEADER;
		protocol = ip[IPV6_NEXT];
		for (size_t at = IPV6_SOURCE; at < IPV6_HEADER; at += 8)
			hash = add(hash, ip + at, 8);
	}
	if ((protocol == TCP || protocol == UDP) && !fragment && left >= header + PORTS) {
		hash = add(hash, ip + header, PORTS);
		key.tcp = protocol == TCP;
	}
	key.hash = finish(hash + protocol);
	return key;
}
