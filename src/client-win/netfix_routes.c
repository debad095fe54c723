#include "netfix_routes.h"

#include <stdio.h>
#include <string.h>

#define LOOPBACK_INTERFACE 1 /* Windows has no other loopback interface */

static bool starts_with(const uint8_t *address, const uint8_t *prefix, unsigned length)
{
	unsigned bytes = length / 8, bits = length % 8;
	if (memcmp(address, prefix, bytes) != 0)
		return false;
	return bits == 0 || (address[bytes] ^ prefix[bytes]) >> (8 - bits) == 0;
}

/* Returns the family and writes the address's bytes. */
static int unpack(const struct lp_address *remote, uint8_t bytes[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	memset(bytes, 0, 16);
	if (remote->sa.sa_family == AF_INET) {
		memcpy(bytes, &remote->in.sin_addr, 4);
		return AF_INET;
	}
	if (remote->sa.sa_family != AF_INET6)
		return AF_UNSPEC;
	memcpy(bytes, &remote->in6.sin6_addr, 16);
	if (memcmp(bytes, mapped, sizeof(mapped)) != 0)
		return AF_INET6;
	memmove(bytes, bytes + sizeof(mapped), 4);
	return AF_INET;
}

static bool is_loopback(int family, const uint8_t bytes[16])
{
	static const uint8_t one[16] = {[15] = 1};
	return family == AF_INET ? bytes[0] == 127 : memcmp(bytes, one, sizeof(one)) == 0;
}

unsigned long netfix_route_choose(
	const struct netfix_route *routes, size_t count, const struct lp_address *remote)
{
	const struct netfix_route *best = NULL;
	uint8_t bytes[16];
	int family = remote->len > 0 ? unpack(remote, bytes) : AF_UNSPEC;
	if (family == AF_UNSPEC)
		return 0;
	if (is_loopback(family, bytes))
		return LOOPBACK_INTERFACE;
	/* fe80::/10 is on every interface, so the scope selects it */
	bool scoped = family == AF_INET6 && bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80 &&
		      remote->in6.sin6_scope_id != 0;
	for (const struct netfix_route *r = routes; r < routes + count; r++) {
		if (r->family != family || r->length > (family == AF_INET ? 32 : 128) ||
			!starts_with(bytes, r->prefix, r->length) ||
			(scoped && r->index != remote->in6.sin6_scope_id))
			continue;
		if (!best || r->length > best->length ||
			(r->length == best->length && r->metric < best->metric))
			best = r;
	}
	return best ? best->index : 0;
}

static uint32_t mask(unsigned length)
{
	return length == 0 ? 0 : UINT32_MAX << (32 - length);
}

static bool overlaps(struct netfix_prefix a, struct netfix_prefix b)
{
	unsigned length = a.length < b.length ? a.length : b.length;
	return length > 0 && ((a.address ^ b.address) & mask(length)) == 0;
}

const char *netfix_prefix_format(struct netfix_prefix prefix, char text[NETFIX_PREFIX_TEXT])
{
	uint32_t a = prefix.address;
	if (prefix.length == 0)
		text[0] = 0;
	else
		snprintf(text, NETFIX_PREFIX_TEXT, "%u.%u.%u.%u/%u", (unsigned)(a >> 24),
			(unsigned)(a >> 16 & 255), (unsigned)(a >> 8 & 255), (unsigned)(a & 255),
			prefix.length);
	return text;
}

bool netfix_prefix_is_makeshift(struct netfix_prefix prefix)
{
	return prefix.address >> 16 == 0xa9fe;
}

/* Suggests a range that no network here uses. */
static struct netfix_prefix suggest(const struct netfix_view *view)
{
	static const struct netfix_prefix ranges[] = {
		{0xc0a84d00, 24}, {0xc0a8b100, 24}, {0x0a4d4d00, 24}};
	size_t i = 0;
	for (; i + 1 < sizeof(ranges) / sizeof(ranges[0]); i++) {
		bool taken = overlaps(ranges[i], view->own);
		for (size_t k = 0; k < view->others && !taken; k++)
			taken = overlaps(ranges[i], view->other[k]);
		if (!taken)
			break;
	}
	return ranges[i];
}

static struct netfix_prefix network_of(struct netfix_prefix prefix)
{
	prefix.address &= mask(prefix.length);
	return prefix;
}

bool netfix_overlap(const struct netfix_view *view, char text[ADAPTER_REASON])
{
	char own[NETFIX_PREFIX_TEXT], other[NETFIX_PREFIX_TEXT], better[NETFIX_PREFIX_TEXT];
	size_t k = 0;
	while (k < view->others && !overlaps(view->own, view->other[k]))
		k++;
	/* An address without a network takes nothing: the tunnel has narrowed the lease, and said why. */
	if (k == view->others || view->own.length == 32)
		return false;
	netfix_prefix_format(network_of(view->own), own);
	netfix_prefix_format(network_of(view->other[k]), other);
	netfix_prefix_format(suggest(view), better);
	snprintf(text, ADAPTER_REASON,
		"Your own network (%s) and the LAN you joined (%s) use the same addresses: some "
		"computers will not be reachable. Change the router of one of them to another "
		"range, for example %s, and join again.",
		other, own, better);
	return true;
}
