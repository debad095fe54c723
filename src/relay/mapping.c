#include "mapping.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/edge/linux/rights.h"
#include "lanparty/edge/log.h"
#include "lanparty/quic/crypto.h"

#define PERMANENT_SECONDS 600 /* a router that was restarted forgets ports without an end, too */
#define AGAIN_SECONDS     30  /* after a failure */
#define LEAST_SECONDS     2
#define CHILD_MEMORY      (64 << 20) /* bytes; what a router sends has no end of its own */
#define CHILD_SECONDS     30         /* then it is ended by SIGALRM: far more than a router needs */

static void format(struct in_addr address, char text[INET_ADDRSTRLEN])
{
	inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
}

static void format6(const struct in6_addr *address, char text[INET6_ADDRSTRLEN])
{
	inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
}

static const char *name_of(enum router_way way)
{
	static const char *const names[] = {
		[ROUTER_PCP] = "PCP", [ROUTER_NATPMP] = "NAT-PMP", [ROUTER_UPNP] = "UPnP"};
	return names[way];
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
			name_of(a->way));
		break;
	case ROUTER_NONE:
		snprintf(text, MAPPING_SENTENCE,
			"this computer has no IPv4 router: connect it to the home's network");
		break;
	case ROUTER_SILENT:
		snprintf(text, MAPPING_SENTENCE,
			"the router %s answers neither PCP nor NAT-PMP nor UPnP: turn one of them "
			"on in the router; %s",
			router, forward);
		break;
	case ROUTER_REFUSED:
		snprintf(text, MAPPING_SENTENCE,
			"the router %s gives no port (%s, code %d): allow it to this computer in "
			"the "
			"router; %s",
			router, name_of(a->way), a->code, forward);
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

void mapping_explain_hole(const struct hole *hole, char text[MAPPING_SENTENCE])
{
	char address[INET6_ADDRSTRLEN];
	bool mapped = hole->verdict == ROUTER_MAPPED;
	format6(mapped ? &hole->external : &hole->own, address);
	switch (hole->verdict) {
	case ROUTER_MAPPED:
		snprintf(text, MAPPING_SENTENCE, "[%s] port %u leads to this computer by IPv6 (%s)",
			address, hole->outer,
			hole->open ? name_of(hole->way) : "the router blocks nothing");
		break;
	case ROUTER_NONE:
		snprintf(text, MAPPING_SENTENCE,
			"this computer has no public address of IPv6: turn IPv6 on in the router, "
			"if "
			"the provider offers it");
		break;
	case ROUTER_SILENT:
		snprintf(text, MAPPING_SENTENCE,
			"this computer has the public address %s, but the router opens no port of "
			"it "
			"by PCP or UPnP: turn one of them on in the router for IPv6, or open UDP "
			"port %u to this address there",
			address, hole->inner);
		break;
	default:
		snprintf(text, MAPPING_SENTENCE,
			"the router does not open UDP port %u of %s (%s, code %d): allow it to "
			"this "
			"computer in the router, or open the port there",
			hole->inner, address, name_of(hole->way), hole->code);
		break;
	}
}

/* ---- the child that runs beside the relay */

static void say_mapped(const struct router_answer *a, const struct router_answer *invites)
{
	char address[INET_ADDRSTRLEN];
	format(a->external, address);
	lp_log(LP_LOG_INFO, "port_mapped", "way=%s address=%s port=%u seconds=%u", name_of(a->way),
		address, a->outer, a->seconds);
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

static uint32_t hole_pause(const struct hole *h)
{
	const struct router_answer as = {.verdict = h->verdict, .seconds = h->seconds};
	return h->verdict == ROUTER_NONE ? PERMANENT_SECONDS : mapping_pause(&as);
}

/* The same in setup and in the relay, because a router gives a port again to nobody else (RFC 6887, section
 * 11.3). Not the computer's number itself, which is its own affair. */
static void make_nonce(uint8_t nonce[PCP_NONCE])
{
	char id[64];
	uint8_t key[32];
	FILE *file = fopen("/etc/machine-id", "re");
	size_t len = file ? fread(id, 1, sizeof(id), file) : 0;
	if (file)
		fclose(file);
	if ((len > 0 && lp_derive(id, len, "lanparty/1 pcp nonce", key)) ||
		lp_random(key, sizeof(key)))
		memcpy(nonce, key, PCP_NONCE);
}

static void ask(const struct router_want *want, struct mapping_answer *ret_answer)
{
	alarm(CHILD_SECONDS);
	router_ask(want, &ret_answer->port);
	alarm(CHILD_SECONDS);
	hole_ask(want, &ret_answer->hole);
	alarm(0);
}

static void release(const struct router_answer *a)
{
	alarm(CHILD_SECONDS);
	router_release(a);
	alarm(0);
}

static void close_hole(const struct hole *h)
{
	alarm(CHILD_SECONDS);
	hole_release(h);
	alarm(0);
}

/* The port that the router has open, also when it leads nowhere, as behind another router. Of PCP and NAT-PMP
 * the newest answer replaces the one before: one mapping belongs to an inner port (RFC 6886, section 3.3). */
static void hold(struct mapping_answer *held, const struct mapping_answer *now)
{
	const struct router_answer *port = &now->port;
	const struct hole *hole = &now->hole;
	bool upnp = held->port.open && held->port.way == ROUTER_UPNP;
	if (port->open && upnp && (port->outer != held->port.outer || port->way != ROUTER_UPNP))
		release(&held->port);
	if (port->open)
		held->port = *port;
	bool moved = memcmp(&hole->own, &held->hole.own, sizeof(hole->own)) != 0;
	if (held->hole.open && moved)
		close_hole(&held->hole);
	if (hole->open || moved)
		held->hole = *hole;
}

static void say_hole(const struct hole *h, const struct in6_addr *expected)
{
	char address[INET6_ADDRSTRLEN], text[MAPPING_SENTENCE];
	bool named = !IN6_IS_ADDR_UNSPECIFIED(expected);
	format6(&h->external, address);
	if (h->verdict == ROUTER_MAPPED) {
		lp_log(LP_LOG_INFO, "port_mapped", "way=%s address=%s port=%u seconds=%u",
			h->open ? name_of(h->way) : "open", address, h->outer, h->seconds);
		if (named && memcmp(expected, &h->external, sizeof(*expected)) != 0)
			lp_log(LP_LOG_WARNING, "external_address_changed",
				"address=%s port=%u hint=%s", address, h->outer,
				"invites have the old one of IPv6: correct the line of the relay's "
				"configuration that has it, and send new invites");
		return;
	}
	if (h->verdict == ROUTER_NONE && !named)
		return; /* a home without IPv6 */
	mapping_explain_hole(h, text);
	lp_log(named ? LP_LOG_WARNING : LP_LOG_INFO, "port_not_mapped", "port=%u hint=%s", h->inner,
		text);
}

static void tell_hole(
	const struct hole *h, const struct hole *before, const struct in6_addr *expected)
{
	if (!before || h->verdict != before->verdict || h->outer != before->outer ||
		memcmp(&h->external, &before->external, sizeof(h->external)) != 0)
		say_hole(h, expected);
}

static int pause_ms(const struct mapping_answer *a)
{
	uint32_t port = mapping_pause(&a->port), hole = hole_pause(&a->hole);
	return (int)(port < hole ? port : hole) * 1000;
}

static bool keep(const void *context, int socket)
{
	const struct mapping *m = context;
	struct router_answer invites = {.external = m->expected, .outer = m->outer};
	struct mapping_answer now, before, held = {.port.open = false};
	struct router_want want = {.inner = m->inner, .outer = m->outer};
	struct pollfd end = {.fd = socket, .events = POLLIN};
	bool first = true;
	lp_rights_limit_memory(CHILD_MEMORY);
	make_nonce(want.nonce);
	do {
		ask(&want, &now);
		hold(&held, &now);
		tell(&now.port, first ? NULL : &before.port, &invites);
		tell_hole(&now.hole, first ? NULL : &before.hole, &m->expected6);
		if (now.port.verdict == ROUTER_MAPPED) {
			want.outer = now.port.outer; /* the last one that was given */
			if (!invites.external.s_addr)
				invites.external = now.port.external;
		}
		before = now;
		first = false;
	} while (poll(&end, 1, pause_ms(&now)) <= 0);
	release(&held.port);
	close_hole(&held.hole);
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
	struct mapping_answer answer;
	struct router_want want = {.inner = m->inner, .outer = m->outer};
	lp_rights_limit_memory(CHILD_MEMORY);
	make_nonce(want.nonce);
	memset(&answer, 0, sizeof(answer));
	ask(&want, &answer);
	if (answer.port.verdict != ROUTER_MAPPED)
		release(&answer.port); /* no relay will run with it */
	return write(socket, &answer, sizeof(answer)) == (ssize_t)sizeof(answer);
}

bool mapping_ask(const struct mapping *m, struct mapping_answer *ret_answer)
{
	struct lp_child child;
	struct mapping_answer answer;
	ssize_t n;
	if (!start(m, &child, ask_once))
		return false;
	do
		n = read(child.socket, &answer, sizeof(answer));
	while (n < 0 && errno == EINTR);
	bool good = n == (ssize_t)sizeof(answer) && router_is_sane(&answer.port) &&
		    hole_is_sane(&answer.hole);
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
