/* window_once.c - keeps one window per user: a second start passes its link to the first. */
#include "window_private.h"

#include <string.h>

#include "lanparty/base/wipe.h"

#define MUTEX_NAME  L"Local\\lanparty-window"
#define WINDOW_WAIT 1000  /* ms for a window to appear when two starts race */
#define TAKE_WAIT   3000  /* ms for its answer */
#define PATH_UNITS  32768 /* of the longest path */

/* The executable file of a process. */
static bool image_of(HANDLE process, wchar_t path[PATH_UNITS])
{
	DWORD units = PATH_UNITS;
	return process && QueryFullProcessImageNameW(process, 0, path, &units);
}

/* A window class proves nothing: any program could collect invites with a class of that name. */
static bool is_ours(HWND hwnd)
{
	static wchar_t own[PATH_UNITS], other[PATH_UNITS];
	DWORD id = 0;
	GetWindowThreadProcessId(hwnd, &id);
	HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);
	bool same = image_of(GetCurrentProcess(), own) && image_of(process, other) &&
		    CompareStringOrdinal(own, -1, other, -1, TRUE) == CSTR_EQUAL;
	if (process)
		CloseHandle(process);
	return same;
}

static HWND find_window(void)
{
	for (int waited = 0;; waited += 50) {
		HWND hwnd = NULL;
		do
			hwnd = FindWindowExW(NULL, hwnd, WINDOW_CLASS, NULL);
		while (hwnd && !is_ours(hwnd));
		if (hwnd || waited >= WINDOW_WAIT)
			return hwnd;
		Sleep(50);
	}
}

bool window_hand_over(const char *typed)
{
	/* The handle is never closed: the mutex exists as long as this process. */
	CreateMutexW(NULL, FALSE, MUTEX_NAME);
	if (GetLastError() != ERROR_ALREADY_EXISTS)
		return false;
	HWND hwnd = find_window();
	DWORD process = 0;
	DWORD_PTR taken = 0;
	if (!hwnd)
		return false;
	bool invite = typed && join_is_invite(typed);
	COPYDATASTRUCT data = {
		.dwData = LINK_MAGIC,
		.cbData = invite ? (DWORD)strlen(typed) + 1 : 0,
		.lpData = invite ? (void *)(uintptr_t)typed : NULL,
	};
	GetWindowThreadProcessId(hwnd, &process);
	AllowSetForegroundWindow(process);
	return SendMessageTimeoutW(
		       hwnd, WM_COPYDATA, 0, (LPARAM)&data, SMTO_ABORTIFHUNG, TAKE_WAIT, &taken) &&
	       taken;
}

bool window_take_link(const COPYDATASTRUCT *data, char invite[JOIN_TYPED])
{
	const char *text = data->lpData;
	if (!text || data->cbData < 2 || data->cbData > JOIN_TYPED || text[data->cbData - 1] ||
		memchr(text, 0, data->cbData - 1))
		return false;
	memcpy(invite, text, data->cbData);
	if (join_is_invite(invite))
		return true;
	lp_zero(invite, JOIN_TYPED);
	return false;
}
