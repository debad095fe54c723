/* inbox.h - reassembles control messages from the pieces that streams deliver.
 *
 * Each stream carries one message (rows C1, C2). A message that arrives in one piece is decoded in
 * place. Only the others are copied, and their number is bounded. */
#ifndef LANPARTY_WIRE_INBOX_H
#define LANPARTY_WIRE_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/wire/control.h"
#include "lanparty/base/status.h"

/* Bytes that a stream delivers, in order. */
struct lp_piece {
	int64_t stream;
	const uint8_t *bytes; /* NULL if len is 0 */
	size_t len;
	bool fin; /* the last ones of the stream */
};

struct lp_inbox_part;

/* Zero-initialise, then set limit. */
struct lp_inbox {
	struct lp_inbox_part *parts; /* a list */
	size_t count;
	size_t limit;     /* incomplete messages per connection */
	size_t bytes;     /* of all incomplete messages */
	size_t bytes_max; /* 0: no other limit */
};

/* LP_OK: *ret_message is the complete message. LP_MORE: incomplete. LP_NO_MEMORY: out of memory. Any
 * other status is a protocol error: bytes after the message, a stream that ends within it, LP_FULL for
 * too many streams, or an error of lp_control_decode. With whole, the message is delivered only after
 * its stream has ended; without, as soon as it is complete (stream 0: WELCOME or REJECT must not wait
 * for the end). */
enum lp_status lp_inbox_add(struct lp_inbox *inbox, const struct lp_piece *piece, bool whole,
	struct lp_control *ret_message);
void lp_inbox_clear(struct lp_inbox *inbox);

#endif
