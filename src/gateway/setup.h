/* setup.h - the host's commands of the gateway: setup connects this LAN with a room, invite prints what
 * players need.
 *
 * setup is idempotent: it never replaces the room, and never changes a line of the configuration. It runs as
 * root, and before any sandbox; a child process without rights speaks with the relay. */
#ifndef LANPARTY_GATEWAY_SETUP_H
#define LANPARTY_GATEWAY_SETUP_H

#include "lanparty/edge/options.h"
#include "lanparty/host/invite.h"
#include "lanparty/peer/peer_options.h"

struct lp_setup {
	struct lp_peer_options *peer;
	struct lp_options *options;
	const char *lan, *bridge, *relay_address;            /* as given; NULL: not */
	const char *config_file, *room_file, *host_key_file; /* those that the service reads */
	struct lp_invite_options show;
	uint64_t guest; /* seconds that the invite is good for; 0: it does not end */
};

/* Chooses the interface, makes a room and a host key if there is none, asks the relay, adds what is missing to
 * the configuration, starts the service, and prints the players' invite. Returns an exit code; errors are
 * logged. */
int lp_setup_run(const struct lp_setup *s);
/* Prints the players' invite, or one for guests. */
int lp_setup_invite(const struct lp_setup *s);
/* Prints the room's key, for the operator of a private relay (row H3). */
int lp_setup_room_key(const struct lp_setup *s);

#endif
