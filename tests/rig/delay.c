/* delay TUN MILLISECONDS: a delay line, for kernels without netem. Packets that the kernel routes
 * into the interface come out of it in order after the delay. At most HELD packets are in transit;
 * more are lost. */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/linux/tap.h"

#define HELD    8192
#define MAX_LEN 2048

static struct held {
	lp_time due;
	size_t len;
	uint8_t bytes[MAX_LEN];
} ring[HELD];
static size_t head, count;

/* lp_tap_open makes TAPs, and this is a TUN: IP packets without an Ethernet header. */
static int open_tun(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open(LP_TAP_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0) {
		perror(name);
		exit(1);
	}
	return fd;
}

static void take(int tun, lp_time delay)
{
	static uint8_t lost[MAX_LEN];
	for (;;) {
		struct held *h = &ring[(head + count) % HELD];
		ssize_t len = read(tun, count < HELD ? h->bytes : lost, MAX_LEN);
		if (len <= 0)
			return;
		if (count == HELD)
			continue;
		h->due = lp_clock() + delay;
		h->len = (size_t)len;
		count++;
	}
}

int main(int argc, char **argv)
{
	double milliseconds = argc == 3 ? strtod(argv[2], NULL) : 0;
	if (milliseconds <= 0) {
		fprintf(stderr, "usage: delay TUN MILLISECONDS\n");
		return 2;
	}
	lp_time delay = (lp_time)(milliseconds * (double)LP_MILLISECOND);
	int tun = open_tun(argv[1]), ready;
	struct lp_waiter waiter;
	lp_waiter_open(&waiter);
	if (!lp_waiter_add(&waiter, tun))
		return 1;
	printf("delaying\n");
	fflush(stdout);
	for (;;) {
		lp_wait(&waiter, count ? ring[head].due : LP_NEVER, &ready, 1);
		take(tun, delay);
		for (lp_time now = lp_clock(); count && ring[head].due <= now; count--) {
			if (write(tun, ring[head].bytes, ring[head].len) < 0)
				perror("delay");
			head = (head + 1) % HELD;
		}
	}
}
