#include "lanparty/edge/address.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef _WIN32
#include <arpa/inet.h>
#endif

const char *lp_address_format(const struct lp_address *address, char text[LP_ADDRESS_TEXT])
{
	char ip[INET6_ADDRSTRLEN] = "?";
	if (address->sa.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &address->in6.sin6_addr, ip, sizeof(ip));
		snprintf(text, LP_ADDRESS_TEXT, "[%s]:%u", ip, ntohs(address->in6.sin6_port));
	} else {
		inet_ntop(AF_INET, &address->in.sin_addr, ip, sizeof(ip));
		snprintf(text, LP_ADDRESS_TEXT, "%s:%u", ip, ntohs(address->in.sin_port));
	}
	return text;
}

const char *lp_prefix_format(const struct lp_prefix *prefix, char text[LP_PREFIX_TEXT])
{
	char ip[INET6_ADDRSTRLEN] = "?";
	bool v4 = lp_prefix_is_ipv4(prefix);
	unsigned before = v4 ? LP_PREFIX_MAPPED : 0;
	inet_ntop(v4 ? AF_INET : AF_INET6, prefix->address + before / 8, ip, sizeof(ip));
	snprintf(text, LP_PREFIX_TEXT, "%s/%u", ip, prefix->length - before);
	return text;
}

/* Decimal digits up to end, and nothing else. */
static bool parse_port(const char *text, const char *end, uint16_t *ret_port)
{
	unsigned port = 0;
	if (text == end)
		return false;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9')
			return false;
		port = port * 10 + (unsigned)(*text - '0');
		if (port > UINT16_MAX)
			return false;
	}
	*ret_port = htons((uint16_t)port);
	return true;
}

bool lp_listen_parse(const char *text, struct lp_listen *ret_listen)
{
	struct lp_listen result = {0};
	struct lp_address *address = &result.address;
	uint16_t port;
	const char *end = text + strlen(text);
	const char *slash = strchr(text, '/');
	if (slash) {
		if (strcmp(slash, "/udp") != 0 || !parse_port(text, slash, &port))
			return false;
		result.dual = true;
	} else {
		const char *colon = strrchr(text, ':');
		if (!colon || !parse_port(colon + 1, end, &port))
			return false;
		char ip[INET6_ADDRSTRLEN];
		bool v6 = *text == '[';
		if (v6 && colon[-1] != ']')
			return false;
		const char *first = text + v6, *last = colon - v6;
		if (first >= last || (size_t)(last - first) >= sizeof(ip))
			return false;
		memcpy(ip, first, (size_t)(last - first));
		ip[last - first] = 0;
		if (!v6) {
			if (inet_pton(AF_INET, ip, &address->in.sin_addr) != 1)
				return false;
			address->in.sin_family = AF_INET;
			address->in.sin_port = port;
			address->len = sizeof(address->in);
			*ret_listen = result;
			return true;
		}
		if (inet_pton(AF_INET6, ip, &address->in6.sin6_addr) != 1)
			return false;
	}
	address->in6.sin6_family = AF_INET6;
	address->in6.sin6_port = port;
	address->len = sizeof(address->in6);
	*ret_listen = result;
	return true;
}
