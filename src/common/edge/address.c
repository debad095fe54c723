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

/* The address of the prefix, without its length. Returns whether it is an IPv4 address. */
static bool format_ip(const struct lp_prefix *prefix, char ip[INET6_ADDRSTRLEN])
{
	bool v4 = lp_prefix_is_ipv4(prefix);
	memcpy(ip, "?", 2);
	inet_ntop(v4 ? AF_INET : AF_INET6, prefix->address + (v4 ? LP_PREFIX_MAPPED / 8 : 0), ip,
		INET6_ADDRSTRLEN);
	return v4;
}

const char *lp_endpoint_format(
	const struct lp_prefix *address, uint16_t port, char text[LP_ADDRESS_TEXT])
{
	char ip[INET6_ADDRSTRLEN];
	bool v4 = format_ip(address, ip);
	snprintf(text, LP_ADDRESS_TEXT, v4 ? "%s:%u" : "[%s]:%u", ip, port);
	return text;
}

const char *lp_prefix_format(const struct lp_prefix *prefix, char text[LP_PREFIX_TEXT])
{
	char ip[INET6_ADDRSTRLEN];
	unsigned before = format_ip(prefix, ip) ? LP_PREFIX_MAPPED : 0;
	snprintf(text, LP_PREFIX_TEXT, "%s/%u", ip, prefix->length - before);
	return text;
}

void lp_address_unmap(struct lp_address *address)
{
	if (address->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&address->in6.sin6_addr))
		return;
	struct lp_address v4 = {.len = sizeof(v4.in)};
	v4.in.sin_family = AF_INET;
	v4.in.sin_port = address->in6.sin6_port;
	memcpy(&v4.in.sin_addr, &address->in6.sin6_addr.s6_addr[12], sizeof(v4.in.sin_addr));
	*address = v4;
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

/* PORT or PORT/udp: all addresses. */
static bool parse_any(const char *text, struct lp_listen *listen)
{
	const char *end = text + strcspn(text, "/");
	uint16_t port;
	if ((*end && strcmp(end, "/udp") != 0) || !parse_port(text, end, &port))
		return false;
	listen->dual = true;
	listen->address.in6.sin6_family = AF_INET6;
	listen->address.in6.sin6_port = port;
	listen->address.len = sizeof(listen->address.in6);
	return true;
}

/* ADDR:PORT or [V6]:PORT. */
static bool parse_one(const char *text, struct lp_address *address)
{
	char ip[INET6_ADDRSTRLEN];
	uint16_t port;
	const char *colon = strrchr(text, ':');
	bool v6 = *text == '[';
	if (!colon || !parse_port(colon + 1, text + strlen(text), &port) ||
		(v6 && colon[-1] != ']'))
		return false;
	const char *first = text + v6, *last = colon - v6;
	if (first >= last || (size_t)(last - first) >= sizeof(ip))
		return false;
	memcpy(ip, first, (size_t)(last - first));
	ip[last - first] = 0;
	if (v6) {
		address->in6.sin6_family = AF_INET6;
		address->in6.sin6_port = port;
		address->len = sizeof(address->in6);
		return inet_pton(AF_INET6, ip, &address->in6.sin6_addr) == 1;
	}
	address->in.sin_family = AF_INET;
	address->in.sin_port = port;
	address->len = sizeof(address->in);
	return inet_pton(AF_INET, ip, &address->in.sin_addr) == 1;
}

bool lp_listen_parse(const char *text, struct lp_listen *ret_listen)
{
	struct lp_listen result = {0};
	bool good = strchr(text, ':') ? parse_one(text, &result.address) : parse_any(text, &result);
	if (good)
		*ret_listen = result;
	return good;
}
