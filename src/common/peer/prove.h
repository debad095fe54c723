/* prove.h - proves to the relay that a member holds the host key of its room (row N4). */
#ifndef LANPARTY_PEER_PROVE_H
#define LANPARTY_PEER_PROVE_H

#include "lanparty/peer/peer_options.h"
#include "lanparty/tunnel/tunnel.h"

/* The next HELLO of the tunnel proves the host key of the options for this connection, if there is one. */
void lp_prove_host(struct lp_tunnel *tunnel, const struct lp_peer_options *options,
	enum lp_role role, const struct lp_quic_conn *conn);

#endif
