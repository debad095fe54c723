#include "lanparty/packet/dhcp_strip.h"

#include <string.h>

#include "dhcp_options.h"
#include "lanparty/base/bytes.h"
#include "lanparty/packet/checksum.h"

#define MASK_BYTES 4

static bool must_go(uint8_t option)
{
	return option == LP_DHCP_ROUTER || option == LP_DHCP_DNS ||
	       option == LP_DHCP_STATIC_ROUTES || option == LP_DHCP_ROUTES ||
	       option == LP_DHCP_ROUTES_MS || option == LP_DHCP_PROXY;
}

static bool strip_field(uint8_t *dhcp, const struct lp_dhcp_field *field)
{
	bool changed = false;
	size_t size;
	for (size_t at = field->at; (size = lp_dhcp_next(dhcp, field, &at)) > 0; at += size) {
		if (!must_go(dhcp[at]))
			continue;
		memset(dhcp + at, LP_DHCP_PAD, size);
		changed = true;
	}
	return changed;
}

static bool is_reply(const uint8_t *dhcp, size_t len)
{
	return len >= LP_DHCP_OPTIONS && dhcp[0] == LP_DHCP_REPLY &&
	       lp_get32(dhcp + LP_DHCP_COOKIE) == LP_DHCP_COOKIE_VALUE;
}

bool lp_dhcp_is_to_client(const struct lp_view *view)
{
	return view->version == 4 && view->protocol == LP_IP_UDP &&
	       view->destination_port == LP_PORT_DHCP_CLIENT;
}

bool lp_dhcp_is_fragment(const struct lp_view *view)
{
	return lp_dhcp_is_to_client(view) && view->is_fragmented;
}

static bool is_whole_reply(const struct lp_view *view)
{
	return lp_dhcp_is_to_client(view) && !view->is_fragmented && view->transport_header > 0 &&
	       is_reply(lp_view_transport(view) + LP_UDP_HEADER, view->data_len);
}

static void seal(uint8_t *frame, const struct lp_view *view)
{
	uint8_t *udp = frame + view->transport;
	if (lp_get16(udp + LP_UDP_CHECKSUM) == 0)
		return; /* the server sends none */
	lp_put16(udp + LP_UDP_CHECKSUM, 0);
	lp_put16(udp + LP_UDP_CHECKSUM, lp_checksum_transport(frame + LP_ETH_HEADER, LP_IP_UDP, udp,
						(size_t)LP_UDP_HEADER + view->data_len));
}

bool lp_dhcp_strip(uint8_t *frame, const struct lp_view *view)
{
	struct lp_dhcp_field fields[LP_DHCP_FIELDS];
	bool changed = false;
	if (!is_whole_reply(view))
		return false;
	uint8_t *dhcp = frame + view->transport + LP_UDP_HEADER;
	size_t count = lp_dhcp_fields(dhcp, view->data_len, fields);
	for (size_t i = 0; i < count; i++)
		changed |= strip_field(dhcp, &fields[i]);
	if (changed)
		seal(frame, view);
	return changed;
}

static uint8_t length_of_class(uint32_t address)
{
	if (address >> 31 == 0)
		return 8;
	return address >> 30 == 2 ? 16 : 24;
}

/* False: there are gaps between its ones. */
static bool length_of_mask(uint32_t mask, uint8_t *ret_length)
{
	uint8_t length = 0;
	while (length < 32 && mask << length >> 31)
		length++;
	*ret_length = length;
	return length == 32 || mask << length == 0;
}

bool lp_dhcp_lease_of(const struct lp_view *view, struct lp_dhcp_lease *ret_lease)
{
	struct lp_dhcp_value mask;
	if (!is_whole_reply(view))
		return false;
	const uint8_t *dhcp = lp_view_transport(view) + LP_UDP_HEADER;
	if (!lp_dhcp_find(dhcp, view->data_len, LP_DHCP_MASK, &mask) ||
		(mask.at > 0 && mask.len != MASK_BYTES))
		return false;
	struct lp_dhcp_lease lease = {.address = lp_get32(dhcp + LP_DHCP_YIADDR)};
	lease.length = length_of_class(lease.address);
	if (mask.at > 0) {
		if (!length_of_mask(lp_get32(dhcp + mask.at), &lease.length))
			return false;
		lease.mask_at = (uint32_t)(view->transport + LP_UDP_HEADER + mask.at);
	}
	*ret_lease = lease;
	return true;
}

void lp_dhcp_narrow(uint8_t *frame, const struct lp_view *view, const struct lp_dhcp_lease *lease)
{
	memset(frame + lease->mask_at, 0xff, MASK_BYTES);
	seal(frame, view);
}
