#include "window_private.h"

#include <commctrl.h>
#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "lanparty/edge/exit.h"
#include "lanparty/edge/log.h"
#include "remember.h"
#include "wide.h"
#include "lanparty/edge/windows/loop.h"

#define LOOK_TIMER  1
#define LOOK_EVERY  (100 * LP_MILLISECOND) /* upper limit, however much the relay sends */
#define LEAVE_WAIT  2000 /* ms for a regular leave when Windows ends; then at once */
#define UNDO_WAIT   3000 /* ms for restoring settings after leaving at once */
#define DRIVER_PAGE L"https://openvpn.net/community-downloads/"

/* ---- notifications from other threads */

/* news: the inbox's answer. A refused message is repeated by the next change, and at the latest by
 * WINDOW_ENDED, which is retried until it is accepted. */
static void tell_to_look(struct window *w, bool news)
{
	if (news && !PostMessageW(w->hwnd, WINDOW_LOOK, 0, 0))
		inbox_not_told(&w->inbox);
}

static void on_session(void *context, const struct session_event *event)
{
	struct window *w = context;
	tell_to_look(w, inbox_event(&w->inbox, event, lp_clock()));
}

static DWORD WINAPI run_session(void *context)
{
	struct window *w = context;
	session_run(w->session);
	/* The queue can be full, and this message must not be lost. */
	while (!PostMessageW(w->hwnd, WINDOW_ENDED, 0, 0) && IsWindow(w->hwnd))
		Sleep(20);
	return 0;
}

/* The line begins with the time of day in UTC; the inbox replaces it with local time. */
static void on_line(void *context, const char *line, size_t len)
{
	struct window *w = context;
	const char *space = len > 3 && memcmp(line, "ts=", 3) == 0 ? memchr(line, ' ', len) : NULL;
	size_t skipped = space ? (size_t)(space + 1 - line) : 0;
	tell_to_look(w, inbox_line(&w->inbox, line + skipped, len - skipped));
}

/* No field keeps the room code, because whoever sees the screen or a picture of it could join. */
static void forget_typed(struct window *w)
{
	HWND field = w->controls[INVITE];
	wchar_t blank[JOIN_TYPED];
	size_t len = (size_t)GetWindowTextLengthW(field);
	for (size_t i = 0; i < JOIN_TYPED; i++)
		blank[i] = i < len ? L' ' : 0;
	blank[JOIN_TYPED - 1] = 0;
	SetWindowTextW(field, blank);
	SetWindowTextW(field, L"");
	SendMessageW(field, EM_EMPTYUNDOBUFFER, 0, 0);
}

/* The relay accepted the join: what was typed was right. */
static void welcomed(struct window *w)
{
	w->again = true;
	w->known = w->options;
	lp_zero(w->known.room_key, sizeof(w->known.room_key));
	forget_typed(w);
	remember(&w->options);
}

static void look(struct window *w)
{
	static struct window_look seen; /* the window has one thread */
	KillTimer(w->hwnd, LOOK_TIMER);
	inbox_look(&w->inbox, &seen, &w->stay);
	w->looked = lp_clock();
	if (seen.entered)
		welcomed(w);
	window_log(w, seen.log);
	if (seen.changed)
		window_show(w);
}

/* Painting takes longer than writing into the inbox. The limit leaves time for the player's
 * input. */
static void look_in_time(struct window *w)
{
	lp_time now = lp_clock(), next = w->looked + LOOK_EVERY;
	if (now >= next ||
		!SetTimer(w->hwnd, LOOK_TIMER, (UINT)((next - now) / LP_MILLISECOND) + 1, NULL))
		look(w);
}

/* ---- a stay */

static bool start_session(struct window *w)
{
	const struct session_config config = {
		.options = &w->options,
		.adapter = w->config->adapter,
		.mac = w->config->mac,
	};
	w->session = session_new(&config, on_session, w);
	if (!w->session)
		return false;
	w->thread = CreateThread(NULL, 0, run_session, w, 0, NULL);
	if (w->thread)
		return true;
	session_free(w->session);
	w->session = NULL;
	return false;
}

/* Makes the options of a stay from the typed text, or takes those of the last stay. */
static bool find_options(struct window *w, char sentence[JOIN_SENTENCE])
{
	char typed[JOIN_TYPED], name[4 * LP_NAME_MAX];
	window_get_text(w, INVITE, typed, sizeof(typed));
	window_get_text(w, NAME, name, sizeof(name));
	bool again = w->again && !typed[strspn(typed, " ")], good = again;
	if (again) {
		lp_name_copy(w->options.name, sizeof(w->options.name), name, strlen(name));
	} else {
		good = join_options(typed, name, &w->known, &w->options, sentence);
		w->again = w->again && !good;
	}
	lp_zero(typed, sizeof(typed));
	return good;
}

static void join(struct window *w)
{
	char sentence[JOIN_SENTENCE] = "";
	if (w->session)
		return;
	if (!find_options(w, sentence)) {
		inbox_fault(&w->inbox, sentence);
		look(w);
		SetFocus(w->controls[INVITE]);
		SendMessageW(w->controls[INVITE], EM_SETSEL, 0, -1);
		return;
	}
	inbox_begin(&w->inbox, &w->options);
	SetFocus(w->controls[MEMBERS]); /* so that pressing Enter once more does not leave */
	if (!start_session(w))
		inbox_fault(&w->inbox,
			"This computer is out of memory. Close programs, then join again.");
	look(w);
}

void window_leave(struct window *w)
{
	if (!w->session)
		return;
	inbox_leave(&w->inbox);
	look(w);
	session_leave(w->session);
}

void window_exit(struct window *w)
{
	w->exiting = true;
	if (w->session)
		window_leave(w);
	else
		DestroyWindow(w->hwnd);
}

static void take_end(struct window *w)
{
	WaitForSingleObject(w->thread, INFINITE);
	CloseHandle(w->thread);
	session_free(w->session);
	w->thread = NULL;
	w->session = NULL;
	if (w->exiting) {
		DestroyWindow(w->hwnd);
		return;
	}
	inbox_end(&w->inbox, lp_clock());
	look(w);
	if (w->stay.failed && !IsWindowVisible(w->hwnd))
		window_tray_tell(w, "You are no longer in the room", w->stay.status);
	if (GetFocus() == w->controls[MEMBERS])
		SetFocus(w->controls[INVITE]);
}

/* Windows shuts down without waiting for us: restore the settings first. */
static void end_quickly(struct window *w)
{
	if (!w->session)
		return;
	window_leave(w);
	if (WaitForSingleObject(w->thread, LEAVE_WAIT) == WAIT_OBJECT_0)
		return;
	session_leave(w->session);
	WaitForSingleObject(w->thread, UNDO_WAIT);
}

/* ---- the window */

void window_open(struct window *w)
{
	ShowWindow(w->hwnd, IsIconic(w->hwnd) ? SW_RESTORE : SW_SHOW);
	SetForegroundWindow(w->hwnd);
}

/* A stay continues while its window is closed. */
static void close_window(struct window *w)
{
	if (!w->session) {
		window_exit(w);
	} else if (w->stay.state == STAY_LEAVING) {
		w->exiting = true;
		ShowWindow(w->hwnd, SW_HIDE);
	} else if (w->in_tray) {
		ShowWindow(w->hwnd, SW_HIDE);
		if (!w->told_of_tray)
			window_tray_tell(w, "You are still in the room",
				"Click this symbol to see the window again, or with the right "
				"button to leave.");
		w->told_of_tray = true;
	} else {
		ShowWindow(w->hwnd, SW_MINIMIZE);
	}
}

/* Only fills in the invite: the player presses Join, and a current stay continues. */
static void fill_in(struct window *w, const char *invite)
{
	if (w->session) {
		inbox_notice(&w->inbox,
			"An invite was opened while you are in a room. To use it, leave this one, "
			"then open it again.",
			lp_clock());
		look(w);
		return;
	}
	window_set_text(w, INVITE, invite);
	SetFocus(w->controls[INVITE]);
}

static LRESULT take_link(struct window *w, const COPYDATASTRUCT *data)
{
	char invite[JOIN_TYPED];
	if (!data || data->dwData != LINK_MAGIC)
		return FALSE;
	window_open(w);
	if (window_take_link(data, invite))
		fill_in(w, invite);
	lp_zero(invite, sizeof(invite));
	return TRUE;
}

/* Opens the driver's page in the player's browser. The shell's process starts it, without this
 * process's privileges. */
static void open_driver_page(void)
{
	wchar_t explorer[MAX_PATH + 16];
	UINT len = GetWindowsDirectoryW(explorer, MAX_PATH);
	if (len == 0 || len >= MAX_PATH)
		return;
	wcscat(explorer, L"\\explorer.exe");
	ShellExecuteW(NULL, L"open", explorer, DRIVER_PAGE, NULL, SW_SHOWNORMAL);
}

/* The second click of a double click must not undo the first. A refused join can be retried at
 * once. */
static void press_join(struct window *w)
{
	ULONGLONG now = GetTickCount64();
	bool leaves = w->session, again = !leaves && !w->left;
	if (w->pressed && !again && now - w->pressed < GetDoubleClickTime())
		return;
	if (leaves)
		window_leave(w);
	else
		join(w);
	if (leaves || w->session) {
		w->pressed = now;
		w->left = leaves;
	}
}

static void on_command(struct window *w, WPARAM what)
{
	bool typed = HIWORD(what) == EN_CHANGE, pressed = HIWORD(what) == BN_CLICKED;
	switch (LOWORD(what) - CONTROL_ID(0)) {
	case INVITE:
		if (typed) {
			window_show_hint(w);
			window_layout(w);
		}
		break;
	case JOIN:
		if (pressed)
			press_join(w);
		break;
	case DRIVER:
		if (pressed)
			open_driver_page();
		break;
	case COPY:
		if (pressed)
			window_copy_log(w);
		break;
	}
}

static LRESULT on_notify(struct window *w, const NMHDR *note)
{
	const NMLVDISPINFOW *asked = (const NMLVDISPINFOW *)note;
	if (note->hwndFrom == w->controls[MEMBERS] && note->code == LVN_GETDISPINFOW &&
		asked->item.mask & LVIF_TEXT && asked->item.cchTextMax > 0)
		window_member_text(w, (size_t)asked->item.iItem, asked->item.iSubItem,
			asked->item.pszText, (size_t)asked->item.cchTextMax);
	return 0;
}

static void on_dpi(struct window *w, UINT dpi, const RECT *wanted)
{
	window_set_dpi(w, dpi);
	if (wanted)
		SetWindowPos(w->hwnd, NULL, wanted->left, wanted->top, wanted->right - wanted->left,
			wanted->bottom - wanted->top, SWP_NOZORDER | SWP_NOACTIVATE);
	window_layout(w);
	InvalidateRect(w->hwnd, NULL, TRUE);
}

static void on_focus(struct window *w)
{
	if (!w->focus || !IsWindowEnabled(w->focus))
		w->focus = w->controls[w->session ? MEMBERS : INVITE];
	SetFocus(w->focus);
}

/* Handles messages about the system. False: none of ours. */
static bool on_system(
	struct window *w, UINT message, WPARAM wide, LPARAM along, LRESULT *ret_result)
{
	*ret_result = 0;
	switch (message) {
	case WM_ACTIVATE:
		if (LOWORD(wide) == WA_INACTIVE)
			w->focus = GetFocus();
		return false;
	case WM_SETFOCUS:
		on_focus(w);
		return true;
	case WM_DPICHANGED:
		on_dpi(w, LOWORD(wide), (const RECT *)along);
		return true;
	case WM_SETTINGCHANGE: /* the font can have changed */
		on_dpi(w, w->dpi, NULL);
		return true;
	case WM_POWERBROADCAST:
		if (wide == PBT_APMRESUMEAUTOMATIC && w->session)
			session_wake(w->session);
		*ret_result = TRUE;
		return true;
	case WM_ENDSESSION:
		if (wide)
			end_quickly(w);
		if (wide && (along & ENDSESSION_CLOSEAPP)) /* an installer waits for us */
			DestroyWindow(w->hwnd);
		return true;
	}
	if (message != w->taskbar_created)
		return false;
	window_tray_add(w);
	return true;
}

static bool on_own(struct window *w, UINT message, LPARAM along)
{
	switch (message) {
	case WINDOW_LOOK:
		look_in_time(w);
		return true;
	case WINDOW_ENDED:
		take_end(w);
		return true;
	case WINDOW_TRAY:
		window_tray_used(w, along);
		return true;
	}
	return false;
}

static bool on_shape(struct window *w, UINT message, WPARAM wide, LPARAM along, LRESULT *ret_result)
{
	SIZE least;
	*ret_result = 0;
	switch (message) {
	case WM_SIZE:
		if (wide != SIZE_MINIMIZED) {
			window_layout(w);
			SendMessageW(w->controls[LOG], EM_SCROLLCARET, 0, 0);
			InvalidateRect(w->hwnd, NULL, TRUE);
		}
		return true;
	case WM_GETMINMAXINFO:
		least = window_least_size(w);
		((MINMAXINFO *)along)->ptMinTrackSize = (POINT){least.cx, least.cy};
		return true;
	case WM_PAINT:
		window_paint(w);
		return true;
	case WM_CTLCOLORSTATIC:
		*ret_result = (LRESULT)window_color(w, (HDC)wide, (HWND)along);
		return *ret_result != 0;
	}
	return false;
}

static LRESULT on_message(struct window *w, UINT message, WPARAM wide, LPARAM along)
{
	LRESULT result = 0;
	if (on_own(w, message, along) || on_shape(w, message, wide, along, &result) ||
		on_system(w, message, wide, along, &result))
		return result;
	switch (message) {
	case WM_TIMER:
		look(w);
		return 0;
	case WM_COMMAND:
		on_command(w, wide);
		return 0;
	case WM_NOTIFY:
		return on_notify(w, (const NMHDR *)along);
	case WM_NEXTDLGCTL: /* a label's access key sends this, as in a dialog */
		SetFocus(LOWORD(along) ? (HWND)wide
				       : GetNextDlgTabItem(w->hwnd, GetFocus(), wide != 0));
		return 0;
	case DM_GETDEFID: /* Enter joins and never leaves */
		return w->session ? 0 : MAKELRESULT(CONTROL_ID(JOIN), DC_HASDEFID);
	case WM_COPYDATA:
		return take_link(w, (const COPYDATASTRUCT *)along);
	case WM_CLOSE:
		close_window(w);
		return 0;
	case WM_DESTROY:
		window_tray_remove(w);
		PostQuitMessage(0);
		return 0;
	}
	return DefWindowProcW(w->hwnd, message, wide, along);
}

static LRESULT CALLBACK on_window(HWND hwnd, UINT message, WPARAM wide, LPARAM along)
{
	struct window *w = (struct window *)GetWindowLongPtrW(hwnd, GWLP_USERDATA);
	/* There is nothing to lay out before WM_CREATE is answered. */
	return w ? on_message(w, message, wide, along) : DefWindowProcW(hwnd, message, wide, along);
}

static bool make_window(struct window *w)
{
	HINSTANCE instance = w->config->instance;
	const WNDCLASSEXW class = {
		.cbSize = sizeof(class),
		.lpfnWndProc = on_window,
		.hInstance = instance,
		.hIcon = LoadImageW(instance, MAKEINTRESOURCEW(WINDOW_ICON), IMAGE_ICON, 0, 0,
			LR_DEFAULTSIZE | LR_SHARED),
		.hIconSm = LoadImageW(instance, MAKEINTRESOURCEW(WINDOW_ICON), IMAGE_ICON,
			GetSystemMetrics(SM_CXSMICON), GetSystemMetrics(SM_CYSMICON), LR_SHARED),
		.hCursor = LoadCursorW(NULL, IDC_ARROW),
		.hbrBackground = (HBRUSH)(COLOR_BTNFACE + 1),
		.lpszClassName = WINDOW_CLASS,
	};
	const INITCOMMONCONTROLSEX wanted = {
		sizeof(wanted), ICC_LISTVIEW_CLASSES | ICC_STANDARD_CLASSES};
	InitCommonControlsEx(&wanted);
	w->taskbar_created = RegisterWindowMessageW(L"TaskbarCreated");
	if (!RegisterClassExW(&class))
		return false;
	w->hwnd = CreateWindowExW(WS_EX_CONTROLPARENT, WINDOW_CLASS, L"lanparty",
		WS_OVERLAPPEDWINDOW | WS_CLIPCHILDREN, CW_USEDEFAULT, CW_USEDEFAULT, CW_USEDEFAULT,
		CW_USEDEFAULT, NULL, NULL, instance, NULL);
	if (!w->hwnd || !window_make_controls(w))
		return false;
	window_set_dpi(w, window_dpi(w->hwnd));
	SetWindowLongPtrW(w->hwnd, GWLP_USERDATA, (LONG_PTR)w);
	SIZE size = window_first_size(w);
	SetWindowPos(w->hwnd, NULL, 0, 0, size.cx, size.cy, SWP_NOMOVE | SWP_NOZORDER);
	/* The shell has fewer privileges than a program that runs as administrator. */
	ChangeWindowMessageFilterEx(w->hwnd, w->taskbar_created, MSGFLT_ALLOW, NULL);
	window_tray_add(w);
	return true;
}

static void loop(const struct window *w)
{
	MSG message;
	while (GetMessageW(&message, NULL, 0, 0) > 0) {
		if (IsDialogMessageW(w->hwnd, &message))
			continue;
		TranslateMessage(&message);
		DispatchMessageW(&message);
	}
}

int window_run(const struct window_config *config)
{
	static struct window w;
	w.config = config;
	w.known = *config->known;
	lp_zero(w.known.room_key, sizeof(w.known.room_key));
	if (!make_window(&w)) {
		lp_log(LP_LOG_ERROR, "no_window", "error=%lu", GetLastError());
		return LP_EXIT_OS;
	}
	lp_log_to(on_line, &w);
	strcpy(w.inbox.stay.status,
		"Paste the invite that your host sent you, and press Join. Start your game when "
		"you are in the room.");
	window_set_text(&w, NAME, w.known.name);
	window_set_text(&w, INVITE, config->typed ? config->typed : "");
	w.stay = w.inbox.stay;
	window_show(&w);
	ShowWindow(w.hwnd, SW_SHOWDEFAULT);
	SetFocus(w.controls[INVITE]);
	loop(&w);
	lp_log_to(NULL, NULL);
	DeleteObject(w.font);
	lp_zero(&w, sizeof(w));
	return LP_EXIT_OK;
}
