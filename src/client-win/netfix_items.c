#include "netfix_private.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lanparty/packet/eth.h"
#include "lanparty/edge/log.h"

#define IPV6_MTU_MIN 1280 /* RFC 8200 */
#define METRIC       1
#define ROUTE_METRIC 0
#define LOCK_MS      1000

/* The warnings. Each says what it means for the player, with a remedy. */
static const char no_rights[] =
	"Windows does not allow lanparty to change network settings, so your game may "
	"not show up, and the LAN may become your way to the internet. Close lanparty, and "
	"start it with a right click and \"Run as administrator\".";
static const char no_notes[] =
	"lanparty cannot store the settings that it must restore later, so it changes nothing: "
	"your game may not show up, and the LAN may become your way to the internet. Start it with "
	"a right click and \"Run as "
	"administrator\".";
static const char no_lock[] =
	"Another lanparty still holds the settings of this adapter, so your game may not "
	"show up, and the LAN may become your way to the internet. Close the other one.";
static const char not_back[] =
	"Windows did not let lanparty restore a network setting. The next start of "
	"lanparty tries again.";
static const char no_ipv4[] =
	"IPv4 is switched off on the lanparty adapter, so games cannot use it. "
	"Tick \"Internet Protocol Version 4\" in the adapter's properties, or install "
	"the adapter again.";
static const char no_rule[] =
	"The Windows firewall did not accept a rule for lanparty. If you cannot join, "
	"allow lanparty-client.exe in \"Windows Security\", \"Firewall\".";
const char netfix_no_guard[] =
	"Windows did not confirm that your internet traffic stays off the LAN. If "
	"web pages stop loading while you are in the room, leave it.";
static const char no_metric[] =
	"Windows did not prefer the LAN over your other networks, so games may look for "
	"each other in the wrong one. Disconnect other VPNs, and join again.";
static const char no_mtu[] =
	"Windows did not accept the packet size of this room, so some games may not "
	"connect. Leave, and join again; if that does not help, install the adapter again.";
static const char no_route[] =
	"Windows did not accept a route for the games' broadcasts, so your game may not "
	"show up. Disconnect other VPNs, and join again.";
static const char no_address[] =
	"Windows did not accept an address for the room, so the other players will not be "
	"reachable. Leave, and join again; if that does not help, install the adapter again.";
static const char no_category[] =
	"Windows treats the LAN as a public network, so its firewall may hide your "
	"game. Set it to \"Private\" in \"Settings\", \"Network\".";

#define PATIENCE          (20 * LP_SECOND) /* then the player is told, and it is not tried again */
#define CATEGORY_PATIENCE (60 * LP_SECOND) /* Windows needs time to identify a network */

static const struct {
	const char *name;
	uint32_t former_min, former_max, now_min, now_max; /* valid values of a note */
	bool optional; /* an adapter can lack it: IPv6 is off, or the medium is down */
	const char *sentence;
} items[NETFIX_NOTED] = {
	[NETFIX_FIREWALL_RULE] = {"firewall-rule", 0, 0, 1, 1, false, no_rule},
	[NETFIX_ROUTER_DISCOVERY_6] = {"router-discovery-6", 1, 2, 0, 0, true, netfix_no_guard},
	[NETFIX_DEFAULT_ROUTES_4] = {"default-routes-4", 0, 0, 1, 1, false, netfix_no_guard},
	[NETFIX_DEFAULT_ROUTES_6] = {"default-routes-6", 0, 0, 1, 1, true, netfix_no_guard},
	[NETFIX_METRIC_4] = {"metric-4", 0, UINT32_MAX, METRIC, METRIC, false, no_metric},
	[NETFIX_METRIC_6] = {"metric-6", 0, UINT32_MAX, METRIC, METRIC, true, no_metric},
	[NETFIX_MTU_4] = {"mtu-4", LP_MTU_MIN + 1, UINT32_MAX, LP_MTU_MIN, LP_ETH_MTU, false,
		no_mtu},
	[NETFIX_MTU_6] = {"mtu-6", IPV6_MTU_MIN + 1, UINT32_MAX, IPV6_MTU_MIN, LP_ETH_MTU, true,
		no_mtu},
	[NETFIX_BROADCAST_ROUTE] = {"broadcast-route", NETFIX_ABSENT, NETFIX_ABSENT, ROUTE_METRIC,
		ROUTE_METRIC, false, no_route},
	[NETFIX_MULTICAST_ROUTE] = {"multicast-route", NETFIX_ABSENT, NETFIX_ABSENT, ROUTE_METRIC,
		ROUTE_METRIC, false, no_route},
	[NETFIX_CATEGORY] = {"category", NETFIX_PUBLIC, NETFIX_PUBLIC, NETFIX_PRIVATE,
		NETFIX_PRIVATE, true, no_category},
	[NETFIX_ROOM_ADDRESS] = {"room-address", NETFIX_ABSENT, NETFIX_ABSENT, 1, NETFIX_ABSENT - 1,
		true, no_address},
};

static const GUID no_network;

bool netfix_is_guid(const char *text)
{
	static const char form[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
	size_t i = 0;
	for (; form[i]; i++) {
		if (form[i] == 'x' ? !isxdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	}
	return text[i] == 0;
}

const char *netfix_item_name(enum netfix_item item)
{
	return items[item].name;
}

bool netfix_note_is_good(const struct netfix_note *n)
{
	if ((unsigned)n->item >= NETFIX_NOTED || !netfix_is_guid(n->guid))
		return false;
	return n->former >= items[n->item].former_min && n->former <= items[n->item].former_max &&
	       n->now >= items[n->item].now_min && n->now <= items[n->item].now_max &&
	       n->former != n->now &&
	       (n->item == NETFIX_CATEGORY) == !IsEqualGUID(&n->network, &no_network);
}

static bool same_adapter(const char *a, const char *b)
{
	return _stricmp(a, b) == 0;
}

struct undone {
	unsigned back, left, gone, kept;
};

static void undo(const struct netfix_system *s, const struct netfix_note *note, struct undone *done)
{
	struct netfix_setting setting = {.network = note->network, .room = {note->now, 32}};
	enum netfix_answer answer = s->read(s->context, note->guid, note->item, &setting);
	bool ours = answer == NETFIX_OK && setting.value == note->now;
	if (ours) {
		setting.value = note->former;
		setting.network = note->network;
		answer = s->write(s->context, note->guid, note->item, &setting);
	}
	if (answer != NETFIX_OK && answer != NETFIX_GONE) {
		done->kept++;
		return;
	}
	done->back += answer == NETFIX_OK && ours;
	done->left += answer == NETFIX_OK && !ours; /* somebody else changed it since */
	done->gone += answer == NETFIX_GONE;
	s->forget(s->context, note);
}

bool netfix_put_back(const struct netfix_system *s, const char *guid)
{
	struct netfix_note notes[NETFIX_NOTES_MAX];
	struct undone done = {0};
	size_t count = s->notes(s->context, notes, NETFIX_NOTES_MAX);
	for (int item = NETFIX_NOTED - 1; item >= 0; item--) {
		for (size_t i = 0; i < count; i++) {
			if ((int)notes[i].item == item && same_adapter(notes[i].guid, guid))
				undo(s, &notes[i], &done);
		}
	}
	if (done.back + done.left + done.gone + done.kept > 0)
		lp_log(done.kept > 0 ? LP_LOG_WARNING : LP_LOG_INFO, "settings_put_back",
			"adapter=%s back=%u changed_by_others=%u gone=%u later=%u", guid, done.back,
			done.left, done.gone, done.kept);
	return done.kept == 0;
}

void netfix_put_back_all(const struct netfix_system *s)
{
	struct netfix_note notes[NETFIX_NOTES_MAX];
	size_t count = s->notes(s->context, notes, NETFIX_NOTES_MAX);
	for (size_t i = 0; i < count; i++) {
		bool seen = false;
		for (size_t k = 0; k < i && !seen; k++)
			seen = same_adapter(notes[k].guid, notes[i].guid);
		if (seen || !s->lock(s->context, notes[i].guid, 0))
			continue;
		netfix_put_back(s, notes[i].guid);
		s->unlock(s->context);
	}
}

void netfix_work_init(struct netfix_work *w, const struct netfix_system *system, const char *guid,
	unsigned mtu, struct netfix_listener to)
{
	memset(w, 0, sizeof(*w));
	w->system = system;
	w->mtu = mtu;
	w->to = to;
	if (netfix_is_guid(guid)) /* otherwise it is a pipe without settings */
		memcpy(w->guid, guid, sizeof(w->guid));
}

void netfix_work_warn(struct netfix_work *w, const char *text)
{
	struct netfix_report report = {.kind = NETFIX_WARNING};
	for (size_t i = 0; i < w->told_count && i < NETFIX_TOLD_MAX; i++) {
		if (strcmp(w->told[i], text) == 0)
			return;
	}
	snprintf(report.text, sizeof(report.text), "%s", text);
	memcpy(w->told[w->told_count++ % NETFIX_TOLD_MAX], report.text, sizeof(report.text));
	w->to.tell(w->to.context, &report);
}

/* The MTU is the room's, limited by the minimum of IPv4 or IPv6 and the maximum of Ethernet. */
static uint32_t wanted(const struct netfix_work *w, enum netfix_item item)
{
	uint32_t min = items[item].now_min, max = items[item].now_max;
	if (item == NETFIX_ROOM_ADDRESS)
		return w->room.address;
	if (item != NETFIX_MTU_4 && item != NETFIX_MTU_6)
		return min;
	return w->mtu < min ? min : w->mtu > max ? max : w->mtu;
}

/* True if the current value is as good as the wanted one. */
static bool serves(enum netfix_item item, uint32_t value, uint32_t want)
{
	switch (item) {
	case NETFIX_MTU_4:
	case NETFIX_MTU_6:
		return value <= want;
	case NETFIX_BROADCAST_ROUTE:
	case NETFIX_MULTICAST_ROUTE:
		return value != NETFIX_ABSENT;
	case NETFIX_CATEGORY:
		return value != NETFIX_PUBLIC;
	default:
		return value == want;
	}
}

static enum netfix_answer change(
	struct netfix_work *w, enum netfix_item item, const struct netfix_setting *present)
{
	const struct netfix_system *s = w->system;
	struct netfix_setting setting = {wanted(w, item), present->network, present->room};
	struct netfix_note note = {.item = item,
		.network = present->network,
		.former = present->value,
		.now = setting.value};
	memcpy(note.guid, w->guid, sizeof(note.guid));
	if (!netfix_note_is_good(&note) || !s->note(s->context, &note)) {
		netfix_work_warn(w, no_notes);
		w->settled[item] = true;
		return NETFIX_OK;
	}
	/* The note stays if the write fails: the result is unknown, and restoring checks first. */
	return s->write(s->context, w->guid, item, &setting);
}

/* Never finished, because the network appears and disappears with the medium and then is public
 * again. Each network is set only once: a user who makes it public again wants it so. */
static enum netfix_answer apply_category(struct netfix_work *w)
{
	struct netfix_setting present = {0};
	enum netfix_answer answer =
		w->system->read(w->system->context, w->guid, NETFIX_CATEGORY, &present);
	if (answer != NETFIX_OK) {
		w->network = no_network;
		return answer;
	}
	if (!serves(NETFIX_CATEGORY, present.value, NETFIX_PRIVATE) &&
		!IsEqualGUID(&present.network, &w->network))
		answer = change(w, NETFIX_CATEGORY, &present);
	if (answer == NETFIX_OK)
		w->network = present.network;
	return answer;
}

static enum netfix_answer apply(struct netfix_work *w, enum netfix_item item)
{
	struct netfix_setting present = {0};
	enum netfix_answer answer = w->system->read(w->system->context, w->guid, item, &present);
	if (answer == NETFIX_OK && !serves(item, present.value, wanted(w, item)))
		answer = change(w, item, &present);
	w->settled[item] |= answer == NETFIX_OK;
	return answer;
}

/* True if the item has failed for longer than patience. */
static bool failed_for(struct netfix_work *w, enum netfix_item item, lp_time patience, lp_time now)
{
	if (w->failing[item] == 0)
		w->failing[item] = now;
	return now - w->failing[item] >= patience;
}

static void apply_one(struct netfix_work *w, enum netfix_item item, lp_time now)
{
	bool category = item == NETFIX_CATEGORY;
	enum netfix_answer answer = category ? apply_category(w) : apply(w, item);
	bool missing = answer == NETFIX_NOT_THERE || answer == NETFIX_GONE;
	bool guard = items[item].sentence == netfix_no_guard;
	if (answer == NETFIX_REFUSED && guard) /* the medium goes up now, so this cannot wait */
		netfix_work_warn(w, netfix_no_guard);
	if (answer == NETFIX_OK || (category && missing)) {
		w->failing[item] = 0;
	} else if (answer == NETFIX_DENIED) {
		netfix_work_warn(w, no_rights);
		w->settled[item] = true;
	} else if (failed_for(w, item, category ? CATEGORY_PATIENCE : PATIENCE, now)) {
		if (!missing || !items[item].optional)
			netfix_work_warn(w, missing ? no_ipv4 : items[item].sentence);
		w->settled[item] = !category;
	}
}

static bool take_lock(struct netfix_work *w)
{
	const struct netfix_system *s = w->system;
	w->locked = s->lock(s->context, w->guid, LOCK_MS);
	if (w->locked)
		netfix_put_back(s, w->guid);
	else
		netfix_work_warn(w, no_lock);
	return w->locked;
}

bool netfix_work_apply(struct netfix_work *w, lp_time now)
{
	bool waiting = false;
	if (!w->guid[0])
		return true;
	if (!w->locked && !take_lock(w))
		return false;
	for (int i = 0; i < NETFIX_ITEMS; i++) {
		enum netfix_item item = (enum netfix_item)i;
		if (!w->settled[item])
			apply_one(w, item, now);
		waiting |= !w->settled[item] && w->failing[item] != 0;
	}
	return !waiting;
}

/* Of the address that was set, if it is still there. */
static void undo_room(struct netfix_work *w)
{
	struct netfix_note notes[NETFIX_NOTES_MAX];
	struct undone done = {0};
	size_t count = w->system->notes(w->system->context, notes, NETFIX_NOTES_MAX);
	for (size_t i = 0; i < count; i++)
		if (notes[i].item == NETFIX_ROOM_ADDRESS && same_adapter(notes[i].guid, w->guid))
			undo(w->system, &notes[i], &done);
}

bool netfix_work_room(struct netfix_work *w, struct netfix_prefix room)
{
	struct netfix_setting present = {.room = room};
	bool same = room.address == w->room.address && room.length == w->room.length;
	if (!w->locked || same)
		return same;
	undo_room(w);
	w->room = room;
	if (room.length == 0)
		return true;
	enum netfix_answer answer =
		w->system->read(w->system->context, w->guid, NETFIX_ROOM_ADDRESS, &present);
	if (answer == NETFIX_OK && present.value == NETFIX_ABSENT)
		answer = change(w, NETFIX_ROOM_ADDRESS, &present);
	if (answer == NETFIX_DENIED || answer == NETFIX_REFUSED)
		netfix_work_warn(w, answer == NETFIX_DENIED ? no_rights : no_address);
	else if (answer != NETFIX_OK)
		w->room = (struct netfix_prefix){0};
	return w->room.length > 0;
}

void netfix_work_end(struct netfix_work *w)
{
	if (!w->locked)
		return;
	if (!netfix_put_back(w->system, w->guid))
		netfix_work_warn(w, not_back);
	w->system->unlock(w->system->context);
	w->locked = false;
}
