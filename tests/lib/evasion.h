/* evasion.h - frames that a hostile client would send to get around the safety filter, and honest
 * ones of the same protocols that must not suffer for it.
 *
 * The order matters: fragments stand behind those they belong to. */
#ifndef LANPARTY_TESTS_EVASION_H
#define LANPARTY_TESTS_EVASION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/packet/eth.h"
#include "lanparty/packet/verdict.h"

/* Addresses in host byte order. The LAN's station is behind the gateway. */
struct evasion_context {
	struct lp_mac client, victim, station;
	uint32_t client_ipv4, victim_ipv4, station_ipv4;
};

#define EVASION_FRAMES_MAX 1000
#define EVASION_BYTES_MAX  1600

struct evasion_frame {
	char name[80];
	bool honest;       /* must pass; else must be dropped */
	bool from_gateway; /* else from the client */
	enum lp_drop drop; /* the reason, LP_DROP_NONE when honest */
	size_t len;
	uint8_t bytes[EVASION_BYTES_MAX];
};

/* The name of a first fragment that is harmless: the frame behind it would rewrite its ports. */
#define EVASION_REWRITTEN "IPv6: a first fragment to be rewritten"

/* Writes up to cap frames; returns how many there are. */
size_t evasion_frames(const struct evasion_context *context, struct evasion_frame *out, size_t cap);

#endif
