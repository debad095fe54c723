/* remember.h - stores what the next start needs: the relay, how to recognise it, and the player's
 * name. Never the room code. It is stored in HKEY_CURRENT_USER\Software\lanparty, because a program
 * with an administrator's privileges must not write into the player's folders, where a link can
 * lead anywhere. */
#ifndef LANPARTY_CLIENT_REMEMBER_H
#define LANPARTY_CLIENT_REMEMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/peer/peer_options.h"

/* Stores the values. False: failed and logged; what was stored before stays. */
bool remember(const struct lp_peer_options *options);
/* Loads relay, also, server_name, pins, pin_count and name; everything else is zero. False: nothing is
 * stored, or one value is invalid, and everything is zero. A relay without its pin must not be
 * used. */
bool remember_load(struct lp_peer_options *ret_options);

#endif
