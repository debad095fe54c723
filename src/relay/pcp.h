/* pcp.h - asks a router by PCP (RFC 6887) for a UDP port, in IPv4, or for a hole in its firewall, in IPv6. It
 * logs nothing. */
#ifndef LANPARTY_RELAY_PCP_H
#define LANPARTY_RELAY_PCP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCP_NONCE   12
#define PCP_REQUEST 64   /* bytes at most */
#define PCP_LEAST   60   /* without an option */
#define PCP_TAKEN   11   /* code: another computer has the port */
#define PCP_MAX     1100 /* bytes of an answer */

enum pcp_verdict {
	PCP_OPEN,
	PCP_SILENT,  /* nobody answers, or in another version of the protocol */
	PCP_REFUSED, /* with a code */
};

struct pcp_ask {
	uint8_t nonce[PCP_NONCE]; /* the same whenever the port is asked for again */
	uint16_t inner, outer;    /* ports: of this computer, and the one that is wanted */
	uint32_t seconds;         /* that are wanted; 0: the port is given back */
	bool exact;               /* that port or none */
	struct in6_addr own;      /* pcp_talk finds it; IPv4 addresses are mapped */
};

struct pcp_answer {
	enum pcp_verdict verdict;
	int code; /* of the router */
	uint16_t outer;
	uint32_t seconds;
	struct in6_addr external; /* as own */
};

/* The request, and its length; and what came back: false when it is no answer to it. */
size_t pcp_write(const struct pcp_ask *ask, uint8_t ret_request[PCP_REQUEST]);
bool pcp_read(
	const struct pcp_ask *ask, const uint8_t *bytes, size_t len, struct pcp_answer *ret_answer);

/* Asks the router, an address of either family, with PCP's port. own: this computer's address, from which it
 * asks; any: the one that leads to the router. Takes a second at most. */
void pcp_talk(struct pcp_ask *ask, const struct sockaddr_in6 *router, const struct in6_addr *own,
	struct pcp_answer *ret_answer);

#endif
