/* netfix_routes.h - which way packets take, and networks that get in each other's way. Pure: tables
 * in, answers out. */
#ifndef LANPARTY_CLIENT_NETFIX_ROUTES_H
#define LANPARTY_CLIENT_NETFIX_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "adapter.h"
#include "lanparty/edge/address.h"

struct netfix_route {
	int family; /* AF_INET, AF_INET6 */
	uint8_t prefix[16];
	unsigned length;     /* bits */
	uint64_t metric;     /* of route and interface */
	unsigned long index; /* of the interface */
};

/* The interface of the route with the longest prefix, then the lowest metric; 0 when there is none.
 * The port of remote is of no interest; a mapped IPv4 address is an IPv4 address. */
unsigned long netfix_route_choose(
	const struct netfix_route *routes, size_t count, const struct lp_address *remote);

/* An IPv4 address and the length of its prefix in bits; length 0: none. */
struct netfix_prefix {
	uint32_t address; /* in the order of the host */
	unsigned length;
};

/* What is to be seen of this computer's networks. */
#define NETFIX_OTHERS_MAX 32
struct netfix_view {
	struct netfix_prefix own; /* the adapter's address from the LAN */
	size_t others;
	struct netfix_prefix other[NETFIX_OTHERS_MAX]; /* of interfaces that are up */
	uint64_t fingerprint; /* of all routes and addresses but the adapter's */
};

/* "192.168.77.101/24", "" for none. Returns text. */
#define NETFIX_PREFIX_TEXT 24
const char *netfix_prefix_format(struct netfix_prefix prefix, char text[NETFIX_PREFIX_TEXT]);
/* 169.254/16: what Windows takes when nobody gives it an address. */
bool netfix_prefix_is_makeshift(struct netfix_prefix prefix);
/* True when the LAN and another network of this computer share addresses: text says so to a player. */
bool netfix_overlap(const struct netfix_view *view, char text[ADAPTER_REASON]);

#endif
