#include "lanparty/room/claimant.h"

#include "lanparty/packet/headers.h"

void lp_claimant_init(struct lp_claimant *c, uint16_t peer)
{
	*c = (struct lp_claimant){.peer = peer};
	lp_bucket_init(&c->ipv4, 1, LP_CLAIM_IPV4 * LP_CLAIM_IPV4_SECONDS, 0);
	lp_bucket_init(&c->dhcp, 1, LP_CLAIM_DHCP * LP_CLAIM_DHCP_SECONDS, 0);
	lp_bucket_init(&c->declines, 1, LP_CLAIM_DECLINES * LP_CLAIM_DECLINES_SECONDS, 0);
}

void lp_claimant_spend(struct lp_claimant *c, lp_time now)
{
	lp_bucket_spend(&c->ipv4, lp_bucket_burst(&c->ipv4), now);
	lp_bucket_spend(&c->dhcp, lp_bucket_burst(&c->dhcp), now);
	lp_bucket_spend(&c->declines, lp_bucket_burst(&c->declines), now);
}

static bool claim_ipv4(struct lp_claimant *c, struct lp_neighbours *n, uint32_t ipv4, lp_time now)
{
	if (ipv4 != c->latest && lp_neighbours_is_new(n, ipv4, now)) {
		if (!lp_bucket_take(&c->ipv4, LP_CLAIM_IPV4_SECONDS, now))
			return false;
		c->latest = ipv4;
	}
	return lp_neighbours_claim(n, c->peer, ipv4, now);
}

static bool owns_addresses(struct lp_claimant *c, struct lp_neighbours *n,
	const struct lp_filter_facts *facts, lp_time now)
{
	if (facts->source_ipv6 && !lp_neighbours_claim_ipv6(n, c->peer, facts->source_ipv6, now))
		return false;
	if (facts->target_ipv6)
		return lp_neighbours_claim_ipv6(n, c->peer, facts->target_ipv6, now);
	return facts->is_claim ? claim_ipv4(c, n, facts->claim_ipv4, now)
			       : lp_neighbours_use(n, c->peer, facts->claim_ipv4, now);
}

/* Whoever leaves gives the lease back, however much it has asked for. */
static bool can_ask(struct lp_claimant *c, struct lp_neighbours *n,
	const struct lp_filter_facts *facts, lp_time now)
{
	if (facts->dhcp_id && !lp_neighbours_claim_id(n, c->peer, facts, now))
		return false;
	if (facts->dhcp_type == LP_DHCP_DECLINE &&
		!lp_bucket_take(&c->declines, LP_CLAIM_DECLINES_SECONDS, now))
		return false;
	return facts->dhcp_type == LP_DHCP_RELEASE ||
	       lp_bucket_take(&c->dhcp, LP_CLAIM_DHCP_SECONDS, now);
}

enum lp_drop lp_claimant_admit(struct lp_claimant *c, struct lp_neighbours *n,
	const struct lp_filter_facts *facts, lp_time now)
{
	if (!owns_addresses(c, n, facts, now))
		return LP_DROP_ADDRESS_TAKEN;
	return !facts->is_dhcp_request || can_ask(c, n, facts, now) ? LP_DROP_NONE
								    : LP_DROP_DHCP_SENDER;
}
