#include "lan.h"

#include <inttypes.h>
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
	if (l->now < l->storm_said)
		return true;
	l->storm_said = l->now + LP_LAN_QUIET;
	lp_log(LP_LOG_WARNING, "storm", "interface=%s rate=%d hint=%s", l->interface.name,
		LP_LAN_STORM_RATE,
		"too many broadcast frames; look for a loop, such as two gateways on one LAN");
	return true;
}

void lp_lan_take(struct lp_lan *l, const uint8_t *frame, size_t len)
{
	struct lp_eth eth;
	if (lp_eth_parse(frame, len, &eth) && lp_mac_is_group(&eth.dst) && is_storm(l)) {
		l->counters.storm++;
		return;
	}
	l->counters.received++;
	if (lp_lan_server_take(&l->server, frame, len, l->now))
		l->is_other = true;
	l->sink(l->sink_context, frame, len);
}

/* The gateway's own computer answers through its bridge, and proves nothing about the LAN. */
void lp_lan_note(struct lp_port *port, enum lp_port_way way, const struct lp_view *view,
	const struct lp_filter_facts *facts)
{
	struct lp_lan *l = lp_lan_of(port);
	const struct lp_mac *own = &l->interface.mac;
	if (way == LP_PORT_WRITTEN) {
		if (!lp_mac_equal(&view->eth.dst, own))
			lp_answers_note(&l->answers, view, facts, l->now);
	} else if (lp_mac_equal(&view->eth.src, own)) {
		lp_answers_own(&l->answers, view, facts);
	} else {
		lp_answers_come(&l->answers);
	}
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

bool lp_lan_count_write(struct lp_lan *l, bool good)
{
	if (good)
		l->counters.written++;
	else
		l->counters.not_written++;
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
	lp_lan_server_forget(&l->server);
}

void lp_lan_look_for_another(struct lp_lan *l)
{
	l->now = lp_clock();
	lp_lan_server_on_time(&l->server, &l->fd_port.port, l->now);
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
	lp_lan_check_mtu(l);
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
	if (room_mtu != l->room_mtu)
		l->mtu_said = 0;
	l->room_mtu = room_mtu;
	lp_lan_has_moved(l);
	lp_lan_check_mtu(l);
}

void lp_lan_check_mtu(struct lp_lan *l)
{
	uint32_t mtu = l->interface.mtu;
	bool differs = l->room_mtu != 0 && mtu != l->room_mtu;
	if (!differs)
		l->mtu_said = 0;
	if (!differs || mtu == l->mtu_said || l->now < l->mtu_quiet)
		return;
	l->mtu_said = mtu;
	l->mtu_quiet = l->now + LP_LAN_QUIET;
	lp_log(LP_LOG_WARNING, "mtu_differs", "interface=%s lan=%" PRIu32 " room=%zu hint=%s",
		l->interface.name, mtu, l->room_mtu,
		mtu > l->room_mtu
			? "frames of the LAN that are too long for the room are dropped: if "
			  "players miss some, set the MTU of the LAN's computers to the room's"
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
