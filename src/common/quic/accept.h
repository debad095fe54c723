/* accept.h - decides what a server does with a packet of no connection: a new connection, an answer
 * without one (stateless.h), or nothing. */
#ifndef LANPARTY_QUIC_ACCEPT_H
#define LANPARTY_QUIC_ACCEPT_H

#include <stddef.h>
#include <stdint.h>

#include "lanparty/quic/quic.h"

/* bytes: one UDP payload, not empty. */
void lp_accept_read(
	struct lp_quic *q, const struct lp_path *path, const uint8_t *bytes, size_t len);

#endif
