#include "mapping.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/edge/linux/rights.h"
#include "lanparty/edge/log.h"

#define PERMANENT_SECONDS 600 /* a router that was restarted forgets ports without an end, too */
#define AGAIN_SECONDS     30  /* after a failure */
#define LEAST_SECONDS     2
#define CHILD_MEMORY      (64 << 20) /* bytes; what a router sends has no end of its own */
#define CHILD_SECONDS     30         /* then it is ended by SIGALRM: far more than a router needs */

static void format(struct in_addr address, char text[INET_ADDRSTRLEN])
{
	inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
}

static const char *way(const struct router_answer *a)
{
	return a->upnp ? "UPnP" : "NAT-PMP";
}

/* Who is in front of the router: it has said so itself, or the next router did. */
static void explain_nat(
	const struct router_answer *a, const char *router, char text[MAPPING_SENTENCE])
{
	char address[INET_ADDRSTRLEN];
	bool own = a->external.s_addr != 0;
	format(own ? a->external : a->beyond, address);
	if (a->verdict == ROUTER_SHARED)
		snprintf(text, MAPPING_SENTENCE,
			"carrier-grade NAT: the provider shares a public address among customers "
			"(%s), so "
			"nobody can connect to this home by IPv4: ask the provider for a public "
			"address, "
			"or use a relay on a public host",
			address);
	else
		snprintf(text, MAPPING_SENTENCE,
			"double NAT: the router %s is behind another router (%s %s): set one of "
			"both to "
			"bridge mode and run setup again; or forward UDP port %u in both, and run "
			"setup "
			"with the home's public name or address instead of --home",
			router, own ? "it has the private address" : "which is", address, a->inner);
}

void mapping_explain(const struct router_answer *answer, char text[MAPPING_SENTENCE])
{
	const struct router_answer *a = answer;
	char external[INET_ADDRSTRLEN], router[INET_ADDRSTRLEN], forward[160];
	format(a->external, external);
	format(a->router, router);
	snprintf(forward, sizeof(forward),
		"or forward UDP port %u to this computer there, and run setup with the home's "
		"public name or address instead of --home",
		a->inner);
	switch (a->verdict) {
	case ROUTER_MAPPED:
		snprintf(text, MAPPING_SENTENCE,
			"%s port %u of the router leads to this computer (%s)", external, a->outer,
			way(a));
		break;
	case ROUTER_NONE:
		snprintf(text, MAPPING_SENTENCE,
			"this computer has no IPv4 router: connect it to the home's network");
		break;
	case ROUTER_SILENT:
		snprintf(text, MAPPING_SENTENCE,
			"the router %s answers neither NAT-PMP nor UPnP: turn one of them on in "
			"the "
			"router; %s",
			router, forward);
		break;
	case ROUTER_REFUSED:
		snprintf(text, MAPPING_SENTENCE,
			"the router %s gives no port (%s, code %d): allow it to this computer in "
			"the "
			"router; %s",
			router, way(a), a->code, forward);
		break;
	case ROUTER_NO_ADDRESS:
		snprintf(text, MAPPING_SENTENCE,
			"the router %s says that it has no public address: it is offline, behind "
			"another "
			"router (double NAT), or its provider shares addresses (carrier-grade "
			"NAT): look "
			"at its status page; a relay on a public host always works",
			router);
		break;
	case ROUTER_BEHIND_NAT:
	case ROUTER_SHARED:
		explain_nat(a, router, text);
		break;
	}
}

/* ---- the child that runs beside the relay */

static void say_mapped(const struct router_answer *a, const struct router_answer *invites)
{
	char address[INET_ADDRSTRLEN];
	format(a->external, address);
	lp_log(LP_LOG_INFO, "port_mapped", "way=%s address=%s port=%u seconds=%u", way(a), address,
		a->outer, a->seconds);
	if (invites->external.s_addr && a->external.s_addr != invites->external.s_addr)
		lp_log(LP_LOG_WARNING, "external_address_changed", "address=%s port=%u hint=%s",
			address, a->outer,
			"invites have the old one: correct public-name in the relay's "
			"configuration and send new invites; a name of dynamic DNS avoids that");
	if (a->outer != invites->outer)
		lp_log(LP_LOG_WARNING, "external_port_changed", "port=%u expected=%u hint=%s",
			a->outer, invites->outer,
			"the router gives another port than invites have: end what else uses that "
			"port in the router and restart the relay; or write the new port into "
			"public-name in the relay's configuration and send new invites");
}

/* Each answer that differs from the one before. invites: what invites have; external 0: not known. */
static void tell(const struct router_answer *a, const struct router_answer *before,
	const struct router_answer *invites)
{
	char text[MAPPING_SENTENCE];
	if (before && a->verdict == before->verdict &&
		a->external.s_addr == before->external.s_addr && a->outer == before->outer)
		return;
	if (a->verdict == ROUTER_MAPPED) {
		say_mapped(a, invites);
		return;
	}
	mapping_explain(a, text);
	lp_log(LP_LOG_WARNING, "port_not_mapped", "port=%u hint=%s", a->inner, text);
}

uint32_t mapping_pause(const struct router_answer *answer)
{
	const struct router_answer *a = answer;
	if (a->verdict != ROUTER_MAPPED)
		return AGAIN_SECONDS;
	uint32_t half = a->seconds ? a->seconds / 2 : PERMANENT_SECONDS;
	/* No longer than was asked for, whatever the router says. */
	if (half > ROUTER_SECONDS / 2)
		half = ROUTER_SECONDS / 2;
	return half > LEAST_SECONDS ? half : LEAST_SECONDS;
}

static void ask(const struct mapping *m, uint16_t outer, struct router_answer *ret_answer)
{
	alarm(CHILD_SECONDS);
	router_ask(m->inner, outer, ret_answer);
	alarm(0);
}

static void release(const struct router_answer *a)
{
	alarm(CHILD_SECONDS);
	router_release(a);
	alarm(0);
}

/* The port that the router has open, also when it leads nowhere, as behind another router. Of NAT-PMP the
 * newest answer replaces the one before: one mapping belongs to an inner port (RFC 6886, section 3.3). */
static void hold(struct router_answer *held, const struct router_answer *now)
{
	bool other = now->outer != held->outer || !now->upnp;
	if (now->open && held->open && held->upnp && other)
		release(held);
	if (now->open)
		*held = *now;
}

static bool keep(const void *context, int socket)
{
	const struct mapping *m = context;
	struct router_answer invites = {.external = m->expected, .outer = m->outer}, now, before;
	uint16_t outer = m->outer; /* the last one that was given */
	struct router_answer held = {.open = false};
	struct pollfd end = {.fd = socket, .events = POLLIN};
	bool first = true;
	lp_rights_limit_memory(CHILD_MEMORY);
	do {
		ask(m, outer, &now);
		hold(&held, &now);
		tell(&now, first ? NULL : &before, &invites);
		if (now.verdict == ROUTER_MAPPED) {
			outer = now.outer;
			if (!invites.external.s_addr)
				invites.external = now.external;
		}
		before = now;
		first = false;
	} while (poll(&end, 1, (int)mapping_pause(&now) * 1000) <= 0);
	release(&held);
	return true;
}

static bool start(const struct mapping *m, struct lp_child *ret_child,
	bool (*run)(const void *context, int socket))
{
	const struct lp_child_task task = {.name = "lanparty-port",
		.kept = LP_RIGHTS_NONE,
		.program = LP_SANDBOX_PORT,
		.fd = -1,
		.run = run,
		.context = m};
	bool good = lp_child_start(&task, ret_child);
	if (!good)
		lp_log(LP_LOG_ERROR, "mapping_failed", "error=%s", strerror(errno));
	return good;
}

bool mapping_start(struct mapping *m)
{
	return start(m, &m->child, keep);
}

void mapping_look(struct mapping *m)
{
	if (lp_child_has_ended(&m->child))
		lp_log(LP_LOG_WARNING, "mapping_ended", "hint=%s",
			"the process that keeps the router's port open has ended: restart the "
			"relay");
}

void mapping_stop(struct mapping *m)
{
	lp_child_end(&m->child);
}

/* ---- the child of setup */

static bool ask_once(const void *context, int socket)
{
	const struct mapping *m = context;
	struct router_answer answer;
	lp_rights_limit_memory(CHILD_MEMORY);
	ask(m, m->outer, &answer);
	if (answer.verdict != ROUTER_MAPPED)
		release(&answer); /* no relay will run with it */
	return write(socket, &answer, sizeof(answer)) == (ssize_t)sizeof(answer);
}

bool mapping_ask(const struct mapping *m, struct router_answer *ret_answer)
{
	struct lp_child child;
	struct router_answer answer;
	ssize_t n;
	if (!start(m, &child, ask_once))
		return false;
	do
		n = read(child.socket, &answer, sizeof(answer));
	while (n < 0 && errno == EINTR);
	bool good = n == (ssize_t)sizeof(answer) && router_is_sane(&answer);
	if (good)
		*ret_answer = answer;
	else
		lp_log(LP_LOG_ERROR, "mapping_failed", "error=%s",
			n < 0 ? strerror(errno)
			      : "the process that asks the router has ended: the router does not "
				"answer as it should; forward the UDP port in it by hand");
	lp_child_end(&child);
	return good;
}
