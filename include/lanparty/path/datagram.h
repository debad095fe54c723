/* datagram.h - how a connection gets the DATAGRAMs that it sends, and to whom it gives those that arrive.
 *
 * A carrier (a QUIC connection) knows only these two interfaces. struct lp_sender and struct lp_receiver
 * implement them for the frames of a room; tests implement them for bytes of any kind.
 * Nothing here allocates, and nothing reads a clock. */
#ifndef LANPARTY_PATH_DATAGRAM_H
#define LANPARTY_PATH_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/wire/overlay.h"

/* One DATAGRAM to send: a header, and bytes that stay where they are until the pop. */
struct lp_datagram {
	uint8_t header[LP_OVERLAY_FRAGMENT_HEADER];
	size_t header_len;
	const uint8_t *bytes;
	size_t len;
	uint64_t
		tag; /* below 2^56: names it in acked and lost. 0: the source does not want to know */
	bool last;   /* nothing waits behind it; false: perhaps something does */
};

struct lp_datagram_source;

struct lp_datagram_source_ops {
	/* The DATAGRAM to send next, 1 to max bytes in all. Without bulk, only one of a sparse flow.
	 * False: there is none. Another peek without a pop gives the same one again. */
	bool (*peek)(struct lp_datagram_source *source, size_t max, bool bulk, lp_time now,
		struct lp_datagram *ret_datagram);
	/* The DATAGRAM of the last peek is in a packet. */
	void (*pop)(struct lp_datagram_source *source);
	/* What became of a DATAGRAM that had a tag, as far as the carrier can tell. lost is a guess,
	 * and acked can follow; a few DATAGRAMs hear of neither. */
	void (*acked)(struct lp_datagram_source *source, uint64_t tag);
	void (*lost)(struct lp_datagram_source *source, uint64_t tag, lp_time now);
	/* The path now carries DATAGRAMs of up to max bytes. */
	void (*path)(struct lp_datagram_source *source, size_t max);
};

struct lp_datagram_source {
	const struct lp_datagram_source_ops *ops;
	/* Set by the carrier for as long as the source is attached to it; otherwise NULL. The source
	 * calls it when it has something to send. It returns at once and sends nothing. */
	void (*wake)(void *carrier);
	void *carrier;
};

static inline void lp_datagram_source_wake(const struct lp_datagram_source *source)
{
	if (source->wake)
		source->wake(source->carrier);
}

struct lp_datagram_sink {
	/* One DATAGRAM that has arrived. bytes are borrowed until return. */
	void (*take)(struct lp_datagram_sink *sink, const uint8_t *bytes, size_t len, lp_time now);
};

#endif
