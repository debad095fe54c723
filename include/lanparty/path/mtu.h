/* mtu.h - notices that a path no longer carries large packets, while small ones pass: a black hole
 * (RFC 8899, section 4.3). Random loss is none: it never takes large packets alone for so long.
 *
 * Finding out what a path carries is QUIC's own path MTU discovery; this only takes back, and tries
 * again later. Never reads a clock, never allocates. */
#ifndef LANPARTY_PATH_MTU_H
#define LANPARTY_PATH_MTU_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/base/time.h"

#define LP_MTU_SAFE      1200 /* UDP payload: every path of QUIC's (RFC 9000, section 14) */
#define LP_MTU_LOST      8    /* large packets lost, and none acknowledged */
#define LP_MTU_SUSPICION (300 * LP_MILLISECOND) /* for so long at least */
#define LP_MTU_RETRY     (10 * LP_SECOND)       /* then twice as long, and so on */
#define LP_MTU_RETRY_MAX (600 * LP_SECOND)

/* Zero-initialise, also for a new path. */
struct lp_mtu {
	unsigned lost;    /* large packets since one was acknowledged */
	bool small_pass;  /* one was acknowledged since the first of those was lost */
	lp_time since;    /* the first of those was lost */
	lp_time until;    /* small packets only until then; 0: large ones too */
	lp_time patience; /* how long next time */
};

/* large: larger than LP_MTU_SAFE. */
void lp_mtu_on_acked(struct lp_mtu *m, bool large);
/* True: large packets are given up from now on. */
bool lp_mtu_on_lost(struct lp_mtu *m, bool large, lp_time now);
bool lp_mtu_is_small(struct lp_mtu *m, lp_time now);

#endif
