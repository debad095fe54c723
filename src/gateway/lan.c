#include "lan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/log.h"

void lp_lan_init(struct lp_lan *l, const struct lp_interface *interface)
{
	*l = (struct lp_lan){.fd_port = l->fd_port, .interface = *interface};
	lp_bucket_init(&l->storm, LP_LAN_STORM_RATE, LP_LAN_STORM_RATE, lp_clock());
}

void lp_lan_begin(struct lp_lan *l, lp_port_sink *sink, void *context)
{
	l->now = lp_clock();
	l->sink = sink;
	l->sink_context = context;
}

/* A pause ends most storms of loops, and keeps the others from filling the tunnel. */
static bool is_storm(struct lp_lan *l)
{
	if (l->now < l->storm_until)
		return true;
	if (lp_bucket_take(&l->storm, 1, l->now))
		return false;
	l->storm_until = l->now + LP_LAN_STORM_PAUSE;
	lp_log(LP_LOG_WARNING, "storm", "interface=%s rate=%d hint=%s", l->interface.name,
		LP_LAN_STORM_RATE,
		"too many broadcast frames; look for a loop, such as two gateways on one LAN");
	return true;
}

static int compare_macs(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct lp_mac));
}

/* The gateway's own computer answers through its bridge, and proves nothing about the LAN. In a large room
 * the kernel's filter passes frames for others too. */
static bool is_answer(const struct lp_lan *l, const struct lp_eth *eth)
{
	return (l->answers.asked > 0 || !l->answers.answered) &&
	       !lp_mac_equal(&eth->src, &l->interface.mac) &&
	       bsearch(&eth->dst, l->members, l->member_count, sizeof(eth->dst), compare_macs);
}

void lp_lan_take(struct lp_lan *l, const uint8_t *frame, size_t len)
{
	struct lp_eth eth;
	bool parsed = lp_eth_parse(frame, len, &eth);
	if (parsed && lp_mac_is_group(&eth.dst) && is_storm(l)) {
		l->counters.storm++;
		return;
	}
	if (parsed && is_answer(l, &eth))
		lp_answers_come(&l->answers);
	l->counters.received++;
	l->sink(l->sink_context, frame, len);
}

void lp_lan_count_unusable(struct lp_lan *l, uint64_t *counter)
{
	(*counter)++;
	if (l->unusable_said)
		return;
	l->unusable_said = true;
	lp_log(LP_LOG_WARNING, "frames_unusable", "interface=%s reason=%s hint=%s",
		l->interface.name,
		"it hands over frames that are too long, or merged and cannot be split again; they "
		"are dropped",
		"turn merging off: ethtool -K INTERFACE gro off lro off");
}

bool lp_lan_count_write(struct lp_lan *l, const uint8_t *frame, size_t len, bool good)
{
	if (good) {
		l->counters.written++;
		lp_answers_note(&l->answers, frame, len, l->now);
	} else {
		l->counters.not_written++;
	}
	return good;
}

void lp_lan_set_members(struct lp_lan *l, const struct lp_mac *macs, size_t count)
{
	l->member_count = count < LP_MAX_CLIENTS ? count : LP_MAX_CLIENTS;
	if (l->member_count > 0)
		memcpy(l->members, macs, l->member_count * sizeof(*macs));
}

void lp_lan_has_moved(struct lp_lan *l)
{
	lp_announcer_start(&l->announcer, lp_clock());
	lp_answers_reset(&l->answers);
}

static void announce(struct lp_lan *l)
{
	uint8_t frame[LP_ANNOUNCE_FRAME];
	struct lp_port *port = &l->fd_port.port;
	while (lp_announcer_next(&l->announcer, l->members, l->member_count, l->now, frame))
		port->ops->write(port, frame, sizeof(frame));
}

void lp_lan_on_time(struct lp_lan *l)
{
	l->now = lp_clock();
	announce(l);
	if (lp_answers_are_missing(&l->answers, l->now))
		lp_log(LP_LOG_WARNING, "no_answers", "interface=%s reason=%s hint=%s",
			l->interface.name,
			"the players' frames go out, and nothing comes back for them",
			"in a virtual machine, let the hypervisor pass foreign MAC addresses "
			"(forged transmits, promiscuous mode, MAC spoofing), which a cloud never "
			"does; at a switch, look at port security; or nobody in this LAN answers");
}

void lp_lan_up(struct lp_lan *l, size_t room_mtu)
{
	l->now = lp_clock();
	l->room_mtu = room_mtu;
	lp_lan_has_moved(l);
	lp_lan_check_mtu(l);
}

void lp_lan_check_mtu(const struct lp_lan *l)
{
	uint32_t mtu = l->interface.mtu;
	if (l->room_mtu == 0 || mtu == l->room_mtu)
		return;
	lp_log(LP_LOG_WARNING, "mtu_differs", "interface=%s lan=%" PRIu32 " room=%zu hint=%s",
		l->interface.name, mtu, l->room_mtu,
		mtu > l->room_mtu
			? "hosts of the LAN may send frames that are too long for the room"
			: "the LAN does not get the room's longest frames: set the interface's MTU "
			  "to the room's (ip link set INTERFACE mtu)");
}

void lp_lan_log_counters(const struct lp_lan *l, enum lp_log_level level, uint64_t kernel_drops)
{
	const struct lp_lan_counters *c = &l->counters;
	lp_log(level, "lan_counters",
		"interface=%s received=%" PRIu64 " tagged=%" PRIu64 " truncated=%" PRIu64
		" unusable=%" PRIu64 " storm=%" PRIu64 " kernel_drops=%" PRIu64 " written=%" PRIu64
		" not_written=%" PRIu64,
		l->interface.name, c->received, c->tagged, c->truncated, c->unusable, c->storm,
		kernel_drops, c->written, c->not_written);
}
