#include "lanparty/packet/eth.h"

#include <string.h>

#include "lanparty/base/bytes.h"
#include "lanparty/base/hex.h"

bool lp_eth_parse(const uint8_t *frame, size_t len, struct lp_eth *ret_eth)
{
	if (len < LP_ETH_HEADER)
		return false;
	memcpy(ret_eth->dst.b, frame, sizeof(ret_eth->dst.b));
	memcpy(ret_eth->src.b, frame + 6, sizeof(ret_eth->src.b));
	ret_eth->type = lp_get16(frame + LP_ETH_TYPE);
	return true;
}

bool lp_mac_equal(const struct lp_mac *a, const struct lp_mac *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool lp_mac_is_zero(const struct lp_mac *mac)
{
	return lp_is_zero(mac->b, sizeof(mac->b));
}

bool lp_mac_is_group(const struct lp_mac *mac)
{
	return mac->b[0] & 1;
}

bool lp_mac_is_station(const struct lp_mac *mac)
{
	return !lp_mac_is_group(mac) && !lp_mac_is_zero(mac);
}

bool lp_mac_parse(const char *text, struct lp_mac *ret_mac)
{
	struct lp_mac mac;

	for (size_t i = 0; i < sizeof(mac.b); i++) {
		if (i > 0 && *text != ':' && *text != '-')
			return false;
		if (i > 0)
			text++;
		if (!lp_hex_read(text, 1, &mac.b[i]))
			return false;
		text += 2;
	}
	if (*text != '\0')
		return false;
	*ret_mac = mac;
	return true;
}

const char *lp_mac_format(const struct lp_mac *mac, char text[LP_MAC_TEXT])
{
	char *at = text;

	for (size_t i = 0; i < sizeof(mac->b); i++, at += 3) {
		lp_hex_write(&mac->b[i], 1, at);
		at[2] = ':';
	}
	at[-1] = '\0';
	return text;
}
