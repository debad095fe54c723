#include "pcp.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lanparty/base/bytes.h"
#include "lanparty/edge/linux/loop.h"

#define VERSION        2
#define MAP            1
#define ANSWER         0x80
#define HEADER         24 /* bytes of an answer's or a request's own fields; MAP's follow */
#define RESULT         3  /* offset, in an answer */
#define LIFETIME       4
#define OWN            8
#define NONCE          24
#define PROTOCOL       36
#define INNER          40
#define OUTER          42
#define EXTERNAL       44
#define UDP            17
#define PREFER_FAILURE 2
#define OLD_ANSWER     8 /* bytes of one that has another version, as NAT-PMP's */
#define ATTEMPTS       3

size_t pcp_write(const struct pcp_ask *ask, uint8_t ret_request[PCP_REQUEST])
{
	uint8_t *at = ret_request;
	memset(at, 0, PCP_REQUEST);
	at[0] = VERSION;
	at[1] = MAP;
	lp_put32(at + LIFETIME, ask->seconds);
	memcpy(at + OWN, &ask->own, sizeof(ask->own));
	memcpy(at + NONCE, ask->nonce, PCP_NONCE);
	at[PROTOCOL] = UDP;
	lp_put16(at + INNER, ask->inner);
	lp_put16(at + OUTER, ask->seconds ? ask->outer : 0);
	/* No address is suggested: zeros of the family. */
	if (IN6_IS_ADDR_V4MAPPED(&ask->own))
		memset(at + EXTERNAL + 10, 0xff, 2);
	at[PCP_LEAST] = PREFER_FAILURE; /* an option without a value */
	return ask->exact ? PCP_REQUEST : PCP_LEAST;
}

bool pcp_read(
	const struct pcp_ask *ask, const uint8_t *bytes, size_t len, struct pcp_answer *ret_answer)
{
	struct pcp_answer a = {.verdict = PCP_REFUSED};
	if (len < OLD_ANSWER || len > PCP_MAX || !(bytes[1] & ANSWER))
		return false;
	if (bytes[0] != VERSION) {
		*ret_answer = (struct pcp_answer){.verdict = PCP_SILENT};
		return true;
	}
	if (len < HEADER || len % 4 != 0 || bytes[1] != (ANSWER | MAP))
		return false;
	a.code = bytes[RESULT];
	bool whole = len >= PCP_LEAST;
	if (whole && (memcmp(bytes + NONCE, ask->nonce, PCP_NONCE) != 0 || bytes[PROTOCOL] != UDP ||
			     lp_get16(bytes + INNER) != ask->inner))
		return false;
	if (a.code == 0 && !whole)
		return false;
	if (a.code == 0) {
		a.verdict = PCP_OPEN;
		a.seconds = lp_get32(bytes + LIFETIME);
		a.outer = lp_get16(bytes + OUTER);
		memcpy(&a.external, bytes + EXTERNAL, sizeof(a.external));
	}
	*ret_answer = a;
	return true;
}

/* From this address, so that the router sees the one that it is asked for. */
static bool open_socket(struct pcp_ask *ask, const struct sockaddr_in6 *router,
	const struct in6_addr *own, int *ret_fd)
{
	struct sockaddr_in6 from = {.sin6_family = AF_INET6, .sin6_addr = *own};
	socklen_t len = sizeof(from);
	int off = 0, fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	*ret_fd = fd;
	bool good =
		fd >= 0 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0 &&
		bind(fd, (const struct sockaddr *)(const void *)&from, sizeof(from)) == 0 &&
		connect(fd, (const struct sockaddr *)(const void *)router, sizeof(*router)) == 0 &&
		getsockname(fd, (struct sockaddr *)(void *)&from, &len) == 0;
	if (good)
		ask->own = from.sin6_addr;
	return good;
}

static bool hear(int fd, const struct pcp_ask *ask, lp_time until, struct pcp_answer *answer)
{
	uint8_t bytes[PCP_MAX + 1];
	for (lp_time now; (now = lp_clock()) < until;) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		if (poll(&wait, 1, (int)((until - now) / LP_MILLISECOND) + 1) <= 0)
			continue;
		ssize_t len = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (len > 0 && pcp_read(ask, bytes, (size_t)len, answer))
			return true;
	}
	return false;
}

void pcp_talk(struct pcp_ask *ask, const struct sockaddr_in6 *router, const struct in6_addr *own,
	struct pcp_answer *ret_answer)
{
	uint8_t request[PCP_REQUEST];
	struct pcp_answer answer = {.verdict = PCP_SILENT};
	lp_time pause = LP_SECOND / 7; /* 1/7, 2/7 and 4/7 s */
	int fd;
	bool open = open_socket(ask, router, own, &fd), heard = false;
	size_t len = pcp_write(ask, request);
	for (int i = 0; open && !heard && i < ATTEMPTS; i++, pause *= 2) {
		send(fd, request, len, 0); /* a failure is like a loss */
		heard = hear(fd, ask, lp_clock() + pause, &answer);
	}
	if (fd >= 0)
		close(fd);
	*ret_answer = answer;
}
