#include "lanparty/packet/mss.h"

#include "lanparty/packet/eth.h"

#define IPV4_MIN        20
#define IPV4_FRAGMENT   6
#define IPV4_FRAGMENTED 0x3fff /* more fragments, and the offset */
#define IPV4_PROTOCOL   9
#define IPV6_HEADER     40
#define IPV6_NEXT       6
#define TCP             6
#define TCP_MIN         20
#define TCP_DATA_OFFSET 12
#define TCP_FLAGS       13
#define TCP_CHECKSUM    16
#define TCP_SYN         0x02
#define OPTION_END      0
#define OPTION_NOP      1
#define OPTION_MSS      2
#define MSS_LENGTH      4

static unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static void put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* The offset of the TCP header, 0 when there is none that could be looked at. */
static size_t find_tcp(const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + LP_ETH_HEADER;
	if (len < (size_t)LP_ETH_HEADER + IPV4_MIN)
		return 0;
	unsigned type = get16(frame + LP_ETH_HEADER - 2);
	if (type == LP_ETHERTYPE_IPV6)
		return len >= (size_t)LP_ETH_HEADER + IPV6_HEADER && ip[IPV6_NEXT] == TCP
			       ? (size_t)LP_ETH_HEADER + IPV6_HEADER
			       : 0;
	if (type != LP_ETHERTYPE_IPV4 || ip[IPV4_PROTOCOL] != TCP ||
		(get16(ip + IPV4_FRAGMENT) & IPV4_FRAGMENTED))
		return 0;
	size_t header = (size_t)(ip[0] & 15) * 4;
	return header >= IPV4_MIN ? LP_ETH_HEADER + header : 0;
}

/* Likewise, of a SYN. */
static size_t find_syn(const uint8_t *frame, size_t len)
{
	size_t at = find_tcp(frame, len);
	bool syn = at && len >= at + TCP_MIN && (frame[at + TCP_FLAGS] & TCP_SYN);
	return syn ? at : 0;
}

bool lp_mss_is_syn(const uint8_t *frame, size_t len)
{
	return find_syn(frame, len) != 0;
}

/* The offset of the option's value in the header of size bytes; 0: none. */
static size_t find_option(const uint8_t *tcp, size_t size)
{
	for (size_t at = TCP_MIN; at < size && tcp[at] != OPTION_END;) {
		if (tcp[at] == OPTION_NOP) {
			at++;
			continue;
		}
		if (at + 1 == size || tcp[at + 1] < 2 || tcp[at + 1] > size - at)
			return 0;
		if (tcp[at] == OPTION_MSS && tcp[at + 1] == MSS_LENGTH)
			return at + 2;
		at += tcp[at + 1];
	}
	return 0;
}

bool lp_mss_clamp(uint8_t *frame, size_t len, size_t frame_max)
{
	size_t at = find_syn(frame, len);
	if (!at)
		return false;
	uint8_t *tcp = frame + at;
	size_t size = (size_t)(tcp[TCP_DATA_OFFSET] >> 4) * 4;
	size_t option = size <= len - at ? find_option(tcp, size) : 0;
	if (!option)
		return false;
	/* Options are not counted in the segment size (RFC 6691): both headers are the least ones. */
	bool v6 = get16(frame + LP_ETH_HEADER - 2) == LP_ETHERTYPE_IPV6;
	size_t headers = (size_t)LP_ETH_HEADER + (v6 ? IPV6_HEADER : IPV4_MIN) + TCP_MIN;
	size_t least = v6 ? LP_MSS_MIN_IPV6 : LP_MSS_MIN_IPV4;
	size_t most = frame_max > headers + least ? frame_max - headers : least;
	unsigned before = get16(tcp + option);
	if (before <= most)
		return false;
	put16(tcp + option, (unsigned)most);
	/* RFC 1624, equation 3. At an odd place the value's bytes count the other way round. */
	unsigned old = before, new = (unsigned)most;
	if (option % 2) {
		old = (old << 8 | old >> 8) & 0xffff;
		new = (new << 8 | new >> 8) & 0xffff;
	}
	uint32_t sum = (~get16(tcp + TCP_CHECKSUM) & 0xffff) + (~old & 0xffff) + new;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(tcp + TCP_CHECKSUM, ~sum & 0xffff);
	return true;
}
