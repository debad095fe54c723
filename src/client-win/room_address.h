/* room_address.h - the address that the relay gives the adapter (row H6). Windows asks the DHCP server by
 * itself; this module decides when netfix adds the room's address beside that. It calls nothing of Windows
 * but netfix. */
#ifndef LANPARTY_CLIENT_ROOM_ADDRESS_H
#define LANPARTY_CLIENT_ROOM_ADDRESS_H

#include "lanparty/peer/address_plan.h"
#include "lanparty/peer/tell.h"
#include "netfix.h"

struct room_address {
	struct lp_address_plan plan; /* its deadline is the caller's to keep */
	struct lp_offer offer;       /* how the relay's address was judged; told once */
	uint32_t ipv4;               /* that netfix was told of; 0: none */
	unsigned prefix;
};

void room_address_init(struct room_address *r);
/* Who is in the room decides. */
void room_address_action(
	struct room_address *r, const struct lp_tunnel_action *action, lp_time now);
/* Tells netfix, NULL: none runs, what the plan says. True: text has a warning for the player. */
bool room_address_follow(struct room_address *r, struct netfix *netfix, char text[LP_OFFER_TEXT]);
/* Another netfix runs, which knows of no address. */
void room_address_forget(struct room_address *r);

#endif
