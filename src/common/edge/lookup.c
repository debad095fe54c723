#include "lanparty/edge/lookup.h"

#include <stdio.h>
#include <string.h>
#ifndef _WIN32
#include <netdb.h>
#endif

static void explain(int error, struct lp_addresses *found)
{
	switch (error) {
	case EAI_NONAME:
#if defined(EAI_NODATA) && EAI_NODATA != EAI_NONAME
	case EAI_NODATA:
#endif
		found->unknown = true;
		snprintf(found->error, sizeof(found->error), "there is no such name");
		break;
	case EAI_AGAIN:
		snprintf(found->error, sizeof(found->error), "no name server answers");
		break;
	default:
		snprintf(found->error, sizeof(found->error), "the resolver says error %d", error);
	}
}

void lp_lookup(const char *host, const char *port, struct lp_addresses *ret_addresses)
{
	struct lp_addresses *found = ret_addresses;
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
