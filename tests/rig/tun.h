/* tun.h - creates TUN and TAP interfaces, for the programs with which the benchmarks compare. */
#ifndef LANPARTY_TESTS_RIG_TUN_H
#define LANPARTY_TESTS_RIG_TUN_H

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* Creates the interface and returns its non-blocking descriptor; exits if that fails. kind: IFF_TUN
 * or IFF_TAP. */
static inline int tun_open(const char *name, short kind)
{
	struct ifreq request = {.ifr_flags = (short)(kind | IFF_NO_PI)};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0) {
		perror(name);
		exit(1);
	}
	return fd;
}

#endif
