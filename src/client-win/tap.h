/* tap.h - the client's frame port on Windows: overlapped reads and writes on a handle that gives one
 * Ethernet frame a read: a TAP adapter, or a message-mode named pipe that stands in for one.
 *
 * From up to close TAP_READS reads are always under way, so that the driver never piles up frames:
 * call read after each lp_loop_wait. At most TAP_WRITES frames wait to be taken; one more is dropped
 * (write answers false), never waited for. A frame that is too long for Ethernet is drained and
 * dropped, one without a header too. */
#ifndef LANPARTY_CLIENT_TAP_H
#define LANPARTY_CLIENT_TAP_H

#include "adapter.h"
#include "lanparty/tunnel/port.h"
#include "lanparty/edge/windows/loop.h"

#define TAP_READS  16
#define TAP_WRITES 64

/* Takes the handle, which was opened with FILE_FLAG_OVERLAPPED, and adds it to the loop. NULL, logged,
 * when there is no memory or the loop refuses it; the handle is closed then too. is_adapter: up turns
 * the medium on; a pipe has none. down leaves it on, for the room may come back and the lease must
 * stay; it goes off when the port is closed. The MTU is netfix's to set. close waits at the loop until
 * Windows has given all buffers back: the loop and what else waits there must still be whole. */
struct lp_port *tap_open(HANDLE handle, bool is_adapter, HANDLE loop);

/* Opens \\.\pipe\NAME in message mode for tap_open; INVALID_HANDLE_VALUE and GetLastError. */
HANDLE tap_open_pipe(const char *path);

/* The medium goes off until the next up: for what must not be changed while it is on. */
void tap_media_off(struct lp_port *port);

/* The other side has gone (the adapter was removed or disabled, the pipe closed): it will not come
 * back on this handle. Seen while reads are under way. An adapter that only sleeps is not broken: the
 * reads it has given back begin again, tried four times a second when read is called as often. */
bool tap_is_broken(const struct lp_port *port);

#endif
