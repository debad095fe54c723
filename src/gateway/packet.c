#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bpf.h"
#include "lan.h"
#include "offload.h"
#include "segment.h"

#define RECEIVE_BUFFER (4 << 20) /* bytes; a burst of some 2,000 full frames */

/* Where one frame is read into. */
struct slot {
	struct virtio_net_hdr header;
	struct sockaddr_ll from;
	struct iovec parts[2];
	_Alignas(struct cmsghdr) uint8_t auxdata[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	uint8_t frame[LP_SEGMENT_FRAME_MAX];
};

struct packet_port {
	struct lp_lan lan; /* first */
	struct lp_child keeper;
	uint64_t kernel_drops;
	struct mmsghdr messages[LP_LAN_BATCH];
	struct slot slots[LP_LAN_BATCH]; /* 4 MiB of address space; ordinary frames touch little */
	uint8_t scratch[LP_SEGMENT_FRAME_MAX];
};

static struct packet_port *of(struct lp_port *port)
{
	return (struct packet_port *)(void *)port;
}

static void take(void *context, uint8_t *frame, size_t len)
{
	struct packet_port *p = context;
	lp_lan_take(&p->lan, frame, len);
}

/* A tag whose VLAN is 0 carries a priority alone (IEEE 802.1Q): the kernel has removed the tag, and the
 * frame is an ordinary one. */
static bool is_of_a_vlan(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		struct tpacket_auxdata aux;
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		return aux.tp_status & TP_STATUS_VLAN_VALID && aux.tp_vlan_tci & LP_ETH_VLAN;
	}
	return false;
}

static void take_message(struct packet_port *p, struct msghdr *message, struct slot *s, size_t len)
{
	struct lp_lan_counters *counters = &p->lan.counters;
	if (s->from.sll_pkttype == PACKET_OUTGOING)
		return; /* the host's own frame: kernels before 4.20 hand it over */
	if (is_of_a_vlan(message))
		counters->tagged++;
	else if (message->msg_flags & MSG_TRUNC || len < sizeof(s->header))
		lp_lan_count_unusable(&p->lan, &counters->truncated);
	else if (lp_segment(&(struct lp_unfinished){&s->header, s->frame, len - sizeof(s->header)},
			 p->scratch, take, p) == 0)
		lp_lan_count_unusable(&p->lan, &counters->unusable);
}

static void prepare(struct packet_port *p)
{
	for (size_t i = 0; i < LP_LAN_BATCH; i++) {
		struct slot *s = &p->slots[i];
		s->parts[0] = (struct iovec){&s->header, sizeof(s->header)};
		s->parts[1] = (struct iovec){s->frame, sizeof(s->frame)};
		p->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &s->from,
			.msg_namelen = sizeof(s->from),
			.msg_iov = s->parts,
			.msg_iovlen = 2,
			.msg_control = s->auxdata,
			.msg_controllen = sizeof(s->auxdata),
		};
	}
}

static size_t packet_read(struct lp_port *port, lp_port_sink *sink, void *context)
{
	struct packet_port *p = of(port);
	uint64_t before = p->lan.counters.received;
	prepare(p);
	int n = recvmmsg(p->lan.fd_port.fd, p->messages, LP_LAN_BATCH, MSG_DONTWAIT, NULL);
	if (n < 0) {
		/* EINVAL: a super-frame that the kernel could not describe, and has discarded. */
		if (errno == EINVAL)
			lp_lan_count_unusable(&p->lan, &p->lan.counters.unusable);
		return 0;
	}
	lp_lan_begin(&p->lan, sink, context);
	for (int i = 0; i < n; i++)
		take_message(p, &p->messages[i].msg_hdr, &p->slots[i], p->messages[i].msg_len);
	return (size_t)(p->lan.counters.received - before);
}

static bool send_frame(struct packet_port *p, const uint8_t *frame, size_t len)
{
	struct virtio_net_hdr header = {0};
	struct iovec parts[2] = {
		{&header, sizeof(header)}, {(void *)(uintptr_t)frame, len}, /* sendmsg only reads */
	};
	const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	if (p->lan.fd_port.full) {
		errno = EAGAIN;
		return false;
	}
	bool good = sendmsg(p->lan.fd_port.fd, &message, MSG_DONTWAIT) >= 0;
	p->lan.fd_port.full = !good && errno == EAGAIN;
	return good;
}

static bool packet_write(struct lp_port *port, const uint8_t *frame, size_t len)
{
	struct packet_port *p = of(port);
	return lp_lan_count_write(&p->lan, send_frame(p, frame, len));
}

static bool packet_up(struct lp_port *port, size_t mtu)
{
	lp_lan_up(&of(port)->lan, mtu);
	return true;
}

/* The kernel sets its count to zero when it is read. */
static uint64_t kernel_drops(struct packet_port *p)
{
	struct tpacket_stats stats = {0};
	socklen_t len = sizeof(stats);
	if (getsockopt(p->lan.fd_port.fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
		p->kernel_drops += stats.tp_drops;
	return p->kernel_drops;
}

static void packet_members(struct lp_port *port, const struct lp_mac *macs, size_t count)
{
	lp_lan_set_members(&of(port)->lan, macs, count);
	if (!lp_bpf_attach_socket(lp_port_fd(port), macs, count))
		lp_log(LP_LOG_WARNING, "filter_failed", "reason=%s", strerror(errno));
}

static void packet_down(struct lp_port *port)
{
	struct packet_port *p = of(port);
	packet_members(port, NULL, 0);
	lp_lan_log_counters(&p->lan, LP_LOG_DEBUG, kernel_drops(p));
}

static void packet_close(struct lp_port *port)
{
	struct packet_port *p = of(port);
	if (p->lan.fd_port.fd >= 0) {
		lp_lan_log_counters(&p->lan, LP_LOG_INFO, kernel_drops(p));
		close(p->lan.fd_port.fd); /* ends promiscuous mode */
	}
	lp_offload_restore(&p->keeper);
	free(p);
}

void lp_packet_port_child(struct lp_port *port)
{
	lp_offload_look(&of(port)->keeper);
}

static const struct lp_port_ops packet_ops = {
	.read = packet_read,
	.write = packet_write,
	.up = packet_up,
	.down = packet_down,
	.members = packet_members,
	.close = packet_close,
	.note = lp_lan_note,
};

static bool set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* Needs no privilege. */
static bool bind_socket(int fd, int index)
{
	const struct packet_mreq promiscuous = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = index};
	if (bind(fd, (struct sockaddr *)(void *)&address, sizeof(address)) != 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
			sizeof(promiscuous)) != 0)
		return false;
	address.sll_protocol = htons(ETH_P_ALL);
	return bind(fd, (struct sockaddr *)(void *)&address, sizeof(address)) == 0;
}

static bool packet_reopen(struct lp_port *port)
{
	struct packet_port *p = of(port);
	struct lp_interface found;
	int error;
	socklen_t len = sizeof(error);
	if (lp_netlink_find(p->lan.interface.name, &found) != 0 || !found.is_up)
		return false;
	getsockopt(p->lan.fd_port.fd, SOL_SOCKET, SO_ERROR, &error, &len); /* of the deleted one */
	if (!bind_socket(p->lan.fd_port.fd, found.index))
		return false;
	p->lan.interface = found;
	p->lan.fd_port.needs = found.index;
	p->lan.fd_port.gone = false;
	return true;
}

/* Options and filter come first, then the protocol: until then the socket gets no frame at all. */
static bool prepare_socket(int fd, int index)
{
	if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER))
		set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1); /* since Linux 4.20 */
	if (!set(fd, SOL_PACKET, PACKET_AUXDATA, 1) || !set(fd, SOL_PACKET, PACKET_VNET_HDR, 1) ||
		!lp_bpf_attach_socket(fd, NULL, 0))
		return false;
	return bind_socket(fd, index);
}

static void refuse(const char *interface, int error, enum lp_exit *ret_exit)
{
	bool rights = error == EPERM || error == EACCES;
	*ret_exit = rights ? LP_EXIT_NO_PERMISSION : LP_EXIT_OS;
	lp_log(LP_LOG_ERROR, "packet_socket_failed", "interface=%s reason=%s hint=%s", interface,
		strerror(error),
		rights ? "start the gateway as root, or with CAP_NET_RAW and CAP_NET_ADMIN"
		       : "look whether the interface still exists and is up");
}

struct lp_port *lp_packet_port_open(const char *interface, enum lp_exit *ret_exit)
{
	struct lp_interface found;
	if (!lp_interface_check(interface, LP_USE_PACKET, LP_NEVER, &found, ret_exit))
		return NULL;
	struct packet_port *p = calloc(1, sizeof(*p));
	if (!p) {
		lp_log(LP_LOG_ERROR, "out_of_memory", "bytes=%zu", sizeof(*p));
		*ret_exit = LP_EXIT_INTERNAL;
		return NULL;
	}
	struct lp_port *port = &p->lan.fd_port.port;
	p->lan.fd_port.needs = found.index;
	p->lan.fd_port.reopen = packet_reopen;
	port->ops = &packet_ops;
	lp_lan_init(&p->lan, &found);
	/* Protocol 0: bound to nothing, a socket would get every interface's frames. */
	p->lan.fd_port.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->lan.fd_port.fd < 0 || !prepare_socket(p->lan.fd_port.fd, found.index)) {
		refuse(interface, errno, ret_exit);
		packet_close(port);
		return NULL;
	}
	lp_offload_disable(&found, &p->keeper);
	return port;
}
