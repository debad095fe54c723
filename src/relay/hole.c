#include "hole.h"

#include <arpa/inet.h>
#include <linux/in6.h>
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lanparty/base/hex.h"
#include "lanparty/base/time.h"

#define UPNP_WAIT_MS 2000
#define UPNP_TTL     2
#define ANY          "0" /* port of the other end */
#define UDP          "17"
#define NUMBER       12 /* characters of a number, with its NUL */

bool hole_is_public(const struct in6_addr *address)
{
	const uint8_t *a = address->s6_addr;
	bool global = (a[0] & 0xe0) == 0x20, six_to_four = a[0] == 0x20 && a[1] == 0x02;
	bool teredo = a[0] == 0x20 && a[1] == 0x01 && a[2] == 0 && a[3] == 0;
	return global && !six_to_four && !teredo;
}

/* The address from which this computer speaks to the world; not one that changes each day (RFC 8981). */
static bool find_own(struct in6_addr *ret_own)
{
	/* An address for documentation (RFC 3849): only a default route leads there. */
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	struct sockaddr_in6 from = {.sin6_family = AF_UNSPEC};
	socklen_t len = sizeof(from);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), stable = IPV6_PREFER_SRC_PUBLIC;
	inet_pton(AF_INET6, "2001:db8:ffff:ffff::1", &to.sin6_addr);
	bool found =
		fd >= 0 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, &stable, sizeof(stable)) == 0 &&
		connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to)) == 0 &&
		getsockname(fd, (struct sockaddr *)(void *)&from, &len) == 0 &&
		hole_is_public(&from.sin6_addr);
	if (fd >= 0)
		close(fd);
	if (found)
		*ret_own = from.sin6_addr;
	return found;
}

/* The default router, with its interface. */
static bool find_router(struct sockaddr_in6 *ret_router, char ret_interface[IF_NAMESIZE])
{
	char line[256], to[33], next[33], interface[IF_NAMESIZE];
	unsigned prefix, flags;
	bool found = false;
	*ret_router = (struct sockaddr_in6){.sin6_family = AF_INET6};
	FILE *file = fopen("/proc/self/net/ipv6_route", "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%32s %x %*s %*s %32s %*x %*x %*x %x %15s", to, &prefix, next,
				&flags, interface) == 5 &&
			strspn(to, "0") == 32 && prefix == 0 && (flags & RTF_GATEWAY) &&
			lp_hex_read(
				next, sizeof(ret_router->sin6_addr), ret_router->sin6_addr.s6_addr);
	if (file)
		fclose(file);
	if (!found)
		return false;
	ret_router->sin6_scope_id = if_nametoindex(interface);
	memcpy(ret_interface, interface, IF_NAMESIZE);
	return true;
}

/* ---- PCP */

static void pcp(struct hole *h, const struct sockaddr_in6 *router, uint32_t seconds)
{
	struct sockaddr_in6 to = *router;
	struct pcp_ask ask = {.inner = h->inner, .outer = h->outer, .seconds = seconds};
	struct pcp_answer answer;
	to.sin6_port = htons(ROUTER_PCP_PORT);
	memcpy(ask.nonce, h->nonce, sizeof(ask.nonce));
	pcp_talk(&ask, &to, &h->own, &answer);
	h->way = ROUTER_PCP;
	h->code = answer.code;
	h->verdict = answer.verdict == PCP_SILENT ? ROUTER_SILENT : ROUTER_REFUSED;
	if (answer.verdict != PCP_OPEN || seconds == 0)
		return;
	h->open = true;
	h->external = answer.external;
	h->outer = answer.outer;
	h->seconds = answer.seconds;
	if (hole_is_public(&h->external) && h->outer)
		h->verdict = ROUTER_MAPPED;
}

/* ---- UPnP */

struct upnp {
	struct UPNPUrls urls;
	struct IGDdatas data;
};

/* Over IPv6, because a router opens a hole only for whoever asks. */
static bool upnp_open(struct upnp *u, const char *interface)
{
	int error = 0;
	char own[INET6_ADDRSTRLEN];
	struct UPNPDev *devices = upnpDiscover(
		UPNP_WAIT_MS, interface, NULL, UPNP_LOCAL_PORT_ANY, 1, UPNP_TTL, &error);
	memset(u, 0, sizeof(*u));
#if MINIUPNPC_API_VERSION >= 18
	char external[INET6_ADDRSTRLEN];
	int found = UPNP_GetValidIGD(
		devices, &u->urls, &u->data, own, sizeof(own), external, sizeof(external));
#else
	int found = UPNP_GetValidIGD(devices, &u->urls, &u->data, own, sizeof(own));
#endif
	freeUPNPDevlist(devices);
	const char *control = found > 0 ? u->urls.controlURL_6FC : NULL;
	bool good = control && control[0] && u->data.IPv6FC.servicetype[0];
	if (found > 0 && !good)
		FreeUPNPUrls(&u->urls);
	return good;
}

static void upnp_talk(const struct upnp *u, struct hole *h)
{
	char own[INET6_ADDRSTRLEN], inner[NUMBER], lease[NUMBER], id[64] = "";
	int enabled = 1, allowed = 1;
	const char *control = u->urls.controlURL_6FC, *type = u->data.IPv6FC.servicetype;
	inet_ntop(AF_INET6, &h->own, own, sizeof(own));
	snprintf(inner, sizeof(inner), "%u", h->inner);
	snprintf(lease, sizeof(lease), "%u", ROUTER_SECONDS);
	h->external = h->own;
	h->outer = h->inner;
	h->seconds = ROUTER_SECONDS;
	if (UPNP_GetFirewallStatus(control, type, &enabled, &allowed) == UPNPCOMMAND_SUCCESS &&
		!enabled) {
		h->verdict = ROUTER_MAPPED;
		return;
	}
	h->code = UPNP_AddPinhole(control, type, "", ANY, own, inner, UDP, lease, id);
	h->open = h->code == UPNPCOMMAND_SUCCESS;
	h->verdict = h->open ? ROUTER_MAPPED : ROUTER_REFUSED;
	snprintf(h->id, sizeof(h->id), "%.*s", HOLE_ID - 1, id);
}

static bool upnp_ask(struct hole *h, const char *interface)
{
	struct upnp u;
	if (!upnp_open(&u, interface))
		return false;
	h->way = ROUTER_UPNP;
	h->open = false;
	upnp_talk(&u, h);
	FreeUPNPUrls(&u.urls);
	return true;
}

/* ---- either */

void hole_ask(const struct router_want *want, struct hole *ret_hole)
{
	struct hole h = {.verdict = ROUTER_NONE, .inner = want->inner, .outer = want->inner};
	struct sockaddr_in6 router;
	char interface[IF_NAMESIZE];
	memcpy(h.nonce, want->nonce, sizeof(h.nonce));
	if (find_own(&h.own) && find_router(&router, interface)) {
		pcp(&h, &router, ROUTER_SECONDS);
		if (h.verdict != ROUTER_MAPPED) {
			hole_release(&h);
			h.open = false;
			upnp_ask(&h, interface);
		}
	}
	*ret_hole = h;
}

void hole_release(const struct hole *hole)
{
	struct hole h = *hole;
	struct sockaddr_in6 router;
	struct upnp u;
	char interface[IF_NAMESIZE];
	if (!h.open || !find_router(&router, interface))
		return;
	if (h.way == ROUTER_PCP) {
		pcp(&h, &router, 0);
	} else if (upnp_open(&u, interface)) {
		UPNP_DeletePinhole(u.urls.controlURL_6FC, u.data.IPv6FC.servicetype, h.id);
		FreeUPNPUrls(&u.urls);
	}
}

bool hole_is_sane(const struct hole *hole)
{
	bool known = hole->verdict >= ROUTER_MAPPED && hole->verdict <= ROUTER_REFUSED;
	bool ended = memchr(hole->id, 0, sizeof(hole->id)) != NULL;
	bool way = hole->way >= ROUTER_PCP && hole->way <= ROUTER_UPNP;
	bool mapped = hole_is_public(&hole->external) && hole->outer;
	return known && ended && way && (hole->verdict != ROUTER_MAPPED || mapped);
}
