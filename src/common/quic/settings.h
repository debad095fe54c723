/* settings.h - what a connection begins with, and what it tells the QUIC peer. */
#ifndef LANPARTY_QUIC_SETTINGS_H
#define LANPARTY_QUIC_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

struct lp_quic;

#define LP_PROBES 6 /* packet sizes that path MTU discovery tries */

/* probes: LP_PROBES elements that the settings point to until the connection is made. */
void lp_fill_settings(const struct lp_quic *q, ngtcp2_settings *settings, uint16_t *probes);
/* Of a connection that was just made. */
void lp_apply_policies(ngtcp2_conn *nc);
void lp_fill_params(const struct lp_quic *q, ngtcp2_transport_params *params, bool server);

#endif
