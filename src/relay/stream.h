/* stream.h - one TCP connection of the relay with its carrier: bytes in, bytes out. It knows no limits and no
 * other stream; streams.h has both. */
#ifndef LANPARTY_RELAY_STREAM_H
#define LANPARTY_RELAY_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/address.h"
#include "lanparty/base/list.h"
#include "lanparty/base/source.h"
#include "lanparty/base/time.h"
#include "lanparty/carrier/carrier.h"

#define STREAM_HELD_MAX                                                                            \
	4 /* payloads that a stream takes along to another worker; more are lost, as over UDP */

enum stream_phase {
	STREAM_OPENING,  /* no payload of a QUIC connection has arrived yet */
	STREAM_CARRYING, /* they arrive */
	STREAM_LEAVING,  /* what is pending is sent, then the connection ends */
	STREAM_PHASES,
};

struct stream_held {
	size_t count;
	uint16_t lens[STREAM_HELD_MAX];
	uint8_t bytes[STREAM_HELD_MAX][LP_PAYLOAD_MAX];
};

struct stream {
	int fd;
	struct lp_carrier *carrier;
	struct lp_path ends; /* of the TCP connection */
	struct lp_path
		path; /* of its payloads: the local address is lp_address_of_stream(number) */
	struct lp_source source;
	uint64_t number;
	enum stream_phase phase;
	lp_time since; /* the beginning of the phase; while carrying: the last payload of QUIC's */
	struct lp_node all;       /* those of the same phase, the oldest first */
	struct lp_node due;       /* payloads were put and not written */
	bool blocked;             /* the socket takes nothing now */
	bool watched;             /* whoever waits is told when it takes something again */
	bool ended, heard_end;    /* our half is closed; the other end's */
	bool assigned;            /* its first payload has said whose it is */
	bool elsewhere;           /* it belongs to another worker */
	unsigned worker;          /* then: which one */
	struct stream *next;      /* of those on their way there */
	struct stream_held *held; /* NULL: none */
};

/* Takes the descriptor, also when it fails. NULL: out of memory. */
struct stream *stream_new(int fd, const struct lp_path *ends, struct lp_identity *identity);
/* Closes the connection at once. */
void stream_free(struct stream *s);

enum stream_end {
	STREAM_GOES_ON,
	STREAM_IS_OVER, /* free it */
};
/* Reads once, cap bytes at most, and gives payloads to sink. buffer is the caller's. */
struct stream_buffer {
	uint8_t *bytes;
	size_t cap;
};
enum stream_end stream_read(
	struct stream *s, const struct stream_buffer *buffer, lp_carrier_sink *sink, void *context);
/* Writes what is pending, until the socket is full. Then blocked is set, otherwise it is cleared. */
enum stream_end stream_write(struct stream *s);
/* True when a payload can be put now and leaves soon. */
bool stream_takes(struct stream *s);
/* Keeps a payload for another worker. Without memory it is lost. */
void stream_hold(struct stream *s, const uint8_t *payload, size_t len);

/* The worker, of count, whose packet this is: its connection ID's first two bytes modulo count. A packet that
 * is too short belongs to the first one. */
unsigned stream_worker_of(const uint8_t *payload, size_t len, unsigned count);

#endif
