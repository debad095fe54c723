/* flow.h - which flow a frame belongs to, so that a download cannot hold up a game.
 *
 * Looks at addresses, protocol and ports, and never fails: what it does not understand is a flow of its
 * Ethernet addresses. Fragments of one datagram, having no ports, share one flow. */
#ifndef LANPARTY_PACKET_FLOW_H
#define LANPARTY_PACKET_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lp_flow_key {
	uint32_t hash; /* equal for all frames of a flow; others may share it */
	bool tcp;      /* TCP puts in order and leaves out twice what comes late or again */
};

/* salt: secret, so that nobody can choose to share another's flow. Any bytes are safe. */
struct lp_flow_key lp_flow_of(const uint8_t *frame, size_t len, uint64_t salt);

#endif
