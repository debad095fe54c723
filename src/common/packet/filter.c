#include "lanparty/packet/filter.h"

#include <string.h>

#include "dhcp_options.h"
#include "filter_private.h"
#include "lanparty/base/bytes.h"
#include "lanparty/packet/llc.h"

/* Can the address belong to one host? 0/8 is "this network", and 127/8 never leaves a host (RFC 1122,
 * section 3.2.1.3). */
static bool is_host_ipv4(uint32_t a)
{
	uint32_t first = a >> 24;

	return first != 0 && first != 127 && (first < 224 || first >= 240) && a != UINT32_MAX;
}

bool lp_filter_allow(struct lp_filter *f, uint16_t ethertype)
{
	static const uint16_t never[] = {LP_ETHERTYPE_IPV4, LP_ETHERTYPE_ARP, LP_ETHERTYPE_IPV6,
		LP_ETHERTYPE_VLAN, LP_ETHERTYPE_QINQ, LP_ETHERTYPE_QINQ_OLD, LP_ETHERTYPE_SLOW,
		LP_ETHERTYPE_EAPOL, LP_ETHERTYPE_LLDP};

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

/* A datagram whose headers are not all here, or are wrong. RFC 7112: a first fragment must hold the
 * whole chain of headers. */
static enum lp_drop incomplete(const struct lp_view *v)
{
	if (v->fragment_more)
		return LP_DROP_FRAGMENT;
	return v->version == 4 ? LP_DROP_BAD_IPV4 : LP_DROP_BAD_IPV6;
}

/* DHCP */

static bool has_cookie(const struct lp_view *v)
{
	return v->data_len >= LP_DHCP_OPTIONS && lp_get32(lp_view_transport(v) + LP_UDP_HEADER +
							  LP_DHCP_COOKIE) == LP_DHCP_COOKIE_VALUE;
}

/* BOOTP messages have no type: 0. False: programs could read different ones, or none. */
static bool find_type(const uint8_t *message, size_t len, uint8_t *ret_type)
{
	struct lp_dhcp_value type;

	if (!lp_dhcp_find(message, len, LP_DHCP_TYPE, &type) || (type.at > 0 && type.len != 1))
		return false;
	*ret_type = type.at > 0 ? message[type.at] : 0;
	return true;
}

static bool is_clients_type(uint8_t type)
{
	return type != LP_DHCP_OFFER && type != LP_DHCP_ACK && type != LP_DHCP_NAK &&
	       type <= LP_DHCP_INFORM;
}

/* A server takes the identifier for the client, whatever its MAC (RFC 2131, section 4.2). One that is made of
 * a MAC must be made of the client's own; neighbours.h decides who owns another one. */
static bool note_id(const struct lp_view *v, struct lp_filter_facts *facts)
{
	const uint8_t *message = lp_view_transport(v) + LP_UDP_HEADER;
	struct lp_dhcp_value id;

	if (!lp_dhcp_find(message, v->data_len, LP_DHCP_ID, &id))
		return false;
	if (id.at == 0)
		return true;
	const uint8_t *value = message + id.at;
	if (id.len > 0 && value[0] == 1) /* Ethernet */
		return id.len == 1 + sizeof(v->eth.src.b) &&
		       memcmp(value + 1, v->eth.src.b, sizeof(v->eth.src.b)) == 0;
	if (id.len < 2) /* RFC 2132, section 9.14 */
		return false;
	facts->dhcp_id = value;
	facts->dhcp_id_len = id.len;
	return true;
}

/* A client asks for itself: a request, renewal, release or decline for another one would cost that one its
 * lease (row N3). No relay agent is in between. */
static bool is_own_request(const struct lp_view *v, struct lp_filter_facts *facts)
{
	static const uint8_t head[] = {LP_DHCP_REQUEST, 1, 6}; /* op, Ethernet, address length */
	const uint8_t *message = lp_view_transport(v) + LP_UDP_HEADER;
	return has_cookie(v) && memcmp(message, head, sizeof(head)) == 0 &&
	       lp_get32(message + LP_DHCP_GIADDR) == 0 &&
	       memcmp(message + LP_DHCP_CHADDR, v->eth.src.b, sizeof(v->eth.src.b)) == 0 &&
	       find_type(message, v->data_len, &facts->dhcp_type) &&
	       is_clients_type(facts->dhcp_type) && note_id(v, facts);
}

/* Of a station of the LAN: who it is, and which address it is about to use. */
static void note_request(const struct lp_view *v, struct lp_filter_facts *facts)
{
	struct lp_dhcp_value wish;

	if (v->fragment_more || v->destination_port != LP_PORT_DHCP_SERVER ||
		!is_own_request(v, facts))
		return;
	const uint8_t *message = lp_view_transport(v) + LP_UDP_HEADER;
	if (lp_dhcp_find(message, v->data_len, LP_DHCP_WISH, &wish) && wish.len == 4)
		facts->probed_ipv4 = lp_get32(message + wish.at);
}

static enum lp_drop judge_client_dhcp(const struct lp_view *v, struct lp_filter_facts *facts)
{
	if (v->source_port == LP_PORT_DHCP_SERVER || v->destination_port == LP_PORT_DHCP_CLIENT)
		return v->fragment_more ? LP_DROP_FRAGMENT : LP_DROP_DHCP_SERVER;
	if (v->destination_port != LP_PORT_DHCP_SERVER)
		return LP_DROP_NONE;
	/* A DHCP relay agent takes replies on the server's port and hands them to clients. */
	if (v->transport_len == LP_UDP_HEADER)
		return incomplete(v);
	const uint8_t *message = lp_view_transport(v) + LP_UDP_HEADER;
	if (message[0] == LP_DHCP_REPLY)
		return LP_DROP_DHCP_SERVER;
	if (v->fragment_more)
		return LP_DROP_FRAGMENT; /* its options are not all here, and no honest client sends it */
	if (v->transport_len < LP_UDP_HEADER + LP_DHCP_SERVER_NAME)
		return incomplete(v);
	if (!is_own_request(v, facts))
		return LP_DROP_DHCP_SENDER;
	facts->is_dhcp_request = true;
	facts->dhcp_xid = lp_get32(message + LP_DHCP_XID);
	return LP_DROP_NONE;
}

static void note_lease(const struct lp_view *v, struct lp_filter_facts *facts)
{
	static const uint8_t head[] = {LP_DHCP_REPLY, 1, 6}; /* op, Ethernet, address length */
	const uint8_t *message = lp_view_transport(v) + LP_UDP_HEADER;

	if (v->fragment_more || v->source_port != LP_PORT_DHCP_SERVER ||
		v->destination_port != LP_PORT_DHCP_CLIENT)
		return;
	if (!has_cookie(v) || memcmp(message, head, sizeof(head)) != 0)
		return;
	uint32_t address = lp_get32(message + LP_DHCP_YIADDR);
	uint8_t type;
	/* an ACK to an INFORM gives no address */
	if (!is_host_ipv4(address) || !find_type(message, v->data_len, &type))
		return;
	if (type == LP_DHCP_OFFER)
		facts->probed_ipv4 = address;
	if (type != LP_DHCP_ACK)
		return;
	facts->lease_ipv4 = address;
	facts->dhcp_xid = lp_get32(message + LP_DHCP_XID);
	memcpy(facts->lease_mac.b, message + LP_DHCP_CHADDR, sizeof(facts->lease_mac.b));
}

/* Routing protocols: no player's computer is a router of the LAN. */

static bool is_routing_protocol(uint8_t protocol)
{
	return protocol == LP_IP_EIGRP || protocol == LP_IP_OSPF || protocol == LP_IP_PIM ||
	       protocol == LP_IP_VRRP;
}

static bool is_routing_port(uint16_t port)
{
	return port == LP_PORT_RIP || port == LP_PORT_RIPNG || port == LP_PORT_HSRP ||
	       port == LP_PORT_HSRP_IPV6 || port == LP_PORT_GLBP;
}

static bool is_routing_igmp(uint8_t type)
{
	return type == LP_IGMP_DVMRP || type == LP_IGMP_PIM ||
	       (type >= LP_IGMP_MRD && type <= LP_IGMP_MRD_LAST);
}

/* The sender would decide which way a packet and its answers take. */
static bool has_source_route(const uint8_t *options, size_t len)
{
	while (len > 0 && options[0] != LP_IPV4_OPTION_END) {
		size_t size = 1;
		if (options[0] == LP_IPV4_OPTION_LSRR || options[0] == LP_IPV4_OPTION_SSRR)
			return true;
		if (options[0] != LP_IPV4_OPTION_NOP)
			size = len > 1 && options[1] > 1 ? options[1] : len;
		if (size > len)
			break;
		options += size;
		len -= size;
	}
	return false;
}

/* ARP and IPv4 */

static enum lp_drop judge_arp(
	const struct lp_filter_source *from, const struct lp_view *v, struct lp_filter_facts *facts)
{
	static const uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4, 0};
	const uint8_t *arp = v->frame + LP_ETH_HEADER;
	struct lp_mac sender;

	if (v->len < LP_ETH_HEADER + LP_ARP_SIZE ||
		memcmp(arp, ethernet_ipv4, sizeof(ethernet_ipv4)) != 0)
		return LP_DROP_BAD_ARP;
	uint16_t operation = lp_get16(arp + LP_ARP_OPERATION);
	if (operation != LP_ARP_REQUEST && operation != LP_ARP_REPLY)
		return LP_DROP_BAD_ARP;
	memcpy(sender.b, arp + LP_ARP_SENDER_MAC, sizeof(sender.b));
	if (lp_filter_is_client(from) && !lp_mac_equal(&sender, &v->eth.src))
		return LP_DROP_ARP_SENDER;
	if (!lp_mac_is_station(&sender))
		return LP_DROP_BAD_ARP;
	uint32_t address = lp_get32(arp + LP_ARP_SENDER_IP);
	/* only a probe can leave it out (RFC 5227, section 2.1.1) */
	if (address == 0 ? operation != LP_ARP_REQUEST : !is_host_ipv4(address))
		return LP_DROP_BAD_ARP;
	facts->claim_ipv4 = address;
	uint32_t target = lp_get32(arp + LP_ARP_TARGET_IP);
	facts->probed_ipv4 = address == 0 ? target : 0;
	if (operation == LP_ARP_REQUEST && address != 0 && address != target)
		facts->asked_ipv4 = target;
	facts->is_claim = true;
	facts->is_answer = operation == LP_ARP_REPLY;
	return LP_DROP_NONE;
}

/* Offload leaves transport checksums open, but never this one: a host always sends a good one. */
static bool ipv4_checksum_good(const uint8_t *header, size_t len)
{
	uint64_t sum = 0;
	uint32_t word; /* in the computer's byte order: RFC 1071, section 2 (B), allows that */

	for (size_t i = 0; i < len; i += sizeof(word)) {
		memcpy(&word, header + i, sizeof(word));
		sum += word;
	}
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	return sum == UINT16_MAX;
}

static enum lp_drop judge_ipv4_data(
	bool client, const struct lp_view *v, struct lp_filter_facts *facts)
{
	if (v->flaw == LP_VIEW_TRANSPORT)
		return incomplete(v);
	if (v->protocol == LP_IP_UDP && client)
		return is_routing_port(v->destination_port) ? LP_DROP_ROUTING
							    : judge_client_dhcp(v, facts);
	if (v->protocol == LP_IP_UDP) {
		note_lease(v, facts);
		note_request(v, facts);
	}
	if (!client || v->transport_header == 0)
		return LP_DROP_NONE;
	uint8_t type = *lp_view_transport(v);
	if (v->protocol == LP_IP_ICMP && type == LP_ICMP_REDIRECT)
		return LP_DROP_REDIRECT;
	if (v->protocol == LP_IP_ICMP && type == LP_ICMP_ROUTER_ADVERTISEMENT)
		return LP_DROP_ROUTER_ADVERTISEMENT;
	if (v->protocol == LP_IP_IGMP && type == LP_IGMP_QUERY)
		return LP_DROP_GROUP_QUERY;
	return v->protocol == LP_IP_IGMP && is_routing_igmp(type) ? LP_DROP_ROUTING : LP_DROP_NONE;
}

/* A host without an address asks for one, and reports which groups it is in (RFC 3376, section
 * 4.2.13). */
static bool may_lack_source(const struct lp_view *v)
{
	return v->protocol == LP_IP_IGMP ||
	       (v->protocol == LP_IP_UDP && v->source_port == LP_PORT_DHCP_CLIENT &&
		       v->destination_port == LP_PORT_DHCP_SERVER);
}

static enum lp_drop judge_ipv4(struct lp_filter_source *from, const struct lp_view *v, lp_time now,
	struct lp_filter_facts *facts)
{
	const uint8_t *ip = lp_view_ip(v);
	if (v->flaw == LP_VIEW_IP || lp_get16(ip + LP_IPV4_FRAGMENT) & LP_IPV4_RESERVED ||
		ip[LP_IPV4_DESTINATION] == 127 ||
		!ipv4_checksum_good(ip, v->transport - LP_ETH_HEADER))
		return LP_DROP_BAD_IPV4;
	uint32_t source = lp_get32(ip + LP_IPV4_SOURCE);
	if (source == 0 ? !may_lack_source(v) : !is_host_ipv4(source))
		return LP_DROP_BAD_IPV4;
	facts->claim_ipv4 = source;
	if (lp_filter_is_client(from) &&
		(is_routing_protocol(v->protocol) ||
			has_source_route(
				ip + LP_IPV4_MIN, v->transport - LP_ETH_HEADER - LP_IPV4_MIN)))
		return LP_DROP_ROUTING;
	if (v->fragment_offset > 0)
		return lp_fragment_later(from, v, now, &facts->is_early);
	enum lp_drop drop = judge_ipv4_data(lp_filter_is_client(from), v, facts);
	return drop == LP_DROP_NONE && v->fragment_more ? lp_fragment_first(from, v, now) : drop;
}

/* IPv6 */

static enum lp_drop judge_nd_options(
	const uint8_t *options, size_t len, const struct lp_mac *source)
{
	while (len > 0) {
		if (len < LP_ND_OPTION_UNIT)
			return LP_DROP_BAD_IPV6;
		size_t size = (size_t)options[1] * LP_ND_OPTION_UNIT;
		if (size == 0 || size > len)
			return LP_DROP_BAD_IPV6;
		if (options[0] == LP_ND_OPTION_SOURCE || options[0] == LP_ND_OPTION_TARGET) {
			if (size != LP_ND_OPTION_UNIT)
				return LP_DROP_BAD_IPV6;
			if (memcmp(options + LP_ND_OPTION_HEAD, source->b, sizeof(source->b)) != 0)
				return LP_DROP_ND_SENDER;
		}
		options += size;
		len -= size;
	}
	return LP_DROP_NONE;
}

/* The LAN is trusted, but what has passed a router (RFC 4861, section 7.1) is not of this link. */
static void note_neighbour(const struct lp_view *v, struct lp_filter_facts *facts)
{
	const uint8_t *message = lp_view_transport(v);
	bool asks = message[0] == LP_ND_NEIGHBOUR_SOLICITATION;
	if ((!asks && message[0] != LP_ND_NEIGHBOUR_ADVERTISEMENT) ||
		lp_view_ip(v)[LP_IPV6_HOP_LIMIT] != LP_ND_HOP_LIMIT || message[1] != 0 ||
		v->transport_len < LP_ND_OPTIONS)
		return;
	facts->is_claim = true;
	facts->is_answer = !asks;
	const uint8_t *target = message + LP_ND_TARGET;
	if (!asks || !facts->source_ipv6)
		facts->target_ipv6 = target;
	else if (memcmp(facts->source_ipv6, target, LP_IPV6_ADDRESS) != 0)
		facts->asked_ipv6 = target;
}

static enum lp_drop judge_icmpv6(
	bool client, const struct lp_view *v, struct lp_filter_facts *facts)
{
	const uint8_t *message = lp_view_transport(v);
	uint8_t type = message[0];
	/* RFC 6980: whoever looks for forged neighbour discovery must see all of it */
	if (v->is_fragmented && type >= LP_ND_ROUTER_SOLICITATION && type <= LP_ND_REDIRECT)
		return LP_DROP_FRAGMENT;
	note_neighbour(v, facts);
	if (!client)
		return LP_DROP_NONE;
	if (type >= LP_ICMPV6_MRD && type <= LP_ICMPV6_MRD_LAST)
		return LP_DROP_ROUTING;
	size_t options;
	switch (type) {
	case LP_MLD_QUERY:
		return LP_DROP_GROUP_QUERY;
	case LP_ND_ROUTER_ADVERTISEMENT:
		return LP_DROP_ROUTER_ADVERTISEMENT;
	case LP_ND_REDIRECT:
		return LP_DROP_REDIRECT;
	case LP_ND_ROUTER_SOLICITATION:
		options = 8;
		break;
	case LP_ND_NEIGHBOUR_SOLICITATION:
	case LP_ND_NEIGHBOUR_ADVERTISEMENT:
		options = LP_ND_OPTIONS;
		break;
	default:
		return LP_DROP_NONE;
	}
	if (lp_view_ip(v)[LP_IPV6_HOP_LIMIT] != LP_ND_HOP_LIMIT || message[1] != 0 ||
		v->transport_len < options)
		return LP_DROP_BAD_IPV6;
	if (options == LP_ND_OPTIONS && message[LP_ND_TARGET] == 0xff)
		return LP_DROP_BAD_IPV6;
	return judge_nd_options(message + options, v->transport_len - options, &v->eth.src);
}

/* Other protocols pass: the filter has no rule for them, or they are encrypted (ESP). */
static enum lp_drop judge_ipv6_data(
	bool client, const struct lp_view *v, struct lp_filter_facts *facts)
{
	if (client && v->protocol == LP_IP_UDP) {
		if (v->source_port == LP_PORT_DHCPV6_SERVER ||
			v->destination_port == LP_PORT_DHCPV6_CLIENT)
			return LP_DROP_DHCPV6_SERVER;
		/* no client takes a reply (offer.h), so it is about another one's lease, or a reply to a relay
		 * agent */
		if (v->destination_port == LP_PORT_DHCPV6_SERVER)
			return LP_DROP_DHCP_SENDER;
		return is_routing_port(v->destination_port) ? LP_DROP_ROUTING : LP_DROP_NONE;
	}
	return v->protocol == LP_IP_ICMPV6 ? judge_icmpv6(client, v, facts) : LP_DROP_NONE;
}

static bool is_loopback_ipv6(const uint8_t *address)
{
	static const uint8_t loopback[LP_IPV6_ADDRESS] = {[15] = 1};

	return memcmp(address, loopback, sizeof(loopback)) == 0;
}

static bool is_unspecified_ipv6(const uint8_t *address)
{
	static const uint8_t unspecified[LP_IPV6_ADDRESS];

	return memcmp(address, unspecified, sizeof(unspecified)) == 0;
}

/* A host without an address looks for routers and for others with the one that it wants, and reports which
 * groups it is in (RFC 3590). */
static bool may_lack_source_ipv6(const struct lp_view *v)
{
	if (v->protocol != LP_IP_ICMPV6 || v->transport_header == 0)
		return false;
	uint8_t type = *lp_view_transport(v);
	return type == LP_ND_ROUTER_SOLICITATION || type == LP_ND_NEIGHBOUR_SOLICITATION ||
	       type == LP_MLD_REPORT || type == LP_MLD_DONE || type == LP_MLD2_REPORT;
}

static void note_source_ipv6(const uint8_t *source, struct lp_filter_facts *facts)
{
	if (is_unspecified_ipv6(source))
		return;
	facts->source_ipv6 = source;
	facts->is_claim = source[0] == 0xfe && (source[1] & 0xc0) == 0x80; /* fe80::/10 */
}

static enum lp_drop judge_ipv6(struct lp_filter_source *from, const struct lp_view *v, lp_time now,
	struct lp_filter_facts *facts)
{
	const uint8_t *ip = lp_view_ip(v);
	bool client = lp_filter_is_client(from);
	if (v->flaw == LP_VIEW_IP || ip[LP_IPV6_SOURCE] == 0xff ||
		is_loopback_ipv6(ip + LP_IPV6_SOURCE) || is_loopback_ipv6(ip + LP_IPV6_DESTINATION))
		return LP_DROP_BAD_IPV6;
	if (v->flaw == LP_VIEW_ORDER)
		return LP_DROP_BAD_IPV6;
	if (v->flaw == LP_VIEW_REPEATED)
		return LP_DROP_FRAGMENT;
	if (v->flaw != LP_VIEW_SOUND)
		return incomplete(v);
	note_source_ipv6(ip + LP_IPV6_SOURCE, facts);
	if (v->fragment_offset > 0)
		return lp_fragment_later(from, v, now, &facts->is_early);
	enum lp_drop drop = judge_ipv6_data(client, v, facts);
	if (drop == LP_DROP_NONE && client && !facts->source_ipv6 && !may_lack_source_ipv6(v))
		return LP_DROP_BAD_IPV6;
	if (drop == LP_DROP_NONE && client &&
		(is_routing_protocol(v->protocol) || v->extensions & LP_VIEW_ROUTING_0))
		return LP_DROP_ROUTING;
	return drop == LP_DROP_NONE && v->fragment_more ? lp_fragment_first(from, v, now) : drop;
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
	if (eth->type == LP_ETHERTYPE_VLAN || eth->type == LP_ETHERTYPE_QINQ ||
		eth->type == LP_ETHERTYPE_QINQ_OLD)
		return LP_DROP_VLAN;
	return LP_DROP_NONE;
}

static bool is_extra(const struct lp_filter *f, uint16_t ethertype)
{
	for (size_t i = 0; i < f->extras; i++) {
		if (f->extra[i] == ethertype)
			return true;
	}
	return false;
}

/* Where IPX can pass, it passes in each of its kinds of frames. */
static enum lp_drop judge_llc(const struct lp_filter *f, const struct lp_view *v)
{
	switch (lp_old_protocol_of(v)) {
	case LP_OLD_IPX_8023:
		return f->llc || is_extra(f, LP_ETHERTYPE_IPX) ? LP_DROP_NONE : LP_DROP_LLC;
	case LP_OLD_NETBEUI:
		return f->llc ? LP_DROP_NONE : LP_DROP_LLC;
	default:
		return LP_DROP_LLC;
	}
}

static enum lp_drop judge_other(const struct lp_filter *f, const struct lp_view *v)
{
	if (v->eth.type < LP_ETHERTYPE_MIN)
		return judge_llc(f, v);
	return is_extra(f, v->eth.type) ? LP_DROP_NONE : LP_DROP_ETHERTYPE;
}

void lp_filter_asks(struct lp_filter_source *client, const struct lp_filter_facts *facts)
{
	if (!facts->is_dhcp_request)
		return;
	client->asked = true;
	client->asked_xid = facts->dhcp_xid;
}

bool lp_filter_asked(const struct lp_filter_source *client, const struct lp_filter_facts *facts)
{
	return client->asked && client->asked_xid == facts->dhcp_xid;
}

enum lp_drop lp_filter_check(const struct lp_filter *f, struct lp_filter_source *from,
	const struct lp_view *view, lp_time now, struct lp_filter_facts *ret_facts)
{
	*ret_facts = (struct lp_filter_facts){0};
	if (view->flaw == LP_VIEW_ETHERNET)
		return LP_DROP_ETHERNET;
	enum lp_drop drop = judge_ethernet(from, &view->eth, view->len);
	if (drop != LP_DROP_NONE)
		return drop;
	switch (view->eth.type) {
	case LP_ETHERTYPE_ARP:
		return judge_arp(from, view, ret_facts);
	case LP_ETHERTYPE_IPV4:
		return judge_ipv4(from, view, now, ret_facts);
	case LP_ETHERTYPE_IPV6:
		return judge_ipv6(from, view, now, ret_facts);
	default:
		return judge_other(f, view);
	}
}
