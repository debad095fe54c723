#include "lanparty/edge/parse.h"

#include <stdlib.h>
#include <string.h>

#include "lanparty/packet/filter.h"
#include "lanparty/edge/log.h"

bool lp_parse_log_level(const char *text, void *value)
{
	return lp_log_level_parse(text, value);
}

bool lp_parse_log_format(const char *text, void *value)
{
	enum lp_log_format *format = value;
	bool json = strcmp(text, "json") == 0;
	*format = json ? LP_LOG_JSON : LP_LOG_TEXT;
	return json || strcmp(text, "text") == 0;
}

bool lp_parse_yes_no(const char *text, void *value)
{
	bool *yes = value;
	*yes = strcmp(text, "yes") == 0;
	return *yes || strcmp(text, "no") == 0;
}

bool lp_parse_ethertype(const char *text, void *value)
{
	char *end;
	unsigned long type = strtoul(text, &end, 16);
	return end != text && !*end && type <= UINT16_MAX && lp_filter_allow(value, (uint16_t)type);
}
