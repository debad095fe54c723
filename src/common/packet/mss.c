#include "lanparty/packet/mss.h"

#include "lanparty/base/bytes.h"

#define MSS_LENGTH 4 /* of the option: kind, length, value */

bool lp_mss_is_syn(const struct lp_view *view)
{
	return view->protocol == LP_IP_TCP && view->transport_header > 0 && !view->is_fragmented &&
	       view->extensions == 0 && lp_view_transport(view)[LP_TCP_FLAGS] & LP_TCP_SYN;
}

/* The offset of the option's value in the TCP header of size bytes; 0: there is none. */
static size_t find_option(const uint8_t *tcp, size_t size)
{
	for (size_t at = LP_TCP_MIN; at < size && tcp[at] != LP_TCP_OPTION_END;) {
		if (tcp[at] == LP_TCP_OPTION_NOP) {
			at++;
			continue;
		}
		if (at + 1 == size || tcp[at + 1] < 2 || tcp[at + 1] > size - at)
			return 0;
		if (tcp[at] == LP_TCP_OPTION_MSS && tcp[at + 1] == MSS_LENGTH)
			return at + 2;
		at += tcp[at + 1];
	}
	return 0;
}

/* RFC 1624, equation 3, for a 16-bit field at offset `at` of the TCP header that changes from old to new.
 * At an odd offset the field's bytes lie in two words of the sum, the other way round. */
static void update_checksum(uint8_t *tcp, size_t at, uint32_t old, uint32_t new)
{
	if (at % 2) {
		old = (old << 8 | old >> 8) & 0xffff;
		new = (new << 8 | new >> 8) & 0xffff;
	}
	uint32_t before = lp_get16(tcp + LP_TCP_CHECKSUM);
	uint32_t sum = (~before & 0xffff) + (~old & 0xffff) + new;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	lp_put16(tcp + LP_TCP_CHECKSUM, ~sum & 0xffff);
}

bool lp_mss_clamp(uint8_t *frame, const struct lp_view *view, size_t frame_max)
{
	if (!lp_mss_is_syn(view))
		return false;
	uint8_t *tcp = frame + view->transport;
	size_t option = find_option(tcp, view->transport_header);
	if (!option)
		return false;
	/* The MSS does not count options (RFC 6691), so both headers are the smallest ones. */
	bool v6 = view->version == 6;
	size_t headers = (size_t)LP_ETH_HEADER + (v6 ? LP_IPV6_HEADER : LP_IPV4_MIN) + LP_TCP_MIN;
	size_t least = v6 ? LP_MSS_MIN_IPV6 : LP_MSS_MIN_IPV4;
	size_t most = frame_max > headers + least ? frame_max - headers : least;
	uint16_t before = lp_get16(tcp + option);
	if (before <= most)
		return false;
	lp_put16(tcp + option, most);
	update_checksum(tcp, option, before, (uint32_t)most);
	return true;
}
