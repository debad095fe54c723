/* view.h - one parse of an Ethernet frame: where its headers lie, and what they say.
 *
 * Filter, flow hash, MSS clamp, DHCP stripping and the gateway's segmenter take the view. None of them
 * parses IP by itself, so all of them see the same packet: two parsers that disagree are how a frame
 * evades a filter.
 *
 * The parser believes no length: each offset below lies inside of the frame. It judges nothing that is
 * not a matter of where headers lie: checksums, addresses and rules are the filter's concern. It parses
 * no ARP, because the filter alone looks into that. It never allocates and never copies the payload.
 *
 * Relay and tunnel parse each frame once. The exception is an IP fragment that waits for its first one
 * (path/early.h): forward.c and tunnel_frames.c parse it again at each retry, because a view is not kept. */
#ifndef LANPARTY_PACKET_VIEW_H
#define LANPARTY_PACKET_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/packet/eth.h"
#include "lanparty/packet/headers.h"

/* What did not parse: the parser stops at the first flaw. */
enum lp_view_flaw {
	LP_VIEW_SOUND,
	LP_VIEW_ETHERNET, /* shorter than LP_ETH_HEADER */
	LP_VIEW_IP,    /* IPv4 or IPv6 header: cut off, another version, lengths that do not fit */
	LP_VIEW_CHAIN, /* IPv6 extension headers: cut off, or more than LP_VIEW_CHAIN_MAX */
	LP_VIEW_ORDER, /* a hop-by-hop header that is not the first one (RFC 8200, section 4.1) */
	LP_VIEW_REPEATED,  /* a second fragment header: a fragment of a fragment */
	LP_VIEW_TRANSPORT, /* TCP, UDP, ICMP or IGMP header: cut off, lengths that do not fit */
};

/* No honest datagram has nearly as many extension headers. */
#define LP_VIEW_CHAIN_MAX 16

/* Bits of lp_view.extensions. */
#define LP_VIEW_HOP_BY_HOP  0x01
#define LP_VIEW_DESTINATION 0x02
#define LP_VIEW_ROUTING     0x04
#define LP_VIEW_FRAGMENT    0x08
#define LP_VIEW_OTHER       0x10 /* AH, mobility, HIP, shim6 */
#define LP_VIEW_ROUTING_0   0x20 /* a routing header of type 0 (RFC 5095), beside ROUTING */

struct lp_view {
	const uint8_t *frame; /* the parsed bytes, borrowed */
	size_t len;           /* of the frame, bytes */
	enum lp_view_flaw flaw;
	struct lp_eth eth; /* zero with LP_VIEW_ETHERNET */

	/* IP. All is zero when the ethertype is another one, and with LP_VIEW_IP. */
	uint8_t version;    /* 4 or 6 */
	uint8_t protocol;   /* behind the last IP header that was parsed */
	uint8_t extensions; /* IPv6: which extension headers were passed, LP_VIEW_ bits */

	/* Fragments (RFC 791, RFC 8200 section 4.5). All is zero for an IPv4 datagram that is whole. An
	 * IPv6 datagram that is whole can have a fragment header (RFC 6946): then is_fragmented is set
	 * while fragment_offset is 0 and fragment_more is not set. */
	bool is_fragmented;
	bool fragment_more;       /* others follow */
	uint16_t fragment_offset; /* in the fragmented datagram, bytes; 0: the first fragment */
	uint16_t fragment_len;    /* bytes of the fragmented datagram that this frame has */
	uint32_t fragment_id;

	/* What is behind the IP headers. A later fragment has no transport header: of the fields below
	 * it has only transport and transport_len. Those are 0 with LP_VIEW_IP, _CHAIN, _ORDER and
	 * _REPEATED. */
	uint32_t transport; /* offset in the frame */
	uint16_t
		transport_len; /* bytes to the end of the IP datagram, without Ethernet's padding */
	uint8_t transport_header; /* size with options, bytes; 0: another protocol, or a flaw */
	uint16_t data_len; /* bytes behind the transport header; UDP: as its length field says */
	/* TCP's and UDP's; 0: no ports. With LP_VIEW_TRANSPORT they are set too, if the frame has 8
	 * bytes of a UDP header or 20 of a TCP header. */
	uint16_t source_port, destination_port;
};

/* Parses any len bytes. *ret_view is always written. It is good for as long as the headers of the
 * frame stay where they are: a copy of the frame has the same view, but for the pointer `frame`. */
void lp_view_of(const uint8_t *frame, size_t len, struct lp_view *ret_view);

/* The IP header, and what is behind the IP headers. The view must have a version, or transport. */
static inline const uint8_t *lp_view_ip(const struct lp_view *v)
{
	return v->frame + LP_ETH_HEADER;
}

static inline const uint8_t *lp_view_transport(const struct lp_view *v)
{
	return v->frame + v->transport;
}

/* The source address, 4 or 16 bytes; the destination follows it. The view must have a version. */
static inline const uint8_t *lp_view_addresses(const struct lp_view *v)
{
	return lp_view_ip(v) + (v->version == 4 ? LP_IPV4_SOURCE : LP_IPV6_SOURCE);
}

static inline size_t lp_view_address_size(const struct lp_view *v)
{
	return v->version == 4 ? LP_IPV4_ADDRESS : LP_IPV6_ADDRESS;
}

/* The first of several fragments: it has the transport header. */
static inline bool lp_view_is_first_fragment(const struct lp_view *v)
{
	return v->fragment_more && v->fragment_offset == 0;
}

/* One of several fragments; a whole datagram with a fragment header is none. */
static inline bool lp_view_is_fragment(const struct lp_view *v)
{
	return v->fragment_more || v->fragment_offset > 0;
}

#endif
