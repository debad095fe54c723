/* evasion.h - frames with which a hostile client tries to bypass the safety filter, and valid
 * frames of the same protocols that must pass.
 *
 * The order matters: fragments follow the fragments to which they belong. */
#ifndef LANPARTY_TESTS_EVASION_H
#define LANPARTY_TESTS_EVASION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/packet/eth.h"
#include "lanparty/packet/verdict.h"

/* Addresses in host byte order. The station is on the LAN behind the gateway. */
struct evasion_context {
	struct lp_mac client, victim, station;
	uint32_t client_ipv4, victim_ipv4, station_ipv4;
};

#define EVASION_FRAMES_MAX 1200
#define EVASION_BYTES_MAX  1600

struct evasion_frame {
	char name[80];
	bool honest;       /* true: must pass; false: must be dropped */
	bool from_gateway; /* false: from the client */
	enum lp_drop drop; /* the expected reason; LP_DROP_NONE when honest */
	size_t len;
	uint8_t bytes[EVASION_BYTES_MAX];
};

/* The name of a harmless first fragment; the frame after it would overwrite its ports. */
#define EVASION_REWRITTEN "IPv6: a first fragment to be rewritten"

/* Writes up to cap frames and returns the number of all frames. */
size_t evasion_frames(const struct evasion_context *context, struct evasion_frame *out, size_t cap);
/* Writes frames with which the client uses an IPv6 address of 16 bytes as its own (row N2). They are hostile
 * when somebody else owns it: the filter alone passes them. Returns how many; cap must be enough. */
#define EVASION_THEFTS_MAX 16
size_t evasion_thefts(const struct evasion_context *context, const uint8_t *ipv6,
	struct evasion_frame *out, size_t cap);

#endif
