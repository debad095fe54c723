/* mapping.h - keeps a port of the home's router open for the relay (row H1): a child process without rights
 * asks the router, renews the port before it expires, and gives it back when the relay ends. In IPv6, likewise,
 * another one keeps a hole in the router's firewall, so that what goes wrong there costs no port. */
#ifndef LANPARTY_RELAY_MAPPING_H
#define LANPARTY_RELAY_MAPPING_H

#include "hole.h"
#include "lanparty/edge/linux/child.h"
#include "lanparty/wire/code.h"
#include "router.h"

#define MAPPING_SENTENCE 512

struct mapping {
	uint16_t inner, outer;     /* ports: of the relay, and the one that invites name */
	struct in_addr expected;   /* address that invites name; 0: a name, or not known */
	struct in6_addr expected6; /* likewise */
	struct lp_child child, hole;
};

struct mapping_answer {
	struct router_answer port;
	struct hole hole;
};

/* Sets what invites name, besides the relay's own port: of a name of DNS only the port can be compared with
 * what the router says. count: of also, where members reach the relay, too. */
void mapping_expect(
	struct mapping *m, const struct lp_host *name, const struct lp_host *also, size_t count);
/* Starts the children, which become the user of lp_rights_choose and log what the router answers. Call it
 * before there are threads, and before a secret is in memory. False: the system refused; the error was
 * logged. */
bool mapping_start(struct mapping *m);
/* A child of the relay has ended: warns if it was one of these. */
void mapping_look(struct mapping *m);
/* Ends the children, which give back what is open. */
void mapping_stop(struct mapping *m);

/* Asks once, in such children, and leaves open what leads to this computer: a relay that runs has it, or will.
 * False: the system refused; the error was logged. */
bool mapping_ask(const struct mapping *m, struct mapping_answer *ret_answer);
/* Seconds until the router is asked again: half of the time that it gave (RFC 6886, section 3.3). */
uint32_t mapping_pause(const struct router_answer *answer);
/* Likewise of a hole; failures: how often in a row it has not been opened. */
uint32_t mapping_hole_pause(const struct hole *hole, uint32_t failures);
/* Writes what the answer means for the host, and what to do. */
void mapping_explain(const struct router_answer *answer, char text[MAPPING_SENTENCE]);
void mapping_explain_hole(const struct hole *hole, char text[MAPPING_SENTENCE]);

#endif
