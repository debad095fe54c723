#include "lanparty/packet/offer.h"

#include <string.h>

#include "lanparty/base/bytes.h"
#include "lanparty/packet/checksum.h"
#include "lanparty/packet/dhcp_strip.h"

/* ---- the player's networks */

static bool leads_into_internet(const struct lp_prefix *prefix)
{
	unsigned least = lp_prefix_is_ipv4(prefix) ? LP_PREFIX_MAPPED + LP_OWN_IPV4_LEAST
						   : LP_OWN_IPV6_LEAST;
	return prefix->length < least;
}

bool lp_own_add(struct lp_own_list *own, enum lp_own_kind kind, const struct lp_prefix *prefix)
{
	if (leads_into_internet(prefix))
		return true;
	for (size_t i = 0; i < own->count; i++) {
		const struct lp_own *o = &own->list[i];
		if (o->kind == kind && o->prefix.length == prefix->length &&
			lp_prefix_same_address(&o->prefix, prefix))
			return true;
	}
	if (own->count == LP_OWN_MAX)
		return false;
	own->list[own->count++] = (struct lp_own){kind, *prefix};
	return true;
}

/* What has addresses in the range: a network first, because its name says most to the player. */
static const struct lp_own *find_covered(
	const struct lp_own_list *own, const struct lp_prefix *prefix)
{
	const struct lp_own *found = NULL;
	for (const struct lp_own *o = own->list; o < own->list + own->count; o++) {
		if (!lp_prefix_overlaps(&o->prefix, prefix))
			continue;
		if (o->kind == LP_OWN_NETWORK)
			return o;
		if (!found)
			found = o;
	}
	return found;
}

static const struct lp_own *find_same(const struct lp_own_list *own, const struct lp_prefix *prefix)
{
	for (const struct lp_own *o = own->list; o < own->list + own->count; o++)
		if (lp_prefix_same_address(&o->prefix, prefix))
			return o;
	return NULL;
}

static void refuse(struct lp_offer *offer, enum lp_offer_fault fault,
	const struct lp_prefix *prefix, const struct lp_own *own)
{
	if (offer->fault != LP_OFFER_GOOD)
		return; /* one of several prefixes in an advertisement */
	*offer = (struct lp_offer){.fault = fault, .prefix = *prefix};
	if (own)
		offer->own = *own;
}

/* ---- DHCP */

static bool is_host(uint32_t ipv4)
{
	uint32_t net = ipv4 >> 24;
	return net != 0 && net != 127 && net < 224;
}

/* The range must make no route. */
static void judge(
	const struct lp_prefix *prefix, const struct lp_own_list *own, struct lp_offer *offer)
{
	const struct lp_own *same = find_same(own, prefix), *covered = find_covered(own, prefix);
	if (prefix->length < LP_PREFIX_MAPPED + LP_OFFER_IPV4_LEAST) {
		refuse(offer, LP_OFFER_WIDE, prefix, covered);
	} else if (same) {
		refuse(offer, LP_OFFER_IS, prefix, same);
	} else if (covered) {
		refuse(offer, LP_OFFER_COVERS, prefix, covered);
		offer->narrowed = true;
	}
}

static void judge_lease(
	const struct lp_dhcp_lease *lease, const struct lp_own_list *own, struct lp_offer *offer)
{
	struct lp_prefix prefix = lp_prefix_ipv4(lease->address, lease->length);
	judge(&prefix, own, offer);
	offer->narrowed = offer->narrowed && lease->mask_at > 0;
}

bool lp_offer_judge(
	const struct lp_prefix *address, const struct lp_own_list *own, struct lp_offer *ret_offer)
{
	*ret_offer = (struct lp_offer){0};
	judge(address, own, ret_offer);
	ret_offer->by_relay = true;
	return ret_offer->fault == LP_OFFER_GOOD || ret_offer->narrowed;
}

static enum lp_drop check_reply(uint8_t *frame, const struct lp_view *view,
	const struct lp_own_list *own, struct lp_offer *offer)
{
	struct lp_dhcp_lease lease;
	if (!lp_dhcp_lease_of(view, &lease))
		return LP_DROP_OFFER;
	if (lease.address != 0) {
		if (!is_host(lease.address))
			return LP_DROP_OFFER;
		judge_lease(&lease, own, offer);
	}
	if (offer->fault != LP_OFFER_GOOD && !offer->narrowed)
		return LP_DROP_OFFER;
	if (offer->narrowed)
		lp_dhcp_narrow(frame, view, &lease);
	lp_dhcp_strip(frame, view);
	return LP_DROP_NONE;
}

/* ---- router advertisements (RFC 4861, sections 4.2 and 4.6) */

/* Global (RFC 4291) or unique local (RFC 4193): no other range is a LAN's. */
static bool is_lan_range(const uint8_t *address)
{
	return address[0] >> 5 == 1 || address[0] >> 1 == 0xfc >> 1;
}

static bool is_good_prefix(
	const uint8_t *option, size_t size, const struct lp_own_list *own, struct lp_offer *offer)
{
	uint8_t length = option[LP_ND_PREFIX_LENGTH];
	if (size != LP_ND_PREFIX_SIZE || length > LP_PREFIX_HOST)
		return false;
	struct lp_prefix prefix = lp_prefix_ipv6(option + LP_ND_PREFIX_ADDRESS, length);
	const struct lp_own *covered = find_covered(own, &prefix);
	if (length != LP_OFFER_IPV6_LENGTH || !is_lan_range(prefix.address))
		refuse(offer, LP_OFFER_LENGTH, &prefix, NULL);
	else if (covered)
		refuse(offer, LP_OFFER_COVERS, &prefix, covered);
	else
		return true;
	return false;
}

static bool stays(
	const uint8_t *option, size_t size, const struct lp_own_list *own, struct lp_offer *offer)
{
	switch (option[0]) {
	case LP_ND_OPTION_SOURCE:
	case LP_ND_OPTION_MTU:
		return true;
	case LP_ND_OPTION_PREFIX:
		return is_good_prefix(option, size, own, offer);
	default:
		return false;
	}
}

static enum lp_drop check_advertisement(uint8_t *frame, const struct lp_view *view,
	const struct lp_own_list *own, struct lp_offer *offer)
{
	uint8_t *ra = frame + view->transport;
	size_t len = view->transport_len, size;
	if (len < LP_RA_MIN)
		return LP_DROP_OFFER;
	for (size_t at = LP_RA_MIN; at < len; at += size) {
		size = len - at > 1 ? (size_t)ra[at + 1] * LP_ND_OPTION_UNIT : 0;
		if (size == 0 || size > len - at)
			return LP_DROP_OFFER;
		if (stays(ra + at, size, own, offer))
			continue;
		ra[at] = LP_ND_OPTION_EXPERIMENT;
		memset(ra + at + LP_ND_OPTION_HEAD, 0, size - LP_ND_OPTION_HEAD);
	}
	ra[LP_RA_FLAGS] = 0;
	lp_put16(ra + LP_RA_LIFETIME, 0);
	lp_put16(ra + LP_ICMP_CHECKSUM, 0);
	lp_put16(ra + LP_ICMP_CHECKSUM,
		lp_checksum_transport(frame + LP_ETH_HEADER, LP_IP_ICMPV6, ra, len));
	return LP_DROP_NONE;
}

/* ---- all of them */

static uint8_t icmp_type(const struct lp_view *view)
{
	uint8_t icmp = view->version == 4 ? LP_IP_ICMP : LP_IP_ICMPV6;
	return view->protocol == icmp && view->transport_header > 0 ? *lp_view_transport(view) : 0;
}

static bool is_redirect(const struct lp_view *view)
{
	return icmp_type(view) == (view->version == 4 ? LP_ICMP_REDIRECT : LP_ND_REDIRECT);
}

static bool is_advertisement(const struct lp_view *view)
{
	return icmp_type(view) ==
	       (view->version == 4 ? LP_ICMP_ROUTER_ADVERTISEMENT : LP_ND_ROUTER_ADVERTISEMENT);
}

static bool is_dhcpv6(const struct lp_view *view)
{
	return view->version == 6 && view->protocol == LP_IP_UDP &&
	       view->destination_port == LP_PORT_DHCPV6_CLIENT;
}

bool lp_offer_is(const struct lp_view *view)
{
	return lp_dhcp_is_to_client(view) || is_advertisement(view) || is_redirect(view) ||
	       is_dhcpv6(view);
}

enum lp_drop lp_offer_check(uint8_t *frame, const struct lp_view *view,
	const struct lp_own_list *own, struct lp_offer *ret_offer)
{
	*ret_offer = (struct lp_offer){0};
	if (is_redirect(view))
		return LP_DROP_REDIRECT;
	if (is_dhcpv6(view))
		return LP_DROP_DHCPV6_SERVER;
	if (lp_dhcp_is_to_client(view))
		return check_reply(frame, view, own, ret_offer);
	return view->version == 4 ? LP_DROP_ROUTER_ADVERTISEMENT
				  : check_advertisement(frame, view, own, ret_offer);
}
