/* handover.h - TCP connections on their way from the worker that accepted them to the worker of their room.
 *
 * Any worker gives; one takes. Nobody waits. */
#ifndef LANPARTY_RELAY_HANDOVER_H
#define LANPARTY_RELAY_HANDOVER_H

#include <stdatomic.h>
#include <stddef.h>

#include "stream.h"

#define HANDOVER_MAX 256 /* connections that wait for one worker; more are closed */

/* Zero-initialise. */
struct handover {
	_Atomic(struct stream *) newest;
	atomic_size_t count;
};

/* Takes the stream. */
void handover_give(struct handover *h, struct stream *stream);
/* All that wait, the newest first: a list by stream->next. NULL: none. */
struct stream *handover_take(struct handover *h);
/* Frees what waits. */
void handover_clear(struct handover *h);

#endif
