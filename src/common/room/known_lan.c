#include "lanparty/room/known_lan.h"

static bool has_ipv4(const struct lp_protected *p, uint32_t ipv4)
{
	for (size_t i = 0; i < p->ipv4_count; i++)
		if (p->ipv4[i] == ipv4)
			return true;
	return false;
}

static bool shares_ipv4(const struct lp_protected *a, const struct lp_protected *b)
{
	for (size_t i = 0; i < a->ipv4_count; i++)
		if (has_ipv4(b, a->ipv4[i]))
			return true;
	return false;
}

static bool has_another_router(const struct lp_protected *a, const struct lp_protected *b)
{
	const struct lp_mac *had = &a->macs[0], *has = &b->macs[0];
	return !lp_mac_is_zero(had) && !lp_mac_is_zero(has) && !lp_mac_equal(had, has);
}

bool lp_known_lan_moves(struct lp_protected *lan, const struct lp_protected *has)
{
	const struct lp_protected had = *lan;
	if (has->ipv4_count == 0)
		return false;
	*lan = *has;
	if (had.ipv4_count == 0)
		return false;
	if (!shares_ipv4(&had, has) || has_another_router(&had, has))
		return true;
	if (lp_mac_is_zero(&has->macs[0]))
		lan->macs[0] = had.macs[0];
	return false;
}
