#include "lanparty/edge/lookup.h"

#include <stdio.h>
#include <string.h>
#ifndef _WIN32
#include <arpa/inet.h>
#include <netdb.h>
#include <unistd.h>
#endif

static bool is_unknown(int error)
{
#ifdef EAI_ADDRFAMILY
	if (error == EAI_ADDRFAMILY)
		return true;
#endif
#ifdef EAI_NODATA
	if (error == EAI_NODATA)
		return true;
#endif
	return error == EAI_NONAME;
}

static void explain(int error, struct lp_addresses *found)
{
	if (is_unknown(error)) {
		found->unknown = true;
		snprintf(found->error, sizeof(found->error), "there is no such name");
		return;
	}
	switch (error) {
	case EAI_AGAIN:
		snprintf(found->error, sizeof(found->error), "no name server answers");
		break;
	default:
		snprintf(found->error, sizeof(found->error), "the resolver says error %d", error);
	}
}

#if defined(__linux__) && !defined(__GLIBC__)
/* musl finds nothing if the name server denies one family, as that of some routers denies AAAA. */
static int ask_each_family(
	const char *host, const char *port, struct addrinfo *hints, struct addrinfo **ret_list)
{
	hints->ai_family = AF_INET;
	int error = getaddrinfo(host, port, hints, ret_list);
	hints->ai_family = AF_INET6;
	return error ? getaddrinfo(host, port, hints, ret_list) : 0;
}
#else
#define ask_each_family(host, port, hints, list) getaddrinfo(host, port, hints, list)
#endif

static void take_list(int error, struct addrinfo *list, struct lp_addresses *found)
{
	memset(found, 0, sizeof(*found));
	if (error) {
		explain(error, found);
		return;
	}
	for (const struct addrinfo *at = list; at && found->count < LP_LOOKUP_MAX;
		at = at->ai_next) {
		struct lp_address *address = &found->list[found->count];
		if (at->ai_addrlen > sizeof(address->in6))
			continue;
		memcpy(&address->in6, at->ai_addr, at->ai_addrlen);
		address->len = (socklen_t)at->ai_addrlen;
		found->count++;
	}
	freeaddrinfo(list);
}

void lp_lookup(const char *host, const char *port, struct lp_addresses *ret_addresses)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	struct addrinfo *list = NULL;
	int error = getaddrinfo(host, port, &hints, &list);
	if (error == EAI_NONAME) {
		/* It is a name: leave out addresses of a family that this computer does not have. A
		 * numeric address must not be filtered that way, because the network can be down at
		 * the moment. */
		hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
		error = getaddrinfo(host, port, &hints, &list);
	}
	if (is_unknown(error)) {
		/* A name that has only addresses of another family is known all the same: the
		 * attempt to send there says what is missing. */
		hints.ai_flags = AI_NUMERICSERV;
		error = ask_each_family(host, port, &hints, &list);
	}
	take_list(error, list, ret_addresses);
}

void lp_lookup_ipv4(const char *host, const char *port, struct lp_addresses *ret_addresses)
{
	const struct addrinfo hints = {
		.ai_family = AF_INET,
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV,
	};
	struct addrinfo *list = NULL;
	int error = getaddrinfo(host, port, &hints, &list);
	take_list(error, list, ret_addresses);
}

/* A link-local address cannot speak to the internet: the network has lost IPv6, and a route stays for a
 * while. */
static bool has_source(const struct lp_address *source, const struct lp_address *address)
{
	return source->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_LINKLOCAL(&source->in6.sin6_addr) ||
	       IN6_IS_ADDR_LINKLOCAL(&address->in6.sin6_addr);
}

bool lp_has_route_to(const struct lp_address *address)
{
	struct lp_address source = {.len = sizeof(source.in6)};
#ifdef _WIN32
	SOCKET fd = socket(address->sa.sa_family, SOCK_DGRAM, 0);
	if (fd == INVALID_SOCKET)
		return false;
	bool good = connect(fd, &address->sa, address->len) == 0 &&
		    getsockname(fd, &source.sa, &source.len) == 0;
	closesocket(fd);
#else
	int fd = socket(address->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool good = connect(fd, &address->sa, address->len) == 0 &&
		    getsockname(fd, &source.sa, &source.len) == 0;
	close(fd);
#endif
	return good && has_source(&source, address);
}

bool lp_has_route(int family)
{
	/* Addresses for documentation (RFC 5737, RFC 3849): only a default route leads there. */
	struct lp_address v4 = {
		.in = {.sin_family = AF_INET, .sin_port = htons(9)}, .len = sizeof(v4.in)};
	struct lp_address v6 = {
		.in6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)}, .len = sizeof(v6.in6)};
	inet_pton(AF_INET, "192.0.2.1", &v4.in.sin_addr);
	inet_pton(AF_INET6, "2001:db8::1", &v6.in6.sin6_addr);
	return lp_has_route_to(family == AF_INET6 ? &v6 : &v4);
}
