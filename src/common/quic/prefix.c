#include "prefix.h"

#include <stdlib.h>
#include <string.h>

#include "lanparty/quic/crypto.h"

bool lp_prefixes_init(struct lp_prefixes *prefixes, bool with_counts)
{
	memset(prefixes, 0, sizeof *prefixes);
	if (!lp_random(prefixes->key, sizeof prefixes->key))
		return false;
	if (!with_counts)
		return true;
	prefixes->taken = calloc(LP_PREFIX_COUNT, sizeof *prefixes->taken);
	prefixes->half_open = calloc(LP_PREFIX_COUNT, sizeof *prefixes->half_open);
	return prefixes->taken && prefixes->half_open;
}

void lp_prefixes_clear(struct lp_prefixes *prefixes)
{
	free(prefixes->taken);
	free(prefixes->half_open);
}

/* Hashed as in cids.c. */
size_t lp_prefix_of(const struct lp_prefixes *prefixes, const struct lp_address *remote)
{
	uint8_t bytes[16] = {0};
	uint32_t words[4];
	if (remote->sa.sa_family == AF_INET) {
		bytes[10] = bytes[11] =
			0xff; /* ::ffff:0:0/96: an IPv4 address has one number in both forms */
		memcpy(bytes + 12, &remote->in.sin_addr, 3);
	} else {
		static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
		const uint8_t *address = remote->in6.sin6_addr.s6_addr;
		memcpy(bytes, address, memcmp(address, mapped, 12) == 0 ? 15 : 7);
	}
	memcpy(words, bytes, sizeof words);
	uint64_t sum = prefixes->key[0];
	for (size_t i = 0; i < 4; i++)
		sum += prefixes->key[i + 1] * words[i];
	return (size_t)(sum >> 32) % LP_PREFIX_COUNT;
}
