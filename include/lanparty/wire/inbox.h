/* inbox.h - control messages put together from the pieces in which streams bring them.
 *
 * One message a stream (row C1, C2). A message that comes in one piece is read where it lies; only
 * the others are copied, a bounded number of them at once. */
#ifndef LANPARTY_WIRE_INBOX_H
#define LANPARTY_WIRE_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/wire/control.h"
#include "lanparty/base/status.h"

struct lp_inbox_piece;

/* Zero-initialise, set limit. */
struct lp_inbox {
	struct lp_inbox_piece *pieces; /* a list */
	size_t count;
	size_t limit; /* messages of one connection that are under way at once */
};

/* Takes len bytes of a stream, fin with the last ones. LP_OK and *ret_message once the message is
 * complete; LP_MORE when it is not; LP_NO_MEMORY. Any other status is a protocol error: bytes after the message,
 * a stream that ends within it, LP_FULL for too many streams, and what lp_control_decode says. With
 * whole, the message counts only once its stream has ended; without, as soon as it is there
 * (stream 0: WELCOME or REJECT must not wait for the end). */
enum lp_status lp_inbox_add(struct lp_inbox *inbox, int64_t stream, const uint8_t *bytes,
	size_t len, bool fin, bool whole, struct lp_control *ret_message);
void lp_inbox_clear(struct lp_inbox *inbox);

#endif
