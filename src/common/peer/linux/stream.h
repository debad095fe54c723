/* stream.h - one stream of a member (row W2): a TCP connection and the carrier in it. It writes what it can at
 * once, and holds little: the link's queue is in front of it. */
#ifndef LANPARTY_PEER_LINUX_STREAM_H
#define LANPARTY_PEER_LINUX_STREAM_H

#include "lanparty/carrier/carrier.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/peer/link.h"

struct lp_stream;

/* Begins to connect to remote, through the interface with this index; 0: as the routes say. All is borrowed for
 * this call, but the waiter for the stream's life. A failure is told by lp_stream_failure. NULL: no memory. */
struct lp_stream *lp_stream_open(struct lp_waiter *waiter, const struct lp_address *remote,
	const struct lp_carrier_target *target, unsigned interface);
/* What was put and was not sent is lost. NULL: nothing happens. */
void lp_stream_close(struct lp_stream *s);

/* -1: there is none any more. */
int lp_stream_fd(const struct lp_stream *s);
/* The descriptor is ready: reads and writes. Payloads go to sink. */
void lp_stream_on_ready(struct lp_stream *s, lp_carrier_sink *sink, void *context);
/* Networks have changed: it fails if this computer has lost its address. */
void lp_stream_on_networks(struct lp_stream *s);
/* True once: it is open since then. */
bool lp_stream_has_opened(struct lp_stream *s);
/* True once: it takes packets again, after lp_stream_takes has said no. */
bool lp_stream_is_released(struct lp_stream *s);
/* True once: it has failed. */
bool lp_stream_has_failed(struct lp_stream *s, struct lp_stream_failure *ret_failure);

/* False: a packet would wait in it. */
bool lp_stream_takes(struct lp_stream *s);
/* The buffer for the next packet, LP_PAYLOAD_MAX bytes, and its packet. */
uint8_t *lp_stream_slot(struct lp_stream *s);
void lp_stream_put(struct lp_stream *s, size_t len);
/* Writes what was put. */
void lp_stream_flush(struct lp_stream *s);

#endif
