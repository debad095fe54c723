/* stream.h - one stream of the client's link (row W2): a TCP connection and the carrier in it. It holds little:
 * the link's queue is in front of it. */
#ifndef LANPARTY_CLIENT_STREAM_H
#define LANPARTY_CLIENT_STREAM_H

#include "lanparty/carrier/carrier.h"
#include "lanparty/edge/windows/loop.h"
#include "lanparty/peer/link.h"

struct stream;

/* Begins to connect to remote, through the interface with this index; 0: as the routes say. All is borrowed for
 * this call. A failure is told by stream_has_failed. NULL: no memory. */
struct stream *stream_open(HANDLE loop, const struct lp_address *remote,
	const struct lp_carrier_target *target, unsigned long interface_index);
/* What was put and was not sent is lost. NULL: nothing happens. */
void stream_close(struct stream *s);

/* After each wait of the loop: reads and writes. Payloads go to sink, which must not close the stream. */
void stream_run(struct stream *s, lp_carrier_sink *sink, void *context);
/* True once: it is open since then. */
bool stream_has_opened(struct stream *s);
/* True once: it takes packets again, after stream_takes has said no. */
bool stream_is_released(struct stream *s);
/* True once: it has failed. */
bool stream_has_failed(struct stream *s, struct lp_stream_failure *ret_failure);

/* False: a packet would wait in it. */
bool stream_takes(struct stream *s);
void stream_put(struct stream *s, const uint8_t *bytes, size_t len);
/* Writes what was put. */
void stream_flush(struct stream *s);

#endif
