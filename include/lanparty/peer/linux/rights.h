/* rights.h - what gateway and client give up once their port is open. */
#ifndef LANPARTY_PEER_RIGHTS_H
#define LANPARTY_PEER_RIGHTS_H

#include <stdbool.h>

/* Gives up all capabilities for good, but for CAP_NET_ADMIN when the interface must still be set
 * up. Without it, root becomes the user nobody too. False, logged, when the system refuses. */
bool lp_rights_drop(bool keep_net_admin);

#endif
