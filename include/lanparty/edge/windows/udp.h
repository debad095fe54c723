/* udp.h - a client's UDP socket on Windows, with overlapped receives.
 *
 * IP never fragments the packets. A packet that the socket cannot take at once is dropped, and QUIC
 * retransmits what needs it. */
#ifndef LANPARTY_EDGE_WINDOWS_UDP_H
#define LANPARTY_EDGE_WINDOWS_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/address.h"
#include "lanparty/edge/windows/loop.h"

#define LP_UDP_PACKET_MAX 2048 /* bytes of UDP payload, both ways; longer packets are ignored */

struct lp_udp;

/* Opens a socket for one family, bound to the any-address and to a port that the system chooses.
 * NULL: failed; the reason was logged. */
struct lp_udp *lp_udp_client(HANDLE loop, int family);
/* Closes the socket. Its memory is freed when its last operation completes, so run the loop once
 * more before the loop is closed. */
void lp_udp_close(struct lp_udp *u);
/* The any-address with the port that the socket is bound to. */
void lp_udp_local(const struct lp_udp *u, struct lp_address *ret_address);
/* Sends packets through the interface with this index from now on, regardless of the routes
 * (IP_UNICAST_IF). 0 follows the routes again. False: the system refused. */
bool lp_udp_pin(struct lp_udp *u, unsigned long interface_index);

/* Receives one UDP payload, which is never empty. All pointers are borrowed until return. */
typedef void lp_udp_sink(
	void *context, const struct lp_address *remote, const uint8_t *bytes, size_t len);
/* Passes a bounded batch of received packets to sink. Never blocks. */
void lp_udp_receive(struct lp_udp *u, lp_udp_sink *sink, void *context);

/* False when it is dropped. A full socket drops the rest of the batch without a system call. */
bool lp_udp_send(
	struct lp_udp *u, const struct lp_address *remote, const uint8_t *bytes, size_t len);
/* The batch ends: the socket is tried again. */
void lp_udp_flush(struct lp_udp *u);
/* Why packets could not be sent since the last call, other than a full socket: an error of WSASendTo; or what
 * ICMP said before the first packet had arrived: WSAECONNREFUSED, nothing listens at the port, or
 * ERROR_HOST_UNREACHABLE, a router does not reach the computer. 0: neither. */
int lp_udp_take_failure(struct lp_udp *u);

#endif
