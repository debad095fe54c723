/* tell.h - what the person at the keyboard, and a program that reads stdout, are told of a link (rows
 * C8, R8). */
#ifndef LANPARTY_PEER_TELL_H
#define LANPARTY_PEER_TELL_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/edge/address.h"
#include "lanparty/tunnel/tunnel.h"
#include "lanparty/peer/peer_options.h"
#include "lanparty/quic/quic.h"

/* Why a connection ended, in a sentence that says what to do. */
void lp_tell_why(const struct lp_peer_options *options, const struct lp_address *remote,
	const struct lp_quic_close *why, char *text, size_t cap);
struct lp_teller {
	enum lp_role role;
	bool stopping; /* the person has asked for the end */
	bool rejected; /* set by lp_tell: the relay's answer was final */
};
/* An action that is for people: the events on stdout, what is final in the log too. */
void lp_tell(struct lp_teller *teller, const struct lp_tunnel_action *action);
/* Prints a code for a new room; an exit code. */
int lp_tell_new_room(void);
/* Row F7. */
void lp_tell_frame(const char *direction, const struct lp_verdict *v);

#endif
