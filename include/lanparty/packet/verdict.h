/* verdict.h - what was decided about a frame, in the one vocabulary that log, statistics and tests
 * share (row F6). */
#ifndef LANPARTY_PACKET_VERDICT_H
#define LANPARTY_PACKET_VERDICT_H

#include <stdint.h>

#include "lanparty/packet/eth.h"

/* X(NAME, text): LP_DROP_NAME, and the word for it in logs. New reasons go to the end: their
 * numbers travel in STATS. */
#define LP_DROP_LIST(X)                                                                            \
	X(NONE, "none")                                                                            \
	/* counted as malformed (row L4) */                                                        \
	X(OVERLAY, "bad_overlay")                                                                  \
	X(WRONG_ROOM, "wrong_room")                                                                \
	X(WRONG_PEER, "wrong_peer")                                                                \
	X(WRONG_TYPE, "wrong_type")                                                                \
	X(ETHERNET, "bad_ethernet")                                                                \
	/* the safety filter (rows F4, S1-S4) */                                                   \
	X(SOURCE_MAC, "source_mac")                                                                \
	X(JUMBO, "jumbo")                                                                          \
	X(RESERVED_GROUP, "reserved_group")                                                        \
	X(LLC, "llc")                                                                              \
	X(VLAN, "vlan")                                                                            \
	X(ETHERTYPE, "ethertype")                                                                  \
	X(BAD_ARP, "bad_arp")                                                                      \
	X(BAD_IPV4, "bad_ipv4")                                                                    \
	X(BAD_IPV6, "bad_ipv6")                                                                    \
	X(DHCP_SERVER, "dhcp_server")                                                              \
	X(DHCPV6_SERVER, "dhcpv6_server")                                                          \
	X(ROUTER_ADVERTISEMENT, "router_advertisement")                                            \
	X(REDIRECT, "redirect")                                                                    \
	X(FRAGMENT, "fragment")                                                                    \
	X(ARP_SENDER, "arp_sender")                                                                \
	X(ND_SENDER, "nd_sender")                                                                  \
	X(GROUP_QUERY, "group_query")                                                              \
	X(ADDRESS_TAKEN, "address_taken")                                                          \
	X(LOOP, "loop")                                                                            \
	/* forwarding (rows F2, F3, F5) and limits (rows L1-L3) */                                 \
	X(NO_TARGET, "no_target")                                                                  \
	X(UNKNOWN_UNICAST, "unknown_unicast")                                                      \
	X(BROADCAST_RATE, "broadcast_rate")                                                        \
	X(UNKNOWN_RATE, "unknown_rate")                                                            \
	X(BYTE_RATE, "byte_rate")                                                                  \
	X(TOO_BIG, "too_big")                                                                      \
	X(QUEUE_FULL, "queue_full")                                                                \
	X(NOT_JOINED, "not_joined")                                                                \
	X(PORT, "port")                                                                            \
	X(LATE, "late")           /* waited too long for a slow line */                            \
	X(DUPLICATE, "duplicate") /* was here before */

enum lp_drop {
#define LP_DROP_ENUM(name, text) LP_DROP_##name,
	LP_DROP_LIST(LP_DROP_ENUM)
#undef LP_DROP_ENUM
		LP_DROP_COUNT
};

enum lp_action {
	LP_ACTION_DROP,
	LP_ACTION_WAIT,    /* half a frame: nothing to decide yet */
	LP_ACTION_UNICAST, /* to the member whose MAC it names */
	LP_ACTION_GATEWAY, /* to the physical LAN */
	LP_ACTION_FLOOD,   /* to everyone else */
};

/* src, dst, type and len are zero when the frame was dropped before they were known. */
struct lp_verdict {
	enum lp_action action;
	enum lp_drop drop; /* LP_DROP_NONE unless action is LP_ACTION_DROP */
	uint16_t targets;  /* members that get it */
	uint16_t skipped;  /* members that should have got it and could not (row F5) */
	uint16_t len;      /* of the frame, bytes */
	struct lp_eth eth;
};

const char *lp_drop_text(enum lp_drop drop);
const char *lp_action_text(enum lp_action action);

#endif
