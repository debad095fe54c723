/* lan.h - what both frame ports have in common: who the members are, which frames from the LAN go
 * on to the room, and the counters. */
#ifndef LANPARTY_GATEWAY_LAN_H
#define LANPARTY_GATEWAY_LAN_H

#include "lanparty/base/bucket.h"
#include "lanparty/packet/eth.h"
#include "lanparty/tunnel/port.h"
#include "interface.h"
#include "lanparty/edge/log.h"
#include "ports.h"

#define LP_LAN_BATCH 64 /* frames read at most at a time */
#define LP_LAN_STORM_RATE                                                                          \
	20000 /* group frames a second: no LAN needs more, every loop gives more */
#define LP_LAN_STORM_PAUSE LP_SECOND

struct lp_lan_counters {
	uint64_t received;  /* went on to the room */
	uint64_t tagged;    /* of a VLAN */
	uint64_t truncated; /* longer than any frame should be */
	uint64_t unusable;  /* super-frames that could not be taken apart */
	uint64_t
		foreign; /* of or for nobody in the room: those that the kernel's filter let pass */
	uint64_t storm;  /* group frames in a storm */
	uint64_t written;
	uint64_t not_written;
};

struct lp_lan {
	struct lp_interface interface;
	struct lp_lan_options options;
	struct lp_mac *members; /* in order */
	size_t member_count;
	struct lp_bucket storm;
	lp_time storm_until;
	lp_time now; /* of this batch */
	bool is_down;
	struct lp_lan_counters counters;
	lp_port_sink *sink; /* while reading */
	void *sink_context;
};

void lp_lan_init(struct lp_lan *l, const struct lp_interface *interface,
	const struct lp_lan_options *options);
void lp_lan_clear(struct lp_lan *l);

/* Before a batch: takes the time. */
void lp_lan_begin(struct lp_lan *l, lp_port_sink *sink, void *context);
/* A whole frame from the LAN: hands it to sink, or drops and counts it. */
void lp_lan_take(struct lp_lan *l, uint8_t *frame, size_t len);

/* Out of memory: there are none then, and unicast frames wait for the next change. */
void lp_lan_set_members(struct lp_lan *l, const struct lp_mac *macs, size_t count);

/* Reading or writing failed: says once that the interface is down, until a frame comes again. */
void lp_lan_note_error(struct lp_lan *l, int error);
/* Warns when hosts of the LAN may send frames that are too long for the room. */
void lp_lan_check_mtu(const struct lp_lan *l, size_t room_mtu);
void lp_lan_log_counters(const struct lp_lan *l, enum lp_log_level level, uint64_t kernel_drops);

#endif
