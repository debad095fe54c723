#include "segment.h"

#include <stdbool.h>
#include <string.h>

#include "lanparty/packet/checksum.h"
#include "lanparty/packet/eth.h"

#define IP               LP_ETH_HEADER
#define IPV4_MIN         20
#define IPV4_LENGTH      2
#define IPV4_ID          4
#define IPV4_FRAGMENT    6
#define IPV4_FRAGMENTED  0x3fff /* more fragments, and the offset */
#define IPV4_PROTOCOL    9
#define IPV6_HEADER      40
#define IPV6_LENGTH      4
#define IPV6_NEXT        6
#define IPV6_HOP_BY_HOP  0
#define IPV6_DESTINATION 60
#define IPV6_EXTENSION   8 /* at least, and in steps of */
#define TCP_MIN          20
#define TCP_SEQUENCE     4
#define TCP_DATA_OFFSET  12
#define TCP_FLAGS        13
#define TCP_CHECKSUM     16
#define TCP_FIN          0x01
#define TCP_PSH          0x08
#define TCP_CWR          0x80
#define UDP_HEADER       8
#define UDP_LENGTH       4
#define UDP_CHECKSUM     6

/* Where the headers of a super-frame lie. */
struct layout {
	bool ipv6;
	uint8_t protocol;
	size_t transport; /* offset of the TCP or UDP header */
	size_t payload;   /* offset of the data: the length of all headers */
	bool checksum;    /* UDP may go without */
};

static bool find_ipv4_transport(const uint8_t *frame, size_t len, struct layout *l)
{
	const uint8_t *ip = frame + IP;
	if (len < IP + IPV4_MIN || ip[0] >> 4 != 4)
		return false;
	if (lp_get16(ip + IPV4_FRAGMENT) & IPV4_FRAGMENTED)
		return false;
	size_t header = (size_t)(ip[0] & 15) * 4;
	l->protocol = ip[IPV4_PROTOCOL];
	l->transport = IP + header;
	return header >= IPV4_MIN && l->transport <= len;
}

/* No routing header: behind it the checksum covers another destination than the header's. */
static bool find_ipv6_transport(const uint8_t *frame, size_t len, struct layout *l)
{
	const uint8_t *ip = frame + IP;
	if (len < IP + IPV6_HEADER || ip[0] >> 4 != 6)
		return false;
	l->ipv6 = true;
	l->protocol = ip[IPV6_NEXT];
	l->transport = IP + IPV6_HEADER;
	while (l->protocol == IPV6_HOP_BY_HOP || l->protocol == IPV6_DESTINATION) {
		const uint8_t *extension = frame + l->transport;
		if (len - l->transport < IPV6_EXTENSION)
			return false;
		l->protocol = extension[0];
		l->transport += IPV6_EXTENSION + (size_t)extension[1] * IPV6_EXTENSION;
		if (l->transport > len)
			return false;
	}
	return true;
}

static bool find_layout(const struct virtio_net_hdr *header, const uint8_t *frame, size_t len,
	struct layout *ret_layout)
{
	struct layout l = {.checksum = true};
	if (len < IP)
		return false;
	uint16_t type = lp_get16(frame + 12);
	if (type == LP_ETHERTYPE_IPV4
			? !find_ipv4_transport(frame, len, &l)
			: type != LP_ETHERTYPE_IPV6 || !find_ipv6_transport(frame, len, &l))
		return false;

	const uint8_t *transport = frame + l.transport;
	size_t left = len - l.transport, size;
	switch (header->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
		if (l.protocol != LP_IP_TCP || left < TCP_MIN)
			return false;
		size = (size_t)(transport[TCP_DATA_OFFSET] >> 4) * 4;
		if (size < TCP_MIN)
			return false;
		break;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		if (l.protocol != LP_IP_UDP || left < UDP_HEADER)
			return false;
		size = UDP_HEADER;
		l.checksum = header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM ||
			     lp_get16(transport + UDP_CHECKSUM) != 0;
		break;
	default:
		return false;
	}
	l.payload = l.transport + size;
	*ret_layout = l;
	return size < left; /* a super-frame without data is none */
}

/* Makes the copied headers of a super-frame those of its segment at offset, len bytes in all. */
static void finish_segment(
	const struct layout *l, uint8_t *frame, size_t len, size_t index, size_t offset, bool last)
{
	uint8_t *ip = frame + IP, *transport = frame + l->transport;
	if (l->ipv6) {
		lp_put16(ip + IPV6_LENGTH, len - IP - IPV6_HEADER);
	} else {
		lp_put16(ip + IPV4_LENGTH, len - IP);
		lp_put16(ip + IPV4_ID, (lp_get16(ip + IPV4_ID) + index) & UINT16_MAX);
		lp_checksum_ipv4(ip, l->transport - IP);
	}

	uint8_t *checksum = transport + (l->protocol == LP_IP_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
	if (l->protocol == LP_IP_TCP) {
		uint32_t sequence = lp_get32(transport + TCP_SEQUENCE) + (uint32_t)offset;
		lp_put32(transport + TCP_SEQUENCE, sequence);
		if (!last)
			transport[TCP_FLAGS] &= (uint8_t)~(TCP_FIN | TCP_PSH);
		if (index > 0)
			transport[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
	} else {
		lp_put16(transport + UDP_LENGTH, len - l->transport);
	}
	lp_put16(checksum, 0);
	if (l->checksum)
		lp_put16(checksum,
			lp_checksum_transport(ip, l->protocol, transport, len - l->transport));
}

static size_t split(const struct virtio_net_hdr *header, const uint8_t *frame, size_t len,
	uint8_t *scratch, lp_frame_sink *sink, void *context)
{
	struct layout l;
	if (header->gso_size == 0 || !find_layout(header, frame, len, &l))
		return 0;
	size_t payload = len - l.payload;
	if (payload / header->gso_size >= LP_SEGMENTS_MAX)
		return 0;

	size_t index = 0;
	for (size_t offset = 0; offset < payload; offset += header->gso_size, index++) {
		size_t size = payload - offset;
		bool last = size <= header->gso_size;
		if (!last)
			size = header->gso_size;
		memcpy(scratch, frame, l.payload);
		memcpy(scratch + l.payload, frame + l.payload + offset, size);
		finish_segment(&l, scratch, l.payload + size, index, offset, last);
		sink(context, scratch, l.payload + size);
	}
	return index;
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

size_t lp_segment(const struct virtio_net_hdr *header, uint8_t *frame, size_t len, uint8_t *scratch,
	lp_frame_sink *sink, void *context)
{
	if (header->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		return split(header, frame, len, scratch, sink, context);
	if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && !complete_checksum(header, frame, len))
		return 0;
	sink(context, frame, len);
	return 1;
}
