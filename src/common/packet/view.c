#include "lanparty/packet/view.h"

#include "lanparty/base/bytes.h"

static void parse_tcp(struct lp_view *v, const uint8_t *tcp)
{
	v->flaw = LP_VIEW_TRANSPORT;
	if (v->transport_len < LP_TCP_MIN)
		return;
	v->source_port = lp_get16(tcp);
	v->destination_port = lp_get16(tcp + 2);
	size_t header = (size_t)(tcp[LP_TCP_DATA_OFFSET] >> 4) * 4;
	if (header < LP_TCP_MIN || header > v->transport_len)
		return;
	v->transport_header = (uint8_t)header;
	v->data_len = (uint16_t)(v->transport_len - header);
	v->flaw = LP_VIEW_SOUND;
}

static void parse_udp(struct lp_view *v, const uint8_t *udp)
{
	v->flaw = LP_VIEW_TRANSPORT;
	if (v->transport_len < LP_UDP_HEADER)
		return;
	v->source_port = lp_get16(udp);
	v->destination_port = lp_get16(udp + 2);
	uint16_t len = lp_get16(udp + LP_UDP_LENGTH);
	/* the rest of a first fragment's data is in later ones */
	if (v->fragment_more && len > v->transport_len)
		len = v->transport_len;
	if (len < LP_UDP_HEADER || len > v->transport_len)
		return;
	v->transport_header = LP_UDP_HEADER;
	v->data_len = (uint16_t)(len - LP_UDP_HEADER);
	v->flaw = LP_VIEW_SOUND;
}

static void parse_icmp(struct lp_view *v)
{
	if (v->transport_len < LP_ICMP_MIN) {
		v->flaw = LP_VIEW_TRANSPORT;
		return;
	}
	v->transport_header = LP_ICMP_MIN;
	v->data_len = (uint16_t)(v->transport_len - LP_ICMP_MIN);
}

static void parse_transport(struct lp_view *v)
{
	if (v->protocol == LP_IP_UDP)
		parse_udp(v, lp_view_transport(v));
	else if (v->protocol == LP_IP_TCP)
		parse_tcp(v, lp_view_transport(v));
	else if (v->version == 4 ? v->protocol == LP_IP_ICMP || v->protocol == LP_IP_IGMP
				 : v->protocol == LP_IP_ICMPV6)
		parse_icmp(v);
}

static void parse_ipv4(struct lp_view *v)
{
	const uint8_t *ip = lp_view_ip(v);
	size_t left = v->len - LP_ETH_HEADER;
	v->flaw = LP_VIEW_IP;
	if (left < LP_IPV4_MIN || ip[0] >> 4 != 4)
		return;
	size_t header = (size_t)(ip[0] & 15) * 4, total = lp_get16(ip + LP_IPV4_LENGTH);
	if (header < LP_IPV4_MIN || header > total || total > left)
		return;
	v->flaw = LP_VIEW_SOUND;
	v->version = 4;
	v->protocol = ip[LP_IPV4_PROTOCOL];
	v->transport = (uint32_t)(LP_ETH_HEADER + header);
	v->transport_len = (uint16_t)(total - header);
	uint16_t place = lp_get16(ip + LP_IPV4_FRAGMENT);
	if (place & (LP_IPV4_MORE | LP_IPV4_FRAGMENT_OFFSET)) {
		v->is_fragmented = true;
		v->fragment_more = place & LP_IPV4_MORE;
		v->fragment_offset = (uint16_t)((place & LP_IPV4_FRAGMENT_OFFSET) * 8);
		v->fragment_len = v->transport_len;
		v->fragment_id = lp_get16(ip + LP_IPV4_ID);
	}
	if (v->fragment_offset == 0)
		parse_transport(v);
}

struct extension {
	size_t size; /* 0: the type is none of an extension header. More than is left: it is cut off. */
	uint8_t bit;
};

static struct extension extension_at(uint8_t type, const uint8_t *at, size_t left)
{
	struct extension e = {.size = SIZE_MAX, .bit = LP_VIEW_OTHER};
	switch (type) {
	case LP_IP_HOP_BY_HOP:
		e.bit = LP_VIEW_HOP_BY_HOP;
		break;
	case LP_IP_ROUTING:
		e.bit = LP_VIEW_ROUTING;
		if (left >= 8 && at[2] == 0)
			e.bit |= LP_VIEW_ROUTING_0;
		break;
	case LP_IP_DESTINATION:
		e.bit = LP_VIEW_DESTINATION;
		break;
	case LP_IP_MOBILITY:
	case LP_IP_HIP:
	case LP_IP_SHIM6:
		break;
	case LP_IP_AH: /* RFC 4302, section 2.2 */
		if (left >= 12)
			e.size = ((size_t)at[1] + 2) * 4;
		return e;
	case LP_IP_FRAGMENT:
		return (struct extension){LP_FRAGMENT_HEADER, LP_VIEW_FRAGMENT};
	default:
		return (struct extension){0};
	}
	if (left >= 8)
		e.size = ((size_t)at[1] + 1) * 8;
	return e;
}

/* header: a whole fragment header, left bytes before the end of the datagram. */
static void parse_fragment(struct lp_view *v, const uint8_t *header, size_t left)
{
	uint16_t place = lp_get16(header + LP_FRAGMENT_PLACE);
	v->is_fragmented = true;
	v->fragment_more = place & LP_FRAGMENT_MORE;
	v->fragment_offset = place & LP_FRAGMENT_OFFSET;
	v->fragment_len = (uint16_t)(left - LP_FRAGMENT_HEADER);
	v->fragment_id = lp_get32(header + LP_FRAGMENT_ID);
}

/* Walks the chain of extension headers in left bytes at offset `at`, up to the end of the datagram. */
static void walk(struct lp_view *v, size_t at, size_t left)
{
	for (size_t headers = 0; v->fragment_offset == 0; headers++) {
		const uint8_t *header = v->frame + at;
		struct extension e = extension_at(v->protocol, header, left);
		if (e.size == 0)
			break;
		if (e.size > left || headers == LP_VIEW_CHAIN_MAX)
			v->flaw = LP_VIEW_CHAIN;
		else if (e.bit == LP_VIEW_HOP_BY_HOP && headers > 0)
			v->flaw = LP_VIEW_ORDER;
		else if (e.bit == LP_VIEW_FRAGMENT && v->is_fragmented)
			v->flaw = LP_VIEW_REPEATED;
		if (v->flaw != LP_VIEW_SOUND)
			return;
		if (e.bit == LP_VIEW_FRAGMENT)
			parse_fragment(v, header, left);
		v->extensions |= e.bit;
		v->protocol = header[0];
		at += e.size;
		left -= e.size;
	}
	v->transport = (uint32_t)at;
	v->transport_len = (uint16_t)left;
}

static void parse_ipv6(struct lp_view *v)
{
	const uint8_t *ip = lp_view_ip(v);
	size_t left = v->len - LP_ETH_HEADER;
	v->flaw = LP_VIEW_IP;
	if (left < LP_IPV6_HEADER || ip[0] >> 4 != 6)
		return;
	size_t payload = lp_get16(ip + LP_IPV6_LENGTH);
	/* 0: a jumbogram (RFC 2675), longer than any frame */
	if (payload == 0 || payload > left - LP_IPV6_HEADER)
		return;
	v->flaw = LP_VIEW_SOUND;
	v->version = 6;
	v->protocol = ip[LP_IPV6_NEXT];
	walk(v, LP_ETH_HEADER + LP_IPV6_HEADER, payload);
	if (v->flaw == LP_VIEW_SOUND && v->fragment_offset == 0)
		parse_transport(v);
}

void lp_view_of(const uint8_t *frame, size_t len, struct lp_view *ret_view)
{
	struct lp_view *v = ret_view;
	*v = (struct lp_view){.frame = frame, .len = len};
	if (!lp_eth_parse(frame, len, &v->eth))
		v->flaw = LP_VIEW_ETHERNET;
	else if (v->eth.type == LP_ETHERTYPE_IPV4)
		parse_ipv4(v);
	else if (v->eth.type == LP_ETHERTYPE_IPV6)
		parse_ipv6(v);
}
