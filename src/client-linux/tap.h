/* tap.h - the client's frame port: a TAP interface that lives as long as the program.
 *
 * It is up while the client is in a room. While the room is lost it has no carrier, but keeps its
 * addresses. */
#ifndef LANPARTY_CLIENT_TAP_H
#define LANPARTY_CLIENT_TAP_H

#include "lanparty/edge/exit.h"
#include "lanparty/tunnel/port.h"

/* Creates the interface, down. mac NULL: it gets a random MAC that is kept between runs in
 * $STATE_DIRECTORY or /var/lib/lanparty. Returns NULL after it has logged why and set *ret_exit. The
 * port's close removes the interface. */
struct lp_port *tap_open(const char *name, const struct lp_mac *mac, enum lp_exit *ret_exit);

/* A new address is announced again with frames that are sent later, until every outage since then has ended,
 * or ended the connection: after the next join all are announced. */
#define TAP_ANNOUNCE_PAUSE (2 * LP_SECOND)
#define TAP_ANNOUNCE_TIME  (32 * LP_SECOND)

/* Call it when addresses or routes of this computer have changed. Routes broadcasts and groups into the room
 * again, because the kernel removes these routes with the interface's last address; and announces IPv4
 * addresses that are new, so that the room knows at once whose they are (RFC 5227, section 2.3). */
void tap_refresh(struct lp_port *port);

const char *tap_name(const struct lp_port *port);
int tap_index(const struct lp_port *port);
const struct lp_mac *tap_mac(const struct lp_port *port);

enum tap_address {
	TAP_OWN, /* of a lease, or the player's choice */
	TAP_ROOM, /* that the relay gave it (row H6): while it is there, broadcasts and groups go out with it */
	TAP_ADDRESSES,
};
/* Gives the interface this IPv4 address (host byte order) instead of the one of this kind that it had;
 * 0 only removes that one. Addresses that the player has set stay. Returns false after it has logged why. */
bool tap_set_address(
	struct lp_port *port, enum tap_address which, uint32_t address, unsigned prefix);
/* True when the last tap_refresh found an address that tap_set_address has not set. */
bool tap_has_others(const struct lp_port *port);

#endif
