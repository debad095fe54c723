#include "lanparty/base/source.h"

#include <string.h>

#define IPV6_BITS 128
#define IPV4_BITS 32

static const struct {
	unsigned ipv4, ipv6;
} bits[LP_SOURCE_LEVELS] = {
#define LP_SOURCE_BITS(name, ipv4, ipv6) {ipv4, ipv6},
	LP_SOURCE_LIST(LP_SOURCE_BITS)
#undef LP_SOURCE_BITS
};

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

/* As an IPv6 address. */
static void bytes_of(const struct lp_address *address, uint8_t bytes[16])
{
	if (address->sa.sa_family == AF_INET) {
		memcpy(bytes, mapped, sizeof(mapped));
		memcpy(bytes + sizeof(mapped), &address->in.sin_addr, 4);
	} else {
		memcpy(bytes, &address->in6.sin6_addr, 16);
	}
}

static bool is_ipv4(const uint8_t bytes[16])
{
	return memcmp(bytes, mapped, sizeof(mapped)) == 0;
}

static bool is_loopback(const uint8_t bytes[16])
{
	static const uint8_t one[16] = {[15] = 1};
	return is_ipv4(bytes) ? bytes[12] == 127 : memcmp(bytes, one, 16) == 0;
}

void lp_source_of(
	const struct lp_path *path, const struct lp_siphash_key *key, struct lp_source *ret_source)
{
	uint8_t local[16], remote[16];
	bytes_of(&path->local, local);
	bytes_of(&path->remote, remote);
	ret_source->local = is_loopback(remote) || memcmp(local, remote, 16) == 0;
	for (size_t i = 0; i < LP_SOURCE_LEVELS; i++) {
		uint8_t prefix[17] = {0};
		unsigned kept =
			is_ipv4(remote) ? IPV6_BITS - IPV4_BITS + bits[i].ipv4 : bits[i].ipv6;
		memcpy(prefix, remote, kept / 8);
		prefix[16] = (uint8_t)kept; /* a network is not the one that it begins */
		ret_source->of[i] = (uint32_t)lp_siphash(key, prefix, sizeof(prefix));
	}
}
