#include "lanparty/packet/verdict.h"

#include <stddef.h>

enum lp_action lp_action_for(const struct lp_mac *dst, enum lp_action to_station)
{
	return lp_mac_is_group(dst) ? LP_ACTION_FLOOD : to_station;
}

const char *lp_drop_text(enum lp_drop drop)
{
	static const char *const texts[] = {
#define TEXT(name, text) [LP_DROP_##name] = text,
		LP_DROP_LIST(TEXT)
#undef TEXT
	};

	return (size_t)drop < LP_DROP_COUNT ? texts[drop] : "unknown";
}

const char *lp_action_text(enum lp_action action)
{
	switch (action) {
	case LP_ACTION_DROP:
		return "drop";
	case LP_ACTION_WAIT:
		return "wait";
	case LP_ACTION_UNICAST:
		return "unicast";
	case LP_ACTION_GATEWAY:
		return "gateway";
	case LP_ACTION_FLOOD:
		return "flood";
	}
	return "unknown";
}
