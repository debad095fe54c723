#include "lanparty/edge/windows/loop.h"

#include <timeapi.h>

#include <stddef.h>

#define WAIT_BATCH 64
#define PERIOD_MS  1

lp_time lp_clock(void)
{
	LARGE_INTEGER count, rate;
	QueryPerformanceCounter(&count);
	QueryPerformanceFrequency(&rate);
	uint64_t ticks = (uint64_t)count.QuadPart, second = (uint64_t)rate.QuadPart;
	return ticks / second * LP_SECOND + ticks % second * LP_SECOND / second;
}

/* Windows 11 ignores the requested timer period while all windows of a process are hidden, as ours
 * are behind a full-screen game. Older versions do not know this request and do not need it. */
static void keep_period(void)
{
	PROCESS_POWER_THROTTLING_STATE state = {
		.Version = PROCESS_POWER_THROTTLING_CURRENT_VERSION,
		.ControlMask = PROCESS_POWER_THROTTLING_IGNORE_TIMER_RESOLUTION,
		.StateMask = 0,
	};
	SetProcessInformation(GetCurrentProcess(), ProcessPowerThrottling, &state, sizeof(state));
}

HANDLE lp_loop_open(void)
{
	HANDLE loop = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
	if (!loop)
		return NULL;
	keep_period();
	timeBeginPeriod(PERIOD_MS);
	return loop;
}

void lp_loop_close(HANDLE loop)
{
	if (!loop)
		return;
	timeEndPeriod(PERIOD_MS);
	CloseHandle(loop);
}

bool lp_loop_add(HANDLE loop, HANDLE file)
{
	return CreateIoCompletionPort(file, loop, (ULONG_PTR)file, 0) == loop;
}

bool lp_loop_post(HANDLE loop, struct lp_io *io, DWORD bytes)
{
	io->overlapped.Internal = 0; /* an earlier operation can have left its status */
	return PostQueuedCompletionStatus(loop, bytes, 0, &io->overlapped);
}

static DWORD milliseconds_until(lp_time deadline)
{
	if (deadline == LP_NEVER)
		return INFINITE;
	lp_time now = lp_clock();
	lp_time left = deadline > now ? deadline - now : 0;
	lp_time ms = left / LP_MILLISECOND + (left % LP_MILLISECOND ? 1 : 0);
	return ms < INFINITE ? (DWORD)ms : INFINITE - 1;
}

/* The overlapped status is an NTSTATUS; GetOverlappedResult translates it. It does not use the
 * handle, which can be closed already, for a completed operation. */
static DWORD error_of(const OVERLAPPED_ENTRY *entry)
{
	DWORD bytes;
	if (entry->lpOverlapped->Internal == 0 ||
		GetOverlappedResult(
			(HANDLE)entry->lpCompletionKey, entry->lpOverlapped, &bytes, FALSE))
		return 0;
	return GetLastError();
}

size_t lp_loop_wait(HANDLE loop, lp_time deadline)
{
	OVERLAPPED_ENTRY entries[WAIT_BATCH];
	ULONG count = 0;
	if (!GetQueuedCompletionStatusEx(
		    loop, entries, WAIT_BATCH, &count, milliseconds_until(deadline), FALSE))
		return 0;
	for (ULONG i = 0; i < count; i++) {
		struct lp_io *io = (struct lp_io *)entries[i].lpOverlapped;
		io->done(io, error_of(&entries[i]), entries[i].dwNumberOfBytesTransferred);
	}
	return count;
}
