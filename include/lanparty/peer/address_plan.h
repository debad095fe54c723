/* address_plan.h - decides when a client has the IPv4 address that the relay gave it for the room (row H6).
 *
 * Without a gateway there is no DHCP server in the room, so it takes that address. With one it asks the LAN,
 * and takes the address only when the LAN is silent. A lease ends that. It sets no address, reads no clock and
 * never logs. */
#ifndef LANPARTY_PEER_ADDRESS_PLAN_H
#define LANPARTY_PEER_ADDRESS_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/wire/control.h"

#define LP_ADDRESS_SILENCE                                                                         \
	(8 * LP_SECOND) /* of the LAN's DHCP server, until the room's address is taken */
/* Without a gateway, until a client with a lease has both addresses: after a restart of the relay, the gateway
 * is back earlier. */
#define LP_ADDRESS_ABSENCE (2 * LP_SECOND)

struct lp_address_plan {
	bool asks;     /* the computer can ask a DHCP server */
	bool gateway;  /* is in the room */
	bool leased;   /* the computer has a lease */
	bool players;  /* the player has set an address: it needs no other */
	uint32_t ipv4; /* given by the relay; 0: none */
	unsigned prefix;
	bool taken;       /* the interface must have it */
	lp_time deadline; /* LP_NEVER: none */
};

void lp_address_plan_init(struct lp_address_plan *plan, bool asks);
/* The room is joined, perhaps again. */
void lp_address_plan_join(
	struct lp_address_plan *plan, const struct lp_welcome *welcome, lp_time now);
/* A gateway has come, or has left. */
void lp_address_plan_gateway(struct lp_address_plan *plan, bool there, lp_time now);
/* A lease was obtained or renewed, or has ended. */
void lp_address_plan_lease(struct lp_address_plan *plan, bool there, lp_time now);
/* The player has set an address by hand, or has removed it. */
void lp_address_plan_players(struct lp_address_plan *plan, bool there, lp_time now);
void lp_address_plan_on_time(struct lp_address_plan *plan, lp_time now);

#endif
