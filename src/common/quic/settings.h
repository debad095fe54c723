/* settings.h - what a connection begins with, and what it tells the QUIC peer. */
#ifndef LANPARTY_QUIC_SETTINGS_H
#define LANPARTY_QUIC_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

#include "lanparty/wire/control.h"

struct lp_quic;

/* Unidirectional streams that the QUIC peer of a server can have open at once. A member sends one STATS at a
 * time, and a DISCONNECT. A server has LP_UNI_STREAMS_OF_SERVER, because a newcomer is told of all members. */
#define LP_INCOMING_MAX          8
#define LP_UNI_STREAMS_OF_SERVER 64
/* Bytes that the QUIC peer of a server can send before they are in order, on all streams: one message. */
#define LP_INCOMING_WINDOW (LP_CONTROL_HEAD + LP_CONTROL_MAX)

#define LP_PROBES 6 /* packet sizes that path MTU discovery tries */

/* probes: LP_PROBES elements that the settings point to until the connection is made. */
void lp_fill_settings(const struct lp_quic *q, ngtcp2_settings *settings, uint16_t *probes);
/* Of a connection that was just made. */
void lp_apply_policies(ngtcp2_conn *nc);
void lp_fill_params(const struct lp_quic *q, ngtcp2_transport_params *params, bool server);

#endif
