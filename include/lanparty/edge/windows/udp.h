/* udp.h - a client's UDP socket on Windows, its receives overlapped.
 *
 * Packets are never fragmented. What the socket cannot take at once is dropped: QUIC sends again. */
#ifndef LANPARTY_EDGE_WINDOWS_UDP_H
#define LANPARTY_EDGE_WINDOWS_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/address.h"
#include "lanparty/edge/windows/loop.h"

#define LP_UDP_PACKET_MAX 2048 /* bytes of payload in and out; longer ones are ignored */

struct lp_udp;

/* For one family, bound to any address and a port of the system's choice. NULL, logged. */
struct lp_udp *lp_udp_client(HANDLE loop, int family);
/* Its memory goes with its last operation: run the loop once more before it is closed. */
void lp_udp_close(struct lp_udp *u);
/* Any address, and the port. */
void lp_udp_local(const struct lp_udp *u, struct lp_address *ret_address);
/* Packets leave through the interface with this index from now on, whatever the routes say
 * (IP_UNICAST_IF); 0: as the routes say. False when the system refuses. */
bool lp_udp_pin(struct lp_udp *u, unsigned long interface_index);

/* One payload; never empty. Borrowed until return. */
typedef void lp_udp_sink(
	void *context, const struct lp_address *remote, const uint8_t *bytes, size_t len);
/* Hands what has come to sink, a bounded batch; never blocks. */
void lp_udp_receive(struct lp_udp *u, lp_udp_sink *sink, void *context);

bool lp_udp_send(
	struct lp_udp *u, const struct lp_address *remote, const uint8_t *bytes, size_t len);

#endif
