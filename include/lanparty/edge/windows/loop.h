/* loop.h - what an event loop on Windows needs: a clock and a completion port.
 *
 * The loop waits for operations (struct lp_io). An operation completes at the port, or another
 * thread posts it. Only one thread waits. */
#ifndef LANPARTY_EDGE_WINDOWS_LOOP_H
#define LANPARTY_EDGE_WINDOWS_LOOP_H

#include <winsock2.h>
#include <windows.h>

#include <stdbool.h>

#include "lanparty/base/time.h"

/* A clock that also runs while the computer sleeps. */
lp_time lp_clock(void);

/* An operation: the first member of a struct that holds its data. The memory must stay valid until
 * done was called, also after CancelIoEx. */
struct lp_io {
	OVERLAPPED overlapped; /* first */
	/* lp_loop_wait calls it. error is a GetLastError code, 0 for success. It must not wait at
	 * the loop and must not free another operation, because that one can be in the same
	 * batch. */
	void (*done)(struct lp_io *io, DWORD error, DWORD bytes);
};

/* Opens a completion port. NULL: the system refused. While one is open, Windows keeps the timers of
 * this process at 1 ms instead of 1/64 s, even when its windows are hidden. */
HANDLE lp_loop_open(void);
/* Closes the port. All operations must have completed. NULL is allowed. */
void lp_loop_close(HANDLE loop);
/* Overlapped operations of this file or socket complete at this port from now on. That includes
 * operations that succeed at once, but not those that fail at once (other than with
 * ERROR_IO_PENDING). */
bool lp_loop_add(HANDLE loop, HANDLE file);
/* Completes an operation from any thread: the loop calls done(io, 0, bytes). */
bool lp_loop_post(HANDLE loop, struct lp_io *io, DWORD bytes);
/* Sleeps until an operation completes or the deadline passes (LP_NEVER: no deadline). Then calls
 * done for a bounded batch of completed operations, in order of completion, and returns their
 * number. The deadline is rounded up to a millisecond; Windows can wake up 1 ms early or late. */
size_t lp_loop_wait(HANDLE loop, lp_time deadline);

#endif
