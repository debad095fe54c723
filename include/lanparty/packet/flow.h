/* flow.h - which flow a frame belongs to, so that a download cannot delay a game.
 *
 * A flow is told by its MAC addresses and ethertype, IP addresses, protocol and ports. A frame that is no
 * IP, or does not parse, belongs to the flow of its MAC addresses and ethertype. Fragments have no
 * ports: all fragments that one host sends to another share a flow for each protocol of IPv4, and one
 * flow for IPv6. */
#ifndef LANPARTY_PACKET_FLOW_H
#define LANPARTY_PACKET_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/base/siphash.h"
#include "lanparty/packet/view.h"

struct lp_flow_key {
	uint32_t hash; /* equal for all frames of a flow; other flows can have the same */
	/* A TCP segment, whole. TCP's receiver reorders and discards duplicates, so retransmitting is
	 * safe. */
	bool tcp;
};

/* secret: random, so that no sender can choose to share another's flow. A frame shorter than an Ethernet
 * header has hash 0. */
struct lp_flow_key lp_flow_of(const struct lp_view *view, const struct lp_siphash_key *secret);

#endif
