#include "lanparty/packet/dhcp_strip.h"

#include <string.h>

#include "lanparty/base/bytes.h"
#include "lanparty/packet/checksum.h"

static bool must_go(uint8_t option)
{
	return option == LP_DHCP_ROUTER || option == LP_DHCP_DNS || option == LP_DHCP_ROUTES ||
	       option == LP_DHCP_ROUTES_MS || option == LP_DHCP_PROXY;
}

/* Strips one field of options. *overload is set to the value of option 52 when the field has it. */
static bool strip_options(uint8_t *at, size_t len, uint8_t *overload)
{
	bool changed = false;
	while (len > 0 && at[0] != LP_DHCP_END) {
		if (at[0] == LP_DHCP_PAD) {
			at++;
			len--;
			continue;
		}
		if (len < 2 || len - 2 < at[1])
			break;
		size_t size = 2 + (size_t)at[1];
		if (at[0] == LP_DHCP_OVERLOAD && at[1] == 1)
			*overload = at[2];
		if (must_go(at[0])) {
			memset(at, LP_DHCP_PAD, size);
			changed = true;
		}
		at += size;
		len -= size;
	}
	return changed;
}

static bool strip_message(uint8_t *dhcp, size_t len)
{
	uint8_t overload = 0, ignored = 0;
	if (len < LP_DHCP_OPTIONS || dhcp[0] != LP_DHCP_REPLY ||
		lp_get32(dhcp + LP_DHCP_COOKIE) != LP_DHCP_COOKIE_VALUE)
		return false;
	bool changed = strip_options(dhcp + LP_DHCP_OPTIONS, len - LP_DHCP_OPTIONS, &overload);
	if (overload & LP_DHCP_OVERLOAD_FILE)
		changed |=
			strip_options(dhcp + LP_DHCP_FILE, LP_DHCP_COOKIE - LP_DHCP_FILE, &ignored);
	if (overload & LP_DHCP_OVERLOAD_NAME)
		changed |= strip_options(
			dhcp + LP_DHCP_SERVER_NAME, LP_DHCP_FILE - LP_DHCP_SERVER_NAME, &ignored);
	return changed;
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

bool lp_dhcp_strip(uint8_t *frame, const struct lp_view *view)
{
	if (!lp_dhcp_is_to_client(view) || view->is_fragmented || view->transport_header == 0)
		return false;
	uint8_t *udp = frame + view->transport;
	if (!strip_message(udp + LP_UDP_HEADER, view->data_len))
		return false;
	if (lp_get16(udp + LP_UDP_CHECKSUM) != 0) { /* 0: the server sends none */
		lp_put16(udp + LP_UDP_CHECKSUM, 0);
		lp_put16(udp + LP_UDP_CHECKSUM,
			lp_checksum_transport(frame + LP_ETH_HEADER, LP_IP_UDP, udp,
				(size_t)LP_UDP_HEADER + view->data_len));
	}
	return true;
}
