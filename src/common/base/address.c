#include "lanparty/base/address.h"

#include <string.h>

#include "lanparty/base/bytes.h"

static const uint8_t stream_prefix[8] = {0x01}; /* 100::/64 */

bool lp_address_equal(const struct lp_address *a, const struct lp_address *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET6)
		return a->in6.sin6_port == b->in6.sin6_port &&
		       a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
		       memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr)) == 0;
	return a->in.sin_port == b->in.sin_port && a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
}

struct lp_prefix lp_address_prefix(const struct lp_address *address)
{
	if (address->sa.sa_family == AF_INET6)
		return lp_prefix_ipv6((const uint8_t *)&address->in6.sin6_addr, LP_PREFIX_HOST);
	return lp_prefix_ipv4(lp_get32((const uint8_t *)&address->in.sin_addr), 32);
}

struct lp_address lp_address_of_stream(uint64_t number)
{
	struct lp_address address;
	memset(&address, 0, sizeof address);
	uint8_t *bytes = (uint8_t *)&address.in6.sin6_addr;
	address.in6.sin6_family = AF_INET6;
	memcpy(bytes, stream_prefix, sizeof stream_prefix);
	lp_put32(bytes + 8, (uint32_t)(number >> 32));
	lp_put32(bytes + 12, (uint32_t)number);
	address.len = sizeof address.in6;
	return address;
}

bool lp_address_is_stream(const struct lp_address *address, uint64_t *ret_number)
{
	if (address->sa.sa_family != AF_INET6)
		return false;
	const uint8_t *bytes = (const uint8_t *)&address->in6.sin6_addr;
	if (memcmp(bytes, stream_prefix, sizeof stream_prefix) != 0)
		return false;
	if (ret_number)
		*ret_number = (uint64_t)lp_get32(bytes + 8) << 32 | lp_get32(bytes + 12);
	return true;
}
