#include "lanparty/peer/proxy.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "lanparty/edge/log.h"
#include "lanparty/peer/link.h"

#define USER_MAX 256 /* bytes of user and password, with the colon between them */
#define URL_MAX  1200
#define NONE     "none"

_Static_assert((USER_MAX + 2) / 3 * 4 <= LP_CARRIER_AUTHORIZATION_MAX, "base64 of it fits");

static void to_base64(const uint8_t *bytes, size_t len, char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (; len > 0; len -= len < 3 ? len : 3, bytes += 3) {
		uint32_t three = (uint32_t)bytes[0] << 16;
		three |= len > 1 ? (uint32_t)bytes[1] << 8 : 0;
		three |= len > 2 ? bytes[2] : 0;
		*text++ = digits[three >> 18];
		*text++ = digits[three >> 12 & 63];
		*text++ = len > 1 ? digits[three >> 6 & 63] : '=';
		*text++ = len > 2 ? digits[three & 63] : '=';
	}
	*text = '\0';
}

static int hex_value(char c)
{
	return !isxdigit((unsigned char)c) ? -1
	       : isdigit((unsigned char)c) ? c - '0'
					   : tolower((unsigned char)c) - 'a' + 10;
}

/* Undoes %XX. False: it is malformed or too long. */
static bool decode(const char *text, size_t len, uint8_t bytes[USER_MAX + 1], size_t *ret_len)
{
	size_t count = 0;
	for (size_t i = 0; i < len; i++) {
		int byte = (unsigned char)text[i];
		if (text[i] == '%') {
			int high = i + 2 < len ? hex_value(text[i + 1]) : -1;
			int low = i + 2 < len ? hex_value(text[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			byte = high << 4 | low;
			i += 2;
		}
		if (count == USER_MAX || byte < ' ')
			return false;
		bytes[count++] = (uint8_t)byte;
	}
	*ret_len = count;
	return true;
}

/* RFC 7617: a user without a password has a colon, too. */
static bool take_user(const char *text, size_t len, struct lp_carrier_proxy *proxy)
{
	uint8_t user[USER_MAX + 1];
	size_t count = 0;
	bool good = len > 0 && decode(text, len, user, &count);
	if (good && !memchr(text, ':', len)) {
		good = count < USER_MAX;
		user[count++] = ':';
	}
	if (good)
		to_base64(user, count, proxy->authorization);
	lp_zero(user, sizeof(user));
	return good;
}

static bool has_port(const char *host)
{
	const char *colon = strrchr(host, ':'), *bracket = strrchr(host, ']');
	return colon && (!bracket || colon > bracket);
}

static bool take_host(const char *text, struct lp_carrier_proxy *proxy)
{
	char copy[LP_HOST_SHOWN];
	struct lp_host host;
	size_t len = strlen(text);
	if (len > 0 && text[len - 1] == '/')
		len--;
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (lp_host_parse(copy, &host) != LP_OK)
		return false;
	memcpy(proxy->host, host.name, sizeof(proxy->host));
	proxy->port = has_port(copy) ? host.port : LP_PROXY_PORT;
	return true;
}

bool lp_proxy_parse(const char *url, struct lp_carrier_proxy *ret_proxy)
{
	static const char scheme[] = "http://";
	struct lp_carrier_proxy proxy = {0};
	const char *at = url, *user_end;
	if (strncmp(at, scheme, sizeof(scheme) - 1) == 0)
		at += sizeof(scheme) - 1;
	bool good = strlen(url) < URL_MAX;
	if (good && strcmp(url, NONE) != 0) {
		user_end = strrchr(at, '@');
		good = !user_end || take_user(at, (size_t)(user_end - at), &proxy);
		good = good && take_host(user_end ? user_end + 1 : at, &proxy);
	}
	if (good)
		*ret_proxy = proxy;
	lp_zero(&proxy, sizeof(proxy));
	return good;
}

/* The host itself, or a name below it. */
static bool covers(const char *entry, size_t len, const char *host)
{
	size_t host_len = strlen(host);
	while (len > 0 && *entry == '.') {
		entry++;
		len--;
	}
	if (len == 0 || len > host_len)
		return false;
	const char *tail = host + host_len - len;
	for (size_t i = 0; i < len; i++)
		if (tolower((unsigned char)entry[i]) != tolower((unsigned char)tail[i]))
			return false;
	return tail == host || tail[-1] == '.';
}

bool lp_proxy_is_exempt(const char *no_proxy, const char *host)
{
	static const char between[] = ", \t";
	for (const char *at = no_proxy; *(at += strspn(at, between));) {
		size_t len = strcspn(at, between);
		if ((len == 1 && *at == '*') || covers(at, len, host))
			return true;
		at += len;
	}
	return false;
}

static const char *variable(const char *lower, const char *upper)
{
	const char *value = getenv(lower);
	if (!value || !*value)
		value = getenv(upper);
	return value && *value ? value : NULL;
}

bool lp_proxy_choose(struct lp_peer_options *values, bool environment)
{
	const char *url =
		environment && !values->no_tcp ? variable("https_proxy", "HTTPS_PROXY") : NULL;
	if (values->proxy_given)
		return lp_proxy_parse(values->proxy_given, &values->proxy);
	if (url && !lp_proxy_parse(url, &values->proxy)) /* other programs can use such a one */
		lp_log(LP_LOG_WARNING, "proxy_ignored", "hint=%s",
			"https_proxy of the environment is not " LP_PROXY_EXPECTS
			": where UDP is blocked, give --proxy");
	values->no_proxy = url ? variable("no_proxy", "NO_PROXY") : NULL;
	return true;
}

bool lp_proxy_leads_to(const struct lp_peer_options *values, size_t endpoint)
{
	const char *name = lp_peer_endpoint(values, endpoint)->name;
	return values->proxy.host[0] &&
	       !(values->no_proxy && lp_proxy_is_exempt(values->no_proxy, name));
}

void lp_proxy_host(const struct lp_peer_options *values, size_t number, struct lp_host *ret_host)
{
	struct lp_host host = {.port = values->proxy.port};
	memcpy(host.name, values->proxy.host, sizeof(host.name));
	*ret_host = number == LP_LINK_PROXY ? host : *lp_peer_endpoint(values, number);
}

void lp_proxy_target(
	const struct lp_peer_options *values, size_t endpoint, struct lp_carrier_target *ret_target)
{
	const struct lp_host *host = lp_peer_endpoint(values, endpoint);
	*ret_target = (struct lp_carrier_target){
		.server_name = values->server_name,
		.host = host->name,
		.port = host->port,
		.proxy = lp_proxy_leads_to(values, endpoint) ? &values->proxy : NULL,
	};
}
