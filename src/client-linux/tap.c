#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/base/bytes.h"
#include "lanparty/edge/linux/file.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/packet/arp.h"
#include "lanparty/quic/crypto.h"
#include "lanparty/edge/linux/netlink.h"
#include "lanparty/edge/linux/state.h"
#include "lanparty/edge/linux/tap.h"
#include "lanparty/edge/log.h"

#define READ_BATCH 64
#define FRAME_CAP  2048 /* bytes; more than any frame that the interface's MTU allows */
#define ADDRESSES  8    /* of the interface, that are announced */
#define LINK_LOCAL (169 << 8 | 254)
/* Its own MAC is set back so many times, because two programs must not do so forever. The count starts anew
 * when it was not set back for so long. */
#define MAC_RESETS 8
#define MAC_QUIET  (3600 * LP_SECOND)
#define MAC_HINT                                                                                   \
	"tell that program to leave the interface alone (NetworkManager: nmcli device set "        \
	"INTERFACE managed no)"

struct tap {
	struct lp_fd_port base; /* first */
	int index;
	char name[IF_NAMESIZE];
	struct lp_mac mac;
	unsigned mac_resets; /* MAC_RESETS + 1: it is left as it is, and that is said */
	lp_time mac_reset;   /* the last one */
	bool carrier;
	uint8_t frame[FRAME_CAP]; /* that is being read */
	struct {
		uint32_t address; /* that tap_set_address has set; 0: none */
		unsigned prefix;
	} set[TAP_ADDRESSES];
	bool has_others;
	bool room_is_gone;         /* somebody else has removed it */
	uint32_t known[ADDRESSES]; /* that the interface has */
	size_t known_count;
	uint32_t announced[ADDRESSES]; /* that the next read tells the room */
	size_t announced_count;
	lp_time again_at, again_until; /* they are announced again, with the next frame */
};

static struct tap *tap_of(const struct lp_port *port)
{
	return (struct tap *)(uintptr_t)port;
}

/* True when error is 0. */
static bool succeeded(const struct tap *t, const char *what, int error)
{
	if (error != 0)
		lp_log(LP_LOG_ERROR, "tap_failed", "interface=%s at=%s error=%s", t->name, what,
			strerror(error));
	return error == 0;
}

static void build_announcement(
	const struct lp_mac *mac, uint32_t address, uint8_t frame[LP_ARP_FRAME])
{
	uint8_t *arp = lp_arp_broadcast(mac, LP_ETHERTYPE_ARP, LP_ARP_REQUEST, frame);
	lp_put32(arp + LP_ARP_SENDER_IP, address);
	lp_put32(arp + LP_ARP_TARGET_IP, address);
}

static size_t read_announcements(struct tap *t, lp_port_sink *sink, void *context)
{
	uint8_t frame[LP_ARP_FRAME];
	size_t count = t->announced_count;
	t->announced_count = 0;
	for (size_t i = 0; i < count; i++) {
		build_announcement(&t->mac, t->announced[i], frame);
		sink(context, frame, sizeof(frame));
	}
	return count;
}

/* An announcement can be lost, and all of them in an outage. */
static void announce_again(struct tap *t, lp_time now)
{
	memcpy(t->announced, t->known, sizeof(t->known));
	t->announced_count = t->known_count;
	t->again_at = now < t->again_until ? now + TAP_ANNOUNCE_PAUSE : LP_NEVER;
}

static size_t tap_read(struct lp_port *port, lp_port_sink *sink, void *context)
{
	struct tap *t = tap_of(port);
	if (t->again_at != LP_NEVER && lp_clock() >= t->again_at)
		announce_again(t, lp_clock());
	size_t count = read_announcements(t, sink, context), len;
	while (count < READ_BATCH && lp_tap_read(&t->base, t->frame, sizeof(t->frame), &len)) {
		sink(context, t->frame, len);
		count++;
	}
	return count;
}

static bool tap_write(struct lp_port *port, const uint8_t *frame, size_t len)
{
	return lp_tap_write(&tap_of(port)->base, frame, len);
}

static void set_carrier(struct tap *t, bool carrier)
{
	if (t->carrier != carrier && lp_tap_set_carrier(t->base.fd, carrier))
		t->carrier = carrier;
}

/* A game sends its search for servers to 255.255.255.255 or to a group, often without choosing an
 * interface. The system would send it along the default route, into the player's own network. Every member
 * without a lease can answer the room's address. */
static void route_groups(const struct tap *t)
{
	static const struct {
		uint32_t destination;
		unsigned prefix;
	} groups[] = {{0xffffffff, 32}, {0xe0000000, 4}};
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		int error = lp_netlink_add_route(t->index, groups[i].destination, groups[i].prefix,
			t->room_is_gone ? 0 : t->set[TAP_ROOM].address);
		if (error == ENETDOWN)
			return; /* somebody has switched the interface off, and can switch it on */
		if (error != 0 && error != EEXIST)
			lp_log(LP_LOG_WARNING, "route_failed", "interface=%s error=%s hint=%s",
				t->name, strerror(error),
				"games may look for servers in the wrong network");
	}
}

static bool tap_up(struct lp_port *port, size_t mtu)
{
	struct tap *t = tap_of(port);
	const struct lp_interface_change change = {.mtu = (uint32_t)mtu, .up = true};
	if (!succeeded(t, "up", lp_netlink_change(t->index, &change)))
		return false;
	route_groups(t);
	set_carrier(t, true);
	t->known_count = 0; /* the room is told of each address */
	return true;
}

static bool is_known(const struct tap *t, uint32_t address)
{
	for (size_t i = 0; i < t->known_count; i++)
		if (t->known[i] == address)
			return true;
	return false;
}

/* Somebody else can have removed what tap_set_address has set, and can have set others. Those of 169.254/16
 * count as none, because a program can choose them without the player's knowledge. */
static void compare(struct tap *t)
{
	t->has_others = false;
	for (size_t i = 0; i < t->known_count; i++) {
		bool ours = t->known[i] >> 16 == LINK_LOCAL;
		for (size_t k = 0; k < TAP_ADDRESSES; k++)
			ours |= t->known[i] == t->set[k].address;
		t->has_others |= !ours;
	}
	t->room_is_gone = !is_known(t, t->set[TAP_ROOM].address);
}

static void say_mac(
	const char *event, const struct lp_interface *now, const char *reason, const char *hint)
{
	char other[LP_MAC_TEXT];
	lp_log(LP_LOG_WARNING, event, "interface=%s mac=%s reason=%s hint=%s", now->name,
		lp_mac_format(&now->mac, other), reason, hint);
}

static void set_mac_back(struct tap *t, const struct lp_interface *now)
{
	const struct lp_interface_change change = {.mac = &t->mac};
	bool good = succeeded(t, "mac", lp_netlink_change(t->index, &change));
	t->mac_reset = lp_clock();
	say_mac("mac_changed", now,
		good ? "another program has changed the MAC of the room's interface; it is set back"
		     : "another program has changed the MAC of the room's interface, and the room "
		       "drops its frames",
		MAC_HINT ", or choose a MAC with --mac");
}

/* The room knows the member by its MAC, and drops frames of another one. Network managers give interfaces
 * random MACs. */
static void keep_mac(struct tap *t)
{
	struct lp_interface now;
	if (lp_netlink_find_index(t->index, &now) != 0 || lp_mac_equal(&now.mac, &t->mac))
		return;
	if (lp_clock() - t->mac_reset >= MAC_QUIET)
		t->mac_resets = 0;
	if (t->mac_resets > MAC_RESETS)
		return;
	if (t->mac_resets++ < MAC_RESETS)
		set_mac_back(t, &now);
	else
		say_mac("mac_left", &now,
			"another program changes the MAC of the room's interface again and again; "
			"it is left as it is, and the room drops its frames",
			MAC_HINT ", and start this one again");
}

void tap_refresh(struct lp_port *port)
{
	struct tap *t = tap_of(port);
	uint32_t now[ADDRESSES] = {0};
	keep_mac(t);
	if (!t->carrier)
		return;
	size_t count = lp_netlink_ipv4_addresses(t->index, now, ADDRESSES);
	t->announced_count = 0;
	for (size_t i = 0; i < count; i++)
		if (!is_known(t, now[i]))
			t->announced[t->announced_count++] = now[i];
	memcpy(t->known, now, sizeof(now));
	t->known_count = count;
	if (t->announced_count > 0) {
		t->again_at = lp_clock() + TAP_ANNOUNCE_PAUSE;
		t->again_until = lp_clock() + TAP_ANNOUNCE_TIME;
	}
	compare(t);
	route_groups(t);
}

bool tap_has_others(const struct lp_port *port)
{
	return tap_of(port)->has_others;
}

static void tap_down(struct lp_port *port)
{
	set_carrier(tap_of(port), false);
}

static void tap_members(struct lp_port *port, const struct lp_mac *macs, size_t count)
{
	(void)port;
	(void)macs;
	(void)count;
}

static void tap_close(struct lp_port *port)
{
	struct tap *t = tap_of(port);
	if (t->base.fd >= 0)
		close(t->base.fd); /* removes the interface */
	free(t);
}

static const struct lp_port_ops ops = {
	.read = tap_read,
	.write = tap_write,
	.up = tap_up,
	.down = tap_down,
	.members = tap_members,
	.close = tap_close,
};

const char *tap_name(const struct lp_port *port)
{
	return tap_of(port)->name;
}

int tap_index(const struct lp_port *port)
{
	return tap_of(port)->index;
}

const struct lp_mac *tap_mac(const struct lp_port *port)
{
	return &tap_of(port)->mac;
}

/* EADDRNOTAVAIL: somebody else has removed it. */
static bool remove_address(struct tap *t, enum tap_address which)
{
	uint32_t address = t->set[which].address;
	int error = address ? lp_netlink_remove_ipv4(t->index, address, t->set[which].prefix) : 0;
	t->set[which].address = 0;
	return succeeded(t, "address", error == EADDRNOTAVAIL ? 0 : error);
}

/* EEXIST: the player has set this address by hand. */
static bool add_address(struct tap *t, enum tap_address which, uint32_t address, unsigned prefix)
{
	int error = lp_netlink_add_ipv4(t->index, address, prefix);
	if (!succeeded(t, "address", error == EEXIST ? 0 : error))
		return false;
	t->set[which].address = address;
	t->set[which].prefix = prefix;
	return true;
}

bool tap_set_address(
	struct lp_port *port, enum tap_address which, uint32_t address, unsigned prefix)
{
	struct tap *t = tap_of(port);
	bool same = address == t->set[which].address && prefix == t->set[which].prefix;
	t->room_is_gone = t->room_is_gone && which != TAP_ROOM;
	bool good = same || remove_address(t, which);
	if (good && address)
		good = add_address(t, which, address, prefix);
	route_groups(t); /* the kernel removes these routes with the last address */
	return good;
}

static enum lp_exit explain_open(int error)
{
	if (error == EPERM || error == EACCES) {
		lp_log(LP_LOG_ERROR, "tap_failed", "reason=%s",
			"creating a network interface needs root or CAP_NET_ADMIN: try sudo");
		return LP_EXIT_NO_PERMISSION;
	}
	if (error == ENOENT || error == ENODEV || error == ENXIO) {
		lp_log(LP_LOG_ERROR, "tap_failed", "reason=%s",
			"this system has no " LP_TAP_DEVICE ": try 'modprobe tun'");
		return LP_EXIT_OS;
	}
	lp_log(LP_LOG_ERROR, "tap_failed", "reason=%s error=%s",
		"the interface cannot be created: is its name taken? choose another with --tap",
		strerror(error));
	return LP_EXIT_NO_INTERFACE;
}

static bool create(struct tap *t, const char *name, enum lp_exit *ret_exit)
{
	struct lp_tap made;
	int error = lp_tap_open(name, &made);
	if (error != 0) {
		*ret_exit = explain_open(error);
		return false;
	}
	t->base.fd = made.fd;
	t->index = made.index;
	memcpy(t->name, made.name, sizeof(t->name));
	t->carrier = true;
	set_carrier(t, false);
	return true;
}

/* A router of the LAN must not become the player's way to the internet; a system without IPv6 has no such
 * settings. An address must not take the player's own ones of the same network with it. */
static void change_settings(const struct tap *t)
{
	static const struct {
		const char *family, *name, *value;
	} settings[] = {
		{"ipv6", "accept_ra_defrtr", "0"},
		{"ipv6", "accept_ra_rt_info_max_plen", "0"},
		{"ipv4", "promote_secondaries", "1"},
	};
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		char path[128];
		snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", settings[i].family,
			t->name, settings[i].name);
		int fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (write(fd, settings[i].value, 1) != 1)
			lp_log(LP_LOG_WARNING, "setting_failed", "file=%s error=%s", path,
				strerror(errno));
		close(fd);
	}
}

static bool set_mac(struct tap *t, const struct lp_mac *mac)
{
	const struct lp_interface_change change = {.mac = mac};
	t->mac = *mac;
	return succeeded(t, "mac", lp_netlink_change(t->index, &change));
}

static bool load_mac(const char *path, struct lp_mac *ret_mac)
{
	char text[LP_MAC_TEXT] = "";
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	bool good = fgets(text, sizeof(text), file) && lp_mac_parse(text, ret_mac) &&
		    lp_mac_is_station(ret_mac);
	fclose(file);
	return good;
}

/* A computer keeps its MAC from run to run: the LAN's DHCP server then gives it the same address, and
 * other players recognise it. */
static bool own_mac(const struct tap *t, struct lp_mac *ret_mac)
{
	char path[512], text[LP_MAC_TEXT], line[LP_MAC_TEXT + 1];
	lp_state_path(t->name, "mac", path, sizeof(path));
	if (load_mac(path, ret_mac))
		return true;
	if (!lp_random(ret_mac->b, sizeof(ret_mac->b)))
		return false;
	ret_mac->b[0] =
		(uint8_t)((ret_mac->b[0] & 0xfc) | 0x02); /* a station's, locally administered */
	snprintf(line, sizeof(line), "%s\n", lp_mac_format(ret_mac, text));
	if (!lp_file_replace_here(path, 0600, line, strlen(line)))
		lp_log(LP_LOG_WARNING, "mac_not_kept", "file=%s error=%s", path, strerror(errno));
	return true;
}

struct lp_port *tap_open(const char *name, const struct lp_mac *mac, enum lp_exit *ret_exit)
{
	struct tap *t = calloc(1, sizeof(*t));
	struct lp_mac own;
	*ret_exit = LP_EXIT_OS;
	if (!t) {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s", "out of memory");
		return NULL;
	}
	t->again_at = LP_NEVER;
	t->base.port.ops = &ops;
	t->base.fd = -1;
	if (create(t, name, ret_exit) && (mac || own_mac(t, &own)) &&
		set_mac(t, mac ? mac : &own)) {
		change_settings(t);
		return &t->base.port;
	}
	tap_close(&t->base.port);
	return NULL;
}
