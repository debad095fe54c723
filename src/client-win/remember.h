/* remember.h - what the next start shall know without being told: relay, how to know it, the
 * player's name; never the room's code. In HKEY_CURRENT_USER\Software\lanparty: a program with an
 * administrator's rights must not write into folders of the player's, where a link may lead
 * anywhere. */
#ifndef LANPARTY_CLIENT_REMEMBER_H
#define LANPARTY_CLIENT_REMEMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/peer/peer_options.h"

/* False, logged, when that is not possible; nothing depends on it. */
bool remember(const struct lp_peer_options *options);
/* Fills relay, server_name, pins, pin_count and name; all else is zero. False, and all is zero, when
 * nothing is remembered, or one value of it is nonsense: a relay without its pin is not the same. */
bool remember_load(struct lp_peer_options *ret_options);

#endif
