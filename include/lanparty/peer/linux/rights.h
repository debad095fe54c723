/* rights.h - drops privileges after gateway or client have opened their frame port. */
#ifndef LANPARTY_PEER_RIGHTS_H
#define LANPARTY_PEER_RIGHTS_H

#include <stdbool.h>

/* Drops all capabilities permanently, except CAP_NET_ADMIN if keep_net_admin is set because the
 * interface must still be configured. Without keep_net_admin, root also becomes the user nobody.
 * False: the system refused; the error was logged. */
bool lp_rights_drop(bool keep_net_admin);

#endif
