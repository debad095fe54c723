/* mtu.h - detects a path MTU black hole (RFC 8899, section 4.3): large packets are lost while small
 * ones arrive. Random loss does not look like that: it does not hit only large packets for that
 * long.
 *
 * QUIC's path MTU discovery finds out what a path carries. This module only falls back to small
 * packets and tries large ones again later. It never reads a clock and never allocates. */
#ifndef LANPARTY_PATH_MTU_H
#define LANPARTY_PATH_MTU_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/base/time.h"

#define LP_MTU_SAFE      1200 /* UDP payload that every QUIC path carries (RFC 9000, section 14) */
#define LP_MTU_SUSPECT   3    /* large packets lost without one acknowledged: few more are sent */
#define LP_MTU_LOST      8    /* so many: the path has become small */
#define LP_MTU_SUSPICION (300 * LP_MILLISECOND) /* minimum duration of that state */
#define LP_MTU_RETRY     (10 * LP_SECOND) /* first retry; each further one takes twice as long */
#define LP_MTU_RETRY_MAX (600 * LP_SECOND)

/* Zero-initialise, also for a new path. */
struct lp_mtu {
	unsigned lost;    /* large packets lost since one was acknowledged */
	bool small_pass;  /* a small packet was acknowledged since the first of those was lost */
	lp_time since;    /* when the first of those was lost */
	lp_time next;     /* a suspected path gets the next large packet then */
	lp_time until;    /* only small packets until then; 0: large ones too */
	lp_time patience; /* duration of the next fallback */
};

/* large means larger than LP_MTU_SAFE, here and below. */
void lp_mtu_on_acked(struct lp_mtu *m, bool large);
/* True: use small packets only from now on. */
bool lp_mtu_on_lost(struct lp_mtu *m, bool large, lp_time now);
bool lp_mtu_is_small(struct lp_mtu *m, lp_time now);
/* A large packet can be sent now. A suspected path gets one in two round trips: many would fill the congestion
 * window, and small packets would wait until QUIC takes them for lost. */
bool lp_mtu_admits_large(const struct lp_mtu *m, lp_time now);
/* A large packet was sent on a path with this smoothed round trip. */
void lp_mtu_on_large(struct lp_mtu *m, lp_time rtt, lp_time now);

#endif
