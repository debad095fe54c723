/* ends.h - what the end of a connection is about. */
#ifndef LANPARTY_PEER_ENDS_H
#define LANPARTY_PEER_ENDS_H

#include "lanparty/quic/quic.h"

bool lp_end_is_about_certificate(enum lp_quic_end end);
/* Set right, the clock makes a certificate or the authorities valid: until then there is hope. */
bool lp_end_is_about_dates(enum lp_quic_end end);

#endif
