/* source.h - where a peer's packets come from, for limits that a stranger must not evade by changing its
 * address.
 *
 * A source is the networks that an address belongs to, from narrow to wide, each as a number: a keyed hash,
 * so that nobody can choose addresses with equal numbers. It never reveals the address. */
#ifndef LANPARTY_BASE_SOURCE_H
#define LANPARTY_BASE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/base/address.h"
#include "lanparty/base/siphash.h"

/* Bits of the address that each network has. IPv4 has nothing wider than /24, because an internet provider
 * gives neighbouring /24s to customers who have nothing to do with each other. */
#define LP_SOURCE_LIST(X)                                                                          \
	X(HOST, 32, 64)                                                                            \
	X(NET, 24, 56)                                                                             \
	X(SITE, 24, 48)                                                                            \
	X(PROVIDER, 24, 32)

enum lp_source_level {
#define LP_SOURCE_ENUM(name, ipv4, ipv6) LP_SOURCE_##name,
	LP_SOURCE_LIST(LP_SOURCE_ENUM)
#undef LP_SOURCE_ENUM
		LP_SOURCE_LEVELS
};

struct lp_source {
	/* The peer runs on this computer: its address is a loopback address, or the one that it sends
	 * to. A peer elsewhere can forge that, but then it never gets an answer. The payloads of a TCP
	 * connection have no address that they were sent to (lp_address_of_stream), so over TCP only a
	 * loopback address is exempt: whoever names another one of this computer shares the limits of its
	 * network. */
	bool local;
	uint32_t of[LP_SOURCE_LEVELS];
};

/* path: this end is local. An IPv4 address has the same numbers in its IPv6 form (::ffff:0:0/96). */
void lp_source_of(
	const struct lp_path *path, const struct lp_siphash_key *key, struct lp_source *ret_source);

#endif
