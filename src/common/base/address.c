#include "lanparty/base/address.h"

#include <string.h>

#include "lanparty/base/bytes.h"

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
