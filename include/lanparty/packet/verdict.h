/* verdict.h - what was decided about a frame, in the one vocabulary that log, statistics and tests share
 * (row F6). Relay and members use the same words. */
#ifndef LANPARTY_PACKET_VERDICT_H
#define LANPARTY_PACKET_VERDICT_H

#include <stdint.h>

#include "lanparty/packet/eth.h"

/* X(NAME, text) makes LP_DROP_NAME, and the word for it in logs. Add new reasons at the end: their numbers
 * are field ids of the STATS message. */
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
	X(LATE, "late")           /* dropped by CoDel, because it waited too long */               \
	X(DUPLICATE, "duplicate") /* arrived before */                                             \
	X(DHCP_FRAGMENT, "dhcp_fragment")                                                          \
	X(DHCP_SENDER, "dhcp_sender")                                                              \
	X(ROUTING, "routing")                                                                      \
	X(OFFER, "offer")                                                                          \
	X(NOT_HOST, "not_host")                                                                    \
	X(ISOLATED, "isolated")                                                                    \
	X(STATION, "station")

enum lp_drop {
#define LP_DROP_ENUM(name, text) LP_DROP_##name,
	LP_DROP_LIST(LP_DROP_ENUM)
#undef LP_DROP_ENUM
		LP_DROP_COUNT
};

enum lp_action {
	LP_ACTION_DROP,
	LP_ACTION_WAIT,    /* one of two fragments: the frame is not complete yet */
	LP_ACTION_UNICAST, /* to the member whose MAC address is the destination */
	LP_ACTION_GATEWAY, /* to a station of the physical LAN */
	LP_ACTION_FLOOD,   /* to everybody but the sender: the destination is a group address */
};

struct lp_verdict {
	enum lp_action action;
	enum lp_drop drop; /* LP_DROP_NONE unless action is LP_ACTION_DROP */
	uint16_t targets;  /* relay: members that get the frame; member: 1 when it passes */
	uint16_t skipped;  /* members that should have got the frame and could not (row F5) */
	uint16_t len; /* of the frame, bytes; 0 when it was dropped before its length was known */
	struct lp_eth eth; /* zero when the frame was dropped before it was parsed */
};

/* What happens to a frame that passes: FLOOD when dst is a group address, `to_station` otherwise. */
enum lp_action lp_action_for(const struct lp_mac *dst, enum lp_action to_station);

/* The word for it in logs; "unknown" for a number that is none. */
const char *lp_drop_text(enum lp_drop drop);
const char *lp_action_text(enum lp_action action);

#endif
