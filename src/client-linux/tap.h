/* tap.h - the client's frame port: a TAP interface that lives as long as the program. */
#ifndef LANPARTY_CLIENT_TAP_H
#define LANPARTY_CLIENT_TAP_H

#include "lanparty/edge/exit.h"
#include "lanparty/tunnel/port.h"

/* Creates the interface, down. mac: the one to have, or NULL for one of its own, which is kept
 * between runs in $STATE_DIRECTORY or /var/lib/lanparty. It comes up when the room is joined; while
 * the room is lost it has no carrier, but keeps its addresses. NULL, logged, with an exit code. */
struct lp_port *tap_open(const char *name, const struct lp_mac *mac, enum lp_exit *ret_exit);

const char *tap_name(const struct lp_port *port);
const struct lp_mac *tap_mac(const struct lp_port *port);
/* Sets its IPv4 address, in network order; 0 takes it away. */
bool tap_set_address(const struct lp_port *port, uint32_t address, unsigned prefix);

#endif
