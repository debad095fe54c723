#include "router.h"

#include <arpa/inet.h>
#include <time.h> /* linux/errqueue.h wants it */

#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <natpmp.h>
#include <net/route.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lanparty/edge/linux/loop.h"

#define NATPMP_WAIT    (4 * LP_SECOND) /* four attempts of libnatpmp */
#define UPNP_WAIT_MS   2000
#define BEYOND_WAIT_MS 1000
#define UPNP_TTL       2
#define UPNP_FOR_EVER  725 /* "OnlyPermanentLeasesSupported" */
#define DESCRIPTION    "lanparty"
#define NUMBER         12 /* characters of a number, with its NUL */

enum router_verdict router_judge(struct in_addr external)
{
	static const struct {
		uint32_t network, mask;
		enum router_verdict verdict;
	} table[] = {
		{0x64400000, 0xffc00000, ROUTER_SHARED}, /* 100.64/10, RFC 6598 */
		{0x0a000000, 0xff000000, ROUTER_BEHIND_NAT},
		{0xac100000, 0xfff00000, ROUTER_BEHIND_NAT},
		{0xc0a80000, 0xffff0000, ROUTER_BEHIND_NAT},
		{0xc0000000, 0xffffff00, ROUTER_SHARED}, /* 192.0.0/24, DS-Lite, RFC 6333 */
		{0xa9fe0000, 0xffff0000, ROUTER_NO_ADDRESS},
		{0x7f000000, 0xff000000, ROUTER_NO_ADDRESS},
		{0x00000000, 0xff000000, ROUTER_NO_ADDRESS},
	};
	uint32_t address = ntohl(external.s_addr);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((address & table[i].mask) == table[i].network)
			return table[i].verdict;
	return ROUTER_MAPPED;
}

/* The file of the process itself: a service of systemd can see no other (ProcSubset=pid). */
static bool find_router(struct in_addr *ret_router)
{
	char line[256];
	unsigned network, router, flags, mask;
	bool found = false;
	FILE *file = fopen("/proc/self/net/route", "re");
	while (file && !found && fgets(line, sizeof(line), file)) {
		found = sscanf(line, "%*s %x %x %x %*s %*s %*s %x", &network, &router, &flags,
				&mask) == 4 &&
			network == 0 && mask == 0 && (flags & RTF_GATEWAY);
		if (found)
			ret_router->s_addr = router;
	}
	if (file)
		fclose(file);
	return found;
}

/* ---- PCP */

static void pcp_exchange(
	const struct router_answer *a, uint32_t seconds, bool exact, struct pcp_answer *ret_answer)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(ROUTER_PCP_PORT)};
	struct pcp_ask ask = {
		.inner = a->inner, .outer = a->outer, .seconds = seconds, .exact = exact};
	memset(to.sin6_addr.s6_addr + 10, 0xff, 2); /* a mapped address */
	memcpy(to.sin6_addr.s6_addr + 12, &a->router, sizeof(a->router));
	memcpy(ask.nonce, a->nonce, sizeof(ask.nonce));
	pcp_talk(&ask, &to, &in6addr_any, ret_answer);
}

/* exact: that port or none, because a router can search for another one for many seconds. */
static void pcp_ask(struct router_answer *a, bool exact)
{
	struct pcp_answer answer;
	pcp_exchange(a, ROUTER_SECONDS, exact, &answer);
	a->way = ROUTER_PCP;
	a->code = answer.code;
	a->verdict = answer.verdict == PCP_SILENT ? ROUTER_SILENT : ROUTER_REFUSED;
	if (answer.verdict != PCP_OPEN || answer.outer == 0)
		return;
	a->open = true;
	a->outer = answer.outer;
	a->seconds = answer.seconds;
	if (IN6_IS_ADDR_V4MAPPED(&answer.external))
		memcpy(&a->external, answer.external.s6_addr + 12, sizeof(a->external));
	a->verdict = router_judge(a->external);
}

/* ---- NAT-PMP */

static int natpmp_read(natpmp_t *p, natpmpresp_t *ret_response, lp_time deadline)
{
	int result;
	while ((result = readnatpmpresponseorretry(p, ret_response)) == NATPMP_TRYAGAIN) {
		struct pollfd wait = {.fd = p->s, .events = POLLIN};
		struct timeval next = {.tv_usec = 100000};
		if (lp_clock() >= deadline)
			return NATPMP_ERR_NOGATEWAYSUPPORT;
		getnatpmprequesttimeout(p, &next);
		long ms = next.tv_sec * 1000 + next.tv_usec / 1000;
		long left = (long)((deadline - lp_clock()) / LP_MILLISECOND) + 1;
		ms = ms < left ? ms : left;
		poll(&wait, 1, ms > 0 ? (int)ms : 1);
	}
	return result;
}

static enum router_verdict natpmp_talk(natpmp_t *p, struct router_answer *a)
{
	natpmpresp_t response;
	lp_time deadline = lp_clock() + NATPMP_WAIT;
	if (sendpublicaddressrequest(p) < 0)
		return ROUTER_SILENT;
	a->code = natpmp_read(p, &response, deadline);
	if (a->code == NATPMP_ERR_NETWORKFAILURE)
		return ROUTER_NO_ADDRESS;
	/* Other errors are of the network or of this computer. */
	if (a->code < 0)
		return a->code <= NATPMP_ERR_UNDEFINEDERROR ? ROUTER_REFUSED : ROUTER_SILENT;
	a->external = response.pnu.publicaddress.addr;
	if (sendnewportmappingrequest(p, NATPMP_PROTOCOL_UDP, a->inner, a->outer, ROUTER_SECONDS) <
		0)
		return ROUTER_REFUSED;
	a->code = natpmp_read(p, &response, deadline);
	if (a->code < 0)
		return ROUTER_REFUSED;
	a->open = true;
	a->outer = response.pnu.newportmapping.mappedpublicport;
	a->seconds = response.pnu.newportmapping.lifetime;
	return router_judge(a->external);
}

static void natpmp_ask(struct router_answer *a)
{
	natpmp_t p;
	a->way = ROUTER_NATPMP;
	a->verdict = ROUTER_SILENT;
	if (initnatpmp(&p, 1, a->router.s_addr) != 0)
		return;
	a->verdict = natpmp_talk(&p, a);
	closenatpmp(&p);
}

static void natpmp_release(const struct router_answer *a)
{
	natpmp_t p;
	natpmpresp_t response;
	if (initnatpmp(&p, 1, a->router.s_addr) != 0)
		return;
	if (sendnewportmappingrequest(&p, NATPMP_PROTOCOL_UDP, a->inner, 0, 0) > 0)
		natpmp_read(&p, &response, lp_clock() + LP_SECOND);
	closenatpmp(&p);
}

/* ---- UPnP */

struct upnp {
	struct UPNPUrls urls;
	struct IGDdatas data;
	char own[INET6_ADDRSTRLEN]; /* address of this computer */
};

static bool upnp_open(struct upnp *u)
{
	int error = 0;
	struct UPNPDev *devices =
		upnpDiscover(UPNP_WAIT_MS, NULL, NULL, UPNP_LOCAL_PORT_ANY, 0, UPNP_TTL, &error);
	memset(u, 0, sizeof(*u));
#if MINIUPNPC_API_VERSION >= 18
	char external[INET6_ADDRSTRLEN];
	int found = UPNP_GetValidIGD(
		devices, &u->urls, &u->data, u->own, sizeof(u->own), external, sizeof(external));
#else
	int found = UPNP_GetValidIGD(devices, &u->urls, &u->data, u->own, sizeof(u->own));
#endif
	freeUPNPDevlist(devices);
	if (found > 0 && (!u->urls.controlURL || !u->urls.controlURL[0])) {
		FreeUPNPUrls(&u->urls);
		found = 0;
	}
	return found > 0;
}

static int upnp_add(const struct upnp *u, const struct router_answer *a, uint32_t seconds)
{
	char inner[NUMBER], outer[NUMBER], lease[NUMBER];
	snprintf(inner, sizeof(inner), "%u", a->inner);
	snprintf(outer, sizeof(outer), "%u", a->outer);
	snprintf(lease, sizeof(lease), "%u", seconds);
	return UPNP_AddPortMapping(u->urls.controlURL, u->data.first.servicetype, outer, inner,
		u->own, DESCRIPTION, "UDP", NULL, lease);
}

static enum router_verdict upnp_talk(const struct upnp *u, struct router_answer *a)
{
	char external[INET_ADDRSTRLEN] = "";
	struct in_addr address = {0};
	a->code =
		UPNP_GetExternalIPAddress(u->urls.controlURL, u->data.first.servicetype, external);
	external[sizeof(external) - 1] = '\0';
	if (a->code != UPNPCOMMAND_SUCCESS || inet_pton(AF_INET, external, &address) != 1)
		return ROUTER_NO_ADDRESS;
	a->external = address;
	a->seconds = ROUTER_SECONDS;
	a->code = upnp_add(u, a, a->seconds);
	if (a->code == UPNP_FOR_EVER) {
		a->seconds = 0;
		a->code = upnp_add(u, a, 0);
	}
	a->open = a->code == UPNPCOMMAND_SUCCESS;
	enum router_verdict verdict = router_judge(address);
	return a->open || verdict != ROUTER_MAPPED ? verdict : ROUTER_REFUSED;
}

static bool upnp_ask(struct router_answer *a)
{
	struct upnp u;
	if (!upnp_open(&u))
		return false;
	a->way = ROUTER_UPNP;
	a->verdict = upnp_talk(&u, a);
	FreeUPNPUrls(&u.urls);
	return true;
}

static void upnp_release(const struct router_answer *a)
{
	struct upnp u;
	char outer[NUMBER];
	if (!upnp_open(&u))
		return;
	snprintf(outer, sizeof(outer), "%u", a->outer);
	UPNP_DeletePortMapping(u.urls.controlURL, u.data.first.servicetype, outer, "UDP", NULL);
	FreeUPNPUrls(&u.urls);
}

/* ---- the next router */

static bool read_offender(int fd, struct in_addr *ret_address)
{
	union {
		char bytes[256];
		struct cmsghdr align;
	} control = {{0}};
	struct msghdr m = {.msg_control = &control, .msg_controllen = sizeof(control)};
	if (recvmsg(fd, &m, MSG_ERRQUEUE) < 0)
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		const struct sock_extended_err *error = (const void *)CMSG_DATA(c);
		const struct sockaddr_in *from = (const void *)SO_EE_OFFENDER(error);
		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_RECVERR ||
			error->ee_origin != SO_EE_ORIGIN_ICMP ||
			error->ee_type != ICMP_TIME_EXCEEDED || from->sin_family != AF_INET)
			continue;
		*ret_address = from->sin_addr;
		return true;
	}
	return false;
}

/* Who says that a packet has passed too many routers, after two. Many routers do not say which address they
 * have when it is of no use; this one tells what kind of network is behind them. */
static bool find_beyond(struct in_addr *ret_address)
{
	/* Addresses for documentation (RFC 5737): only a default route leads there. */
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), two = 2, on = 1;
	struct pollfd wait = {.fd = fd};
	inet_pton(AF_INET, "192.0.2.200", &to.sin_addr);
	bool found =
		fd >= 0 && setsockopt(fd, IPPROTO_IP, IP_TTL, &two, sizeof(two)) == 0 &&
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) == 0 &&
		sendto(fd, "", 1, 0, (const struct sockaddr *)(const void *)&to, sizeof(to)) == 1 &&
		poll(&wait, 1, BEYOND_WAIT_MS) > 0 && read_offender(fd, ret_address);
	if (fd >= 0)
		close(fd);
	return found;
}

/* ---- either */

void router_release(const struct router_answer *answer)
{
	struct pcp_answer ignored;
	if (!answer->open)
		return;
	if (answer->way == ROUTER_PCP)
		pcp_exchange(answer, 0, false, &ignored);
	else if (answer->way == ROUTER_UPNP)
		upnp_release(answer);
	else
		natpmp_release(answer);
}

bool router_is_sane(const struct router_answer *answer)
{
	const struct router_answer *a = answer;
	bool known = a->verdict >= ROUTER_MAPPED && a->verdict <= ROUTER_SHARED &&
		     a->way >= ROUTER_PCP && a->way <= ROUTER_UPNP;
	bool mapped = a->open && a->external.s_addr && a->inner && a->outer;
	return known && (a->verdict != ROUTER_MAPPED || mapped);
}

static void ask_older(struct router_answer *first)
{
	struct router_answer second = *first;
	natpmp_ask(first);
	bool good = first->verdict == ROUTER_MAPPED;
	/* One that answers NAT-PMP can say more, or give more, by UPnP. */
	bool other = !good && !first->external.s_addr && upnp_ask(&second);
	bool better = other && (second.external.s_addr || first->verdict == ROUTER_SILENT);
	if (other)
		router_release(better ? first : &second);
	if (better)
		*first = second;
	if (first->verdict == ROUTER_NO_ADDRESS && find_beyond(&first->beyond) &&
		router_judge(first->beyond) != ROUTER_MAPPED)
		first->verdict = router_judge(first->beyond);
}

/* What PCP says counts when it is good, or nobody else says anything. */
static void ask_all(struct router_answer *a)
{
	struct router_answer pcp = *a;
	pcp_ask(&pcp, true);
	bool good = pcp.verdict == ROUTER_MAPPED;
	if (!good) {
		router_release(&pcp);
		pcp.open = false;
		ask_older(a);
	}
	if (!good && a->verdict == ROUTER_SILENT && pcp.verdict == ROUTER_REFUSED &&
		pcp.code == PCP_TAKEN)
		pcp_ask(&pcp, false);
	if (good || a->verdict == ROUTER_SILENT)
		*a = pcp;
}

void router_ask(const struct router_want *want, struct router_answer *ret_answer)
{
	struct router_answer a = {
		.verdict = ROUTER_NONE, .inner = want->inner, .outer = want->outer};
	memcpy(a.nonce, want->nonce, sizeof(a.nonce));
	if (find_router(&a.router))
		ask_all(&a);
	*ret_answer = a;
}
