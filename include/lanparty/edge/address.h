/* address.h - IP addresses with ports: compared, shown, and read from options. */
#ifndef LANPARTY_EDGE_ADDRESS_H
#define LANPARTY_EDGE_ADDRESS_H

#include <stdbool.h>

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <netinet/in.h>
#include <sys/socket.h>
#endif

struct lp_address {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t len; /* 0: no address */
};

/* "192.0.2.1:443", "[2001:db8::1]:443": for people. Returns text. */
#define LP_ADDRESS_TEXT 64
const char *lp_address_format(const struct lp_address *address, char text[LP_ADDRESS_TEXT]);
/* The same family, address, port and scope. */
bool lp_address_equal(const struct lp_address *a, const struct lp_address *b);

/* Row P1: "ADDR:PORT", "[V6]:PORT", or "PORT/udp" for every address of this computer, IPv4 and IPv6
 * ("443/udp" is AF_INET6, any, dual). Addresses are numbers; port 0 lets the system choose.
 * Dual: fall back to 0.0.0.0 where there is no IPv6. */
struct lp_listen {
	struct lp_address address;
	bool dual;
};
bool lp_listen_parse(const char *text, struct lp_listen *ret_listen);

#endif
