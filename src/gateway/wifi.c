#include <errno.h>
#include <linux/genetlink.h>
#include <linux/nl80211.h>

#include "interface.h"

/* A request of generic netlink, and the attributes of its answer. */
struct question {
	_Alignas(struct nlmsghdr) uint8_t bytes[LP_NETLINK_REQUEST];
	struct nlmsghdr *request;
	uint32_t values[LP_NETLINK_TYPES]; /* of attributes of 1, 2 or 4 bytes */
	bool is_there[LP_NETLINK_TYPES];
};

static void begin(struct question *q, uint16_t family, uint8_t command, uint8_t version)
{
	*q = (struct question){0};
	q->request = mnl_nlmsg_put_header(q->bytes);
	q->request->nlmsg_type = family;
	struct genlmsghdr *head = mnl_nlmsg_put_extra_header(q->request, sizeof(*head));
	head->cmd = command;
	head->version = version;
}

static int take_answer(const struct nlmsghdr *answer, void *context)
{
	struct question *q = context;
	struct lp_attributes a = {0};
	mnl_attr_parse(answer, sizeof(struct genlmsghdr), lp_netlink_note, &a);
	for (size_t i = 0; i < LP_NETLINK_TYPES; i++) {
		size_t size = a.of[i] ? mnl_attr_get_payload_len(a.of[i]) : 0;
		q->is_there[i] = size == 1 || size == 2 || size == 4;
		if (q->is_there[i])
			q->values[i] = (uint32_t)lp_netlink_number(a.of[i]);
	}
	return MNL_CB_OK;
}

static int ask(struct question *q)
{
	return lp_netlink_ask(NETLINK_GENERIC, q->request, take_answer, q);
}

/* 0 where the kernel has no Wi-Fi at all. */
static uint16_t find_family(void)
{
	struct question q;
	begin(&q, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(q.request, CTRL_ATTR_FAMILY_NAME, NL80211_GENL_NAME);
	return ask(&q) == 0 ? (uint16_t)q.values[CTRL_ATTR_FAMILY_ID] : 0;
}

enum lp_wifi lp_wifi_ask(int index)
{
	struct question q;
	uint16_t family = find_family();
	if (family == 0)
		return LP_WIFI_NONE;
	begin(&q, family, NL80211_CMD_GET_INTERFACE, 0);
	mnl_attr_put_u32(q.request, NL80211_ATTR_IFINDEX, (uint32_t)index);
	int error = ask(&q);
	if (error == ENODEV || error == EINVAL)
		return LP_WIFI_NONE; /* an interface of another kind */
	if (error != 0 || !q.is_there[NL80211_ATTR_IFTYPE])
		return LP_WIFI_UNKNOWN;
	if (q.values[NL80211_ATTR_4ADDR])
		return LP_WIFI_FITS;
	return q.values[NL80211_ATTR_IFTYPE] == NL80211_IFTYPE_AP ? LP_WIFI_FITS : LP_WIFI_STATION;
}
