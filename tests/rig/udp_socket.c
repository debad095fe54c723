#include "udp_socket.h"

#include <stdio.h>
#include <stdlib.h>

#define BUFFER (4 << 20)

int udp_open(const struct lp_address *address, bool bound, int flags)
{
	int buffer = BUFFER;
	char text[LP_ADDRESS_TEXT];
	int fd = socket(address->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | flags, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	/* Above the system's limit, for root. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer));
	if (fd < 0 || (bound ? bind(fd, &address->sa, address->len)
			     : connect(fd, &address->sa, address->len)) != 0) {
		perror(lp_address_format(address, text));
		exit(1);
	}
	return fd;
}

int udp_open_text(const char *text, bool bound, int flags)
{
	struct lp_listen at;
	if (!lp_listen_parse(text, &at)) {
		fprintf(stderr, "not an address with a port: %s\n", text);
		exit(2);
	}
	return udp_open(&at.address, bound, flags);
}
