/* neighbours_protected.c - the addresses of the router and the gateway, which are the LAN's permanently. */
#include <assert.h>

#include "neighbours_private.h"

static_assert(LP_PROTECTED_MACS <= LP_MAX_PROTECTED, "all that a gateway tells is protected");

bool lp_neighbours_is_protected_mac(const struct lp_neighbours *n, const struct lp_mac *mac)
{
	for (size_t i = 0; i < n->protected_mac_count; i++) {
		if (lp_mac_equal(&n->protected_macs[i], mac))
			return true;
	}
	return false;
}

bool lp_neighbours_is_protected(const struct lp_neighbours *n, struct ip ip)
{
	for (size_t i = 0; ip.high == IPV4_HIGH && i < n->protected_count; i++) {
		if (n->protected[i] == ip.low)
			return true;
	}
	for (size_t i = 0; ip.high != IPV4_HIGH && i < n->protected_ipv6_count; i++) {
		if (is_same(n->protected_ipv6[i], ip))
			return true;
	}
	return false;
}

bool lp_neighbours_protect(struct lp_neighbours *n, uint32_t ipv4)
{
	if (lp_neighbours_is_protected(n, of_ipv4(ipv4)))
		return true;
	if (n->protected_count == LP_MAX_PROTECTED)
		return false;
	n->protected[n->protected_count++] = ipv4;
	return true;
}

bool lp_neighbours_protect_ipv6(struct lp_neighbours *n, const uint8_t *ipv6)
{
	struct ip ip = of_ipv6(ipv6);
	if (lp_neighbours_is_protected(n, ip))
		return true;
	if ((ip.high | ip.low) == 0 || n->protected_ipv6_count == LP_PROTECTED_IPV6)
		return false;
	n->protected_ipv6[n->protected_ipv6_count++] = ip;
	return true;
}

bool lp_neighbours_protect_mac(struct lp_neighbours *n, const struct lp_mac *mac)
{
	if (lp_neighbours_is_protected_mac(n, mac))
		return true;
	if (!lp_mac_is_station(mac) || n->protected_mac_count == LP_MAX_PROTECTED)
		return false;
	n->protected_macs[n->protected_mac_count++] = *mac;
	return true;
}

void lp_neighbours_protect_only(struct lp_neighbours *n, const struct lp_protected *these)
{
	n->protected_count = n->protected_ipv6_count = n->protected_mac_count = 0;
	for (size_t i = 0; i < these->ipv4_count; i++)
		lp_neighbours_protect(n, these->ipv4[i]);
	for (size_t i = 0; i < LP_PROTECTED_MACS; i++)
		lp_neighbours_protect_mac(n, &these->macs[i]);
	for (size_t i = 0; i < LP_PROTECTED_IPV6; i++)
		lp_neighbours_protect_ipv6(n, these->ipv6[i]);
}
