#include "interface.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "lanparty/base/bytes.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/linux/notify.h"
#include "lanparty/edge/log.h"
#include "ports.h"

#define LOOK         (250 * LP_MILLISECOND)
#define MEETING      LP_SECOND /* routers answer within it, or are not there */
#define MEETING_STEP (20 * LP_MILLISECOND)
#define NAMES_MAX    256
#define ROUTERS_MAX  4
#define SENTENCE_MAX 512

struct names {
	char text[NAMES_MAX];
	size_t len;
};

static void add_name(void *context, const struct lp_interface *interface)
{
	struct names *n = context;
	if (!interface->is_loopback && n->len < sizeof(n->text))
		n->len += (size_t)snprintf(n->text + n->len, sizeof(n->text) - n->len, "%s%s",
			n->len > 0 ? ", " : "", interface->name);
}

static void refuse(const char *name, const char *sentence)
{
	lp_log(LP_LOG_ERROR, "interface_refused", "interface=%s reason=%s", name, sentence);
}

static bool refuse_missing(const char *name, int error)
{
	struct names names = {0};
	char sentence[SENTENCE_MAX];
	if (error != ENODEV) {
		snprintf(sentence, sizeof(sentence),
			"the system does not describe it (%s): look at it with ip link show",
			strerror(error));
	} else {
		lp_netlink_list(add_name, &names);
		snprintf(sentence, sizeof(sentence), "there is no such interface: %s%s",
			names.len > 0 ? "name one of "
				      : "this computer has no network card that works",
			names.text);
	}
	refuse(name, sentence);
	return false;
}

/* Is the interface part of another one that has its frames? Says which option reaches them then. */
static bool is_taken(const struct lp_interface *i, char sentence[SENTENCE_MAX])
{
	struct lp_interface master = {.name = "its master"};
	if (i->master == 0 || strcmp(i->master_kind, "vrf") == 0)
		return false;
	lp_netlink_find_index(i->master, &master);
	if (strcmp(i->master_kind, "bridge") == 0)
		snprintf(sentence, SENTENCE_MAX, "it is a port of the bridge %s: use --bridge %s",
			master.name, master.name);
	else if (strcmp(i->master_kind, "bond") == 0 || strcmp(i->master_kind, "team") == 0)
		snprintf(sentence, SENTENCE_MAX, "it is a member of the %s %s: use --lan %s",
			i->master_kind, master.name, master.name);
	else
		snprintf(sentence, SENTENCE_MAX,
			"it belongs to %s (%s), which has its frames: use --lan with another "
			"interface "
			"that leads to the LAN",
			master.name, i->master_kind[0] ? i->master_kind : "of an unknown kind");
	return true;
}

static const char *why_not_wifi(int index)
{
	switch (lp_wifi_ask(index)) {
	case LP_WIFI_STATION:
		return "it is a Wi-Fi station, and an access point takes no frames with the "
		       "players' addresses from it; use a cable, or 4-address mode (iw dev ... set "
		       "4addr on) where the access point has it too";
	case LP_WIFI_UNKNOWN:
		return "it is a Wi-Fi interface, and its driver does not say whether it is in "
		       "4-address mode, without which it cannot send the players' frames; use a "
		       "cable";
	case LP_WIFI_NONE:
	case LP_WIFI_FITS:
		break;
	}
	return NULL;
}

static const char *why_not_packet(const struct lp_interface *i)
{
	if (i->is_loopback)
		return "it is the loopback interface; name the one that leads to the LAN";
	if (!i->is_ethernet)
		return "it is not an Ethernet interface, so it cannot carry the players' frames; "
		       "name one that is";
	if (strcmp(i->kind, "macvlan") == 0 || strcmp(i->kind, "ipvlan") == 0)
		return "it is a macvlan or ipvlan, which passes no frames of other stations: name "
		       "the interface below it";
	if (strcmp(i->kind, "vrf") == 0)
		return "it is a VRF, which is no network of its own; name the interface in it that "
		       "leads to the LAN";
	return why_not_wifi(i->index);
}

static const char *why_not_bridge(const struct lp_interface *i)
{
	if (strcmp(i->kind, "bridge") == 0)
		return NULL;
	if (strcmp(i->kind, "openvswitch") == 0)
		return "it is an Open vSwitch, not a Linux bridge; add an internal port to it, and "
		       "use --lan with that port";
	const char *packet = why_not_packet(i);
	return packet ? packet : "it is not a bridge; use --lan for an ordinary interface";
}

/* Says why the interface cannot be used so; false: it can. */
static bool is_unfit(
	const struct lp_interface *i, enum lp_interface_use use, char sentence[SENTENCE_MAX])
{
	const char *why = use == LP_USE_BRIDGE ? why_not_bridge(i) : why_not_packet(i);
	if (strcmp(i->kind, "bridge") != 0 && is_taken(i, sentence))
		return true;
	if (why)
		snprintf(sentence, SENTENCE_MAX, "%s", why);
	return why != NULL;
}

static void say_awaited(const char *name, bool missing)
{
	struct names names = {0};
	char hint[SENTENCE_MAX] = "bring it up: ip link set INTERFACE up";
	if (missing) {
		lp_netlink_list(add_name, &names);
		snprintf(hint, sizeof(hint), "plug it in; or is another one meant? There is: %s",
			names.len > 0 ? names.text : "none");
	}
	lp_log(LP_LOG_WARNING, "interface_awaited", "interface=%s reason=%s hint=%s", name,
		missing ? "there is no such interface yet" : "it is down", hint);
}

/* Sleeps for a moment, and says once why. */
static void wait_for(const char *name, bool missing, int *said)
{
	if (*said != missing)
		say_awaited(name, missing);
	*said = missing;
	lp_notify("READY=1\nWATCHDOG=1\nSTATUS=Waiting for the network interface");
	nanosleep(&(struct timespec){.tv_nsec = LOOK}, NULL);
}

/* Row K6: at boot an interface is often there, or up, only after a while. */
bool lp_interface_check(const char *name, enum lp_interface_use use, lp_time until,
	struct lp_interface *ret_interface, enum lp_exit *ret_exit)
{
	struct lp_interface found;
	char sentence[SENTENCE_MAX];
	bool possible = name[0] && strlen(name) < IF_NAMESIZE;
	int said = -1;
	*ret_exit = LP_EXIT_NO_INTERFACE;
	for (;;) {
		int error = lp_netlink_find(name, &found);
		if (error == ENODEV && possible && lp_clock() < until) {
			wait_for(name, true, &said);
			continue;
		}
		if (error != 0)
			return refuse_missing(name, error);
		if (is_unfit(&found, use, sentence)) {
			refuse(name, sentence);
			return false;
		}
		if (found.is_up)
			break;
		wait_for(name, false, &said);
	}
	*ret_interface = found;
	return true;
}

struct choice {
	struct lp_interface found; /* name "": none yet */
	enum lp_interface_use use;
	char unfit[IF_NAMESIZE],
		why[SENTENCE_MAX]; /* the first one that cannot be used; "": none */
};

static void consider(void *context, const struct lp_interface *interface)
{
	struct choice *c = context;
	char why[SENTENCE_MAX];
	uint32_t router;
	bool bridge = strcmp(interface->kind, "bridge") == 0;
	enum lp_interface_use use = bridge ? LP_USE_BRIDGE : LP_USE_PACKET;
	if (c->found.name[0] || !interface->is_up ||
		lp_netlink_ipv4_routers(interface->index, &router, 1) == 0)
		return;
	if (!is_unfit(interface, use, why)) {
		c->found = *interface;
		c->use = use;
	} else if (!c->unfit[0]) {
		memcpy(c->unfit, interface->name, sizeof(c->unfit));
		memcpy(c->why, why, sizeof(c->why));
	}
}

bool lp_interface_choose(struct lp_interface *ret_interface, enum lp_interface_use *ret_use)
{
	struct choice c = {0};
	lp_netlink_list(consider, &c);
	if (c.found.name[0]) {
		*ret_interface = c.found;
		*ret_use = c.use;
		return true;
	}
	if (c.unfit[0])
		refuse(c.unfit, c.why);
	else
		refuse("none", "no interface has a default route: name the one that leads to the "
			       "LAN with --lan");
	return false;
}

size_t lp_lan_addresses(const char *name, uint32_t *ret_ipv4, size_t cap)
{
	struct lp_interface i;
	if (lp_netlink_find(name, &i) != 0)
		return 0;
	size_t count = lp_netlink_ipv4_routers(i.index, ret_ipv4, cap);
	return count + lp_netlink_ipv4_addresses(i.index, ret_ipv4 + count, cap - count);
}

size_t lp_lan_addresses_ipv6(const char *name, uint8_t (*ret_ipv6)[16], size_t cap)
{
	struct lp_interface i;
	if (lp_netlink_find(name, &i) != 0)
		return 0;
	size_t count = lp_netlink_ipv6_routers(i.index, ret_ipv6, cap);
	return count + lp_netlink_ipv6_addresses(i.index, ret_ipv6 + count, cap - count);
}

struct macs {
	struct lp_mac *list;
	size_t count, cap;
	char left_out[IF_NAMESIZE]; /* whose MAC has no place in the list; "": all have */
	bool main;                  /* add_own adds the interfaces of is_main, or the others */
};

static void add_mac(struct macs *m, const struct lp_mac *mac, const char *whose)
{
	bool known = !lp_mac_is_station(mac);
	for (size_t i = 0; i < m->count && !known; i++)
		known = lp_mac_equal(&m->list[i], mac);
	if (!known && m->count < m->cap)
		m->list[m->count++] = *mac;
	else if (!known && !m->left_out[0])
		snprintf(m->left_out, sizeof(m->left_out), "%s", whose);
}

static bool is_own_port(const struct lp_interface *i)
{
	return strncmp(i->name, LP_BRIDGE_PORT_NAME, strlen(LP_BRIDGE_PORT_NAME)) == 0;
}

/* Network cards stay, while there can be any number of virtual interfaces, as of containers. */
static bool is_main(const struct lp_interface *i)
{
	return i->kind[0] == '\0' || is_own_port(i);
}

/* A TAP can be that of a client on the same computer. */
static void add_own(void *context, const struct lp_interface *interface)
{
	struct macs *m = context;
	bool ours = strcmp(interface->kind, "tun") != 0 || is_own_port(interface);
	if (interface->is_ethernet && ours && is_main(interface) == m->main)
		add_mac(m, &interface->mac, interface->name);
}

/* Row K5: the first one has the first place, also while its MAC is not known. */
static void add_ipv4_routers(struct macs *m, int index)
{
	uint32_t ipv4[ROUTERS_MAX];
	struct lp_mac router;
	size_t count = lp_netlink_ipv4_routers(index, ipv4, ROUTERS_MAX);
	m->list[m->count++] = (struct lp_mac){0};
	for (size_t i = 0; i < count; i++) {
		if (!lp_netlink_neighbour(index, ipv4[i], &router))
			continue;
		if (i == 0)
			m->list[0] = router;
		else
			add_mac(m, &router, "a router");
	}
}

static void add_ipv6_routers(struct macs *m, int index)
{
	uint8_t ipv6[ROUTERS_MAX][16];
	struct lp_mac router;
	size_t count = lp_netlink_ipv6_routers(index, ipv6, ROUTERS_MAX);
	for (size_t i = 0; i < count; i++)
		if (lp_netlink_neighbour_ipv6(index, ipv6[i], &router))
			add_mac(m, &router, "a router");
}

static void list_macs(const char *name, struct macs *m)
{
	struct lp_interface i;
	if (m->cap == 0 || lp_netlink_find(name, &i) != 0)
		return;
	add_ipv4_routers(m, i.index);
	add_mac(m, &i.mac, i.name);
	add_ipv6_routers(m, i.index);
	m->main = true;
	lp_netlink_list(add_own, m);
	m->main = false;
	lp_netlink_list(add_own, m);
}

size_t lp_lan_macs(const char *name, struct lp_mac *ret_macs, size_t cap)
{
	struct macs m = {.list = ret_macs, .cap = cap};
	list_macs(name, &m);
	return m.count;
}

/* False: a router was asked for its MAC, and the kernel does not know it yet. */
static bool meet(int index)
{
	uint32_t ipv4[ROUTERS_MAX];
	uint8_t ipv6[ROUTERS_MAX][16], address[4];
	struct lp_mac mac;
	bool all = true;
	size_t count = lp_netlink_ipv4_routers(index, ipv4, ROUTERS_MAX);
	for (size_t i = 0; i < count; i++) {
		lp_put32(address, ipv4[i]);
		if (!lp_netlink_neighbour(index, ipv4[i], &mac) &&
			lp_netlink_resolve(index, AF_INET, address) == 0)
			all = false;
	}
	count = lp_netlink_ipv6_routers(index, ipv6, ROUTERS_MAX);
	for (size_t i = 0; i < count; i++) {
		if (!lp_netlink_neighbour_ipv6(index, ipv6[i], &mac) &&
			lp_netlink_resolve(index, AF_INET6, ipv6[i]) == 0)
			all = false;
	}
	return all;
}

void lp_lan_meet_routers(const char *name)
{
	struct lp_interface i;
	if (lp_netlink_find(name, &i) != 0)
		return;
	for (lp_time end = lp_clock() + MEETING; !meet(i.index) && lp_clock() < end;)
		nanosleep(&(struct timespec){.tv_nsec = MEETING_STEP}, NULL);
}

static void say_full(const char *lan, const char *left_out)
{
	static bool said;
	if (!said)
		lp_log(LP_LOG_WARNING, "protected_full",
			"interface=%s left_out=%s reason=%s hint=%s", lan, left_out,
			"this computer and its routers have more MACs than a room protects, so a "
			"player could take one of the others",
			"remove virtual interfaces that this computer does not need, as of "
			"containers, or run the gateway on another computer");
	said = true;
}

bool lp_lan_protected(const char *name, struct lp_protected *ret_protected)
{
	struct lp_protected *p = ret_protected;
	struct macs m = {.list = p->macs, .cap = LP_PROTECTED_MACS};
	*p = (struct lp_protected){0};
	p->ipv4_count = lp_lan_addresses(name, p->ipv4, LP_PROTECTED_IPV4);
	lp_lan_addresses_ipv6(name, p->ipv6, LP_PROTECTED_IPV6);
	list_macs(name, &m);
	if (m.left_out[0])
		say_full(name, m.left_out);
	return m.count > 0;
}
