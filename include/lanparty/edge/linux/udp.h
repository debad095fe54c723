/* udp.h - UDP sockets that send and receive in batches.
 *
 * They receive with recvmmsg and UDP_GRO and send with sendmmsg and UDP_SEGMENT, where the kernel
 * supports these, from buffers that are allocated once. IP never fragments the packets, whatever
 * ICMP reports (IP_PMTUDISC_PROBE). A packet that cannot be sent is dropped and counted and does
 * not delay packets for other destinations; QUIC retransmits what needs it.
 *
 * IPv4 remote addresses are AF_INET, also on dual-stack sockets. */
#ifndef LANPARTY_EDGE_UDP_H
#define LANPARTY_EDGE_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/outlet.h"
#include "lanparty/edge/exit.h"
#include "lanparty/edge/address.h"

#define LP_UDP_PACKET_MAX 2048 /* bytes of UDP payload, both ways; longer packets are ignored */
#define LP_UDP_BATCH      256  /* packets that are collected before they are sent */

struct lp_udp;

struct lp_udp_counters {
	uint64_t packets_in, packets_out, bytes_in, bytes_out;
	uint64_t syscalls_in, syscalls_out;
	uint64_t dropped; /* packets that could not be sent */
	uint64_t ignored; /* received packets that were empty or too long */
};

/* Opens a bound socket for a server. It reports each packet's local address, and replies leave from
 * that address. reuse_port lets several sockets share the address. NULL: failed; the reason was
 * logged and *ret_exit is set. */
struct lp_udp *lp_udp_listen(
	const struct lp_listen *listen, bool reuse_port, enum lp_exit *ret_exit);
/* Opens a socket for a client, for one family (AF_INET or AF_INET6). It is bound to the any-address
 * and to a port that the system chooses. It is not connected, so packets follow the current route
 * when the computer changes networks, and the local address stays the same: the any-address and
 * that port. Fails like lp_udp_listen. */
struct lp_udp *lp_udp_client(int family, enum lp_exit *ret_exit);
void lp_udp_close(struct lp_udp *u);
/* A client's socket: packets leave through the interface with this index, whatever the routes say. 0: as
 * the routes say. False: the system refused. */
bool lp_udp_pin(struct lp_udp *u, unsigned index);

int lp_udp_fd(const struct lp_udp *u);
/* The address that the socket is bound to. */
void lp_udp_local(const struct lp_udp *u, struct lp_address *ret_address);

/* Passes a bounded batch of received packets to sink. Never blocks. True: there can be more. */
bool lp_udp_receive(struct lp_udp *u, lp_payload_sink *sink, void *context);

/* Returns the buffer for the next outgoing packet, LP_UDP_PACKET_MAX bytes. Sends the collected
 * packets first when all buffers are in use. */
uint8_t *lp_udp_slot(struct lp_udp *u);
/* Collects the packet of len bytes in the current buffer for path's remote address. On a server's socket
 * it leaves from the local one; the any-address lets the system choose. */
void lp_udp_put(struct lp_udp *u, const struct lp_path *path, size_t len);
/* Sends the collected packets. Packets that the socket cannot take are dropped. A full socket ends
 * the batch: the remaining packets are dropped without a system call. */
void lp_udp_flush(struct lp_udp *u);

/* Why packets could not be sent since the last call, other than a full socket: an errno value of sendmsg,
 * 0 when all were sent. */
int lp_udp_take_failure(struct lp_udp *u);
/* What ICMP said of a packet since the last call, as the kernel's errno value: ECONNREFUSED, EHOSTUNREACH,
 * EMSGSIZE and others. 0: nothing. Only a client's socket hears ICMP, and only until its first packet has
 * arrived, because anybody can forge it. */
int lp_udp_take_report(struct lp_udp *u);

void lp_udp_get_counters(const struct lp_udp *u, struct lp_udp_counters *ret_counters);

#endif
