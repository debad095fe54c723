/* tap_wire TAPNAME MAC UDPPORT PEERPORT: creates a TAP interface with that name and MAC and sets it
 * up. Its frames travel as UDP packets between 127.0.0.1:UDPPORT and 127.0.0.1:PEERPORT. With
 * win/pipe_wire at the other end, the network stack behind this interface serves as that of the
 * Windows client's adapter: ping and a DHCP client use it as on a player's computer. Prints
 * "ready". Ends on a signal. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lanparty/edge/linux/netlink.h"
#include "lanparty/edge/linux/tap.h"
#include "lanparty/packet/eth.h"

#define FRAME_CAP 65536 /* longer than any UDP payload */

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int open_tap(const char *name, const struct lp_mac *mac)
{
	const struct lp_interface_change change = {.mac = mac, .up = true};
	struct lp_tap tap;
	errno = lp_tap_open(name, &tap);
	if (errno != 0)
		fail(name);
	errno = lp_netlink_change(tap.index, &change);
	if (errno != 0)
		fail("MAC and up");
	return tap.fd;
}

static int open_udp(const char *port, const char *peer)
{
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(udp, (struct sockaddr *)&at, sizeof(at)) != 0)
		fail("bind");
	at.sin_port = htons((uint16_t)atoi(peer));
	if (connect(udp, (struct sockaddr *)&at, sizeof(at)) != 0)
		fail("connect");
	return udp;
}

/* Forwards one packet. What cannot be sent (no frame, nobody at the other end) is lost, as on a
 * cable. */
static void carry(int from, int to)
{
	static uint8_t bytes[FRAME_CAP];
	ssize_t len = read(from, bytes, sizeof(bytes));
	if (len > 0 && write(to, bytes, (size_t)len) != len)
		return;
}

int main(int argc, char **argv)
{
	struct lp_mac mac;
	if (argc != 5 || !lp_mac_parse(argv[2], &mac)) {
		fprintf(stderr, "usage: tap_wire TAPNAME MAC UDPPORT PEERPORT\n");
		return 2;
	}
	int udp = open_udp(argv[3], argv[4]), tap = open_tap(argv[1], &mac);
	struct pollfd fds[] = {{.fd = tap, .events = POLLIN}, {.fd = udp, .events = POLLIN}};
	puts("ready");
	fflush(stdout);
	while (poll(fds, 2, -1) >= 0) {
		if (fds[0].revents)
			carry(tap, udp);
		if (fds[1].revents)
			carry(udp, tap);
	}
	fail("poll");
}
