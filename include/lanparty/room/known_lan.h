/* known_lan.h - whether a gateway is still in the LAN in which it was. Relay and gateway decide it alike. */
#ifndef LANPARTY_ROOM_KNOWN_LAN_H
#define LANPARTY_ROOM_KNOWN_LAN_H

#include <stdbool.h>

#include "lanparty/wire/control.h"

/* Row K5: true when `has` describes another LAN than *lan, which is zero at first. Updates *lan. Unknown values
 * are ignored.
 *
 * It is another LAN if it shares no IPv4 address of the gateway and its routers, or if its first router has
 * another MAC: many LANs use the same addresses. */
bool lp_known_lan_moves(struct lp_protected *lan, const struct lp_protected *has);

#endif
