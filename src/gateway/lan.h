/* lan.h - what both frame ports do with a frame of the LAN: end storms, and count.
 *
 * It does not judge whether a frame is for a member: the tunnel does. */
#ifndef LANPARTY_GATEWAY_LAN_H
#define LANPARTY_GATEWAY_LAN_H

#include "lanparty/base/bucket.h"
#include "lanparty/base/role.h"
#include "lanparty/edge/linux/fd_port.h"
#include "lanparty/edge/linux/netlink.h"
#include "lanparty/edge/log.h"
#include "lanparty/packet/eth.h"
#include "lanparty/tunnel/port.h"
#include "announce.h"
#include "answers.h"
#include "interface.h"
#include "lan_server.h"
#include "ports.h"

#define LP_LAN_BATCH 64 /* frames per read, at most */
/* Group frames per second. No LAN needs more, and every loop gives more. */
#define LP_LAN_STORM_RATE  20000
#define LP_LAN_STORM_PAUSE LP_SECOND
#define LP_LAN_QUIET       (60 * LP_SECOND) /* between two sentences about storms, or about the MTU */

struct lp_lan_counters {
	uint64_t received;  /* handed to the tunnel */
	uint64_t tagged;    /* dropped: of a VLAN */
	uint64_t truncated; /* dropped: longer than any frame should be */
	uint64_t unusable;  /* dropped: a super-frame that could not be split */
	uint64_t storm;     /* dropped: a group frame in a storm */
	uint64_t written;
	uint64_t not_written;
};

/* Both frame ports start with this struct. */
struct lp_lan {
	struct lp_fd_port fd_port; /* first */
	struct lp_interface interface;
	int tap;         /* index of the gateway's bridge port; 0: packet mode */
	size_t room_mtu; /* 0: no room was joined yet */
	struct lp_mac members[LP_MAX_CLIENTS]; /* of the room, sorted */
	size_t member_count;
	struct lp_announcer announcer;
	struct lp_answers answers;
	struct lp_lan_server server;
	bool is_other; /* the LAN can be another one since somebody has set this to false */
	struct lp_bucket storm;
	lp_time storm_until;
	lp_time storm_said; /* the next storm is not said before */
	uint32_t mtu_said;  /* of the LAN, that differed from the room's; 0: none */
	lp_time mtu_quiet;  /* as storm_said */
	lp_time now;        /* of this batch */
	bool unusable_said;
	struct lp_lan_counters counters;
	lp_port_sink *sink; /* of this batch */
	void *sink_context;
};

static inline struct lp_lan *lp_lan_of(struct lp_port *port)
{
	return (struct lp_lan *)(void *)port;
}

/* Leaves fd_port as it is. */
void lp_lan_init(struct lp_lan *l, const struct lp_interface *interface);

/* Begins a batch: reads the clock. */
void lp_lan_begin(struct lp_lan *l, lp_port_sink *sink, void *context);
/* Takes a whole frame from the LAN: hands it to sink, or drops and counts it. */
void lp_lan_take(struct lp_lan *l, const uint8_t *frame, size_t len);

/* A port's note: looks whether the LAN answers. */
void lp_lan_note(struct lp_port *port, enum lp_port_way way, const struct lp_view *view,
	const struct lp_filter_facts *facts);
/* Counts a frame that was dropped because it is merged from several, or too long for any room. Warns of the
 * first one. */
void lp_lan_count_unusable(struct lp_lan *l, uint64_t *counter);
/* Counts a member's frame that was written, or was not. Returns good. */
bool lp_lan_count_write(struct lp_lan *l, bool good);
/* The room's other members, sorted by their MACs. */
void lp_lan_set_members(struct lp_lan *l, const struct lp_mac *macs, size_t count);
/* Switches know another way to the gateway, or none. */
void lp_lan_has_moved(struct lp_lan *l);
/* Call it once per second: announces members, and says when the LAN answers none of them. */
void lp_lan_on_time(struct lp_lan *l);
/* Call it once per second while this computer has no IPv4 address in the LAN (row K5). */
void lp_lan_look_for_another(struct lp_lan *l);
/* The room is joined with this MTU. */
void lp_lan_up(struct lp_lan *l, size_t room_mtu);
/* Warns when the LAN and the room have frames that are too long for the other. Each MTU of the LAN is said
 * once; one that comes soon after another is said later, by lp_lan_on_time. */
void lp_lan_check_mtu(struct lp_lan *l);
void lp_lan_log_counters(const struct lp_lan *l, enum lp_log_level level, uint64_t kernel_drops);

#endif
