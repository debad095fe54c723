/* announce.h - tells the switches of the LAN where the room's members are now.
 *
 * A switch sends a member's frames to the port from which it last heard the member, for minutes. When the
 * gateway's cable has moved, a silent member is not reached until then (row K5). So the gateway sends one
 * broadcast per member with the member's MAC as its source: a reverse ARP request (RFC 903), which asks
 * nobody anything here, claims no IP address, and which hypervisors send for the same purpose when a
 * virtual machine moves.
 *
 * No socket, no clock. */
#ifndef LANPARTY_GATEWAY_ANNOUNCE_H
#define LANPARTY_GATEWAY_ANNOUNCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/packet/eth.h"

#define LP_ANNOUNCE_FRAME  60  /* bytes: the shortest that Ethernet has (without FCS) */
#define LP_ANNOUNCE_BATCH  256 /* frames per second, at most */
#define LP_ANNOUNCE_ROUNDS 3 /* the first ones can meet a switch port that is not forwarding yet */

struct lp_announcer {
	unsigned rounds; /* that are left, with the one in progress */
	size_t next;     /* index of the next member in this round */
	size_t batch;    /* frames since `at` */
	lp_time at;      /* the next batch is due */
};

/* The gateway has a new place in the LAN: all members are announced again. */
void lp_announcer_start(struct lp_announcer *a, lp_time now);
/* Writes the next frame that is due for these members. False: none is due now. */
bool lp_announcer_next(struct lp_announcer *a, const struct lp_mac *members, size_t count,
	lp_time now, uint8_t ret_frame[LP_ANNOUNCE_FRAME]);

#endif
