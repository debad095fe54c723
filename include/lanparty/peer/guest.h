/* guest.h - makes invites for guests (row H3), which the relay accepts for a while. */
#ifndef LANPARTY_PEER_GUEST_H
#define LANPARTY_PEER_GUEST_H

#include "lanparty/peer/peer_options.h"

#define LP_GUEST_DAYS 366 /* of the longest one */

/* --guest DURATION, which writes seconds. */
struct lp_option lp_guest_option(uint64_t *seconds);
/* False: another command was given it, the error was printed, and *ret_exit is set. */
bool lp_guest_option_fits(const struct lp_options *options, int *ret_exit);

/* Reads the host key of the options, and puts its fingerprint into the invite. With seconds above 0, the invite
 * becomes one for guests: without code and token, but with a pass that ends so long after now. False: the error
 * was printed, and *ret_exit is set. */
bool lp_guest_invite(struct lp_peer_options *values, const struct lp_options *options,
	uint64_t seconds, struct lp_invite *invite, int *ret_exit);

#endif
