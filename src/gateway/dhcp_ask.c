#include "dhcp_ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lanparty/base/bytes.h"
#include "lanparty/base/time.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/packet/checksum.h"
#include "lanparty/packet/view.h"
#include "lanparty/quic/crypto.h"

#define REQUESTS  3
#define UDP       (LP_ETH_HEADER + LP_IPV4_MIN)
#define MESSAGE   (UDP + LP_UDP_HEADER)
#define BOOTP     (LP_DHCP_ASK_FRAME - MESSAGE)
#define FLAGS     10 /* in the message */
#define BROADCAST 0x8000
#define DISCOVER  1
#define HARDWARE  1    /* Ethernet, in the field htype */
#define IPV4_FULL 0x45 /* version 4, a header of 20 bytes */

/* Everything that stays 0 is right so: the client's address, and UDP's checksum. */
void lp_dhcp_build(const struct lp_mac *own, uint32_t xid, uint8_t frame[LP_DHCP_ASK_FRAME])
{
	memset(frame, 0, LP_DHCP_ASK_FRAME);
	memset(frame, 0xff, sizeof(own->b));
	memcpy(frame + sizeof(own->b), own->b, sizeof(own->b));
	lp_put16(frame + LP_ETH_TYPE, LP_ETHERTYPE_IPV4);
	uint8_t *ip = frame + LP_ETH_HEADER, *udp = frame + UDP, *dhcp = frame + MESSAGE;
	ip[0] = IPV4_FULL;
	lp_put16(ip + LP_IPV4_LENGTH, LP_DHCP_ASK_FRAME - LP_ETH_HEADER);
	ip[LP_IPV4_TTL] = 64;
	ip[LP_IPV4_PROTOCOL] = LP_IP_UDP;
	memset(ip + LP_IPV4_DESTINATION, 0xff, LP_IPV4_ADDRESS);
	lp_checksum_ipv4(ip, LP_IPV4_MIN);
	lp_put16(udp, LP_PORT_DHCP_CLIENT);
	lp_put16(udp + 2, LP_PORT_DHCP_SERVER);
	lp_put16(udp + LP_UDP_LENGTH, LP_UDP_HEADER + BOOTP);
	dhcp[0] = LP_DHCP_REQUEST;
	dhcp[1] = HARDWARE;
	dhcp[2] = sizeof(own->b);
	lp_put32(dhcp + LP_DHCP_XID, xid);
	lp_put16(dhcp + FLAGS, BROADCAST);
	memcpy(dhcp + LP_DHCP_CHADDR, own->b, sizeof(own->b));
	lp_put32(dhcp + LP_DHCP_COOKIE, LP_DHCP_COOKIE_VALUE);
	uint8_t *option = dhcp + LP_DHCP_OPTIONS;
	*option++ = LP_DHCP_TYPE;
	*option++ = 1;
	*option++ = DISCOVER;
	*option = LP_DHCP_END;
}

bool lp_dhcp_is_answer(const uint8_t *frame, size_t len, uint32_t xid, struct lp_mac *ret_server,
	uint32_t *ret_ipv4)
{
	struct lp_view v;
	lp_view_of(frame, len, &v);
	if (v.flaw != LP_VIEW_SOUND || v.version != 4 || v.protocol != LP_IP_UDP ||
		v.source_port != LP_PORT_DHCP_SERVER || v.data_len < LP_DHCP_OPTIONS)
		return false;
	const uint8_t *dhcp = lp_view_transport(&v) + LP_UDP_HEADER;
	if (dhcp[0] != LP_DHCP_REPLY || lp_get32(dhcp + LP_DHCP_XID) != xid)
		return false;
	*ret_server = v.eth.src;
	*ret_ipv4 = lp_get32(frame + LP_ETH_HEADER + LP_IPV4_SOURCE);
	return true;
}

/* Until another computer has answered. Frames of this computer's own server go out. */
static void hear(int fd, uint32_t xid, lp_time until, struct lp_dhcp_heard *heard)
{
	uint8_t frame[LP_ETH_FRAME_MAX];
	struct lp_mac server;
	uint32_t ipv4;
	for (lp_time now; !heard->lan && (now = lp_clock()) < until;) {
		struct sockaddr_ll from = {.sll_family = AF_PACKET};
		socklen_t from_len = sizeof(from);
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int wait = (int)((until - now) / LP_MILLISECOND) + 1;
		if (poll(&p, 1, wait) <= 0)
			continue;
		ssize_t len = recvfrom(fd, frame, sizeof(frame), MSG_DONTWAIT,
			(struct sockaddr *)&from, &from_len);
		if (len <= 0 || !lp_dhcp_is_answer(frame, (size_t)len, xid, &server, &ipv4))
			continue;
		if (from.sll_pkttype == PACKET_OUTGOING)
			heard->own = true;
		else
			heard->lan = true;
	}
}

/* All frames, because frames of one protocol are only those that come in. -1, with errno. */
static int open_port(const struct lp_interface *lan)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = lan->index};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	int error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

/* A frame of the other socket passes this computer's own server by. IP brings a broadcast to it. -1: it is not
 * asked, which is no reason to fail. */
static int open_own(const struct lp_interface *lan)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), on = 1;
	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) != 0 ||
			       setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, lan->name,
				       (socklen_t)strlen(lan->name)) != 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool ask(int fd, int own, const uint8_t frame[LP_DHCP_ASK_FRAME])
{
	const struct sockaddr_in all = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_BROADCAST)};
	if (own >= 0)
		sendto(own, frame + LP_ETH_HEADER, LP_DHCP_ASK_FRAME - LP_ETH_HEADER, 0,
			(const struct sockaddr *)&all, sizeof(all));
	return send(fd, frame, LP_DHCP_ASK_FRAME, 0) == LP_DHCP_ASK_FRAME;
}

bool lp_dhcp_ask(const struct lp_interface *lan, struct lp_dhcp_heard *ret_heard)
{
	uint8_t frame[LP_DHCP_ASK_FRAME];
	uint32_t xid;
	struct lp_dhcp_heard heard = {.lan = false};
	int fd = open_port(lan), own = open_own(lan), error = errno;
	bool asked = false;
	bool good = fd >= 0 && lp_random(&xid, sizeof(xid));
	if (good)
		lp_dhcp_build(&lan->mac, xid, frame);
	for (int i = 0; good && !heard.lan && i < REQUESTS; i++) {
		if (ask(fd, own, frame))
			asked = true;
		else
			error = errno;
		hear(fd, xid, lp_clock() + LP_SECOND, &heard);
	}
	if (own >= 0)
		close(own);
	if (fd >= 0)
		close(fd);
	errno = error;
	if (asked)
		*ret_heard = heard;
	return asked;
}
