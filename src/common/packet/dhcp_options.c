#include "dhcp_options.h"

size_t lp_dhcp_next(const uint8_t *dhcp, const struct lp_dhcp_field *field, size_t *at)
{
	size_t end = field->at + field->len;
	while (*at < end && dhcp[*at] == LP_DHCP_PAD)
		++*at;
	size_t left = end - *at;
	if (left < LP_DHCP_OPTION || dhcp[*at] == LP_DHCP_END ||
		left - LP_DHCP_OPTION < dhcp[*at + 1])
		return 0;
	return LP_DHCP_OPTION + (size_t)dhcp[*at + 1];
}

size_t lp_dhcp_fields(const uint8_t *dhcp, size_t len, struct lp_dhcp_field fields[LP_DHCP_FIELDS])
{
	uint8_t overload = 0;
	size_t count = 1, size;
	fields[0] = (struct lp_dhcp_field){LP_DHCP_OPTIONS, len - LP_DHCP_OPTIONS};
	for (size_t at = fields[0].at; (size = lp_dhcp_next(dhcp, &fields[0], &at)) > 0; at += size)
		if (dhcp[at] == LP_DHCP_OVERLOAD && size > LP_DHCP_OPTION)
			overload |= dhcp[at + LP_DHCP_OPTION];
	if (overload & LP_DHCP_OVERLOAD_FILE)
		fields[count++] =
			(struct lp_dhcp_field){LP_DHCP_FILE, LP_DHCP_COOKIE - LP_DHCP_FILE};
	if (overload & LP_DHCP_OVERLOAD_NAME)
		fields[count++] = (struct lp_dhcp_field){
			LP_DHCP_SERVER_NAME, LP_DHCP_FILE - LP_DHCP_SERVER_NAME};
	return count;
}

bool lp_dhcp_find(const uint8_t *dhcp, size_t len, uint8_t option, struct lp_dhcp_value *ret_value)
{
	struct lp_dhcp_field fields[LP_DHCP_FIELDS];
	size_t count = lp_dhcp_fields(dhcp, len, fields), size;
	struct lp_dhcp_value value = {.len = 0};
	for (size_t i = 0; i < count; i++) {
		const struct lp_dhcp_field *f = &fields[i];
		size_t at = f->at;
		for (; (size = lp_dhcp_next(dhcp, f, &at)) > 0; at += size) {
			if (dhcp[at] != option)
				continue;
			if (value.at > 0)
				return false;
			value = (struct lp_dhcp_value){at + LP_DHCP_OPTION, size - LP_DHCP_OPTION};
		}
		if (at < f->at + f->len && dhcp[at] != LP_DHCP_END)
			return false;
	}
	*ret_value = value;
	return true;
}
