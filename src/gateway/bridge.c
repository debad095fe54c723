#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf.h"
#include "lanparty/base/bytes.h"
#include "lan.h"
#include "lanparty/edge/linux/netlink.h"
#include "lanparty/edge/linux/tap.h"
#include "lanparty/packet/checksum.h"
#include "lanparty/quic/crypto.h"

#define TAP_NAME LP_BRIDGE_PORT_NAME "%d" /* the kernel puts a number in */

/* Longer frames are not for a room. */
#define FRAME_MAX 16384

struct bridge_port {
	struct lp_lan lan; /* first */
	struct lp_tap tap;
	uint8_t frame[FRAME_MAX];
};

static struct bridge_port *of(struct lp_port *port)
{
	return (struct bridge_port *)(void *)port;
}

/* A tag whose VLAN is 0 carries a priority alone: the frame belongs to this network (IEEE 802.1Q). */
static void take(struct bridge_port *b, size_t len)
{
	uint8_t *frame = b->frame;
	uint16_t type = len >= LP_ETH_HEADER + LP_ETH_TAG ? lp_get16(frame + LP_ETH_TYPE) : 0;
	if (len >= sizeof(b->frame)) {
		lp_lan_count_unusable(&b->lan, &b->lan.counters.truncated);
		return;
	}
	if (type == LP_ETHERTYPE_VLAN || type == LP_ETHERTYPE_QINQ) {
		if (lp_get16(frame + LP_ETH_TYPE + 2) & LP_ETH_VLAN) {
			b->lan.counters.tagged++;
			return;
		}
		memmove(frame + LP_ETH_TAG, frame, LP_ETH_TYPE);
		frame += LP_ETH_TAG;
		len -= LP_ETH_TAG;
	}
	lp_lan_take(&b->lan, frame, len);
}

static size_t bridge_read(struct lp_port *port, lp_port_sink *sink, void *context)
{
	struct bridge_port *b = of(port);
	uint64_t before = b->lan.counters.received;
	lp_lan_begin(&b->lan, sink, context);
	for (size_t i = 0; i < LP_LAN_BATCH; i++) {
		size_t len;
		if (!lp_tap_read(&b->lan.fd_port, b->frame, sizeof(b->frame), &len))
			break;
		take(b, len);
	}
	return (size_t)(b->lan.counters.received - before);
}

static bool bridge_write(struct lp_port *port, const uint8_t *frame, size_t len)
{
	struct bridge_port *b = of(port);
	return lp_lan_count_write(&b->lan, lp_tap_write(&b->lan.fd_port, frame, len));
}

static bool bridge_up(struct lp_port *port, size_t mtu)
{
	lp_lan_up(&of(port)->lan, mtu);
	return true;
}

/* The bridge floods frames whose destination it has not learned: most are for no member. */
static void bridge_members(struct lp_port *port, const struct lp_mac *macs, size_t count)
{
	lp_lan_set_members(&of(port)->lan, macs, count);
	if (!lp_bpf_attach_tap(lp_port_fd(port), macs, count))
		lp_log(LP_LOG_WARNING, "filter_failed", "reason=%s", strerror(errno));
}

static void bridge_down(struct lp_port *port)
{
	bridge_members(port, NULL, 0);
	lp_lan_log_counters(&of(port)->lan, LP_LOG_DEBUG, 0);
}

static void bridge_close(struct lp_port *port)
{
	struct bridge_port *b = of(port);
	if (b->lan.fd_port.fd >= 0) {
		lp_lan_log_counters(&b->lan, LP_LOG_INFO, 0);
		close(b->lan.fd_port.fd); /* removes the TAP, and with it the bridge port */
	}
	free(b);
}

static const struct lp_port_ops bridge_ops = {
	.read = bridge_read,
	.write = bridge_write,
	.up = bridge_up,
	.down = bridge_down,
	.members = bridge_members,
	.close = bridge_close,
	.note = lp_lan_note,
};

/* A bridge takes the lowest MAC of its ports as its own. The TAP's is high, so that the host keeps its
 * identity, and with it its DHCP lease. */
static bool choose_mac(struct lp_mac *ret_mac)
{
	struct lp_mac mac = {{0xfe, 0xff}};
	if (!lp_random(mac.b + 2, 4))
		return false;
	*ret_mac = mac;
	return true;
}

/* Makes the TAP a port of the bridge. Returns 0 or an errno value. */
static int join_bridge(const struct bridge_port *b)
{
	struct lp_mac mac;
	const struct lp_interface_change prepare = {.mac = &mac, .mtu = b->lan.interface.mtu};
	const struct lp_interface_change join = {.master = b->lan.interface.index, .up = true};
	if (!choose_mac(&mac))
		return EIO;
	int error = lp_netlink_change(b->tap.index, &prepare);
	if (error != 0)
		return error;
	/* The host must not speak IPv6 of its own into the room through the TAP. */
	lp_netlink_disable_ipv6(b->tap.index);
	error = lp_netlink_change(b->tap.index, &join);
	if (error != 0)
		return error;
	/* Games search for servers through groups that nobody in the room has asked for. */
	error = lp_netlink_set_bridge_port(b->tap.index);
	if (error != 0)
		lp_log(LP_LOG_DEBUG, "multicast_router_refused", "tap=%s reason=%s", b->tap.name,
			strerror(error));
	return 0;
}

/* Returns 0 or an errno value. */
static int set_up(struct bridge_port *b)
{
	int error = lp_tap_open(TAP_NAME, &b->tap);
	if (error != 0)
		return error;
	b->lan.fd_port.fd = b->tap.fd;
	b->lan.tap = b->tap.index;
	return lp_bpf_attach_tap(b->tap.fd, NULL, 0) ? join_bridge(b) : errno;
}

static void refuse(const char *bridge, int error, enum lp_exit *ret_exit)
{
	bool rights = error == EPERM || error == EACCES;
	const char *hint = "look whether the bridge still exists";
	if (rights)
		hint = "start the gateway as root, or with CAP_NET_ADMIN";
	else if (error == ENOENT || error == ENXIO || error == ENODEV || error == ENOTTY)
		hint = LP_TAP_DEVICE " is not there or not a TUN device: load the module tun "
				     "(modprobe tun)";
	*ret_exit = rights ? LP_EXIT_NO_PERMISSION : LP_EXIT_OS;
	lp_log(LP_LOG_ERROR, "bridge_port_failed", "bridge=%s reason=%s hint=%s", bridge,
		strerror(error), hint);
}

struct lp_port *lp_bridge_port_open(const char *bridge, enum lp_exit *ret_exit)
{
	struct lp_interface found;
	if (!lp_interface_check(bridge, LP_USE_BRIDGE, LP_NEVER, &found, ret_exit))
		return NULL;
	struct bridge_port *b = calloc(1, sizeof(*b));
	if (!b) {
		lp_log(LP_LOG_ERROR, "out_of_memory", "bytes=%zu", sizeof(*b));
		*ret_exit = LP_EXIT_INTERNAL;
		return NULL;
	}
	struct lp_port *port = &b->lan.fd_port.port;
	b->lan.fd_port.fd = -1;
	b->lan.fd_port.needs = found.index;
	port->ops = &bridge_ops;
	lp_lan_init(&b->lan, &found);
	int error = set_up(b);
	if (error != 0) {
		refuse(bridge, error, ret_exit);
		bridge_close(port);
		return NULL;
	}
	lp_log(LP_LOG_INFO, "bridge_port", "bridge=%s tap=%s", found.name, b->tap.name);
	return port;
}
