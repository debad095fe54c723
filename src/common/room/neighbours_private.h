/* neighbours_private.h - the table of what a room has learned about addresses: neighbours.c fills it,
 * neighbours_protected.c has what is the LAN's permanently, and neighbours_list.c lists it. */
#ifndef LANPARTY_NEIGHBOURS_PRIVATE_H
#define LANPARTY_NEIGHBOURS_PRIVATE_H

#include "lanparty/base/bytes.h"
#include "takings.h"

/* Of members' entries: peer ids are given one after the other, so chains are short. */
#define CHAINS 256

struct station {
	struct lp_mac mac; /* zero: free */
	lp_time until;
};

struct ip {
	uint64_t high, low;
};

/* The high half of each IPv4 address: as IPv6 it would be a group, which nobody owns. */
#define IPV4_HIGH UINT64_MAX
/* Likewise of each DHCP client identifier; the low half is its hash. */
#define ID_HIGH (UINT64_MAX - 1)

static inline struct ip of_ipv4(uint32_t ipv4)
{
	return (struct ip){IPV4_HIGH, ipv4};
}

static inline struct ip of_ipv6(const uint8_t *ipv6)
{
	return (struct ip){(uint64_t)lp_get32(ipv6) << 32 | lp_get32(ipv6 + 4),
		(uint64_t)lp_get32(ipv6 + 8) << 32 | lp_get32(ipv6 + 12)};
}

static inline bool is_same(struct ip a, struct ip b)
{
	return a.high == b.high && a.low == b.low;
}

struct address {
	struct ip ip;
	lp_time until; /* from then on the entry is free */
};

/* Why a member has an address, and so how long it keeps it. */
enum hold {
	HOLD_USE,   /* it uses it */
	HOLD_LEASE, /* the LAN's DHCP server has leased it */
	HOLD_ROOM,  /* the room has assigned it: until the member leaves */
};

struct lp_neighbours {
	struct lp_siphash_key secret;
	struct station stations[LP_NEIGHBOURS_MACS]; /* the sets are adjacent */
	struct address addresses[LP_NEIGHBOURS_ADDRESSES];
	uint16_t owners[LP_NEIGHBOURS_ADDRESSES];
	uint8_t holds[LP_NEIGHBOURS_ADDRESSES]; /* of members: enum hold */
	/* Which entries a member has: places in the table plus 1; 0: the end. */
	uint16_t chains[CHAINS], next[LP_NEIGHBOURS_ADDRESSES], prev[LP_NEIGHBOURS_ADDRESSES];
	struct lp_takings takings;
	struct lp_protected told; /* by the gateway */
	bool told_waits;          /* some of that is still members' */
	uint32_t protected[LP_MAX_PROTECTED];
	size_t protected_count;
	struct ip protected_ipv6[LP_PROTECTED_IPV6];
	size_t protected_ipv6_count;
	struct lp_mac protected_macs[LP_MAX_PROTECTED];
	size_t protected_mac_count;
};

bool lp_neighbours_is_protected(const struct lp_neighbours *n, struct ip ip);
bool lp_neighbours_is_protected_mac(const struct lp_neighbours *n, const struct lp_mac *mac);

#endif
