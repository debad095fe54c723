/* tell.h - reports the events of a link to the user and to programs that read stdout (rows C8,
 * R8). */
#ifndef LANPARTY_PEER_TELL_H
#define LANPARTY_PEER_TELL_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/edge/address.h"
#include "lanparty/tunnel/tunnel.h"
#include "lanparty/peer/peer_options.h"
#include "lanparty/quic/quic.h"

/* Writes a sentence that says why a connection ended and what to do. */
void lp_tell_why(const struct lp_peer_options *options, const struct lp_address *remote,
	const struct lp_quic_close *why, char *text, size_t cap);
struct lp_teller {
	enum lp_role role;
	bool stopping; /* the user asked to end */
	bool rejected; /* set by lp_tell: the relay's answer was final */
};
/* Reports an action: events go to stdout, final errors to the log too. */
void lp_tell(struct lp_teller *teller, const struct lp_tunnel_action *action);
/* A sentence for a player: what the LAN offered (row N5), why it was not taken, and what to do. */
#define LP_OFFER_TEXT 400
void lp_tell_offer(const struct lp_offer *offer, char text[LP_OFFER_TEXT]);
/* Prints a code for a new room. Returns an exit code. */
int lp_tell_new_room(void);
/* Logs the verdict on one frame (row F7). */
void lp_tell_frame(const char *direction, const struct lp_verdict *v);

#endif
