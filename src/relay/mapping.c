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
#define PORT_NAME         "lanparty-port"
#define HOLE_NAME         "lanparty-hole"
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

/* Of either family. A library can write a part of the address before it finds out that it is a name (musl). */
static bool parse(int family, const struct lp_host *host, void *ret_address)
{
	struct in6_addr address;
	bool good = inet_pton(family, host->name, &address) == 1;
	if (good)
		memcpy(ret_address, &address,
			family == AF_INET ? sizeof(struct in_addr) : sizeof(address));
	return good;
}

void mapping_expect(
	struct mapping *m, const struct lp_host *name, const struct lp_host *also, size_t count)
{
	bool six = parse(AF_INET6, name, &m->expected6);
	m->outer = name->name[0] ? name->port : m->inner;
	parse(AF_INET, name, &m->expected);
	for (size_t i = 0; i < count; i++)
		if (!parse(AF_INET6, &also[i], &m->expected6) && six &&
			parse(AF_INET, &also[i], &m->expected))
			m->outer = also[i].port;
}

/* ---- the children that run beside the relay, one for each family: an answer without an end ends one alone */

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

/* Asking is a multicast to the whole LAN, so a router that never opens anything hears it ever less often. */
uint32_t mapping_hole_pause(const struct hole *hole, uint32_t failures)
{
	const struct router_answer as = {.verdict = hole->verdict, .seconds = hole->seconds};
	bool fails = hole->verdict != ROUTER_MAPPED;
	uint32_t pause = mapping_pause(&as);
	if (hole->verdict == ROUTER_NONE)
		return PERMANENT_SECONDS;
	for (uint32_t i = 1; fails && i < failures && pause < PERMANENT_SECONDS; i++)
		pause *= 2;
	return fails && pause > PERMANENT_SECONDS ? PERMANENT_SECONDS : pause;
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

static struct router_want prepare(const struct mapping *m)
{
	struct router_want want = {.inner = m->inner, .outer = m->outer};
	lp_rights_limit_memory(CHILD_MEMORY);
	make_nonce(want.nonce);
	return want;
}

static void ask(const struct router_want *want, struct router_answer *ret_answer)
{
	alarm(CHILD_SECONDS);
	router_ask(want, ret_answer);
	alarm(0);
}

static void ask_hole(const struct router_want *want, struct hole *ret_hole)
{
	alarm(CHILD_SECONDS);
	hole_ask(want, ret_hole);
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
static void hold(struct router_answer *held, const struct router_answer *now)
{
	bool upnp = held->open && held->way == ROUTER_UPNP;
	if (now->open && upnp && (now->outer != held->outer || now->way != ROUTER_UPNP))
		release(held);
	if (now->open)
		*held = *now;
}

static void hold_hole(struct hole *held, const struct hole *now)
{
	bool moved = memcmp(&now->own, &held->own, sizeof(now->own)) != 0;
	if (held->open && moved)
		close_hole(held);
	if (now->open || moved)
		*held = *now;
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

static bool waits(int socket, uint32_t seconds)
{
	struct pollfd end = {.fd = socket, .events = POLLIN};
	return poll(&end, 1, (int)seconds * 1000) <= 0;
}

static bool keep(const void *context, int socket)
{
	const struct mapping *m = context;
	struct router_answer invites = {.external = m->expected, .outer = m->outer};
	struct router_answer now, before, held = {.open = false};
	struct router_want want = prepare(m);
	bool first = true;
	do {
		ask(&want, &now);
		hold(&held, &now);
		tell(&now, first ? NULL : &before, &invites);
		if (now.verdict == ROUTER_MAPPED) {
			want.outer = now.outer; /* the last one that was given */
			if (!invites.external.s_addr)
				invites.external = now.external;
		}
		before = now;
		first = false;
	} while (waits(socket, mapping_pause(&now)));
	release(&held);
	return true;
}

static bool keep_hole(const void *context, int socket)
{
	const struct mapping *m = context;
	struct hole now, before, held = {.open = false};
	struct router_want want = prepare(m);
	uint32_t failures = 0;
	bool first = true;
	do {
		ask_hole(&want, &now);
		hold_hole(&held, &now);
		tell_hole(&now, first ? NULL : &before, &m->expected6);
		failures = now.verdict == ROUTER_MAPPED ? 0 : failures + 1;
		before = now;
		first = false;
	} while (waits(socket, mapping_hole_pause(&now, failures)));
	close_hole(&held);
	return true;
}

static bool start(const struct mapping *m, const char *name, struct lp_child *ret_child,
	bool (*run)(const void *context, int socket))
{
	const struct lp_child_task task = {.name = name,
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
	return start(m, PORT_NAME, &m->child, keep) && start(m, HOLE_NAME, &m->hole, keep_hole);
}

void mapping_look(struct mapping *m)
{
	if (lp_child_has_ended(&m->child))
		lp_log(LP_LOG_WARNING, "mapping_ended", "hint=%s",
			"the process that keeps the router's port open has ended: restart the "
			"relay");
	if (lp_child_has_ended(&m->hole))
		lp_log(LP_LOG_WARNING, "mapping_ended", "hint=%s",
			"the process that keeps the router open for IPv6 has ended, perhaps "
			"because a device of the LAN never ended its answer; the port of IPv4 "
			"stays: restart the relay to be reached by IPv6 again");
}

void mapping_stop(struct mapping *m)
{
	lp_child_end(&m->child);
	lp_child_end(&m->hole);
}

/* ---- the children of setup */

static bool ask_once(const void *context, int socket)
{
	struct router_answer answer;
	struct router_want want = prepare(context);
	memset(&answer, 0, sizeof(answer));
	ask(&want, &answer);
	if (answer.verdict != ROUTER_MAPPED)
		release(&answer); /* no relay will run with it */
	return write(socket, &answer, sizeof(answer)) == (ssize_t)sizeof(answer);
}

static bool ask_hole_once(const void *context, int socket)
{
	struct hole hole;
	struct router_want want = prepare(context);
	memset(&hole, 0, sizeof(hole));
	ask_hole(&want, &hole);
	return write(socket, &hole, sizeof(hole)) == (ssize_t)sizeof(hole);
}

static bool hear(const struct lp_child *child, void *answer, size_t size)
{
	ssize_t n;
	do
		n = read(child->socket, answer, size);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)size;
}

static bool hear_both(
	const struct lp_child *port, const struct lp_child *hole, struct mapping_answer *ret_answer)
{
	struct mapping_answer a;
	bool good = hear(port, &a.port, sizeof(a.port)) && router_is_sane(&a.port);
	if (!good) {
		lp_log(LP_LOG_ERROR, "mapping_failed", "error=%s",
			"the process that asks the router has ended: the router does not answer "
			"as it should; forward the UDP port in it by hand");
		return false;
	}
	if (!hear(hole, &a.hole, sizeof(a.hole)) || !hole_is_sane(&a.hole)) {
		lp_log(LP_LOG_WARNING, "mapping_failed", "error=%s",
			"the process that asks the router for IPv6 has ended: a device of the "
			"LAN does not answer as it should; setup goes on without IPv6");
		a.hole = (struct hole){.verdict = ROUTER_NONE};
	}
	*ret_answer = a;
	return true;
}

bool mapping_ask(const struct mapping *m, struct mapping_answer *ret_answer)
{
	struct lp_child port = {.socket = -1}, hole = {.socket = -1};
	bool good = start(m, PORT_NAME, &port, ask_once) &&
		    start(m, HOLE_NAME, &hole, ask_hole_once) &&
		    hear_both(&port, &hole, ret_answer);
	lp_child_end(&port);
	lp_child_end(&hole);
	return good;
}
