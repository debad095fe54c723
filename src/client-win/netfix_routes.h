/* netfix_routes.h - chooses the route of a packet and finds networks that overlap. Pure: it works
 * on tables that the caller passes. */
#ifndef LANPARTY_CLIENT_NETFIX_ROUTES_H
#define LANPARTY_CLIENT_NETFIX_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "adapter.h"
#include "lanparty/edge/address.h"

struct netfix_route {
	int family; /* AF_INET or AF_INET6 */
	uint8_t prefix[16];
	unsigned length;     /* bits */
	uint64_t metric;     /* sum of the route's and the interface's */
	unsigned long index; /* the interface's */
};

/* The interface of the route with the longest prefix, then the lowest metric. 0: no route. The UDP
 * port of remote is ignored, and a mapped IPv4 address counts as an IPv4 address. */
unsigned long netfix_route_choose(
	const struct netfix_route *routes, size_t count, const struct lp_address *remote);

/* An IPv4 address and its prefix length in bits. Length 0: none. */
struct netfix_prefix {
	uint32_t address; /* in host byte order */
	unsigned length;
};

/* A view of this computer's networks. */
#define NETFIX_OTHERS_MAX 32
struct netfix_view {
	struct netfix_prefix own; /* the adapter's address: a lease rather than another one */
	bool leased;              /* own is a lease */
	size_t others;
	struct netfix_prefix other[NETFIX_OTHERS_MAX]; /* of other interfaces that are up */
	uint64_t fingerprint; /* hash of all routes and addresses except the adapter's */
};

/* Writes "192.168.77.101/24", or "" for none. Returns text. */
#define NETFIX_PREFIX_TEXT 24
const char *netfix_prefix_format(struct netfix_prefix prefix, char text[NETFIX_PREFIX_TEXT]);
/* True for 169.254/16, from which Windows takes an address when no DHCP server answers. */
bool netfix_prefix_is_makeshift(struct netfix_prefix prefix);
/* True when the LAN and another network of this computer share addresses. text then tells the
 * player. */
bool netfix_overlap(const struct netfix_view *view, char text[ADAPTER_REASON]);

#endif
