#include "watch.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/log.h"

static_assert(LP_WATCH_INTERVAL % LP_SECOND == 0, "the timer counts seconds");

static void add_port(void *context, const struct lp_interface *interface)
{
	lp_lan_view_add(context, interface);
}

/* False: the interface was deleted, or the system is out of descriptors. The view stays then. */
static bool read_view(struct lp_watch *w)
{
	struct lp_lan_view v = {.tap = w->lan->tap};
	if (lp_netlink_find_index(w->lan->interface.index, &v.lan) != 0)
		return false;
	v.carriers = v.lan.carriers;
	if (v.tap && lp_netlink_list(add_port, &v) != 0)
		return false;
	w->view = v;
	return true;
}

static void note_name(struct lp_lan *lan, const char *name)
{
	if (strcmp(lan->interface.name, name) == 0)
		return;
	lp_log(LP_LOG_INFO, "interface_renamed", "interface=%s name=%s", lan->interface.name, name);
	memcpy(lan->interface.name, name, sizeof(lan->interface.name));
}

static void note_mtu(struct lp_lan *lan, uint32_t mtu)
{
	if (lan->interface.mtu == mtu)
		return;
	lan->interface.mtu = mtu;
	lp_lan_check_mtu(lan);
}

/* A port of no bridge connects the room with nothing, and adding it again needs a privilege. */
static void end_port(struct lp_watch *w)
{
	lp_trouble_say(w->trouble, &w->view, 0);
	w->lan->fd_port.gone = true;
}

static void note_firewall(struct lp_watch *w)
{
	struct lp_firewall now;
	lp_firewall_read(&w->view.lan, &now);
	lp_firewall_compare(&w->view.lan, &w->firewall, &now);
	w->firewall = now;
}

/* The gateway's port is new, so the bridge has put it into its default VLAN. */
static void note_vlans(const struct lp_lan_view *v, const struct lp_bridge *before)
{
	const struct lp_bridge *b = &v->lan.bridge;
	if (!b->filters_vlans || (before->filters_vlans && before->vlan == b->vlan))
		return;
	lp_log(b->vlan ? LP_LOG_INFO : LP_LOG_WARNING, "bridge_vlans",
		"interface=%s port=%s vlan=%u reason=%s hint=%s", v->lan.name, v->port.name,
		b->vlan,
		b->vlan ? "the bridge filters VLANs, and the room is in its default one"
			: "the bridge filters VLANs and has no default one, so the room reaches "
			  "nothing",
		"put the room into the LAN's VLAN: bridge vlan add dev PORT vid VLAN pvid "
		"untagged");
}

static void note_changes(struct lp_watch *w, const struct lp_lan_view *before)
{
	w->trouble = lp_trouble_of(&w->view, &w->wait);
	note_name(w->lan, w->view.lan.name);
	note_mtu(w->lan, w->view.lan.mtu);
	w->lan->interface.mac = w->view.lan.mac;
	if (w->lan->tap) {
		note_firewall(w);
		note_vlans(&w->view, &before->lan.bridge);
	}
	if (w->trouble == LP_TROUBLE_TAKEN_OUT && !w->lan->fd_port.gone)
		end_port(w);
}

static void say(struct lp_watch *w, lp_time now)
{
	if (w->trouble == w->said || now < w->hold || w->lan->fd_port.gone)
		return;
	lp_trouble_say(w->trouble, &w->view, w->wait);
	w->said = w->trouble;
	w->hold = now + LP_WATCH_HOLD;
}

/* The members are elsewhere for the switches once the way into the LAN is open again, or its cable was out. */
static bool has_moved(
	const struct lp_lan_view *before, enum lp_trouble trouble_before, const struct lp_watch *w)
{
	return w->trouble == LP_TROUBLE_NONE &&
	       (trouble_before != LP_TROUBLE_NONE || w->view.lan.index != before->lan.index ||
		       w->view.carriers != before->carriers);
}

static void look(struct lp_watch *w)
{
	const struct lp_lan_view before = w->view;
	enum lp_trouble trouble_before = w->trouble;
	bool changed = w->changes < 0 || lp_netlink_has_changed(w->changes) ||
		       w->lan->interface.index != w->view.lan.index;
	if (changed && read_view(w)) {
		note_changes(w, &before);
		if (has_moved(&before, trouble_before, w)) {
			lp_lan_has_moved(w->lan);
			w->moved = true;
		}
	}
	say(w, lp_clock());
}

bool lp_watch_open(struct lp_watch *w, struct lp_port *port)
{
	const struct timespec interval = {.tv_sec = LP_WATCH_INTERVAL / LP_SECOND};
	const struct itimerspec times = {.it_interval = interval, .it_value = interval};
	*w = (struct lp_watch){.lan = lp_lan_of(port)};
	w->changes = lp_netlink_watch(LP_NEWS_LINKS);
	w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->timer < 0 || timerfd_settime(w->timer, 0, &times, NULL) != 0) {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s hint=%s", strerror(errno),
			"raise the limit of open files, or end other programs");
		return false;
	}
	if (w->lan->tap && read_view(w)) {
		lp_firewall_read(&w->view.lan, &w->firewall);
		lp_firewall_check(&w->view.lan);
	}
	w->view = (struct lp_lan_view){0}; /* not judged yet */
	look(w);
	w->moved = false;
	return true;
}

void lp_watch_look(struct lp_watch *w)
{
	uint64_t times;
	(void)!read(w->timer, &times, sizeof(times));
	look(w);
	if (w->trouble == LP_TROUBLE_NONE)
		lp_lan_on_time(w->lan);
}

void lp_watch_close(struct lp_watch *w)
{
	if (w->timer >= 0)
		close(w->timer);
	if (w->changes >= 0)
		close(w->changes);
}
