#include "lanparty/edge/linux/own.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/base/bytes.h"
#include "lanparty/edge/linux/netlink.h"

#define TRIES        3 /* of a list that changes while the kernel writes it */
#define LINE_MAX_LEN 512

struct request {
	_Alignas(struct nlmsghdr) uint8_t bytes[LP_NETLINK_REQUEST];
};

/* ---- name servers */

static bool is_loopback(const struct lp_prefix *p)
{
	static const uint8_t loopback[LP_PREFIX_BYTES] = {[15] = 1};
	return lp_prefix_is_ipv4(p) ? p->address[LP_PREFIX_MAPPED / 8] == IN_LOOPBACKNET
				    : memcmp(p->address, loopback, sizeof(loopback)) == 0;
}

static bool parse_address(char *text, struct lp_prefix *ret_prefix)
{
	uint8_t bytes[LP_PREFIX_BYTES];
	text[strcspn(text, "%")] = 0; /* the scope of a link-local address */
	if (inet_pton(AF_INET, text, bytes) == 1)
		*ret_prefix = lp_prefix_ipv4(lp_get32(bytes), 32);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		*ret_prefix = lp_prefix_ipv6(bytes, LP_PREFIX_HOST);
	else
		return false;
	return true;
}

bool lp_own_read_name_servers(const char *path, struct lp_own_list *own)
{
	char line[LINE_MAX_LEN], text[INET6_ADDRSTRLEN + 1];
	bool stub = false;
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		struct lp_prefix prefix;
		if (sscanf(line, " nameserver %46s", text) != 1 || !parse_address(text, &prefix))
			continue;
		if (is_loopback(&prefix))
			stub = true;
		else
			lp_own_add(own, LP_OWN_NAME_SERVER, &prefix);
	}
	fclose(file);
	return stub;
}

/* ---- addresses and routes */

struct reading {
	int except;
	struct lp_own_list *own;
	bool full;
};

/* An address of the kernel's, of whatever family. */
static bool get_prefix(const struct nlattr *a, unsigned length, struct lp_prefix *ret_prefix)
{
	size_t size = a ? mnl_attr_get_payload_len(a) : 0;
	if (size == 4 && length <= 32)
		*ret_prefix = lp_prefix_ipv4(lp_get32(mnl_attr_get_payload(a)), length);
	else if (size == LP_PREFIX_BYTES && length <= LP_PREFIX_HOST)
		*ret_prefix = lp_prefix_ipv6(mnl_attr_get_payload(a), length);
	else
		return false;
	return true;
}

/* Every interface has fe80::/10 and no lease or prefix is in it. */
static bool is_link_local(const struct lp_prefix *p)
{
	return !lp_prefix_is_ipv4(p) && p->address[0] == 0xfe && (p->address[1] & 0xc0) == 0x80;
}

static void add(struct reading *r, enum lp_own_kind kind, const struct nlattr *a, unsigned length)
{
	struct lp_prefix prefix;
	if (get_prefix(a, length, &prefix) && !is_link_local(&prefix) &&
		!lp_own_add(r->own, kind, &prefix))
		r->full = true;
}

static int take_address(const struct nlmsghdr *answer, void *context)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(answer);
	struct reading *r = context;
	struct lp_attributes a = {0};
	mnl_attr_parse(answer, sizeof(*head), lp_netlink_note, &a);
	if ((int)head->ifa_index != r->except && head->ifa_scope != RT_SCOPE_HOST)
		add(r, LP_OWN_NETWORK, a.of[IFA_LOCAL] ? a.of[IFA_LOCAL] : a.of[IFA_ADDRESS],
			head->ifa_prefixlen);
	return MNL_CB_OK;
}

static unsigned bits_of(int family)
{
	return family == AF_INET ? 32 : LP_PREFIX_HOST;
}

/* One route that is read: each of its next hops can be the room's. */
struct hops {
	struct reading *reading; /* NULL: their routers are not wanted */
	int family, except;
	int index; /* the first interface that is not except; 0: none */
};

static void take_hop(void *context, int index, const struct nlattr *router)
{
	struct hops *h = context;
	if (index == h->except)
		return;
	if (h->index == 0)
		h->index = index;
	if (h->reading)
		add(h->reading, LP_OWN_ROUTER, router, bits_of(h->family));
}

static int take_route(const struct nlmsghdr *answer, void *context)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(answer);
	struct reading *r = context;
	struct lp_attributes a = {0};
	struct hops hops = {.reading = r, .family = head->rtm_family, .except = r->except};
	mnl_attr_parse(answer, sizeof(*head), lp_netlink_note, &a);
	if (head->rtm_type != RTN_UNICAST || head->rtm_table == RT_TABLE_LOCAL)
		return MNL_CB_OK;
	lp_netlink_hops(&a, take_hop, &hops);
	/* A route by a nexthop object (ip-nexthop(8)) can name no interface. The room has no such routes. */
	if (hops.index != 0 || a.of[RTA_NH_ID])
		add(r, LP_OWN_NETWORK, a.of[RTA_DST], head->rtm_dst_len);
	return MNL_CB_OK;
}

/* head is the payload of a request for a list, which begins with the family. */
static int list(uint16_t type, size_t head, int family, mnl_cb_t take, void *context)
{
	int error = EINTR;
	/* EINTR: the list changed meanwhile, and part of it is missing. */
	for (int i = 0; i < TRIES && error == EINTR; i++) {
		struct request r;
		struct nlmsghdr *h = mnl_nlmsg_put_header(r.bytes);
		h->nlmsg_type = type;
		h->nlmsg_flags = NLM_F_DUMP;
		((struct rtgenmsg *)mnl_nlmsg_put_extra_header(h, head))->rtgen_family =
			(unsigned char)family;
		error = lp_netlink_ask(NETLINK_ROUTE, h, take, context);
	}
	return error;
}

bool lp_own_read(int except, struct lp_own_list *own, bool *ret_whole)
{
	struct reading r = {.except = except, .own = own};
	if (lp_own_read_name_servers("/etc/resolv.conf", own))
		lp_own_read_name_servers("/run/systemd/resolve/resolv.conf", own);
	int error = list(RTM_GETADDR, sizeof(struct ifaddrmsg), AF_UNSPEC, take_address, &r);
	if (error == 0)
		error = list(RTM_GETROUTE, sizeof(struct rtmsg), AF_INET, take_route, &r);
	if (error == 0) {
		error = list(RTM_GETROUTE, sizeof(struct rtmsg), AF_INET6, take_route, &r);
		if (error == EOPNOTSUPP || error == EAFNOSUPPORT)
			error = 0; /* a kernel without IPv6 has no such list */
	}
	*ret_whole = error == 0 && !r.full;
	return error == 0;
}

/* ---- the way to the relay */

struct way {
	struct lp_prefix to;
	int except;
	bool found;
	unsigned length; /* of the best route so far */
	uint32_t metric;
	unsigned index;
};

static int take_way(const struct nlmsghdr *answer, void *context)
{
	struct lp_attributes a = {0};
	mnl_attr_parse(answer, sizeof(struct rtmsg), lp_netlink_note, &a);
	struct hops hops = {0};
	lp_netlink_hops(&a, take_hop, &hops);
	*(int *)context = hops.index;
	return MNL_CB_OK;
}

static int ask_kernel(const struct lp_address *remote)
{
	struct request r;
	int index = 0;
	struct nlmsghdr *h = mnl_nlmsg_put_header(r.bytes);
	h->nlmsg_type = RTM_GETROUTE;
	struct rtmsg *head = mnl_nlmsg_put_extra_header(h, sizeof(*head));
	head->rtm_family = (unsigned char)remote->sa.sa_family;
	head->rtm_dst_len = (unsigned char)bits_of(remote->sa.sa_family);
	if (remote->sa.sa_family == AF_INET)
		mnl_attr_put(h, RTA_DST, sizeof(remote->in.sin_addr), &remote->in.sin_addr);
	else
		mnl_attr_put(h, RTA_DST, sizeof(remote->in6.sin6_addr), &remote->in6.sin6_addr);
	return lp_netlink_ask(NETLINK_ROUTE, h, take_way, &index) == 0 ? index : 0;
}

static int consider(const struct nlmsghdr *answer, void *context)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(answer);
	struct way *w = context;
	struct lp_attributes a = {0};
	struct lp_prefix prefix;
	mnl_attr_parse(answer, sizeof(*head), lp_netlink_note, &a);
	struct hops hops = {.except = w->except};
	lp_netlink_hops(&a, take_hop, &hops);
	if (head->rtm_type != RTN_UNICAST || head->rtm_table != RT_TABLE_MAIN || hops.index == 0 ||
		head->rtm_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN))
		return MNL_CB_OK;
	if (head->rtm_dst_len > 0 && (!get_prefix(a.of[RTA_DST], head->rtm_dst_len, &prefix) ||
					     !lp_prefix_overlaps(&prefix, &w->to)))
		return MNL_CB_OK;
	uint32_t metric = a.of[RTA_PRIORITY] ? mnl_attr_get_u32(a.of[RTA_PRIORITY]) : 0;
	if (w->found && (head->rtm_dst_len < w->length ||
				(head->rtm_dst_len == w->length && metric >= w->metric)))
		return MNL_CB_OK;
	w->found = true;
	w->length = head->rtm_dst_len;
	w->metric = metric;
	w->index = (unsigned)hops.index;
	return MNL_CB_OK;
}

static unsigned way_beside(const struct lp_address *remote, int except)
{
	struct way w = {.to = lp_address_prefix(remote), .except = except};
	list(RTM_GETROUTE, sizeof(struct rtmsg), remote->sa.sa_family, consider, &w);
	return w.index;
}

/* The kernel knows rules that a list of routes does not show, so its answer counts while it is another
 * interface. */
unsigned lp_own_way(const struct lp_address *remote, int except)
{
	return ask_kernel(remote) == except ? way_beside(remote, except) : 0;
}

unsigned lp_own_interface(const struct lp_address *remote, int except)
{
	int index = ask_kernel(remote);
	return index == except ? way_beside(remote, except) : (unsigned)index;
}
