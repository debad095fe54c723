#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lanparty/edge/linux/file.h"
#include "lanparty/quic/crypto.h"
#include "lanparty/edge/linux/fd_port.h"
#include "lanparty/edge/log.h"

#define READ_BATCH 64
#define FRAME_CAP  2048 /* more than any frame that the interface's MTU allows */
#define STATE_DIR  "/var/lib/lanparty"

struct tap {
	struct lp_fd_port base; /* first */
	int control;            /* a socket for ioctls on the interface */
	char name[IFNAMSIZ];
	struct lp_mac mac;
	bool carrier;
};

static struct tap *tap_of(const struct lp_port *port)
{
	return (struct tap *)(uintptr_t)port;
}

static bool fail(const char *what, const struct tap *t)
{
	lp_log(LP_LOG_ERROR, "tap_failed", "interface=%s at=%s error=%s", t->name, what,
		strerror(errno));
	return false;
}

static struct ifreq request_of(const struct tap *t)
{
	struct ifreq request = {0};
	memcpy(request.ifr_name, t->name, sizeof(request.ifr_name));
	return request;
}

static size_t tap_read(struct lp_port *port, lp_port_sink *sink, void *context)
{
	uint8_t frame[FRAME_CAP];
	size_t count = 0;
	while (count < READ_BATCH) {
		ssize_t len = read(lp_port_fd(port), frame, sizeof(frame));
		if (len <= 0) {
			tap_of(port)->base.gone = len < 0 && errno == EBADFD;
			break;
		}
		sink(context, frame, (size_t)len);
		count++;
	}
	return count;
}

static bool tap_write(struct lp_port *port, const uint8_t *frame, size_t len)
{
	return write(lp_port_fd(port), frame, len) == (ssize_t)len;
}

/* Kernels before 4.20 cannot: the interface then just stays as it is. */
static void set_carrier(struct tap *t, bool carrier)
{
	unsigned value = carrier;
	if (t->carrier != carrier && ioctl(t->base.fd, TUNSETCARRIER, &value) == 0)
		t->carrier = carrier;
}

/* Broadcasts to 255.255.255.255 and groups that a game does not bind to an interface would follow
 * the default route, to the player's own network: the room is where they are meant to go. */
static void take_groups(const struct tap *t)
{
	static const struct {
		uint32_t address, mask;
		unsigned short flags;
	} groups[] = {
		{INADDR_BROADCAST, UINT32_MAX, RTF_UP | RTF_HOST},
		{0xe0000000, 0xf0000000, RTF_UP},
	};
	char name[IFNAMSIZ];
	memcpy(name, t->name, sizeof(name));
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct rtentry route = {.rt_flags = groups[i].flags, .rt_dev = name};
		struct sockaddr_in to = {
			.sin_family = AF_INET, .sin_addr = {htonl(groups[i].address)}};
		memcpy(&route.rt_dst, &to, sizeof(to));
		to.sin_addr.s_addr = htonl(groups[i].mask);
		memcpy(&route.rt_genmask, &to, sizeof(to));
		if (ioctl(t->control, SIOCADDRT, &route) != 0 && errno != EEXIST)
			lp_log(LP_LOG_WARNING, "route_failed", "interface=%s error=%s hint=%s",
				t->name, strerror(errno),
				"games may look for servers in the wrong network");
	}
}

static bool tap_up(struct lp_port *port, size_t mtu)
{
	struct tap *t = tap_of(port);
	struct ifreq request = request_of(t);
	request.ifr_mtu = (int)mtu;
	if (ioctl(t->control, SIOCSIFMTU, &request) != 0)
		return fail("mtu", t);
	if (ioctl(t->control, SIOCGIFFLAGS, &request) != 0)
		return fail("flags", t);
	request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
	if (ioctl(t->control, SIOCSIFFLAGS, &request) != 0)
		return fail("up", t);
	take_groups(t);
	set_carrier(t, true);
	return true;
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
		close(t->base.fd); /* and the interface is gone */
	if (t->control >= 0)
		close(t->control);
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

const struct lp_mac *tap_mac(const struct lp_port *port)
{
	return &tap_of(port)->mac;
}

bool tap_set_address(const struct lp_port *port, uint32_t address, unsigned prefix)
{
	const struct tap *t = tap_of(port);
	struct ifreq request = request_of(t);
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {address}};
	memcpy(&request.ifr_addr, &in, sizeof(in));
	if (ioctl(t->control, SIOCSIFADDR, &request) != 0)
		return fail("address", t);
	in.sin_addr.s_addr = prefix ? htonl(UINT32_MAX << (32 - prefix)) : 0;
	memcpy(&request.ifr_netmask, &in, sizeof(in));
	if (address && ioctl(t->control, SIOCSIFNETMASK, &request) != 0)
		return fail("netmask", t);
	take_groups(t); /* they go with the last address */
	return true;
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
			"this system has no /dev/net/tun: try 'modprobe tun'");
		return LP_EXIT_OS;
	}
	lp_log(LP_LOG_ERROR, "tap_failed", "reason=%s error=%s",
		"the interface cannot be created: is its name taken? choose another with --tap",
		strerror(error));
	return LP_EXIT_NO_INTERFACE;
}

static bool create(struct tap *t, const char *name, enum lp_exit *ret_exit)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	t->base.fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (t->base.fd < 0 || ioctl(t->base.fd, TUNSETIFF, &request) != 0) {
		*ret_exit = explain_open(errno);
		return false;
	}
	memcpy(t->name, request.ifr_name, sizeof(t->name));
	t->carrier = true;
	set_carrier(t, false);
	t->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return t->control >= 0 || fail("socket", t);
}

/* A router in the LAN must not become the player's way to the internet. Best effort: there may be
 * no IPv6 at all. */
static void keep_default_route(const struct tap *t)
{
	static const char *const settings[] = {"accept_ra_defrtr", "accept_ra_rt_info_max_plen"};
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		char path[128];
		snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", t->name, settings[i]);
		int fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (write(fd, "0", 1) != 1)
			lp_log(LP_LOG_WARNING, "setting_failed", "file=%s error=%s", path,
				strerror(errno));
		close(fd);
	}
}

static bool set_mac(struct tap *t, const struct lp_mac *mac)
{
	struct ifreq request = request_of(t);
	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(request.ifr_hwaddr.sa_data, mac->b, sizeof(mac->b));
	if (ioctl(t->control, SIOCSIFHWADDR, &request) != 0)
		return fail("mac", t);
	t->mac = *mac;
	return true;
}

static void state_path(const struct tap *t, char *path, size_t cap)
{
	const char *given = getenv("STATE_DIRECTORY"); /* systemd's; several are possible */
	int len = given ? (int)strcspn(given, ":") : 0;
	if (len == 0)
		mkdir(STATE_DIR, 0755);
	snprintf(path, cap, "%.*s/%s.mac", len ? len : (int)sizeof(STATE_DIR) - 1,
		len ? given : STATE_DIR, t->name);
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

/* The same from run to run, so that the LAN's DHCP server and the other players know us again. */
static bool own_mac(const struct tap *t, struct lp_mac *ret_mac)
{
	char path[512], text[LP_MAC_TEXT], line[LP_MAC_TEXT + 1];
	state_path(t, path, sizeof(path));
	if (load_mac(path, ret_mac))
		return true;
	if (!lp_random(ret_mac->b, sizeof(ret_mac->b)))
		return false;
	ret_mac->b[0] = (uint8_t)((ret_mac->b[0] & 0xfc) | 0x02); /* local, one station's */
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
	if (!t)
		return NULL;
	t->base.port.ops = &ops;
	t->base.fd = t->control = -1;
	if (create(t, name, ret_exit) && (mac || own_mac(t, &own)) &&
		set_mac(t, mac ? mac : &own)) {
		keep_default_route(t);
		return &t->base.port;
	}
	tap_close(&t->base.port);
	return NULL;
}
