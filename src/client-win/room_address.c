#include "room_address.h"

void room_address_init(struct room_address *r)
{
	*r = (struct room_address){.ipv4 = 0};
	lp_address_plan_init(&r->plan, true);
}

void room_address_action(struct room_address *r, const struct lp_tunnel_action *a, lp_time now)
{
	bool gateway = a->member.role == LP_ROLE_GATEWAY;
	if (a->kind == LP_TUNNEL_JOINED) {
		r->offer = a->offer;
		lp_address_plan_join(&r->plan, &a->welcome, now);
	} else if (gateway && a->kind == LP_TUNNEL_PEER_JOINED) {
		lp_address_plan_gateway(&r->plan, true, now);
	} else if (gateway && a->kind == LP_TUNNEL_PEER_LEFT) {
		lp_address_plan_gateway(&r->plan, false, now);
	}
}

bool room_address_follow(struct room_address *r, struct netfix *netfix, char text[LP_OFFER_TEXT])
{
	uint32_t wanted = r->plan.taken ? r->plan.ipv4 : 0;
	if (!netfix || (wanted == r->ipv4 && (!wanted || r->prefix == r->plan.prefix)))
		return false;
	r->ipv4 = wanted;
	r->prefix = r->plan.prefix;
	netfix_set_room(netfix, r->ipv4, r->prefix);
	if (!wanted || r->offer.fault == LP_OFFER_GOOD)
		return false;
	lp_tell_offer(&r->offer, text);
	r->offer.fault = LP_OFFER_GOOD;
	return true;
}

void room_address_forget(struct room_address *r)
{
	r->ipv4 = 0;
}
