/* tell_offer.c - why something that the LAN offered was not taken, in words for a player. */
#include <stdio.h>

#include "lanparty/edge/address.h"
#include "lanparty/peer/tell.h"

#define NAME 80 /* bytes of the name of something of the player's */

static void name_own(const struct lp_own *own, char name[NAME])
{
	static const char *const names[] = {
		[LP_OWN_NETWORK] = "your own network",
		[LP_OWN_ROUTER] = "your own router",
		[LP_OWN_NAME_SERVER] = "your own name server",
		[LP_OWN_RELAY] = "the relay",
	};
	char range[LP_PREFIX_TEXT];
	struct lp_prefix first = lp_prefix_first(&own->prefix);
	snprintf(name, NAME, "%s %s", names[own->kind], lp_prefix_format(&first, range));
}

static void explain(const struct lp_offer *offer, char *text, size_t cap)
{
	char name[NAME] = "other networks of the internet";
	if (offer->fault == LP_OFFER_LENGTH) {
		snprintf(text, cap, "No LAN has such a range");
		return;
	}
	if (offer->own.prefix.length > 0)
		name_own(&offer->own, name);
	snprintf(text, cap, "That %s %s",
		offer->fault == LP_OFFER_IS ? "address belongs to" : "range covers addresses of",
		name);
}

static const char *remedy(const struct lp_offer *offer)
{
	if (offer->narrowed && offer->by_relay)
		return "took only the address. You reach these addresses as before, but not the "
		       "computers of the room. Agree on another range with the others, such as "
		       "192.168.77.0/24, and set your addresses with --address.";
	if (offer->narrowed && offer->own.kind != LP_OWN_NETWORK)
		return "took only the address. You reach these addresses as before. To reach all "
		       "computers of the room, ask the host for another range, such as "
		       "10.77.77.0/24.";
	if (offer->narrowed)
		return "took only the address. You reach these addresses as before. To reach all "
		       "computers of the room, move one of the two networks to another range, such "
		       "as 10.77.77.0/24.";
	if (offer->by_relay)
		return "did not take it. Set another address by hand.";
	if (lp_prefix_is_ipv4(&offer->prefix))
		return "did not take it. Ask the host to correct the room's DHCP server, or set "
		       "another address by hand.";
	return "did not take it. The room works over IPv4.";
}

void lp_tell_offer(const struct lp_offer *offer, char text[LP_OFFER_TEXT])
{
	char range[LP_PREFIX_TEXT], why[NAME + 32];
	lp_prefix_format(&offer->prefix, range);
	explain(offer, why, sizeof(why));
	snprintf(text, LP_OFFER_TEXT, "The room's %s offers %s. %s, so lanparty %s",
		offer->by_relay                     ? "relay"
		: lp_prefix_is_ipv4(&offer->prefix) ? "DHCP server"
						    : "router",
		range, why, remedy(offer));
}
