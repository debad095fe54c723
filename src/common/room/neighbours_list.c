/* neighbours_list.c - what a gateway tells of its LAN. */
#include "lanparty/base/bytes.h"
#include "neighbours_private.h"

static bool list_address(struct ip ip, struct lp_lan_report *report)
{
	if (ip.high == IPV4_HIGH && report->ipv4_count < LP_LAN_LIST) {
		report->ipv4[report->ipv4_count++] = (uint32_t)ip.low;
		return true;
	}
	if (ip.high == IPV4_HIGH || report->ipv6_count == LP_LAN_LIST)
		return false;
	uint8_t *at = report->ipv6[report->ipv6_count++];
	lp_put32(at, (uint32_t)(ip.high >> 32));
	lp_put32(at + 4, (uint32_t)ip.high);
	lp_put32(at + 8, (uint32_t)(ip.low >> 32));
	lp_put32(at + 12, (uint32_t)ip.low);
	return true;
}

/* An entry of the LAN that ends then was last used LP_NEIGHBOUR_TTL before. One that ends soon is perhaps
 * only held. */
static bool is_silent(lp_time until, lp_time silent, lp_time now)
{
	return now + LP_NEIGHBOUR_HELD < until && until + silent <= now + LP_NEIGHBOUR_TTL;
}

/* False: the list that it belongs to is full. */
static bool list_entry(const struct lp_neighbours *n, size_t at, lp_time silent, lp_time now,
	struct lp_lan_report *report)
{
	if (at < LP_NEIGHBOURS_MACS) {
		const struct station *s = &n->stations[at];
		if (!is_silent(s->until, silent, now))
			return true;
		if (report->mac_count == LP_LAN_LIST)
			return false;
		report->macs[report->mac_count++] = s->mac;
		return true;
	}
	at -= LP_NEIGHBOURS_MACS;
	bool known = n->owners[at] == LP_OWNER_LAN && n->addresses[at].ip.high != ID_HIGH &&
		     is_silent(n->addresses[at].until, silent, now);
	return !known || list_address(n->addresses[at].ip, report);
}

void lp_neighbours_list_lan(const struct lp_neighbours *n, size_t *next, lp_time silent,
	lp_time now, struct lp_lan_report *ret_report)
{
	*ret_report = (struct lp_lan_report){0};
	while (*next < LP_NEIGHBOURS_END && list_entry(n, *next, silent, now, ret_report))
		++*next;
}
