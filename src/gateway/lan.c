#include "lan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/packet/dhcp_strip.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/log.h"

void lp_lan_init(struct lp_lan *l, const struct lp_interface *interface,
	const struct lp_lan_options *options)
{
	*l = (struct lp_lan){.interface = *interface, .options = *options};
	lp_bucket_init(&l->storm, LP_LAN_STORM_RATE, LP_LAN_STORM_RATE, lp_clock());
}

void lp_lan_clear(struct lp_lan *l)
{
	free(l->members);
	l->members = NULL;
	l->member_count = 0;
}

void lp_lan_begin(struct lp_lan *l, lp_port_sink *sink, void *context)
{
	l->now = lp_clock();
	l->sink = sink;
	l->sink_context = context;
}

static int compare_macs(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct lp_mac));
}

static bool is_member(const struct lp_lan *l, const struct lp_mac *mac)
{
	return l->member_count > 0 &&
	       bsearch(mac, l->members, l->member_count, sizeof(*mac), compare_macs) != NULL;
}

/* A second of silence ends most loops' storms, and keeps the others from filling the tunnel. */
static bool is_storm(struct lp_lan *l)
{
	if (l->now < l->storm_until)
		return true;
	if (lp_bucket_take(&l->storm, 1, l->now))
		return false;
	l->storm_until = l->now + LP_LAN_STORM_PAUSE;
	lp_log(LP_LOG_WARNING, "storm", "interface=%s rate=%d advice=%s", l->interface.name,
		LP_LAN_STORM_RATE,
		"too many broadcast frames; look for a loop, such as two gateways on one LAN");
	return true;
}

/* The kernel's filter has dropped most that is foreign: this is for large rooms, and for frames
 * that had come before the members changed. */
void lp_lan_take(struct lp_lan *l, uint8_t *frame, size_t len)
{
	struct lp_view view;
	if (l->is_down) {
		l->is_down = false;
		lp_log(LP_LOG_INFO, "interface_up", "interface=%s", l->interface.name);
	}
	lp_view_of(frame, len, &view);
	bool group = lp_mac_is_group(&view.eth.dst);
	if (view.flaw == LP_VIEW_ETHERNET || is_member(l, &view.eth.src) ||
		(!group && !is_member(l, &view.eth.dst))) {
		l->counters.foreign++;
		return;
	}
	if (group && is_storm(l)) {
		l->counters.storm++;
		return;
	}
	if (!l->options.keep_default_route)
		lp_dhcp_strip(frame, &view);
	l->counters.received++;
	l->sink(l->sink_context, frame, len);
}

void lp_lan_set_members(struct lp_lan *l, const struct lp_mac *macs, size_t count)
{
	lp_lan_clear(l);
	if (count == 0)
		return;
	l->members = malloc(count * sizeof(*macs));
	if (!l->members) {
		lp_log(LP_LOG_ERROR, "out_of_memory", "members=%zu", count);
		return;
	}
	memcpy(l->members, macs, count * sizeof(*macs));
	l->member_count = count;
	qsort(l->members, count, sizeof(*macs), compare_macs);
}

void lp_lan_note_error(struct lp_lan *l, int error)
{
	bool down = error == ENETDOWN || error == ENXIO || error == ENODEV || error == EIO;
	if (!down || l->is_down)
		return;
	l->is_down = true;
	lp_log(LP_LOG_WARNING, "interface_down", "interface=%s advice=%s", l->interface.name,
		"frames of the room do not reach the LAN until it is up again");
}

void lp_lan_check_mtu(const struct lp_lan *l, size_t room_mtu)
{
	if (l->interface.mtu > room_mtu)
		lp_log(LP_LOG_WARNING, "mtu_differs",
			"interface=%s lan=%" PRIu32 " room=%zu advice=%s", l->interface.name,
			l->interface.mtu, room_mtu,
			"hosts of the LAN may send frames that are too long for the room");
}

void lp_lan_log_counters(const struct lp_lan *l, enum lp_log_level level, uint64_t kernel_drops)
{
	const struct lp_lan_counters *c = &l->counters;
	lp_log(level, "lan_counters",
		"interface=%s received=%" PRIu64 " tagged=%" PRIu64 " truncated=%" PRIu64
		" unusable=%" PRIu64 " foreign=%" PRIu64 " storm=%" PRIu64 " kernel_drops=%" PRIu64
		" written=%" PRIu64 " not_written=%" PRIu64,
		l->interface.name, c->received, c->tagged, c->truncated, c->unusable, c->foreign,
		c->storm, kernel_drops, c->written, c->not_written);
}
