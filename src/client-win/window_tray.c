/* window_tray.c - the icon in the notification area. */
#include "window_private.h"

#include <shellapi.h>
#include <wchar.h>

#include "wide.h"

#define TRAY_ID 1

enum tray_command {
	TRAY_OPEN = 1,
	TRAY_LEAVE,
	TRAY_EXIT,
};

static NOTIFYICONDATAW symbol_of(struct window *w, UINT flags)
{
	return (NOTIFYICONDATAW){
		.cbSize = sizeof(NOTIFYICONDATAW),
		.hWnd = w->hwnd,
		.uID = TRAY_ID,
		.uFlags = flags,
		.uCallbackMessage = WINDOW_TRAY,
	};
}

static void set_tip(const struct window *w, NOTIFYICONDATAW *symbol)
{
	const wchar_t *tip = L"lanparty";
	if (w->session && w->stay.state == STAY_JOINED)
		tip = w->stay.gateway ? L"lanparty: in the room, connected to the LAN"
				      : L"lanparty: in the room";
	else if (w->session)
		tip = L"lanparty: not connected";
	wcscpy(symbol->szTip, tip);
}

void window_tray_add(struct window *w)
{
	NOTIFYICONDATAW symbol = symbol_of(w, NIF_MESSAGE | NIF_ICON | NIF_TIP | NIF_SHOWTIP);
	set_tip(w, &symbol);
	symbol.hIcon = LoadImageW(w->config->instance, MAKEINTRESOURCEW(WINDOW_ICON), IMAGE_ICON,
		GetSystemMetrics(SM_CXSMICON), GetSystemMetrics(SM_CYSMICON), LR_SHARED);
	w->in_tray = Shell_NotifyIconW(NIM_ADD, &symbol);
	symbol.uVersion = NOTIFYICON_VERSION_4;
	if (w->in_tray)
		Shell_NotifyIconW(NIM_SETVERSION, &symbol);
}

void window_tray_remove(struct window *w)
{
	NOTIFYICONDATAW symbol = symbol_of(w, 0);
	if (w->in_tray)
		Shell_NotifyIconW(NIM_DELETE, &symbol);
	w->in_tray = false;
}

void window_tray_show(struct window *w)
{
	NOTIFYICONDATAW symbol = symbol_of(w, NIF_TIP | NIF_SHOWTIP);
	set_tip(w, &symbol);
	if (w->in_tray)
		Shell_NotifyIconW(NIM_MODIFY, &symbol);
}

void window_tray_tell(struct window *w, const char *title, const char *text)
{
	NOTIFYICONDATAW symbol = symbol_of(w, NIF_INFO);
	symbol.dwInfoFlags = NIIF_INFO;
	wide_from(symbol.szInfoTitle, sizeof(symbol.szInfoTitle) / sizeof(wchar_t), title);
	wide_from(symbol.szInfo, sizeof(symbol.szInfo) / sizeof(wchar_t), text);
	if (w->in_tray)
		Shell_NotifyIconW(NIM_MODIFY, &symbol);
}

static void show_menu(struct window *w)
{
	HMENU menu = CreatePopupMenu();
	POINT at;
	if (!menu)
		return;
	AppendMenuW(menu, MF_STRING, TRAY_OPEN, L"&Open");
	AppendMenuW(menu, w->session ? 0U : MF_GRAYED, TRAY_LEAVE, L"&Leave the room");
	AppendMenuW(menu, MF_SEPARATOR, 0, NULL);
	AppendMenuW(menu, MF_STRING, TRAY_EXIT, L"E&xit");
	SetMenuDefaultItem(menu, TRAY_OPEN, FALSE);
	GetCursorPos(&at);
	/* Otherwise the menu would stay open when the player clicks elsewhere. */
	SetForegroundWindow(w->hwnd);
	int command = TrackPopupMenu(
		menu, TPM_RETURNCMD | TPM_RIGHTBUTTON | TPM_NONOTIFY, at.x, at.y, 0, w->hwnd, NULL);
	PostMessageW(w->hwnd, WM_NULL, 0, 0);
	DestroyMenu(menu);
	if (command == TRAY_OPEN)
		window_open(w);
	else if (command == TRAY_LEAVE)
		window_leave(w);
	else if (command == TRAY_EXIT)
		window_exit(w);
}

void window_tray_used(struct window *w, LPARAM what)
{
	switch (LOWORD(what)) {
	case NIN_SELECT:
	case NIN_KEYSELECT:
	case NIN_BALLOONUSERCLICK:
		window_open(w);
		break;
	case WM_CONTEXTMENU:
		show_menu(w);
		break;
	}
}
