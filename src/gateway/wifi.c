#include <errno.h>
#include <linux/genetlink.h>
#include <linux/nl80211.h>
#include <string.h>

#include "interface.h"
#include "netlink.h"

static void begin(struct lp_netlink_request *r, uint16_t family, uint8_t command, uint8_t version)
{
	const struct genlmsghdr head = {.cmd = command, .version = version};
	lp_netlink_begin(r, family, &head, sizeof(head));
}

static const void *find(const struct lp_netlink_answer *a, uint16_t type, size_t size)
{
	size_t found;
	if (a->len < GENL_HDRLEN)
		return NULL;
	const void *value =
		lp_netlink_find(a->body + GENL_HDRLEN, a->len - GENL_HDRLEN, type, &found);
	return value && found >= size ? value : NULL;
}

/* 0 where the kernel knows no Wi-Fi at all. */
static uint16_t find_family(void)
{
	struct lp_netlink_request r;
	struct lp_netlink_answer a;
	uint16_t family;
	begin(&r, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	lp_netlink_put(&r, CTRL_ATTR_FAMILY_NAME, NL80211_GENL_NAME, sizeof(NL80211_GENL_NAME));
	if (lp_netlink_ask(NETLINK_GENERIC, &r, &a) != 0)
		return 0;
	const void *value = find(&a, CTRL_ATTR_FAMILY_ID, sizeof(family));
	if (!value)
		return 0;
	memcpy(&family, value, sizeof(family));
	return family;
}

enum lp_wifi lp_wifi_ask(int index)
{
	struct lp_netlink_request r;
	struct lp_netlink_answer a;
	uint16_t family = find_family();
	if (family == 0)
		return LP_WIFI_NONE;
	begin(&r, family, NL80211_CMD_GET_INTERFACE, 0);
	lp_netlink_put(&r, NL80211_ATTR_IFINDEX, &(uint32_t){(uint32_t)index}, sizeof(uint32_t));
	int error = lp_netlink_ask(NETLINK_GENERIC, &r, &a);
	if (error == ENODEV || error == EINVAL)
		return LP_WIFI_NONE; /* an interface, but none of Wi-Fi's */
	if (error != 0)
		return LP_WIFI_UNKNOWN;

	uint32_t type;
	const void *value = find(&a, NL80211_ATTR_IFTYPE, sizeof(type));
	if (!value)
		return LP_WIFI_UNKNOWN;
	memcpy(&type, value, sizeof(type));
	const uint8_t *four_addresses = find(&a, NL80211_ATTR_4ADDR, sizeof(*four_addresses));
	if (four_addresses && *four_addresses)
		return LP_WIFI_FITS;
	return type == NL80211_IFTYPE_AP ? LP_WIFI_FITS : LP_WIFI_STATION;
}
