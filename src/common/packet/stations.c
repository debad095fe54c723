#include "lanparty/packet/stations.h"

#include <string.h>

#define VENDOR_TEXT 8 /* "00:1f:32" */

bool lp_stations_add_mac(struct lp_stations *s, const char *text)
{
	struct lp_mac mac;
	if (s->mac_count == LP_MAX_STATIONS || !lp_mac_parse(text, &mac) ||
		!lp_mac_is_station(&mac))
		return false;
	s->macs[s->mac_count++] = mac;
	return true;
}

bool lp_stations_add_vendor(struct lp_stations *s, const char *text)
{
	static const char rest[] = ":00:00:01";
	char whole[VENDOR_TEXT + sizeof(rest)];
	struct lp_mac mac;
	if (s->vendor_count == LP_MAX_VENDORS || strlen(text) != VENDOR_TEXT)
		return false;
	memcpy(whole, text, VENDOR_TEXT);
	memcpy(whole + VENDOR_TEXT, rest, sizeof(rest));
	if (!lp_mac_parse(whole, &mac) || !lp_mac_is_station(&mac))
		return false;
	memcpy(s->vendors[s->vendor_count++], mac.b, sizeof(s->vendors[0]));
	return true;
}

bool lp_stations_has(const struct lp_stations *s, const struct lp_mac *mac)
{
	for (size_t i = 0; i < s->mac_count; i++)
		if (lp_mac_equal(&s->macs[i], mac))
			return true;
	for (size_t i = 0; i < s->vendor_count; i++)
		if (memcmp(s->vendors[i], mac->b, sizeof(s->vendors[0])) == 0)
			return true;
	return s->mac_count + s->vendor_count == 0;
}
