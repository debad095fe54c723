/* address.h - an IP address with a port, and a path between two of them.
 *
 * The one type for addresses: what the kernel fills in, QUIC compares and the kernel sends to. It is the
 * core's only header that includes headers of the OS, because it holds the OS's own struct sockaddr. */
#ifndef LANPARTY_BASE_ADDRESS_H
#define LANPARTY_BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/base/prefix.h"

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
	socklen_t len; /* bytes of the address in use; 0: no address */
};

/* Both ends of a packet. */
struct lp_path {
	struct lp_address local, remote;
};

/* The same family, address, port and scope. */
bool lp_address_equal(const struct lp_address *a, const struct lp_address *b);
/* The IP address alone, as a prefix of full length. The family must be AF_INET or AF_INET6. */
struct lp_prefix lp_address_prefix(const struct lp_address *address);

/* UDP payloads that travel in a TCP connection (carrier/carrier.h) have no UDP address at this end. Their local
 * address is [100::NUMBER], port 0, of the discard prefix (RFC 6666), which no host has. So QUIC sees a path
 * of its own. number: the low 64 bits; the owner of the sockets chooses it. */
struct lp_address lp_address_of_stream(uint64_t number);
/* True for such an address; ret_number is written only then, and can be NULL. */
bool lp_address_is_stream(const struct lp_address *address, uint64_t *ret_number);

#endif
