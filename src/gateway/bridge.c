#include <errno.h>
#include <fcntl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bpf.h"
#include "lanparty/base/bytes.h"
#include "lanparty/packet/eth.h"
#include "lan.h"
#include "netlink.h"

#define TAP_DEVICE "/dev/net/tun"
#define TAP_NAME   "lpgw%d" /* the kernel puts a number in */

#define TAG         4 /* bytes of an IEEE 802.1Q tag, behind the two addresses */
#define TAG_AT      12
#define VLAN_ID     0x0fff
#define ROUTER_PORT 2 /* IFLA_BRPORT_MULTICAST_ROUTER: every group, always */

/* Frames longer than that are not for a room. */
#define FRAME_MAX 16384

struct bridge_port {
	struct lp_fd_port fd_port;
	struct lp_lan lan;
	char tap[IF_NAMESIZE];
	uint8_t frame[FRAME_MAX];
};

static struct bridge_port *of(struct lp_port *port)
{
	return (struct bridge_port *)(void *)port;
}

/* A tag without a VLAN carries a priority alone, and belongs to no other network (IEEE 802.1Q). */
static void take(struct bridge_port *b, size_t len)
{
	uint8_t *frame = b->frame;
	uint16_t type = len >= LP_ETH_HEADER + TAG ? lp_get16(frame + TAG_AT) : 0;
	if (len >= sizeof(b->frame)) {
		b->lan.counters.truncated++;
		return;
	}
	if (type == LP_ETHERTYPE_VLAN || type == LP_ETHERTYPE_QINQ) {
		if (lp_get16(frame + TAG_AT + 2) & VLAN_ID) {
			b->lan.counters.tagged++;
			return;
		}
		memmove(frame + TAG, frame, TAG_AT);
		frame += TAG;
		len -= TAG;
	}
	lp_lan_take(&b->lan, frame, len);
}

static size_t bridge_read(struct lp_port *port, lp_port_sink *sink, void *context)
{
	struct bridge_port *b = of(port);
	uint64_t before = b->lan.counters.received;
	lp_lan_begin(&b->lan, sink, context);
	for (size_t i = 0; i < LP_LAN_BATCH; i++) {
		ssize_t n = read(b->fd_port.fd, b->frame, sizeof(b->frame));
		if (n < 0) {
			b->fd_port.gone = errno == EBADFD;
			lp_lan_note_error(&b->lan, errno);
			break;
		}
		take(b, (size_t)n);
	}
	return (size_t)(b->lan.counters.received - before);
}

static bool bridge_write(struct lp_port *port, const uint8_t *frame, size_t len)
{
	struct bridge_port *b = of(port);
	if (write(b->fd_port.fd, frame, len) != (ssize_t)len) {
		lp_lan_note_error(&b->lan, errno);
		b->lan.counters.not_written++;
		return false;
	}
	b->lan.counters.written++;
	return true;
}

static bool bridge_up(struct lp_port *port, size_t mtu)
{
	lp_lan_check_mtu(&of(port)->lan, mtu);
	return true;
}

/* The bridge floods to us what it has not learned yet: most is for others. */
static void bridge_members(struct lp_port *port, const struct lp_mac *macs, size_t count)
{
	struct bridge_port *b = of(port);
	lp_lan_set_members(&b->lan, macs, count);
	if (!lp_bpf_attach_tap(b->fd_port.fd, b->lan.members, b->lan.member_count)) {
		lp_log(LP_LOG_WARNING, "filter_failed", "reason=%s", strerror(errno));
		ioctl(b->fd_port.fd, TUNDETACHFILTER, NULL);
	}
}

static void bridge_down(struct lp_port *port)
{
	bridge_members(port, NULL, 0);
	lp_lan_log_counters(&of(port)->lan, LP_LOG_DEBUG, 0);
}

static void bridge_close(struct lp_port *port)
{
	struct bridge_port *b = of(port);
	if (b->fd_port.fd >= 0) {
		lp_lan_log_counters(&b->lan, LP_LOG_INFO, 0);
		close(b->fd_port.fd); /* the TAP is not persistent: it leaves the bridge and vanishes */
	}
	lp_lan_clear(&b->lan);
	free(b);
}

static const struct lp_port_ops bridge_ops = {
	.read = bridge_read,
	.write = bridge_write,
	.up = bridge_up,
	.down = bridge_down,
	.members = bridge_members,
	.close = bridge_close,
};

/* Without IFF_VNET_HDR the kernel computes checksums and cuts super-frames before we see them. */
static int open_tap(char ret_name[IF_NAMESIZE])
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	memcpy(request.ifr_name, TAP_NAME, sizeof(TAP_NAME));
	int fd = open(TAP_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (ioctl(fd, TUNSETIFF, &request) != 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	memcpy(ret_name, request.ifr_name, IF_NAMESIZE);
	return fd;
}

static void begin_setlink(struct lp_netlink_request *r, int index, unsigned flags)
{
	const struct ifinfomsg head = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = index,
		.ifi_flags = flags,
		.ifi_change = flags,
	};
	lp_netlink_begin(r, RTM_NEWLINK, &head, sizeof(head));
}

/* A bridge takes over the lowest address of its ports: a high one leaves the host's identity, and
 * with it its DHCP lease, alone. */
static int set_address_and_mtu(int index, uint32_t mtu)
{
	struct lp_netlink_request r;
	uint8_t address[6] = {0xfe, 0xff};
	if (getrandom(address + 2, 4, 0) != 4)
		return errno;
	begin_setlink(&r, index, 0);
	lp_netlink_put(&r, IFLA_ADDRESS, address, sizeof(address));
	lp_netlink_put(&r, IFLA_MTU, &mtu, sizeof(mtu));
	return lp_netlink_do(NETLINK_ROUTE, &r);
}

/* The host must not speak IPv6 of its own into the room through the TAP. A kernel without IPv6
 * refuses, and need not do it. */
static void disable_ipv6(int index)
{
	struct lp_netlink_request r;
	begin_setlink(&r, index, 0);
	size_t families = lp_netlink_nest(&r, IFLA_AF_SPEC);
	size_t ipv6 = lp_netlink_nest(&r, AF_INET6);
	lp_netlink_put(&r, IFLA_INET6_ADDR_GEN_MODE, &(uint8_t){IN6_ADDR_GEN_MODE_NONE}, 1);
	lp_netlink_unnest(&r, ipv6);
	lp_netlink_unnest(&r, families);
	lp_netlink_do(NETLINK_ROUTE, &r);
}

static int join_bridge(int index, int bridge)
{
	struct lp_netlink_request r;
	begin_setlink(&r, index, IFF_UP);
	lp_netlink_put(&r, IFLA_MASTER, &(uint32_t){(uint32_t)bridge}, sizeof(uint32_t));
	return lp_netlink_do(NETLINK_ROUTE, &r);
}

/* A snooping bridge would keep from us the groups that nobody in the room has asked for: games
 * search for servers with them. No hairpin: what we write must not come back. */
static int set_bridge_port(int index)
{
	struct lp_netlink_request r;
	begin_setlink(&r, index, 0);
	size_t info = lp_netlink_nest(&r, IFLA_LINKINFO);
	lp_netlink_put(&r, IFLA_INFO_SLAVE_KIND, "bridge", sizeof("bridge"));
	size_t data = lp_netlink_nest(&r, IFLA_INFO_SLAVE_DATA);
	lp_netlink_put(&r, IFLA_BRPORT_MULTICAST_ROUTER, &(uint8_t){ROUTER_PORT}, 1);
	lp_netlink_put(&r, IFLA_BRPORT_MODE, &(uint8_t){0}, 1);
	lp_netlink_unnest(&r, data);
	lp_netlink_unnest(&r, info);
	return lp_netlink_do(NETLINK_ROUTE, &r);
}

/* Returns 0 or an errno. */
static int set_up(struct bridge_port *b)
{
	b->fd_port.fd = open_tap(b->tap);
	if (b->fd_port.fd < 0)
		return errno;
	if (!lp_bpf_attach_tap(b->fd_port.fd, NULL, 0))
		return errno;
	int index = (int)if_nametoindex(b->tap);
	int error = set_address_and_mtu(index, b->lan.interface.mtu);
	if (error != 0)
		return error;
	disable_ipv6(index);
	error = join_bridge(index, b->lan.interface.index);
	if (error != 0)
		return error;
	error = set_bridge_port(index);
	if (error != 0) /* a bridge without multicast snooping needs no such setting */
		lp_log(LP_LOG_DEBUG, "multicast_router_refused", "tap=%s reason=%s", b->tap,
			strerror(error));
	return 0;
}

static void refuse(const char *bridge, int error, enum lp_exit *ret_exit)
{
	bool rights = error == EPERM || error == EACCES;
	const char *advice = "look whether the bridge still exists";
	if (rights)
		advice = "start the gateway as root, or with CAP_NET_ADMIN";
	else if (error == ENOENT || error == ENXIO || error == ENODEV)
		advice = "there is no " TAP_DEVICE "; load the module tun (modprobe tun)";
	*ret_exit = rights ? LP_EXIT_NO_PERMISSION : LP_EXIT_OS;
	lp_log(LP_LOG_ERROR, "bridge_port_failed", "bridge=%s reason=%s advice=%s", bridge,
		strerror(error), advice);
}

struct lp_port *lp_bridge_port_open(
	const char *bridge, const struct lp_lan_options *options, enum lp_exit *ret_exit)
{
	struct lp_interface found;
	if (!lp_interface_check(bridge, LP_USE_BRIDGE, &found, ret_exit))
		return NULL;
	struct bridge_port *b = calloc(1, sizeof(*b));
	if (!b) {
		lp_log(LP_LOG_ERROR, "out_of_memory", "bytes=%zu", sizeof(*b));
		*ret_exit = LP_EXIT_INTERNAL;
		return NULL;
	}
	struct lp_port *port = &b->fd_port.port;
	b->fd_port.needs = found.index;
	port->ops = &bridge_ops;
	lp_lan_init(&b->lan, &found, options);
	int error = set_up(b);
	if (error != 0) {
		refuse(bridge, error, ret_exit);
		bridge_close(port);
		return NULL;
	}
	lp_log(LP_LOG_INFO, "bridge_port", "bridge=%s tap=%s", found.name, b->tap);
	return port;
}
