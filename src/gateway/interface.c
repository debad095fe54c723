#include "interface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/edge/log.h"
#include "netlink.h"
#include "ports.h"

#define NAMES_MAX     256
#define SENTENCE_MAX  512
#define ROUTE_LINE    512
#define ROUTE_UP      0x0001 /* RTF_UP and RTF_GATEWAY of /proc/net/route */
#define ROUTE_GATEWAY 0x0002

struct description {
	struct ifinfomsg info;
	uint32_t mtu;
	bool is_bridge;
	bool has_master;
};

static void list_names(char text[NAMES_MAX])
{
	size_t len = 0;
	struct if_nameindex *all = if_nameindex();
	text[0] = '\0';
	for (const struct if_nameindex *i = all; i && i->if_index != 0 && len < NAMES_MAX; i++) {
		if (strcmp(i->if_name, "lo") != 0)
			len += (size_t)snprintf(text + len, NAMES_MAX - len, "%s%s",
				len > 0 ? ", " : "", i->if_name);
	}
	if_freenameindex(all);
}

static bool is_bridge(const uint8_t *link_info, size_t len)
{
	size_t size;
	const char *kind = lp_netlink_find(link_info, len, IFLA_INFO_KIND, &size);
	return kind && size >= sizeof("bridge") && memcmp(kind, "bridge", sizeof("bridge")) == 0;
}

/* Returns 0 or an errno. */
static int describe(const char *name, struct description *ret_description)
{
	struct lp_netlink_request r;
	struct lp_netlink_answer a;
	const struct ifinfomsg head = {.ifi_family = AF_UNSPEC};
	lp_netlink_begin(&r, RTM_GETLINK, &head, sizeof(head));
	lp_netlink_put(&r, IFLA_IFNAME, name, strlen(name) + 1);
	int error = lp_netlink_ask(NETLINK_ROUTE, &r, &a);
	if (error != 0)
		return error;

	struct description d = {0};
	size_t start = NLMSG_ALIGN(sizeof(d.info)), size;
	if (a.len < start)
		return EMSGSIZE;
	memcpy(&d.info, a.body, sizeof(d.info));
	const uint8_t *list = a.body + start;
	const void *value = lp_netlink_find(list, a.len - start, IFLA_MTU, &size);
	if (value && size >= sizeof(d.mtu))
		memcpy(&d.mtu, value, sizeof(d.mtu));
	d.has_master = lp_netlink_find(list, a.len - start, IFLA_MASTER, &size) != NULL;
	value = lp_netlink_find(list, a.len - start, IFLA_LINKINFO, &size);
	d.is_bridge = value && is_bridge(value, size);
	*ret_description = d;
	return 0;
}

static void refuse(const char *name, const char *sentence)
{
	lp_log(LP_LOG_ERROR, "interface_refused", "interface=%s reason=%s", name, sentence);
}

static bool refuse_missing(const char *name, int error)
{
	char names[NAMES_MAX], sentence[SENTENCE_MAX];
	if (error != ENODEV && error != ERANGE && error != EINVAL) {
		snprintf(sentence, sizeof(sentence), "the system does not describe it: %s",
			strerror(error));
	} else {
		list_names(names);
		snprintf(sentence, sizeof(sentence), "there is no such interface; there are: %s",
			names);
	}
	refuse(name, sentence);
	return false;
}

static const char *why_not_packet(const struct description *d)
{
	if (d->info.ifi_flags & IFF_LOOPBACK)
		return "it is the loopback interface; name the one that leads to the LAN";
	if (d->info.ifi_type != ARPHRD_ETHER)
		return "it is not an Ethernet interface, so it cannot carry the players' frames; "
		       "name "
		       "one that is";
	if (d->has_master)
		return "it is a port of a bridge or a bond already; use --bridge with the name of "
		       "its "
		       "bridge, or --lan with that of its bond";
	if (!(d->info.ifi_flags & IFF_UP))
		return "it is down; bring it up (ip link set up), then start again";
	switch (lp_wifi_ask(d->info.ifi_index)) {
	case LP_WIFI_STATION:
		return "it is a Wi-Fi station, and an access point takes no frames with the "
		       "players' "
		       "addresses from it; use a cable, or 4-address mode (iw dev ... set 4addr "
		       "on) "
		       "where the access point has it too";
	case LP_WIFI_UNKNOWN:
		return "it is a Wi-Fi interface, and its driver does not say whether it is in "
		       "4-address "
		       "mode, without which it cannot send the players' frames; use a cable";
	case LP_WIFI_NONE:
	case LP_WIFI_FITS:
		break;
	}
	return NULL;
}

static const char *why_not_bridge(const struct description *d)
{
	if (!d->is_bridge)
		return "it is not a bridge; use --lan for an ordinary interface";
	if (!(d->info.ifi_flags & IFF_UP))
		return "it is down; bring it up (ip link set up), then start again";
	return NULL;
}

bool lp_interface_check(const char *name, enum lp_interface_use use,
	struct lp_interface *ret_interface, enum lp_exit *ret_exit)
{
	struct description d;
	int error = strlen(name) < IF_NAMESIZE ? describe(name, &d) : ENODEV;
	*ret_exit = LP_EXIT_NO_INTERFACE;
	if (error != 0)
		return refuse_missing(name, error);
	const char *why = use == LP_USE_BRIDGE ? why_not_bridge(&d) : why_not_packet(&d);
	if (why) {
		refuse(name, why);
		return false;
	}
	struct lp_interface found = {.index = d.info.ifi_index, .mtu = d.mtu};
	memcpy(found.name, name, strlen(name) + 1);
	*ret_interface = found;
	return true;
}

/* An address may stand under a label: "eth0:1". */
static bool is_of(const char *label, const char *interface)
{
	size_t len = strlen(interface);
	return strncmp(label, interface, len) == 0 && (label[len] == '\0' || label[len] == ':');
}

static size_t add_own(const char *interface, uint32_t *ret_ipv4, size_t cap)
{
	struct ifaddrs *all;
	size_t count = 0;
	if (getifaddrs(&all) != 0)
		return 0;
	for (const struct ifaddrs *i = all; i && count < cap; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET ||
			!is_of(i->ifa_name, interface))
			continue;
		struct sockaddr_in in;
		memcpy(&in, i->ifa_addr, sizeof(in));
		ret_ipv4[count++] = ntohl(in.sin_addr.s_addr);
	}
	freeifaddrs(all);
	return count;
}

static size_t add_routers(const char *interface, uint32_t *ret_ipv4, size_t cap)
{
	char line[ROUTE_LINE], name[IF_NAMESIZE];
	size_t count = 0;
	FILE *f = fopen("/proc/net/route", "re");
	while (f && count < cap && fgets(line, sizeof(line), f)) {
		unsigned destination, router, flags;
		if (sscanf(line, "%15s %x %x %x", name, &destination, &router, &flags) != 4)
			continue; /* the heading */
		if (strcmp(name, interface) == 0 && destination == 0 && flags & ROUTE_UP &&
			flags & ROUTE_GATEWAY)
			ret_ipv4[count++] = ntohl(router);
	}
	if (f)
		fclose(f);
	return count;
}

size_t lp_lan_addresses(const char *interface, uint32_t *ret_ipv4, size_t cap)
{
	size_t count = add_own(interface, ret_ipv4, cap);
	return count + add_routers(interface, ret_ipv4 + count, cap - count);
}
