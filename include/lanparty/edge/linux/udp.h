/* udp.h - UDP sockets that send and receive in batches.
 *
 * Receives with recvmmsg and UDP_GRO, sends with sendmmsg and UDP_SEGMENT (where the kernel has
 * them), out of arenas that are allocated once. Packets are never fragmented, whatever ICMP
 * claims (IP_PMTUDISC_PROBE). A destination that fails never holds up the others: its packet is
 * dropped and counted, QUIC will send again.
 *
 * IPv4 peers are AF_INET on dual-stack sockets too. */
#ifndef LANPARTY_EDGE_UDP_H
#define LANPARTY_EDGE_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/exit.h"
#include "lanparty/edge/address.h"

#define LP_UDP_PACKET_MAX 2048 /* bytes of payload in and out; longer ones are ignored */
#define LP_UDP_BATCH      256  /* packets that wait to be sent at most */

struct lp_udp;

struct lp_udp_counters {
	uint64_t packets_in, packets_out, bytes_in, bytes_out;
	uint64_t syscalls_in, syscalls_out;
	uint64_t dropped; /* could not be sent */
	uint64_t ignored; /* empty or too long when they came */
};

/* A server's: bound, knows each packet's local address, and replies leave from it. With reuse_port
 * several sockets share the address. NULL, logged, with an exit code when it cannot be. */
struct lp_udp *lp_udp_listen(
	const struct lp_listen *listen, bool reuse_port, enum lp_exit *ret_exit);
/* A client's, for one family (AF_INET or AF_INET6): bound to any address and a port of the system's
 * choice, and not connected, so that packets follow the route of the moment when the computer
 * changes networks. Its local address is the same for ever: any address, that port. */
struct lp_udp *lp_udp_client(int family, enum lp_exit *ret_exit);
void lp_udp_close(struct lp_udp *u);

int lp_udp_fd(const struct lp_udp *u);
/* The address really bound. */
void lp_udp_local(const struct lp_udp *u, struct lp_address *ret_address);

/* One payload; never empty. All is borrowed until return. */
typedef void lp_udp_sink(void *context, const struct lp_address *local,
	const struct lp_address *remote, const uint8_t *bytes, size_t len);
/* Hands what has come to sink, a bounded batch; never blocks. True: there may be more. */
bool lp_udp_receive(struct lp_udp *u, lp_udp_sink *sink, void *context);

/* Where the next packet to send is to be written: LP_UDP_PACKET_MAX bytes. Sends what waits when
 * there is no place left. */
uint8_t *lp_udp_slot(struct lp_udp *u);
/* The slot now holds len bytes for remote, to leave from local (a server's; any address: the
 * system chooses). */
void lp_udp_put(struct lp_udp *u, const struct lp_address *local, const struct lp_address *remote,
	size_t len);
/* Sends what waits. What the socket cannot take is dropped: a full socket ends the batch, and the
 * packets that are left cost no further system call. */
void lp_udp_flush(struct lp_udp *u);

void lp_udp_get_counters(const struct lp_udp *u, struct lp_udp_counters *ret_counters);

#endif
