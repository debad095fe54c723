#include "segment.h"

#include <stdbool.h>
#include <string.h>

#include "lanparty/base/bytes.h"
#include "lanparty/packet/checksum.h"
#include "lanparty/packet/view.h"

#define IP LP_ETH_HEADER

/* Where the headers of a super-frame lie. */
struct layout {
	struct lp_view view;
	size_t payload; /* offset of the data: the length of all headers */
	bool checksum;  /* false: UDP without a checksum */
};

/* One segment: the super-frame's headers, and its data from offset on. */
struct segment {
	size_t index;
	size_t offset;
	size_t len; /* with headers */
	bool last;
};

/* The IP length of a super-frame can be anything, such as 0: each segment gets its own. */
static void close_ip_length(uint8_t *frame, size_t len)
{
	struct lp_eth eth;
	if (!lp_eth_parse(frame, len, &eth))
		return;
	if (eth.type == LP_ETHERTYPE_IPV4 && len >= IP + LP_IPV4_MIN)
		lp_put16(frame + IP + LP_IPV4_LENGTH, len - IP);
	else if (eth.type == LP_ETHERTYPE_IPV6 && len >= IP + LP_IPV6_HEADER)
		lp_put16(frame + IP + LP_IPV6_LENGTH, len - IP - LP_IPV6_HEADER);
}

static bool find_layout(
	const struct virtio_net_hdr *header, uint8_t *frame, size_t len, struct layout *ret_layout)
{
	/* No routing header: behind it the checksum covers another destination than the header's. */
	static const uint8_t allowed = LP_VIEW_HOP_BY_HOP | LP_VIEW_DESTINATION;
	struct layout l = {.checksum = true};
	struct lp_view *v = &l.view;
	size_t size;
	close_ip_length(frame, len);
	lp_view_of(frame, len, v);
	if (v->is_fragmented || v->extensions & ~allowed)
		return false;
	switch (header->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
		if (v->protocol != LP_IP_TCP || v->transport_header == 0)
			return false;
		size = v->transport_header;
		break;
	case VIRTIO_NET_HDR_GSO_UDP_L4: /* its length field too can be anything */
		if (v->protocol != LP_IP_UDP || v->transport_len < LP_UDP_HEADER)
			return false;
		size = LP_UDP_HEADER;
		l.checksum = header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM ||
			     lp_get16(lp_view_transport(v) + LP_UDP_CHECKSUM) != 0;
		break;
	default:
		return false;
	}
	l.payload = v->transport + size;
	*ret_layout = l;
	return size < v->transport_len; /* a super-frame without data is none */
}

/* Makes the copied headers of a super-frame those of its segment. */
static void finish_segment(const struct layout *l, uint8_t *frame, const struct segment *s)
{
	const struct lp_view *v = &l->view;
	uint8_t *ip = frame + IP, *transport = frame + v->transport;
	size_t len = s->len - v->transport;
	if (v->version == 6) {
		lp_put16(ip + LP_IPV6_LENGTH, s->len - IP - LP_IPV6_HEADER);
	} else {
		lp_put16(ip + LP_IPV4_LENGTH, s->len - IP);
		lp_put16(ip + LP_IPV4_ID, (lp_get16(ip + LP_IPV4_ID) + s->index) & UINT16_MAX);
		lp_checksum_ipv4(ip, v->transport - IP);
	}

	bool tcp = v->protocol == LP_IP_TCP;
	uint8_t *checksum = transport + (tcp ? LP_TCP_CHECKSUM : LP_UDP_CHECKSUM);
	if (tcp) {
		uint32_t sequence = lp_get32(transport + LP_TCP_SEQUENCE) + (uint32_t)s->offset;
		lp_put32(transport + LP_TCP_SEQUENCE, sequence);
		if (!s->last)
			transport[LP_TCP_FLAGS] &= (uint8_t)~(LP_TCP_FIN | LP_TCP_PSH);
		if (s->index > 0)
			transport[LP_TCP_FLAGS] &= (uint8_t)~LP_TCP_CWR;
	} else {
		lp_put16(transport + LP_UDP_LENGTH, len);
	}
	lp_put16(checksum, 0);
	if (l->checksum)
		lp_put16(checksum, lp_checksum_transport(ip, v->protocol, transport, len));
}

static size_t split(
	const struct lp_unfinished *from, uint8_t *scratch, lp_frame_sink *sink, void *context)
{
	struct layout l;
	size_t most = from->header->gso_size; /* bytes of data in a segment */
	if (most == 0 || !find_layout(from->header, from->frame, from->len, &l))
		return 0;
	size_t payload = from->len - l.payload;
	if (payload / most >= LP_SEGMENTS_MAX)
		return 0;

	struct segment s = {0};
	for (; s.offset < payload; s.offset += most, s.index++) {
		size_t size = payload - s.offset;
		s.last = size <= most;
		if (!s.last)
			size = most;
		s.len = l.payload + size;
		memcpy(scratch, from->frame, l.payload);
		memcpy(scratch + l.payload, from->frame + l.payload + s.offset, size);
		finish_segment(&l, scratch, &s);
		sink(context, scratch, s.len);
	}
	return s.index;
}

/* The field holds the sum of the pseudo header already: it takes part. */
static bool complete_checksum(const struct virtio_net_hdr *header, uint8_t *frame, size_t len)
{
	size_t start = header->csum_start, field = start + header->csum_offset;
	if (start < LP_ETH_HEADER || field + 2 > len)
		return false;
	uint16_t v = lp_checksum(frame + start, len - start, 0);
	lp_put16(frame + field, v == 0 ? UINT16_MAX : v);
	return true;
}

size_t lp_segment(
	const struct lp_unfinished *from, uint8_t *scratch, lp_frame_sink *sink, void *context)
{
	if (from->header->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		return split(from, scratch, sink, context);
	if (from->header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM &&
		!complete_checksum(from->header, from->frame, from->len))
		return 0;
	sink(context, from->frame, from->len);
	return 1;
}
