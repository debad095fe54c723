/* router.h - asks the router of a home for a UDP port that leads to this computer: by PCP (pcp.h), by NAT-PMP
 * (RFC 6886, libnatpmp), or by UPnP (miniupnpc), until one of them succeeds. IPv4 alone; hole.h is for IPv6. It
 * logs nothing.
 *
 * It parses what the LAN sends, so a process without rights calls it (mapping.h). */
#ifndef LANPARTY_RELAY_ROUTER_H
#define LANPARTY_RELAY_ROUTER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "pcp.h"

#define ROUTER_SECONDS  3600 /* a port is asked for that long */
#define ROUTER_PCP_PORT 5351

enum router_way { ROUTER_PCP, ROUTER_NATPMP, ROUTER_UPNP };

enum router_verdict {
	ROUTER_MAPPED,
	ROUTER_NONE,    /* this computer has no default route */
	ROUTER_SILENT,  /* neither PCP nor NAT-PMP nor UPnP is answered */
	ROUTER_REFUSED, /* it answers, but gives no port */
	ROUTER_NO_ADDRESS, /* it has no address that others can reach, and does not say which one it has */
	ROUTER_BEHIND_NAT, /* its address is private, of another router (double NAT) */
	ROUTER_SHARED, /* its address is of RFC 6598: the provider shares another one among customers */
};

struct router_want {
	uint16_t inner,
		outer; /* ports: of this computer, and the one of the router that is wanted */
	uint8_t nonce[PCP_NONCE];
};

struct router_answer {
	enum router_verdict verdict;
	enum router_way way;
	bool open;               /* the router has opened the port, whatever that is worth */
	struct in_addr router;   /* the default route; 0: none */
	struct in_addr external; /* address of the router; 0: it has not said */
	struct in_addr beyond;   /* address of the next router; 0: not known, or not asked */
	uint16_t inner, outer;   /* ports of this computer and of the router */
	uint32_t seconds;        /* that the router keeps the port; 0: until it is removed */
	int code;                /* what the router or the library said; 0: nothing */
	uint8_t nonce[PCP_NONCE];
};

/* The router can give another port. Asking again for the same ports renews them. Takes 13 s at most when nobody
 * answers. */
void router_ask(const struct router_want *want, struct router_answer *ret_answer);
/* Gives the port back, if it is open. */
void router_release(const struct router_answer *answer);
/* False: no answer of router_ask. */
bool router_is_sane(const struct router_answer *answer);
/* What an address of the router means: ROUTER_MAPPED for a public one. */
enum router_verdict router_judge(struct in_addr external);

#endif
