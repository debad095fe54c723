#include "lanparty/edge/linux/netlink.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lanparty/base/bytes.h"
#include "lanparty/packet/headers.h"

#define ANSWER_MAX  32768 /* bytes; an interface's description is some 1-2 KiB */
#define TRIES       3     /* of a list that changes while the kernel writes it */
#define NEWS_MAX    256   /* of changes that are read in a row; the rest counts as another change */
#define TICK        (10 * LP_MILLISECOND) /* of the bridge's times (USER_HZ) */
#define ROUTER_PORT 2 /* IFLA_BRPORT_MULTICAST_ROUTER: forward every group, always */

struct request {
	_Alignas(struct nlmsghdr) uint8_t bytes[LP_NETLINK_REQUEST];
};

/* ---- one request and its answer */

/* Every request but a dump asks for an acknowledgement, so that there is one way to see its end. */
static int exchange(
	struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t on_answer, void *context)
{
	_Alignas(struct nlmsghdr) uint8_t answer[ANSWER_MAX];
	int more = 1;
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	request->nlmsg_seq = 1;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
		mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return errno;
	while (more > 0) {
		ssize_t len = mnl_socket_recvfrom(socket, answer, sizeof(answer));
		if (len < 0)
			return errno;
		more = mnl_cb_run(answer, (size_t)len, request->nlmsg_seq,
			mnl_socket_get_portid(socket), on_answer, context);
	}
	return more == 0 ? 0 : errno;
}

int lp_netlink_ask(int family, struct nlmsghdr *request, mnl_cb_t on_answer, void *context)
{
	struct mnl_socket *socket = mnl_socket_open2(family, SOCK_CLOEXEC);
	if (!socket)
		return errno;
	int error = exchange(socket, request, on_answer, context);
	mnl_socket_close(socket);
	return error;
}

int lp_netlink_note(const struct nlattr *attribute, void *context)
{
	struct lp_attributes *a = context;
	uint16_t type = mnl_attr_get_type(attribute);
	if (type < LP_NETLINK_TYPES)
		a->of[type] = attribute;
	return MNL_CB_OK;
}

uint64_t lp_netlink_number(const struct nlattr *attribute)
{
	switch (attribute ? mnl_attr_get_payload_len(attribute) : 0) {
	case sizeof(uint8_t):
		return mnl_attr_get_u8(attribute);
	case sizeof(uint16_t):
		return mnl_attr_get_u16(attribute);
	case sizeof(uint32_t):
		return mnl_attr_get_u32(attribute);
	case sizeof(uint64_t):
		return mnl_attr_get_u64(attribute);
	default:
		return 0;
	}
}

static int change(struct nlmsghdr *request)
{
	return lp_netlink_ask(NETLINK_ROUTE, request, NULL, NULL);
}

/* Begins a request. Its payload is type's own header of size bytes, which are zero. */
static struct nlmsghdr *begin(struct request *r, uint16_t type, uint16_t flags, size_t size)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(r->bytes);
	h->nlmsg_type = type;
	h->nlmsg_flags = flags;
	mnl_nlmsg_put_extra_header(h, size);
	return h;
}

/* ---- interfaces */

static void read_text(const struct nlattr *attribute, char *text, size_t cap)
{
	if (attribute)
		snprintf(text, cap, "%s", mnl_attr_get_str(attribute));
}

static void read_bridge(const struct nlattr *data, struct lp_bridge *b)
{
	struct lp_attributes a = {0};
	mnl_attr_parse_nested(data, lp_netlink_note, &a);
	b->spanning_tree = lp_netlink_number(a.of[IFLA_BR_STP_STATE]);
	b->forward_delay = lp_netlink_number(a.of[IFLA_BR_FORWARD_DELAY]) * TICK;
	b->filters_vlans = lp_netlink_number(a.of[IFLA_BR_VLAN_FILTERING]);
	b->vlan = (uint16_t)lp_netlink_number(a.of[IFLA_BR_VLAN_DEFAULT_PVID]);
	b->calls_iptables = lp_netlink_number(a.of[IFLA_BR_NF_CALL_IPTABLES]);
	b->calls_ip6tables = lp_netlink_number(a.of[IFLA_BR_NF_CALL_IP6TABLES]);
	b->calls_arptables = lp_netlink_number(a.of[IFLA_BR_NF_CALL_ARPTABLES]);
}

static void read_port(const struct nlattr *data, struct lp_bridge_port *p)
{
	struct lp_attributes a = {0};
	mnl_attr_parse_nested(data, lp_netlink_note, &a);
	p->state = (enum lp_port_state)lp_netlink_number(a.of[IFLA_BRPORT_STATE]);
	p->timer = lp_netlink_number(a.of[IFLA_BRPORT_FORWARD_DELAY_TIMER]) * TICK;
}

/* What only interfaces of some kinds have. */
static void read_link_info(const struct nlattr *link_info, struct lp_interface *i)
{
	struct lp_attributes info = {0};
	mnl_attr_parse_nested(link_info, lp_netlink_note, &info);
	read_text(info.of[IFLA_INFO_KIND], i->kind, sizeof(i->kind));
	read_text(info.of[IFLA_INFO_SLAVE_KIND], i->master_kind, sizeof(i->master_kind));
	if (info.of[IFLA_INFO_DATA] && strcmp(i->kind, "bridge") == 0)
		read_bridge(info.of[IFLA_INFO_DATA], &i->bridge);
	if (info.of[IFLA_INFO_SLAVE_DATA] && strcmp(i->master_kind, "bridge") == 0)
		read_port(info.of[IFLA_INFO_SLAVE_DATA], &i->port);
}

static void read_interface(const struct nlmsghdr *answer, struct lp_interface *ret_interface)
{
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(answer);
	struct lp_attributes a = {0};
	mnl_attr_parse(answer, sizeof(*head), lp_netlink_note, &a);
	struct lp_interface i = {
		.index = head->ifi_index,
		.mtu = (uint32_t)lp_netlink_number(a.of[IFLA_MTU]),
		.is_up = head->ifi_flags & IFF_UP,
		.is_loopback = head->ifi_flags & IFF_LOOPBACK,
		.is_ethernet = head->ifi_type == ARPHRD_ETHER,
		.has_carrier = lp_netlink_number(a.of[IFLA_CARRIER]),
		.carriers = (uint32_t)lp_netlink_number(a.of[IFLA_CARRIER_UP_COUNT]),
		.master = (int)lp_netlink_number(a.of[IFLA_MASTER]),
	};
	if (a.of[IFLA_ADDRESS] && mnl_attr_get_payload_len(a.of[IFLA_ADDRESS]) == sizeof(i.mac.b))
		memcpy(i.mac.b, mnl_attr_get_payload(a.of[IFLA_ADDRESS]), sizeof(i.mac.b));
	read_text(a.of[IFLA_IFNAME], i.name, sizeof(i.name));
	if (a.of[IFLA_LINKINFO])
		read_link_info(a.of[IFLA_LINKINFO], &i);
	*ret_interface = i;
}

static int take_interface(const struct nlmsghdr *answer, void *context)
{
	read_interface(answer, context);
	return MNL_CB_OK;
}

static int find(const char *name, int index, struct lp_interface *ret_interface)
{
	struct request r;
	struct nlmsghdr *h = begin(&r, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	struct ifinfomsg *head = mnl_nlmsg_get_payload(h);
	head->ifi_index = index;
	if (name)
		mnl_attr_put_strz(h, IFLA_IFNAME, name);
	return lp_netlink_ask(NETLINK_ROUTE, h, take_interface, ret_interface);
}

int lp_netlink_find(const char *name, struct lp_interface *ret_interface)
{
	if (name[0] == '\0' || strlen(name) >= IF_NAMESIZE)
		return ENODEV; /* the kernel has other errors for these */
	return find(name, 0, ret_interface);
}

int lp_netlink_find_index(int index, struct lp_interface *ret_interface)
{
	return index > 0 ? find(NULL, index, ret_interface) : ENODEV;
}

bool lp_netlink_is_deleted(int index)
{
	struct lp_interface ignored;
	return lp_netlink_find_index(index, &ignored) == ENODEV;
}

struct list {
	lp_interface_sink *sink;
	void *context;
};

static int take_listed(const struct nlmsghdr *answer, void *context)
{
	const struct list *list = context;
	struct lp_interface i;
	read_interface(answer, &i);
	list->sink(list->context, &i);
	return MNL_CB_OK;
}

int lp_netlink_list(lp_interface_sink *sink, void *context)
{
	struct request r;
	struct list list = {sink, context};
	struct nlmsghdr *h = begin(&r, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	return lp_netlink_ask(NETLINK_ROUTE, h, take_listed, &list);
}

int lp_netlink_watch(enum lp_news news)
{
	const uint32_t addresses =
		RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | (news != LP_NEWS_LINKS ? addresses : 0) |
			     (news == LP_NEWS_NEIGHBOURS ? RTMGRP_NEIGH : 0)};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (fd >= 0 &&
		bind(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) != 0) {
		int error = errno;
		close(fd);
		errno = error;
		fd = -1;
	}
	return fd;
}

/* ENOBUFS: the kernel had more news than the socket holds. */
bool lp_netlink_has_changed(int watch)
{
	uint8_t ignored[1];
	bool changed = false;
	for (int i = 0; i < NEWS_MAX; i++) {
		if (recv(watch, ignored, sizeof(ignored), 0) < 0 && errno != ENOBUFS)
			break;
		changed = true;
	}
	return changed;
}

static struct nlmsghdr *begin_change(struct request *r, int index, unsigned flags)
{
	struct nlmsghdr *h = begin(r, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
	struct ifinfomsg *head = mnl_nlmsg_get_payload(h);
	head->ifi_index = index;
	head->ifi_flags = head->ifi_change = flags;
	return h;
}

int lp_netlink_change(int index, const struct lp_interface_change *wanted)
{
	struct request r;
	struct nlmsghdr *h = begin_change(&r, index, wanted->up ? IFF_UP : 0);
	if (wanted->mac)
		mnl_attr_put(h, IFLA_ADDRESS, sizeof(wanted->mac->b), wanted->mac->b);
	if (wanted->mtu)
		mnl_attr_put_u32(h, IFLA_MTU, wanted->mtu);
	if (wanted->master)
		mnl_attr_put_u32(h, IFLA_MASTER, (uint32_t)wanted->master);
	return change(h);
}

int lp_netlink_disable_ipv6(int index)
{
	struct request r;
	struct nlmsghdr *h = begin_change(&r, index, 0);
	struct nlattr *families = mnl_attr_nest_start(h, IFLA_AF_SPEC);
	struct nlattr *ipv6 = mnl_attr_nest_start(h, AF_INET6);
	mnl_attr_put_u8(h, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(h, ipv6);
	mnl_attr_nest_end(h, families);
	return change(h);
}

int lp_netlink_set_bridge_port(int index)
{
	struct request r;
	struct nlmsghdr *h = begin_change(&r, index, 0);
	struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_SLAVE_KIND, "bridge");
	struct nlattr *data = mnl_attr_nest_start(h, IFLA_INFO_SLAVE_DATA);
	mnl_attr_put_u8(h, IFLA_BRPORT_MULTICAST_ROUTER, ROUTER_PORT);
	mnl_attr_put_u8(h, IFLA_BRPORT_MODE, 0); /* no hairpin */
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return change(h);
}

/* ---- addresses and routes */

static uint32_t host_bits(unsigned prefix)
{
	return prefix < 32 ? UINT32_MAX >> prefix : 0;
}

static void put_ipv4(struct nlmsghdr *h, uint16_t type, uint32_t ipv4)
{
	uint8_t bytes[LP_IPV4_ADDRESS];
	lp_put32(bytes, ipv4);
	mnl_attr_put(h, type, sizeof(bytes), bytes);
}

static struct nlmsghdr *begin_address(
	struct request *r, uint16_t type, int index, uint32_t address, unsigned prefix)
{
	uint16_t flags = type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0;
	struct nlmsghdr *h = begin(r, type, flags, sizeof(struct ifaddrmsg));
	struct ifaddrmsg *head = mnl_nlmsg_get_payload(h);
	head->ifa_family = AF_INET;
	head->ifa_prefixlen = (uint8_t)prefix;
	head->ifa_index = (uint32_t)index;
	put_ipv4(h, IFA_LOCAL, address);
	put_ipv4(h, IFA_ADDRESS, address);
	return h;
}

int lp_netlink_add_ipv4(int index, uint32_t address, unsigned prefix)
{
	struct request r;
	struct nlmsghdr *h = begin_address(&r, RTM_NEWADDR, index, address, prefix);
	if (prefix < 31) /* RFC 3021: a /31 has no broadcast address */
		put_ipv4(h, IFA_BROADCAST, address | host_bits(prefix));
	return change(h);
}

int lp_netlink_remove_ipv4(int index, uint32_t address, unsigned prefix)
{
	struct request r;
	return change(begin_address(&r, RTM_DELADDR, index, address, prefix));
}

/* NLM_F_CREATE alone puts the route before others with the same destination and metric. */
int lp_netlink_add_route(int index, uint32_t destination, unsigned prefix, uint32_t source)
{
	struct request r;
	struct nlmsghdr *h = begin(&r, RTM_NEWROUTE, NLM_F_CREATE, sizeof(struct rtmsg));
	struct rtmsg *head = mnl_nlmsg_get_payload(h);
	*head = (struct rtmsg){
		.rtm_family = AF_INET,
		.rtm_dst_len = (uint8_t)prefix,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	put_ipv4(h, RTA_DST, destination);
	if (source)
		put_ipv4(h, RTA_PREFSRC, source);
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)index);
	return change(h);
}

/* Addresses found so far, of one interface. */
struct found {
	int index;
	uint32_t *ipv4; /* NULL: IPv6 is wanted */
	uint8_t (*ipv6)[16];
	size_t count, cap;
};

static void add_found(void *context, int index, const struct nlattr *address)
{
	struct found *f = context;
	size_t size = f->ipv4 ? sizeof(*f->ipv4) : sizeof(*f->ipv6);
	if (index != f->index || !address || mnl_attr_get_payload_len(address) != size ||
		f->count == f->cap)
		return;
	if (f->ipv4)
		f->ipv4[f->count] = lp_get32(mnl_attr_get_payload(address));
	else
		memcpy(f->ipv6[f->count], mnl_attr_get_payload(address), size);
	f->count++;
}

/* IFA_ADDRESS is the other end of a point-to-point line, but the only one that some drivers give. */
static int take_address(const struct nlmsghdr *answer, void *context)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(answer);
	struct lp_attributes a = {0};
	mnl_attr_parse(answer, sizeof(*head), lp_netlink_note, &a);
	add_found(context, (int)head->ifa_index,
		a.of[IFA_LOCAL] ? a.of[IFA_LOCAL] : a.of[IFA_ADDRESS]);
	return MNL_CB_OK;
}

static void take_next_hops(const struct nlattr *multipath, lp_hop_sink *sink, void *context)
{
	const uint8_t *at = mnl_attr_get_payload(multipath);
	size_t len = mnl_attr_get_payload_len(multipath);
	struct rtnexthop hop;
	while (len >= sizeof(hop)) {
		struct lp_attributes a = {0};
		memcpy(&hop, at, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > len)
			return;
		mnl_attr_parse_payload(
			at + sizeof(hop), hop.rtnh_len - sizeof(hop), lp_netlink_note, &a);
		sink(context, hop.rtnh_ifindex, a.of[RTA_GATEWAY]);
		size_t step = ((size_t)hop.rtnh_len + 3) & ~(size_t)3;
		if (step > len)
			return;
		at += step;
		len -= step;
	}
}

void lp_netlink_hops(const struct lp_attributes *route, lp_hop_sink *sink, void *context)
{
	if (route->of[RTA_MULTIPATH])
		take_next_hops(route->of[RTA_MULTIPATH], sink, context);
	else if (route->of[RTA_OIF])
		sink(context, (int)mnl_attr_get_u32(route->of[RTA_OIF]), route->of[RTA_GATEWAY]);
}

static int take_router(const struct nlmsghdr *answer, void *context)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(answer);
	struct lp_attributes a = {0};
	mnl_attr_parse(answer, sizeof(*head), lp_netlink_note, &a);
	if (head->rtm_dst_len == 0)
		lp_netlink_hops(&a, add_found, context);
	return MNL_CB_OK;
}

static size_t list_addresses(uint16_t type, mnl_cb_t take, struct found *f)
{
	const size_t size = type == RTM_GETADDR ? sizeof(struct ifaddrmsg) : sizeof(struct rtmsg);
	int error = EINTR;
	/* EINTR: the list changed while it was written, and part of it is missing. */
	for (int i = 0; i < TRIES && error == EINTR; i++) {
		struct request r;
		struct nlmsghdr *h = begin(&r, type, NLM_F_DUMP, size);
		((struct rtgenmsg *)mnl_nlmsg_get_payload(h))->rtgen_family =
			f->ipv4 ? AF_INET : AF_INET6;
		f->count = 0;
		error = lp_netlink_ask(NETLINK_ROUTE, h, take, f);
	}
	return f->count;
}

size_t lp_netlink_ipv4_addresses(int index, uint32_t *ret_ipv4, size_t cap)
{
	struct found f = {.index = index, .ipv4 = ret_ipv4, .cap = cap};
	return list_addresses(RTM_GETADDR, take_address, &f);
}

size_t lp_netlink_ipv4_routers(int index, uint32_t *ret_ipv4, size_t cap)
{
	struct found f = {.index = index, .ipv4 = ret_ipv4, .cap = cap};
	return list_addresses(RTM_GETROUTE, take_router, &f);
}

size_t lp_netlink_ipv6_addresses(int index, uint8_t (*ret_ipv6)[16], size_t cap)
{
	struct found f = {.index = index, .ipv6 = ret_ipv6, .cap = cap};
	return list_addresses(RTM_GETADDR, take_address, &f);
}

size_t lp_netlink_ipv6_routers(int index, uint8_t (*ret_ipv6)[16], size_t cap)
{
	struct found f = {.index = index, .ipv6 = ret_ipv6, .cap = cap};
	return list_addresses(RTM_GETROUTE, take_router, &f);
}

struct neighbour {
	int index;
	const uint8_t *address; /* as in a packet */
	size_t size;
	struct lp_mac mac; /* zero: not found */
};

static int take_neighbour(const struct nlmsghdr *answer, void *context)
{
	const struct ndmsg *head = mnl_nlmsg_get_payload(answer);
	struct neighbour *n = context;
	struct lp_attributes a = {0};
	mnl_attr_parse(answer, sizeof(*head), lp_netlink_note, &a);
	const struct nlattr *address = a.of[NDA_DST], *mac = a.of[NDA_LLADDR];
	if (head->ndm_ifindex == n->index && address && mac &&
		mnl_attr_get_payload_len(address) == n->size &&
		mnl_attr_get_payload_len(mac) == sizeof(n->mac.b) &&
		memcmp(mnl_attr_get_payload(address), n->address, n->size) == 0)
		memcpy(n->mac.b, mnl_attr_get_payload(mac), sizeof(n->mac.b));
	return MNL_CB_OK;
}

static bool find_neighbour(struct neighbour *n, uint8_t family, struct lp_mac *ret_mac)
{
	struct request r;
	struct nlmsghdr *h = begin(&r, RTM_GETNEIGH, NLM_F_DUMP, sizeof(struct ndmsg));
	((struct ndmsg *)mnl_nlmsg_get_payload(h))->ndm_family = family;
	if (lp_netlink_ask(NETLINK_ROUTE, h, take_neighbour, n) != 0 || lp_mac_is_zero(&n->mac))
		return false;
	*ret_mac = n->mac;
	return true;
}

bool lp_netlink_neighbour(int index, uint32_t ipv4, struct lp_mac *ret_mac)
{
	uint8_t address[4];
	struct neighbour n = {.index = index, .address = address, .size = sizeof(address)};
	lp_put32(address, ipv4);
	return find_neighbour(&n, AF_INET, ret_mac);
}

bool lp_netlink_neighbour_ipv6(int index, const uint8_t ipv6[16], struct lp_mac *ret_mac)
{
	struct neighbour n = {.index = index, .address = ipv6, .size = 16};
	return find_neighbour(&n, AF_INET6, ret_mac);
}

int lp_netlink_resolve(int index, int family, const void *address)
{
	struct request r;
	struct nlmsghdr *h =
		begin(&r, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_ACK, sizeof(struct ndmsg));
	struct ndmsg *head = mnl_nlmsg_get_payload(h);
	head->ndm_family = (uint8_t)family;
	head->ndm_ifindex = index;
	head->ndm_flags = NTF_USE;
	mnl_attr_put(h, NDA_DST, family == AF_INET ? 4 : 16, address);
	return change(h);
}
