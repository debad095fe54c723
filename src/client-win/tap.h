/* tap.h - the client's frame port on Windows: overlapped reads and writes on a handle where each
 * read returns one Ethernet frame. The handle is a TAP adapter, or a message-mode named pipe in
 * tests.
 *
 * Between up and close, TAP_READS reads are always pending, so that frames do not queue in the
 * driver: call read after each lp_loop_wait. At most TAP_WRITES writes are pending; another frame
 * is dropped (write returns false) and never waits. Frames that are too long for Ethernet or
 * shorter than its header are read and dropped. */
#ifndef LANPARTY_CLIENT_TAP_H
#define LANPARTY_CLIENT_TAP_H

#include "adapter.h"
#include "lanparty/tunnel/port.h"
#include "lanparty/edge/windows/loop.h"

#define TAP_READS  16
#define TAP_WRITES 64

/* Takes ownership of the handle, which was opened with FILE_FLAG_OVERLAPPED, and adds it to the
 * loop. NULL: out of memory, or the loop refused it; the error was logged and the handle is closed.
 *
 * With is_adapter, up turns the medium on; a pipe has none. down leaves it on, because the room can
 * come back and the DHCP lease must survive; close turns it off. netfix sets the MTU. close waits
 * at the loop until Windows has returned all buffers, so the loop and everything else that
 * completes there must still exist. */
struct lp_port *tap_open(HANDLE handle, bool is_adapter, HANDLE loop);

/* Opens \\.\pipe\NAME in message mode for tap_open. INVALID_HANDLE_VALUE: failed; see
 * GetLastError. */
HANDLE tap_open_pipe(const char *path);

/* Turns the medium off until the next up, for changes that must not happen while it is on. */
void tap_media_off(struct lp_port *port);

/* True when the other side is gone for good (the adapter was removed or disabled, the pipe was
 * closed). This is noticed while reads are pending. An adapter that only sleeps is not broken: the
 * reads that it returned are started again, four times per second if read is called as often. */
bool tap_is_broken(const struct lp_port *port);

#endif
