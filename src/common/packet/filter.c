#include "lanparty/packet/filter.h"

#include <string.h>

#include "filter_private.h"

/* Ethernet: types that are judged or never pass; the rest is in eth.h. */
#define TYPE_VLAN     0x8100 /* IEEE 802.1Q */
#define TYPE_QINQ     0x88a8 /* IEEE 802.1ad */
#define TYPE_QINQ_OLD 0x9100
#define TYPE_SLOW     0x8809 /* IEEE 802.3, annex 57A: LACP, OAM */
#define TYPE_EAPOL    0x888e /* IEEE 802.1X */
#define TYPE_LLDP     0x88cc /* IEEE 802.1AB */

#define ARP_SIZE    28 /* RFC 826, for Ethernet and IPv4 */
#define ARP_REQUEST 1
#define ARP_REPLY   2

#define IPV4_HEADER 20 /* RFC 791, without options */
#define IPV6_HEADER 40 /* RFC 8200 */

/* Protocol and next header numbers (IANA). */
#define IP_HOP_BY_HOP  0
#define IP_ICMP        1
#define IP_IGMP        2
#define IP_TCP         6
#define IP_UDP         17
#define IP_ROUTING     43
#define IP_FRAGMENT    44
#define IP_AH          51
#define IP_ICMPV6      58
#define IP_DESTINATION 60
#define IP_MOBILITY    135
#define IP_HIP         139
#define IP_SHIM6       140

/* No honest datagram has nearly as many extension headers. */
#define MAX_EXTENSION_HEADERS 16

#define UDP_HEADER  8
#define TCP_HEADER  20
#define ICMP_HEADER 8 /* ICMP, ICMPv6 and IGMP: no message is shorter */

#define ICMP_REDIRECT             5    /* RFC 792 */
#define ICMP_ROUTER_ADVERTISEMENT 9    /* RFC 1256 */
#define IGMP_QUERY                0x11 /* RFC 3376 */
#define MLD_QUERY                 130  /* RFC 3810 */
#define ND_ROUTER_SOLICITATION    133  /* RFC 4861, this and the next */
#define ND_ROUTER_ADVERTISEMENT   134
#define ND_NEIGHBOUR_SOLICITATION 135
#define ND_NEIGHBOUR_ADVERT       136
#define ND_REDIRECT               137
#define ND_HOP_LIMIT              255 /* others have come through a router */
#define ND_SOURCE_LINK            1
#define ND_TARGET_LINK            2

#define PORT_DHCP_SERVER   67
#define PORT_DHCP_CLIENT   68
#define PORT_DHCPV6_CLIENT 546
#define PORT_DHCPV6_SERVER 547

/* DHCP (RFC 2131, section 2): offsets from the start of the message. */
#define DHCP_YIADDR      16
#define DHCP_CHADDR      28
#define DHCP_COOKIE      236
#define DHCP_OPTIONS     240
#define DHCP_REPLY       2 /* op */
#define DHCP_PAD         0 /* options: RFC 2132 */
#define DHCP_END         255
#define DHCP_TYPE_OPTION 53
#define DHCP_ACK         5

/* A whole IP datagram or the first fragment of one, from its transport header on. */
struct datagram {
	const uint8_t *data;
	size_t len;
	uint8_t hop_limit; /* IPv6's */
	bool fragmented;   /* has a fragment header, even an atomic one (RFC 6946) */
	bool more;         /* is a first fragment */
	enum lp_drop bad;  /* why it is dropped when its headers are not all here, or wrong */
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* Can it be one host's address? 0/8 is "this network", 127/8 never leaves a host (RFC 1122,
 * section 3.2.1.3). */
static bool is_host_ipv4(uint32_t a)
{
	uint32_t first = a >> 24;

	return first != 0 && first != 127 && (first < 224 || first >= 240) && a != UINT32_MAX;
}

bool lp_filter_allow(struct lp_filter *f, uint16_t ethertype)
{
	static const uint16_t never[] = {LP_ETHERTYPE_IPV4, LP_ETHERTYPE_ARP, LP_ETHERTYPE_IPV6,
		TYPE_VLAN, TYPE_QINQ, TYPE_QINQ_OLD, TYPE_SLOW, TYPE_EAPOL, TYPE_LLDP};

	if (ethertype < LP_ETHERTYPE_MIN || f->extras == LP_MAX_EXTRA_ETHERTYPES)
		return false;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		if (ethertype == never[i])
			return false;
	}
	f->extra[f->extras++] = ethertype;
	return true;
}

void lp_filter_source_init(struct lp_filter_source *s, enum lp_role role, const struct lp_mac *mac)
{
	memset(s, 0, sizeof(*s));
	s->role = role;
	s->mac = *mac;
}

/* Transport headers */

static enum lp_drop judge_tcp(const struct datagram *d)
{
	if (d->len < TCP_HEADER)
		return d->bad;
	size_t header = (size_t)(d->data[12] >> 4) * 4;
	return header >= TCP_HEADER && header <= d->len ? LP_DROP_NONE : d->bad;
}

static bool is_udp(const struct datagram *d)
{
	if (d->len < UDP_HEADER)
		return false;
	size_t len = get16(d->data + 4);
	return len >= UDP_HEADER && (d->more || len <= d->len);
}

static enum lp_drop judge_client_dhcp(const struct datagram *d)
{
	if (get16(d->data) == PORT_DHCP_SERVER || get16(d->data + 2) == PORT_DHCP_CLIENT)
		return d->more ? LP_DROP_FRAGMENT : LP_DROP_DHCP_SERVER;
	if (get16(d->data + 2) != PORT_DHCP_SERVER)
		return LP_DROP_NONE;
	/* A relay agent takes replies on the server's port and hands them to clients. */
	if (d->len == UDP_HEADER)
		return d->bad;
	return d->data[UDP_HEADER] == DHCP_REPLY ? LP_DROP_DHCP_SERVER : LP_DROP_NONE;
}

static bool is_ack(const uint8_t *options, size_t len)
{
	size_t at = 0;

	while (at < len && options[at] != DHCP_END) {
		if (options[at] == DHCP_PAD) {
			at++;
			continue;
		}
		if (len - at < 2 || len - at - 2 < options[at + 1])
			return false;
		if (options[at] == DHCP_TYPE_OPTION)
			return options[at + 1] == 1 && options[at + 2] == DHCP_ACK;
		at += 2 + (size_t)options[at + 1];
	}
	return false;
}

static void note_lease(const struct datagram *d, struct lp_filter_facts *facts)
{
	static const uint8_t head[] = {DHCP_REPLY, 1, 6}; /* op, Ethernet, address length */
	static const uint8_t cookie[] = {99, 130, 83, 99};
	const uint8_t *message = d->data + UDP_HEADER;
	size_t len = (size_t)get16(d->data + 4) - UDP_HEADER;

	if (d->more || get16(d->data) != PORT_DHCP_SERVER || get16(d->data + 2) != PORT_DHCP_CLIENT)
		return;
	if (len < DHCP_OPTIONS || memcmp(message, head, sizeof(head)) != 0 ||
		memcmp(message + DHCP_COOKIE, cookie, sizeof(cookie)) != 0)
		return;
	uint32_t address = get32(message + DHCP_YIADDR);
	/* an ACK to an INFORM gives no address */
	if (!is_host_ipv4(address) || !is_ack(message + DHCP_OPTIONS, len - DHCP_OPTIONS))
		return;
	facts->lease_ipv4 = address;
	memcpy(facts->lease_mac.b, message + DHCP_CHADDR, sizeof(facts->lease_mac.b));
}

/* IPv4 and ARP */

static enum lp_drop judge_arp(const struct lp_filter_source *from, const uint8_t *arp, size_t len,
	struct lp_filter_facts *facts)
{
	static const uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4, 0};
	struct lp_mac sender;

	if (len < ARP_SIZE || memcmp(arp, ethernet_ipv4, sizeof(ethernet_ipv4)) != 0)
		return LP_DROP_BAD_ARP;
	if (arp[7] != ARP_REQUEST && arp[7] != ARP_REPLY)
		return LP_DROP_BAD_ARP;
	memcpy(sender.b, arp + 8, sizeof(sender.b));
	if (lp_filter_is_client(from) && !lp_mac_equal(&sender, &facts->eth.src))
		return LP_DROP_ARP_SENDER;
	if (!lp_mac_is_station(&sender))
		return LP_DROP_BAD_ARP;
	uint32_t address = get32(arp + 14);
	/* only a probe may leave it out (RFC 5227, section 2.1.1) */
	if (address == 0 ? arp[7] != ARP_REQUEST : !is_host_ipv4(address))
		return LP_DROP_BAD_ARP;
	facts->claim_ipv4 = address;
	return LP_DROP_NONE;
}

/* Offload leaves transport checksums open, but never this one: a bad one is not from a host. */
static bool ipv4_checksum_good(const uint8_t *header, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += get16(header + i);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

static enum lp_drop judge_ipv4_data(
	bool client, uint8_t protocol, const struct datagram *d, struct lp_filter_facts *facts)
{
	switch (protocol) {
	case IP_UDP:
		if (!is_udp(d))
			return d->bad;
		if (client)
			return judge_client_dhcp(d);
		note_lease(d, facts);
		return LP_DROP_NONE;
	case IP_TCP:
		return judge_tcp(d);
	case IP_ICMP:
		if (d->len < ICMP_HEADER)
			return d->bad;
		if (client && d->data[0] == ICMP_REDIRECT)
			return LP_DROP_REDIRECT;
		if (client && d->data[0] == ICMP_ROUTER_ADVERTISEMENT)
			return LP_DROP_ROUTER_ADVERTISEMENT;
		return LP_DROP_NONE;
	case IP_IGMP:
		if (d->len < ICMP_HEADER)
			return d->bad;
		return client && d->data[0] == IGMP_QUERY ? LP_DROP_GROUP_QUERY : LP_DROP_NONE;
	default:
		return LP_DROP_NONE;
	}
}

/* Who has no address yet may ask for one, and say which groups it is in (RFC 3376, 4.2.13). */
static bool may_lack_source(uint8_t protocol, const struct datagram *d, const struct lp_span *span)
{
	if (protocol == IP_IGMP)
		return true;
	return protocol == IP_UDP && span->offset == 0 && d->len >= UDP_HEADER &&
	       get16(d->data) == PORT_DHCP_CLIENT && get16(d->data + 2) == PORT_DHCP_SERVER;
}

static enum lp_drop judge_ipv4(struct lp_filter_source *from, const uint8_t *ip, size_t len,
	lp_time now, struct lp_filter_facts *facts)
{
	if (len < IPV4_HEADER || ip[0] >> 4 != 4)
		return LP_DROP_BAD_IPV4;
	size_t header = (size_t)(ip[0] & 15) * 4;
	size_t total = get16(ip + 2);
	uint16_t flags = get16(ip + 6);
	if (header < IPV4_HEADER || header > total || total > len || flags & 0x8000 ||
		ip[16] == 127 || !ipv4_checksum_good(ip, header))
		return LP_DROP_BAD_IPV4;
	struct lp_span span = {(size_t)(flags & 0x1fff) * 8, total - header, flags & 0x2000};
	struct datagram d = {
		.data = ip + header,
		.len = total - header,
		.fragmented = span.more,
		.more = span.more,
		.bad = span.more ? LP_DROP_FRAGMENT : LP_DROP_BAD_IPV4,
	};
	uint32_t source = get32(ip + 12);
	if (source == 0 ? !may_lack_source(ip[9], &d, &span) : !is_host_ipv4(source))
		return LP_DROP_BAD_IPV4;
	facts->claim_ipv4 = source;
	if (!span.more && span.offset == 0)
		return judge_ipv4_data(lp_filter_is_client(from), ip[9], &d, facts);

	struct lp_fragment key = {.id = get16(ip + 4), .version = 4, .protocol = ip[9]};
	memcpy(key.src, ip + 12, 4);
	memcpy(key.dst, ip + 16, 4);
	if (span.offset > 0)
		return lp_fragment_later(from, &key, &span, now);
	enum lp_drop drop = judge_ipv4_data(lp_filter_is_client(from), ip[9], &d, facts);
	return drop == LP_DROP_NONE ? lp_fragment_first(from, &key, &span, now) : drop;
}

/* IPv6 */

static enum lp_drop judge_nd_options(
	const uint8_t *options, size_t len, const struct lp_mac *source)
{
	while (len > 0) {
		if (len < 8)
			return LP_DROP_BAD_IPV6;
		size_t size = (size_t)options[1] * 8;
		if (size == 0 || size > len)
			return LP_DROP_BAD_IPV6;
		if (options[0] == ND_SOURCE_LINK || options[0] == ND_TARGET_LINK) {
			if (size != 8)
				return LP_DROP_BAD_IPV6;
			if (memcmp(options + 2, source->b, sizeof(source->b)) != 0)
				return LP_DROP_ND_SENDER;
		}
		options += size;
		len -= size;
	}
	return LP_DROP_NONE;
}

static enum lp_drop judge_icmpv6(bool client, const struct datagram *d, const struct lp_mac *source)
{
	if (d->len < ICMP_HEADER)
		return d->bad;
	uint8_t type = d->data[0];
	/* RFC 6980: whoever looks for forged neighbour discovery must see all of it */
	if (d->fragmented && type >= ND_ROUTER_SOLICITATION && type <= ND_REDIRECT)
		return LP_DROP_FRAGMENT;
	if (!client)
		return LP_DROP_NONE;
	size_t options;
	switch (type) {
	case MLD_QUERY:
		return LP_DROP_GROUP_QUERY;
	case ND_ROUTER_ADVERTISEMENT:
		return LP_DROP_ROUTER_ADVERTISEMENT;
	case ND_REDIRECT:
		return LP_DROP_REDIRECT;
	case ND_ROUTER_SOLICITATION:
		options = 8;
		break;
	case ND_NEIGHBOUR_SOLICITATION:
	case ND_NEIGHBOUR_ADVERT:
		options = 24;
		break;
	default:
		return LP_DROP_NONE;
	}
	if (d->hop_limit != ND_HOP_LIMIT || d->data[1] != 0 || d->len < options)
		return LP_DROP_BAD_IPV6;
	return judge_nd_options(d->data + options, d->len - options, source);
}

static enum lp_drop judge_ipv6_data(
	bool client, uint8_t protocol, const struct datagram *d, const struct lp_mac *source)
{
	switch (protocol) {
	case IP_UDP:
		if (!is_udp(d))
			return d->bad;
		if (client && (get16(d->data) == PORT_DHCPV6_SERVER ||
				      get16(d->data + 2) == PORT_DHCPV6_CLIENT))
			return LP_DROP_DHCPV6_SERVER;
		return LP_DROP_NONE;
	case IP_TCP:
		return judge_tcp(d);
	case IP_ICMPV6:
		return judge_icmpv6(client, d, source);
	default: /* encrypted (ESP), nothing at all, or what the filter has no rule for */
		return LP_DROP_NONE;
	}
}

/* The size of the extension header of that type at p, of which left bytes are there: 0 when it is
 * none, more than left when it is cut off. */
static size_t extension_size(uint8_t type, const uint8_t *p, size_t left)
{
	switch (type) {
	case IP_HOP_BY_HOP:
	case IP_ROUTING:
	case IP_DESTINATION:
	case IP_MOBILITY:
	case IP_HIP:
	case IP_SHIM6:
		return left < 8 ? SIZE_MAX : ((size_t)p[1] + 1) * 8;
	case IP_AH:
		return left < 12 ? SIZE_MAX : ((size_t)p[1] + 2) * 4;
	case IP_FRAGMENT:
		return left < 8 ? SIZE_MAX : 8;
	default:
		return 0;
	}
}

/* An IPv6 datagram taken apart: its chain of headers is walked to the end. */
struct chain {
	struct datagram d;
	uint8_t protocol;    /* of d, when span.offset is 0 */
	struct lp_span span; /* of the fragmentable part, when d.fragmented */
	uint32_t id;
};

/* Starts with the payload in c->d and its next header in c->protocol. */
static enum lp_drop walk(struct chain *c)
{
	for (size_t headers = 0;; headers++) {
		const uint8_t *p = c->d.data;
		size_t size = extension_size(c->protocol, p, c->d.len);
		if (size == 0)
			return LP_DROP_NONE;
		if (size > c->d.len || headers == MAX_EXTENSION_HEADERS)
			return c->d.bad;
		if (c->protocol == IP_HOP_BY_HOP && headers > 0)
			return LP_DROP_BAD_IPV6;
		bool fragment = c->protocol == IP_FRAGMENT;
		c->protocol = p[0];
		c->d.data += size;
		c->d.len -= size;
		if (!fragment)
			continue;
		if (c->d.fragmented)
			return LP_DROP_FRAGMENT;
		c->d.fragmented = true;
		c->d.more = p[3] & 1;
		c->span = (struct lp_span){get16(p + 2) & 0xfff8, c->d.len, c->d.more};
		c->id = get32(p + 4);
		if (c->span.offset > 0)
			return LP_DROP_NONE;
		/* RFC 7112: a first fragment holds the whole chain */
		if (c->d.more)
			c->d.bad = LP_DROP_FRAGMENT;
	}
}

static bool is_loopback_ipv6(const uint8_t *address)
{
	static const uint8_t loopback[16] = {[15] = 1};

	return memcmp(address, loopback, sizeof(loopback)) == 0;
}

static enum lp_drop judge_ipv6(struct lp_filter_source *from, const uint8_t *ip, size_t len,
	lp_time now, const struct lp_mac *source)
{
	if (len < IPV6_HEADER || ip[0] >> 4 != 6)
		return LP_DROP_BAD_IPV6;
	size_t payload = get16(ip + 4); /* 0: a jumbogram (RFC 2675), longer than any frame */
	if (payload == 0 || payload > len - IPV6_HEADER || ip[8] == 0xff ||
		is_loopback_ipv6(ip + 8) || is_loopback_ipv6(ip + 24))
		return LP_DROP_BAD_IPV6;
	struct chain c = {
		.d = {.data = ip + IPV6_HEADER,
			.len = payload,
			.hop_limit = ip[7],
			.bad = LP_DROP_BAD_IPV6},
		.protocol = ip[6],
	};
	enum lp_drop drop = walk(&c);
	if (drop != LP_DROP_NONE)
		return drop;
	struct lp_fragment key = {.version = 6, .id = c.id};
	if (c.d.fragmented) {
		memcpy(key.src, ip + 8, 16);
		memcpy(key.dst, ip + 24, 16);
		if (c.span.offset > 0)
			return lp_fragment_later(from, &key, &c.span, now);
	}
	drop = judge_ipv6_data(lp_filter_is_client(from), c.protocol, &c.d, source);
	if (drop != LP_DROP_NONE || !c.d.more)
		return drop;
	return lp_fragment_first(from, &key, &c.span, now);
}

/* Ethernet */

static enum lp_drop judge_ethernet(
	const struct lp_filter_source *from, const struct lp_eth *eth, size_t len)
{
	static const uint8_t reserved[] = {0x01, 0x80, 0xc2, 0, 0}; /* IEEE 802.1D, table 7-10 */

	if (len > LP_ETH_FRAME_MAX)
		return LP_DROP_JUMBO;
	if (!lp_mac_is_station(&eth->src) ||
		(lp_filter_is_client(from) && !lp_mac_equal(&eth->src, &from->mac)))
		return LP_DROP_SOURCE_MAC;
	if (lp_mac_is_zero(&eth->dst))
		return LP_DROP_ETHERNET;
	if (memcmp(eth->dst.b, reserved, sizeof(reserved)) == 0 && eth->dst.b[5] < 16)
		return LP_DROP_RESERVED_GROUP;
	if (eth->type < LP_ETHERTYPE_MIN)
		return LP_DROP_LLC;
	if (eth->type == TYPE_VLAN || eth->type == TYPE_QINQ || eth->type == TYPE_QINQ_OLD)
		return LP_DROP_VLAN;
	return LP_DROP_NONE;
}

enum lp_drop lp_filter_check(const struct lp_filter *f, struct lp_filter_source *from,
	const uint8_t *frame, size_t len, lp_time now, struct lp_filter_facts *ret_facts)
{
	*ret_facts = (struct lp_filter_facts){0};
	if (!lp_eth_parse(frame, len, &ret_facts->eth))
		return LP_DROP_ETHERNET;
	enum lp_drop drop = judge_ethernet(from, &ret_facts->eth, len);
	if (drop != LP_DROP_NONE)
		return drop;
	const uint8_t *payload = frame + LP_ETH_HEADER;
	len -= LP_ETH_HEADER;
	switch (ret_facts->eth.type) {
	case LP_ETHERTYPE_ARP:
		drop = judge_arp(from, payload, len, ret_facts);
		break;
	case LP_ETHERTYPE_IPV4:
		drop = judge_ipv4(from, payload, len, now, ret_facts);
		break;
	case LP_ETHERTYPE_IPV6:
		drop = judge_ipv6(from, payload, len, now, &ret_facts->eth.src);
		break;
	default:
		drop = LP_DROP_ETHERTYPE;
		for (size_t i = 0; i < f->extras; i++) {
			if (f->extra[i] == ret_facts->eth.type)
				drop = LP_DROP_NONE;
		}
	}
	return drop;
}
