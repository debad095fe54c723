/* parse.h - LP_OPTION_PARSED parsers for options that several programs share. */
#ifndef LANPARTY_EDGE_PARSE_H
#define LANPARTY_EDGE_PARSE_H

#include <stdbool.h>

#define LP_EXPECTS_LOG_LEVEL  "error, warning, info, debug or frame"
#define LP_EXPECTS_LOG_FORMAT "text or json"
#define LP_EXPECTS_ETHERTYPE                                                                       \
	"a hex ethertype of 0600 or more (IPX: 8137), at most 16 of them; ARP, IPv4 and IPv6 "     \
	"pass "                                                                                    \
	"anyway, tags, EAPOL, LLDP and slow protocols never"

#define LP_EXPECTS_YES_NO "yes or no"

/* value points to enum lp_log_level, enum lp_log_format, struct lp_filter and bool. */
bool lp_parse_log_level(const char *text, void *value);
bool lp_parse_log_format(const char *text, void *value);
bool lp_parse_yes_no(const char *text, void *value);
bool lp_parse_ethertype(const char *text, void *value);

#endif
