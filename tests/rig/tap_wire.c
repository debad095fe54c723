/* tap_wire TAPNAME MAC UDPPORT PEERPORT: creates a TAP interface with that name and MAC and sets it
 * up. Its frames travel as UDP packets between 127.0.0.1:UDPPORT and 127.0.0.1:PEERPORT. With
 * win/pipe_wire at the other end, the network stack behind this interface serves as that of the
 * Windows client's adapter: ping and a DHCP client use it as on a player's computer. Prints
 * "ready". Ends on a signal. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lanparty/packet/eth.h"

#define FRAME_CAP 65536 /* longer than any UDP payload */

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int open_tap(const char *name, const struct lp_mac *mac)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	int tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (tap < 0 || ioctl(tap, TUNSETIFF, &request) != 0)
		fail(name);
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(request.ifr_hwaddr.sa_data, mac->b, sizeof(mac->b));
	if (ioctl(control, SIOCSIFHWADDR, &request) != 0)
		fail("MAC");
	request.ifr_flags = IFF_UP;
	if (ioctl(control, SIOCSIFFLAGS, &request) != 0)
		fail("up");
	close(control);
	return tap;
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
