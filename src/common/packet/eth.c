#include "lanparty/packet/eth.h"

#include <string.h>

#include "lanparty/base/bytes.h"

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
	static const struct lp_mac zero;

	return lp_mac_equal(mac, &zero);
}

bool lp_mac_is_group(const struct lp_mac *mac)
{
	return mac->b[0] & 1;
}

bool lp_mac_is_station(const struct lp_mac *mac)
{
	return !lp_mac_is_group(mac) && !lp_mac_is_zero(mac);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool lp_mac_parse(const char *text, struct lp_mac *ret_mac)
{
	struct lp_mac mac;

	for (size_t i = 0; i < sizeof(mac.b); i++) {
		if (i > 0 && *text != ':' && *text != '-')
			return false;
		if (i > 0)
			text++;
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			return false;
		mac.b[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text != '\0')
		return false;
	*ret_mac = mac;
	return true;
}

const char *lp_mac_format(const struct lp_mac *mac, char text[LP_MAC_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *at = text;

	for (size_t i = 0; i < sizeof(mac->b); i++) {
		*at++ = digits[mac->b[i] >> 4];
		*at++ = digits[mac->b[i] & 15];
		*at++ = ':';
	}
	at[-1] = '\0';
	return text;
}
