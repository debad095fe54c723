/* control.h - the control messages between members and relay, which travel on QUIC streams.
 *
 * A message is type (varint) | length (varint, at most LP_CONTROL_MAX) | fields. A field is id
 * (varint) | length (varint) | value. Unknown fields are skipped, also repeated ones. A missing
 * optional field takes its default (zero unless stated otherwise). A repeated known field, a
 * malformed one or a missing required one is LP_MALFORMED; an integer out of its field's range is
 * LP_INVALID. Integers are QUIC varints (RFC 9000, section 16) of any length that fills the field
 * exactly. Text is never refused; lp_name_copy cleans it. doc/protocol.md gives every message byte
 * by byte. */
#ifndef LANPARTY_WIRE_CONTROL_H
#define LANPARTY_WIRE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/packet/eth.h"
#include "lanparty/base/name.h"
#include "lanparty/base/role.h"
#include "lanparty/base/status.h"
#include "lanparty/wire/guest.h"
#include "lanparty/packet/verdict.h"

#define LP_ALPN             "lanparty/1" /* row C1: the ALPN token of all programs */
#define LP_PROTOCOL_VERSION 1

/* Streams: HELLO and its reply use the first one. The kind of a stream ID says who opened it, and that it goes
 * one way (RFC 9000, section 2.1). */
#define LP_STREAM_HELLO     0
#define LP_STREAM_KIND      3
#define LP_STREAM_OF_MEMBER 2
#define LP_STREAM_OF_RELAY  3

#define LP_CONTROL_MAX  4096 /* bytes of fields per message */
#define LP_CONTROL_HEAD 16   /* maximum size of type and length: 8 + 8 */

#define LP_ROOM_KEY_SIZE 32
#define LP_TOKEN_SIZE    16
#define LP_NAME_MAX      32 /* bytes of UTF-8, no control characters */
#define LP_SOFTWARE_MAX  32
#define LP_TEXT_MAX      200
/* The host key of a room (row N4), on P-256. */
#define LP_HOST_KEY_SIZE   64 /* the public half: x and y */
#define LP_HOST_PROOF_SIZE 64 /* a signature: r and s */
#define LP_HOST_PRINT      32 /* the fingerprint */
#define LP_MEMBER_ID       16 /* by which a host's ban knows a computer again */
/* What a gateway can name in HELLO that no client can have. */
#define LP_PROTECTED_IPV4 8
#define LP_PROTECTED_MACS 8
#define LP_PROTECTED_IPV6 16

/* Defaults of fields in WELCOME. */
#define LP_KEEP_ALIVE_MS   3000
#define LP_IDLE_TIMEOUT_MS 15000

/* Capabilities: one bit each. */
/* Frames too long for one datagram travel as two fragments (overlay.h). */
#define LP_CAP_FRAGMENTS  0x1
#define LP_CAP_RETRANSMIT 0x2 /* TCP frames whose packet was lost are retransmitted (sender.h) */
#define LP_CAP_RESUME     0x4 /* WELCOME says how many events the member has been told of (row K1) */
#define LP_CAP_LAN        0x8 /* the relay takes LP_LAN from gateways (rows N1, K4) */
#define LP_CAP_ADDRESS    0x10 /* WELCOME gives a client an IPv4 address of the room's own (row H6) */
#define LP_CAP_ACTS       0x20 /* LP_HOST_ACT and LP_HOST_DONE (row H3) */
#define LP_CAPS_KNOWN                                                                              \
	(LP_CAP_FRAGMENTS | LP_CAP_RETRANSMIT | LP_CAP_RESUME | LP_CAP_LAN | LP_CAP_ADDRESS |      \
		LP_CAP_ACTS)

enum lp_control_type {
	LP_HELLO = 1,
	LP_WELCOME = 2,
	LP_REJECT = 3,
	LP_PEER_JOINED = 4,
	LP_PEER_LEFT = 5,
	LP_PEER_STATUS = 6,
	LP_STATS = 7,
	LP_DISCONNECT = 8,
	LP_LAN = 9,
	LP_HOST_ACT = 10,
	LP_HOST_DONE = 11,
};

/* X(NAME, number, word, text) defines LP_REJECT_NAME. text tells the player what it means and what
 * to do. An unknown number decodes as LP_REJECT_OTHER. */
#define LP_REJECT_LIST(X)                                                                          \
	X(OTHER, 0, "other", "the relay refused the join")                                         \
	X(VERSION, 1, "version",                                                                   \
		"the relay speaks another version of the protocol: update this program or the "    \
		"relay")                                                                           \
	X(ROOM_FULL, 2, "room_full",                                                               \
		"the room is full (--max-clients), or this relay is private and does not know "    \
		"it: ask the host")                                                                \
	X(TOO_MANY_ROOMS, 3, "too_many_rooms", "the relay has no room left: try later")            \
	X(GATEWAY_PRESENT, 4, "gateway_present",                                                   \
		"the room has a gateway already: stop the other one first")                        \
	X(MAC_IN_USE, 5, "mac_in_use",                                                             \
		"another member of the room has the same MAC address: if this computer is a "      \
		"clone of that one, delete its /var/lib/lanparty/*.mac, or choose another with "   \
		"--mac")                                                                           \
	X(MAC_INVALID, 6, "mac_invalid",                                                           \
		"this MAC address cannot be a station's: choose another with --mac")               \
	X(MTU, 7, "mtu", "the room's frames are larger than this computer or its path can carry")  \
	X(MALFORMED, 8, "malformed", "the relay did not understand this program: update both")     \
	X(WORN_OUT, 9, "worn_out",                                                                 \
		"the room has had too many joins: let everybody leave, then join again")           \
	X(WRONG_WORKER, 10, "wrong_worker",                                                        \
		"another worker of the relay has this room: connect again with its `steer`")       \
	X(MAC_SILENT, 11, "mac_silent",                                                            \
		"somebody with your address is still in the room, perhaps your own last run: "     \
		"waiting until it answers or times out")                                           \
	X(GATEWAY_SILENT, 12, "gateway_silent",                                                    \
		"the room still has a gateway that is silent, perhaps your own last run: waiting " \
		"until it answers or times out")                                                   \
	X(BUSY, 13, "busy",                                                                        \
		"too many joins from your network at the moment: waiting, and asking again by "    \
		"itself")                                                                          \
	X(NOT_HOST, 14, "not_host",                                                                \
		"this room belongs to a host key, and only a gateway with this key can be in it: " \
		"name the key's file with --host-key, or make another room")                       \
	X(LOCKED, 15, "locked", "the host has locked the room: ask the host to let you in")        \
	X(REMOVED, 16, "removed", "the host has removed this computer from the room")              \
	X(GUEST_WAITS, 17, "guest_waits",                                                          \
		"the room of this guest invite is not open yet: waiting for the host; if the "     \
		"others are in it, ask the host for a new invite")                                 \
	X(GUEST_EXPIRED, 18, "guest_expired",                                                      \
		"this guest invite has expired: ask your host for a new one")                      \
	X(GUEST_WRONG, 19, "guest_wrong",                                                          \
		"this guest invite is not one of the room's host: copy it again, or ask your "     \
		"host for a new one")

enum lp_reject_reason {
#define LP_REJECT_ENUM(name, number, word, text) LP_REJECT_##name = number,
	LP_REJECT_LIST(LP_REJECT_ENUM)
#undef LP_REJECT_ENUM
};
const char *lp_reject_word(enum lp_reject_reason reason);
const char *lp_reject_text(enum lp_reject_reason reason);

/* X(NAME, number, word): why a member left, or why a connection is closed. Unknown numbers decode
 * as LP_LEAVE_OTHER. The number is also the QUIC application error code of the close. */
#define LP_LEAVE_LIST(X)                                                                           \
	X(NORMAL, 0, "normal")                                                                     \
	X(TIMED_OUT, 1, "timed_out")                                                               \
	X(PROTOCOL_ERROR, 2, "protocol_error")                                                     \
	X(SHUTDOWN, 3, "shutdown")                                                                 \
	X(REPLACED, 4, "replaced")                                                                 \
	X(REJECTED, 5, "rejected")                                                                 \
	X(TOO_SLOW, 6, "too_slow")                                                                 \
	X(OTHER, 7, "other")

enum lp_leave_reason {
#define LP_LEAVE_ENUM(name, number, word) LP_LEAVE_##name = number,
	LP_LEAVE_LIST(LP_LEAVE_ENUM)
#undef LP_LEAVE_ENUM
};
const char *lp_leave_word(enum lp_leave_reason reason);

/* Addresses of the gateway's computer and of its routers, which no client can have (rows N1, N2). */
struct lp_protected {
	uint32_t ipv4[LP_PROTECTED_IPV4]; /* 12; host byte order here, 4 bytes each on the wire */
	size_t ipv4_count;
	/* 13 to 20; zero: none. The first is that of the first IPv4 router, zero while it is not known: a LAN
	 * is recognised by it (row K5) */
	struct lp_mac macs[LP_PROTECTED_MACS];
	uint8_t ipv6[LP_PROTECTED_IPV6][16]; /* 21 to 36; ::: none */
};

/* Member to relay, the first message on stream 0. */
struct lp_hello {
	uint64_t version_min;               /* 1 required */
	uint64_t version_max;               /* 2 required, >= version_min */
	enum lp_role role;                  /* 3 required */
	uint8_t room_key[LP_ROOM_KEY_SIZE]; /* 4 required */
	struct lp_mac mac;          /* 5 clients: required, not checked here; gateways: zero */
	char name[LP_NAME_MAX + 1]; /* 6 */
	/* 7 required: largest DATAGRAM payload that the member accepts, bytes */
	uint64_t datagram_budget;
	/* 8 required: largest TAP MTU that the member supports, bytes */
	uint64_t mtu;
	uint64_t capabilities;               /* 9 */
	char software[LP_SOFTWARE_MAX + 1];  /* 10 */
	uint8_t resume_token[LP_TOKEN_SIZE]; /* 11: zero means none */
	struct lp_protected protected;       /* 12 to 36: gateways */
	bool fresh; /* 37: 0 or 1: the program was started and has not joined since (row K5) */
	/* The member is the room's host (row N4); zero: it does not say so. */
	uint8_t host_key[LP_HOST_KEY_SIZE];     /* 38 */
	uint8_t host_proof[LP_HOST_PROOF_SIZE]; /* 39: for this connection, room and role */
	uint8_t opening
		[LP_ROOM_KEY_SIZE]; /* 40: what a private relay wants of whoever opens a room (row H3) */
	/* 41: the same each time that this computer joins this room; the relay tells nobody; zero: none */
	uint8_t member_id[LP_MEMBER_ID];
	/* A guest (row H3), which does not know room_key; zero: it is none. */
	uint8_t guest_host[LP_HOST_PRINT]; /* 42: fingerprint of the room's host key */
	uint8_t guest_pass[LP_GUEST_PASS]; /* 43 */
};

/* Relay to member, on stream 0. */
struct lp_welcome {
	uint64_t version;                    /* 1 required: the version that both speak */
	uint32_t room;                       /* 2 required */
	uint16_t peer;                       /* 3 required, not 0 */
	uint16_t mtu;                        /* 4 required: the room's TAP MTU */
	bool gateway_connected;              /* 5: 0 or 1 (row R8) */
	uint32_t keep_alive_ms;              /* 6: default LP_KEEP_ALIVE_MS */
	uint32_t idle_timeout_ms;            /* 7: default LP_IDLE_TIMEOUT_MS */
	uint64_t capabilities;               /* 8: capabilities in force */
	uint8_t resume_token[LP_TOKEN_SIZE]; /* 9 */
	/* 10: the last event that this membership was told of. The next one follows it. */
	uint64_t sequence;
	bool resumed; /* 11: 0 or 1: the connection continues an earlier one's membership (row K1) */
	/* What the relay takes from the member (rows L1, L3); a rate of 0: no limit, or none is told. */
	uint64_t byte_rate, byte_burst; /* 12, 13: bytes of frames per second, and at once */
	uint64_t group_rate,
		group_burst; /* 14, 15: broadcasts and multicasts per second, and at once */
	uint32_t ipv4;  /* 16: the client's own in this room, host byte order; 0: none (row H6) */
	uint8_t prefix; /* 17: bits of its network, 0 to 32 */
	uint8_t host
		[LP_HOST_PRINT]; /* 18: of the room's host key; zero: the room has none (row N4) */
};

/* Relay to member, on stream 0. */
struct lp_reject {
	enum lp_reject_reason reason; /* 1 required */
	char text[LP_TEXT_MAX + 1];   /* 2 */
	/* 3 with LP_REJECT_WRONG_WORKER: first two bytes of the next connection ID */
	uint16_t steer;
};

/* Relay to member, each on its own unidirectional stream. sequence numbers these three messages
 * from 1, per receiver. They must be applied in that order. */
struct lp_peer_joined {
	uint64_t sequence;          /* 1 required */
	uint16_t peer;              /* 2 required, not 0 */
	enum lp_role role;          /* 3 required */
	struct lp_mac mac;          /* 4 */
	char name[LP_NAME_MAX + 1]; /* 5 */
	uint8_t host
		[LP_HOST_PRINT]; /* 6: of the host key that the member has proven; zero: none (row N4) */
};
struct lp_peer_left {
	uint64_t sequence;           /* 1 required */
	uint16_t peer;               /* 2 required, not 0 */
	enum lp_leave_reason reason; /* 3 required */
};
struct lp_peer_status {
	uint64_t sequence;      /* 1 required */
	uint16_t peer;          /* 2 required, not 0 */
	uint32_t rtt_us;        /* 3 between the member and the relay, smoothed (RFC 9002) */
	uint32_t loss_permille; /* 4 of frames from the relay to the member */
	uint32_t rx_rate;       /* 5 bytes per second from the member to the room */
	uint32_t tx_rate;       /* 6 bytes per second from the room to the member */
	bool loops;             /* 7: 0 or 1: as in the member's STATS */
	bool conflict;          /* 8: 0 or 1: a station of the gateway's LAN has the member's MAC */
	bool new_lan; /* 9: 0 or 1: from now on there can be another LAN behind this gateway (row K5) */
	char name[LP_NAME_MAX + 1]; /* 10: the member's name from now on; "": as before (row H3) */
	/* 11, 12 to the member itself: as in WELCOME, from now on; a burst of 0: as before (row H3) */
	uint64_t byte_rate, byte_burst;
};

/* Member to relay, each on its own unidirectional stream: totals since the program was started. tx
 * counts what the member sent into the room, rx what it received. */
struct lp_stats {
	uint64_t tx_frames; /* 1 required */
	uint64_t tx_bytes;  /* 2 required */
	uint64_t rx_frames; /* 3 required */
	uint64_t rx_bytes;  /* 4 required */
	/* 5: 0 or 1: the member's computer connects the room with the gateway's LAN by another way too */
	bool loops;
	uint64_t tx_drops[LP_DROP_COUNT]; /* 64 + reason */
	uint64_t rx_drops[LP_DROP_COUNT]; /* 128 + reason */
};

/* Gateway to relay, each on its own unidirectional stream, with LP_CAP_LAN: what the gateway knows of its LAN.
 * Nothing in it takes back what an earlier message said, except with replaces. */
#define LP_LAN_LIST 40
struct lp_lan_report {
	bool replaces; /* 1: 0 or 1: protected is all that is protected now (row N1) */
	struct lp_mac macs[LP_LAN_LIST]; /* 2: of stations that were heard (row K4) */
	size_t mac_count;
	uint32_t ipv4[LP_LAN_LIST]; /* 3: that stations use; host byte order here */
	size_t ipv4_count;
	uint8_t ipv6[LP_LAN_LIST][16]; /* 4: likewise */
	size_t ipv6_count;
	bool moved; /* 5: 0 or 1: another LAN can be behind the gateway, which cannot tell (row K5) */
	struct lp_protected protected; /* 12 to 36: as in the HELLO */
};

/* X(NAME, number, word): what a host can do (row H3). An unknown number decodes as LP_ACT_NONE. */
#define LP_ACT_LIST(X)                                                                             \
	X(NONE, 0, "none")                                                                         \
	X(LOCK, 1, "lock") /* nobody joins but those who are there, and hosts */                   \
	X(UNLOCK, 2, "unlock")                                                                     \
	X(KICK, 3, "kick")       /* peer leaves, and is not let in for a minute */                 \
	X(BAN, 4, "ban")         /* peer leaves, and its computer is not let in any more */        \
	X(UNBAN, 5, "unban")     /* ends the bans of this name; "": all */                         \
	X(RENAME, 6, "rename")   /* peer has this name from now on */                              \
	X(ISOLATE, 7, "isolate") /* clients reach the gateway alone */                             \
	X(UNISOLATE, 8, "unisolate")

enum lp_act {
#define LP_ACT_ENUM(name, number, word) LP_ACT_##name = number,
	LP_ACT_LIST(LP_ACT_ENUM)
#undef LP_ACT_ENUM
};
const char *lp_act_word(enum lp_act act);

/* X(NAME, number, word, text): what became of it. An unknown number decodes as LP_ACTED_UNKNOWN. */
#define LP_ACTED_LIST(X)                                                                           \
	X(DONE, 0, "done", "done")                                                                 \
	X(UNKNOWN, 1, "unknown", "the relay does not know how to do this: update it")              \
	X(NO_MEMBER, 2, "no_member", "no such member is in the room")                              \
	X(NO_BAN, 3, "no_ban", "nobody of this name is banned")                                    \
	X(FULL, 4, "full", "the relay keeps no more bans for this room: end some with unban")      \
	X(BUSY, 5, "busy", "too much at once: try again in some seconds")                          \
	X(NOT_KEPT, 6, "not_kept",                                                                 \
		"done, but it ends when the room is empty: the room has no host key, or the "      \
		"relay "                                                                           \
		"has no space")

enum lp_acted {
#define LP_ACTED_ENUM(name, number, word, text) LP_ACTED_##name = number,
	LP_ACTED_LIST(LP_ACTED_ENUM)
#undef LP_ACTED_ENUM
};
const char *lp_acted_text(enum lp_acted acted);
/* True if the relay has done it, also when it does not keep it. */
bool lp_acted_is_done(enum lp_acted acted);

/* Host to relay, each on its own unidirectional stream, with LP_CAP_ACTS. Only from a member that has proven
 * the room's host key. */
struct lp_host_act {
	uint64_t id;                /* 1 required: the answer has it, too */
	enum lp_act act;            /* 2 required */
	uint16_t peer;              /* 3: whom it is about */
	char name[LP_NAME_MAX + 1]; /* 4 */
};
/* Relay to host, likewise: the answer. */
struct lp_host_done {
	uint64_t id;         /* 1 required */
	enum lp_acted acted; /* 2 required */
};

/* Either direction, on its own unidirectional stream. */
struct lp_disconnect {
	enum lp_leave_reason reason; /* 1 required */
	char text[LP_TEXT_MAX + 1];  /* 2 */
};

struct lp_control {
	enum lp_control_type type;
	union {
		struct lp_hello hello;
		struct lp_welcome welcome;
		struct lp_reject reject;
		struct lp_peer_joined peer_joined;
		struct lp_peer_left peer_left;
		struct lp_peer_status peer_status;
		struct lp_stats stats;
		struct lp_disconnect disconnect;
		struct lp_lan_report lan;
		struct lp_host_act act;
		struct lp_host_done done;
	};
};

/* Decodes one message from the start of the bytes. LP_MORE: incomplete so far. LP_TOO_LONG: as soon
 * as its length is too large. LP_UNSUPPORTED: a complete message of unknown type. Also LP_MALFORMED
 * and LP_INVALID. *ret_used, the size of the message, is written with LP_OK and LP_UNSUPPORTED. */
enum lp_status lp_control_decode(
	const uint8_t *bytes, size_t len, struct lp_control *ret_message, size_t *ret_used);

/* Returns the number of bytes written, or 0 when cap is too small. Optional fields with their
 * default value are left out. The message must be valid: strings end with NUL, enums are in
 * range. */
size_t lp_control_encode(const struct lp_control *message, uint8_t *bytes, size_t cap);

/* Enough for every message that the relay or a member sends; a test verifies it. */
#define LP_CONTROL_SENT_MAX 1536

/* A fingerprint of zeroes means that there is none. */
bool lp_host_is_known(const uint8_t host[LP_HOST_PRINT]);

const char *lp_control_word(enum lp_control_type type);

#endif
