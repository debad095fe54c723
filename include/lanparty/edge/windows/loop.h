/* loop.h - the few things that a loop of Windows needs: the clock, and a completion port to wait at.
 *
 * Whatever is waited for is an operation (struct lp_io) that ends at the completion port, or is posted
 * to it by another thread. One thread waits. */
#ifndef LANPARTY_EDGE_WINDOWS_LOOP_H
#define LANPARTY_EDGE_WINDOWS_LOOP_H

#include <winsock2.h>
#include <windows.h>

#include <stdbool.h>

#include "lanparty/base/time.h"

/* Counts on while the computer sleeps. */
lp_time lp_clock(void);

/* An operation: the first member of whatever knows more about it. Its memory must last until done was
 * called, after CancelIoEx too. */
struct lp_io {
	OVERLAPPED overlapped; /* first */
	/* Called by lp_loop_wait. error: of GetLastError, 0 for none. It must neither wait at the loop
	 * nor free another operation: that one may have ended in the same batch. */
	void (*done)(struct lp_io *io, DWORD error, DWORD bytes);
};

/* A completion port. NULL when the system has none to give. While one is open, Windows counts the
 * time of this process in milliseconds instead of 1/64 s, hidden windows or not. */
HANDLE lp_loop_open(void);
/* Once all operations have ended. NULL is allowed. */
void lp_loop_close(HANDLE loop);
/* The file's or socket's overlapped operations end at this port from now on; those that succeed at
 * once as well. One that fails at once (other than ERROR_IO_PENDING) does not. */
bool lp_loop_add(HANDLE loop, HANDLE file);
/* Ends an operation by hand, from any thread: done(io, 0, bytes). */
bool lp_loop_post(HANDLE loop, struct lp_io *io, DWORD bytes);
/* Sleeps until an operation has ended or the deadline is there (LP_NEVER waits for operations alone),
 * and calls done for a bounded batch of those that have, in their order; returns how many. The
 * deadline is rounded up to a millisecond; Windows may be one early or late. */
size_t lp_loop_wait(HANDLE loop, lp_time deadline);

#endif
