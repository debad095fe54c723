/* streams.h - the TCP connections of one worker: payloads of members whose network blocks UDP (row W2).
 *
 * The kernel gives a connection to any worker. Its first payload says which worker's it is, and another one
 * gets it whole. All that a stranger can make of it is bounded: connections in all and of each source, and the
 * time until a QUIC connection uses it, whatever else comes. One thread owns it. */
#ifndef LANPARTY_RELAY_STREAMS_H
#define LANPARTY_RELAY_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/outlet.h"
#include "lanparty/base/time.h"
#include "stream.h"

#define STREAMS_OPENING                                                                            \
	(5 * LP_SECOND) /* until a QUIC connection uses it; and again after a handover */
#define STREAMS_LEAVING   (2 * LP_SECOND) /* from the last byte that we put to the end */
#define STREAMS_PAUSE     LP_SECOND /* without accepting, when the system is out of descriptors */
#define STREAMS_LISTENERS 8

struct streams;

struct streams_config {
	const int *listeners; /* borrowed */
	size_t listener_count;
	size_t max,
		max_opening; /* connections; and those of them that no QUIC connection has used */
	uint64_t rate,
		burst; /* new ones of a source per second, and at once (base/limiter.h); 0: no limit */
	lp_time idle; /* a connection without a payload of QUIC's for so long ends */
	unsigned workers, worker;
	struct lp_siphash_key key; /* of sources: random */
	/* Takes a payload; the path's local address is lp_address_of_stream. True: it is of a QUIC connection.
	 * What is not keeps no stream alive. */
	bool (*sink)(void *context, const struct lp_path *path, const uint8_t *bytes, size_t len);
	/* Takes a stream to its worker. NULL with one worker. */
	void (*give)(void *context, struct stream *stream);
	void *context;
};

/* NULL without memory or descriptors. identity is borrowed until the next streams_set_identity. */
struct streams *streams_open(const struct streams_config *config, struct lp_identity *identity);
void streams_set_identity(struct streams *s, struct lp_identity *identity);
/* NULL: nothing happens. */
void streams_close(struct streams *s);

/* It is readable when there is something to do. */
int streams_fd(const struct streams *s);
/* Accepts, reads and writes; bounded, so that others get their turn. */
void streams_on_ready(struct streams *s, lp_time now);
void streams_on_time(struct streams *s, lp_time now);
/* In the past while streams_released has something to say. */
lp_time streams_deadline(const struct streams *s);
/* Takes a stream that another worker gave. */
void streams_adopt(struct streams *s, struct stream *stream, lp_time now);

/* Whether the payload's stream takes one more; true when there is no such stream (any more). */
bool streams_takes(struct streams *s, const struct lp_path *path);
/* Sends a payload, at the latest with the next streams_flush. One whose stream is gone or full is lost. */
void streams_put(struct streams *s, const struct lp_path *path, const uint8_t *payload, size_t len);
void streams_flush(struct streams *s);
/* True while it has a stream: only then it needs streams_put and streams_flush. */
bool streams_any(const struct streams *s);
/* True once after a stream that took nothing takes payloads again, or is gone. */
bool streams_released(struct streams *s);

struct streams_counters {
	uint64_t accepted, refused; /* refused: by a limit */
	uint64_t timed_out;         /* no payload of QUIC's in time */
	uint64_t evicted;           /* gave way to newer ones before that */
	uint64_t given;             /* to another worker */
	uint64_t lost;              /* payloads whose stream was gone or full */
};
void streams_get_counters(const struct streams *s, struct streams_counters *ret_counters);

#endif
