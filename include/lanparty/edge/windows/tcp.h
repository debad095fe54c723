/* tcp.h - a client's TCP connection on Windows that carries UDP payloads where UDP does not pass (row W2),
 * with overlapped operations.
 *
 * One send and one receive are under way at a time. Windows tells when it has taken a send, so what is not
 * sent yet can be counted. Nothing blocks, and nothing is logged. */
#ifndef LANPARTY_EDGE_WINDOWS_TCP_H
#define LANPARTY_EDGE_WINDOWS_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/address.h"
#include "lanparty/edge/windows/loop.h"

#define LP_TCP_SEND_MAX   8192  /* bytes that one send takes at most */
#define LP_TCP_BUFFER     65536 /* bytes that Windows keeps until the other end has them */
#define LP_TCP_SILENCE_MS 15000 /* until Windows gives a silent peer up */

struct lp_tcp;

enum lp_tcp_state {
	LP_TCP_CONNECTING,
	LP_TCP_UP,
	LP_TCP_ENDED,  /* the other end sends nothing more */
	LP_TCP_FAILED, /* lp_tcp_error says why */
};

/* Begins to connect, through the interface with this index regardless of the routes (IP_UNICAST_IF); 0: as the
 * routes say. NULL: no memory. A system that refuses has failed already. */
struct lp_tcp *lp_tcp_connect(
	HANDLE loop, const struct lp_address *remote, unsigned long interface_index);
/* Closes it: what Windows has taken is still sent. Its memory is freed when its last operation completes,
 * so run the loop once more before the loop is closed. NULL: nothing happens. */
void lp_tcp_close(struct lp_tcp *t);
enum lp_tcp_state lp_tcp_state(const struct lp_tcp *t);
/* With LP_TCP_FAILED: an error of Winsock's, or of the system's. */
int lp_tcp_error(const struct lp_tcp *t);
/* True when the computer itself has refused to connect, so that no packet has left. */
bool lp_tcp_was_refused_here(const struct lp_tcp *t);

typedef void lp_tcp_sink(void *context, const uint8_t *bytes, size_t len);
/* Passes what has arrived to sink, which must not close the connection. */
void lp_tcp_receive(struct lp_tcp *t, lp_tcp_sink *sink, void *context);
/* Sends the first of len bytes. Returns how many, which are copied: LP_TCP_SEND_MAX at most, and 0 while the
 * last send is under way or the connection is not up. */
size_t lp_tcp_send(struct lp_tcp *t, const uint8_t *bytes, size_t len);
/* The connection takes bytes now. */
bool lp_tcp_takes(const struct lp_tcp *t);

#endif
