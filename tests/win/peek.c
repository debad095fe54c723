/* peek.c - looks at the client's window from outside, and uses it as a player would, so that tests
 * need no eyes.
 *
 * peek [check]         each control: number, class, state, place, text; rows of lists. Exit status 1
 *                      when a text is cut off, or controls overlap or stick out of the window
 * peek text ID         the control's text; exit status 1 when it is hidden
 * peek wait ID TEXT S  until the control's text has TEXT in it, at most S seconds
 * peek gone S          until there is no window, at most S seconds
 * peek type ID TEXT    in place of what is there
 * peek paste ID TEXT   through the clipboard
 * peek clipboard       the text in it
 * peek click ID
 * peek double ID       clicks twice at once
 * peek size W H        the window's, in pixels
 * peek dpi N           as if the window had moved to a screen with N dots an inch; then check
 * peek send MESSAGE W L, peek post MESSAGE W L    numbers as of C
 * peek data MAGIC TEXT WM_COPYDATA, as a second start sends it; the answer is the exit status
 * peek close           as the X of the window does
 *
 * Exit status 2: no window, or no such control. */
#include <winsock2.h>
#include <windows.h>

#include <commctrl.h>
#include <fcntl.h>
#include <io.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#define CLASS        L"lanparty-window"
#define CONTROLS_MAX 64
#define TEXT_MAX     65536
#define NOT_FOUND    2

struct control {
	HWND hwnd;
	int id;
	wchar_t class[64];
	bool visible;
	RECT place; /* in the window's client area */
};

static struct {
	HWND hwnd;
	UINT dpi;
	HDC dc; /* with the window's font */
	struct control controls[CONTROLS_MAX];
	size_t count;
	unsigned problems;
} window;

static wchar_t text[TEXT_MAX];

static void say(const wchar_t *format, ...)
{
	static wchar_t wide[TEXT_MAX + 1000];
	static char bytes[3 * (TEXT_MAX + 1000)];
	va_list args;
	va_start(args, format);
	_vsnwprintf(wide, TEXT_MAX + 999, format, args);
	va_end(args);
	WideCharToMultiByte(CP_UTF8, 0, wide, -1, bytes, sizeof(bytes), NULL, NULL);
	fputs(bytes, stdout);
}

static void problem(const struct control *c, const wchar_t *what)
{
	window.problems++;
	say(L"PROBLEM %d %ls: %ls\n", c->id, c->class, what);
}

static int scale(int pixels)
{
	return MulDiv(pixels, (int)window.dpi, 96);
}

static SIZE measure(const wchar_t *of, int width, UINT flags)
{
	RECT r = {0, 0, width, 0};
	DrawTextW(window.dc, of, -1, &r, DT_CALCRECT | flags);
	return (SIZE){r.right, r.bottom};
}

static const wchar_t *text_of(const struct control *c)
{
	text[0] = 0;
	SendMessageW(c->hwnd, WM_GETTEXT, TEXT_MAX, (LPARAM)text);
	return text;
}

/* ---- lists: their answers must be in memory of the window's process */

static HANDLE process_of(HWND hwnd)
{
	DWORD id = 0;
	GetWindowThreadProcessId(hwnd, &id);
	return OpenProcess(PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE, FALSE, id);
}

struct remote {
	union {
		LVITEMW item;
		LVCOLUMNW column;
	};
	wchar_t text[512];
};

/* row: -1 for the column's title. */
static bool read_cell(HWND list, int row, int column, wchar_t cell[512])
{
	HANDLE process = process_of(list);
	struct remote *there =
		VirtualAllocEx(process, NULL, sizeof(*there), MEM_COMMIT, PAGE_READWRITE);
	struct remote asked = {.text = L""};
	bool title = row < 0, good = false;
	cell[0] = 0;
	if (there && title)
		asked.column =
			(LVCOLUMNW){.mask = LVCF_TEXT, .pszText = there->text, .cchTextMax = 512};
	else if (there)
		asked.item =
			(LVITEMW){.iSubItem = column, .pszText = there->text, .cchTextMax = 512};
	if (there && WriteProcessMemory(process, there, &asked, sizeof(asked), NULL)) {
		SendMessageW(list, title ? LVM_GETCOLUMNW : LVM_GETITEMTEXTW,
			(WPARAM)(title ? column : row), (LPARAM)there);
		good = ReadProcessMemory(process, there->text, cell, sizeof(asked.text), NULL);
	}
	if (there)
		VirtualFreeEx(process, there, 0, MEM_RELEASE);
	CloseHandle(process);
	return good;
}

static void look_at_row(const struct control *c, int row, int columns)
{
	bool cut = false;
	for (int column = 0; column < columns; column++) {
		wchar_t cell[512];
		int width = (int)SendMessageW(c->hwnd, LVM_GETCOLUMNWIDTH, (WPARAM)column, 0);
		if (!read_cell(c->hwnd, row, column, cell))
			problem(c, L"a cell cannot be read");
		say(L"%ls%ls", column ? L" | " : L"", cell);
		if (measure(cell, 0, DT_SINGLELINE | DT_NOPREFIX).cx + scale(6) > width)
			cut = true;
	}
	say(L"\n");
	if (cut)
		problem(c, L"a cell is cut off");
}

static void look_at_list(const struct control *c)
{
	int rows = (int)SendMessageW(c->hwnd, LVM_GETITEMCOUNT, 0, 0);
	HWND header = (HWND)SendMessageW(c->hwnd, LVM_GETHEADER, 0, 0);
	int columns = (int)SendMessageW(header, HDM_GETITEMCOUNT, 0, 0), total = 0;
	RECT inside;
	GetClientRect(c->hwnd, &inside);
	for (int column = 0; column < columns; column++)
		total += (int)SendMessageW(c->hwnd, LVM_GETCOLUMNWIDTH, (WPARAM)column, 0);
	if (total > inside.right)
		problem(c, L"the columns are wider than the list");
	say(L"  titles: ");
	look_at_row(c, -1, columns);
	for (int row = 0; row < rows; row++) {
		say(L"  row %d: ", row);
		look_at_row(c, row, columns);
	}
}

/* ---- checks */

static void check_text(const struct control *c)
{
	LONG style = GetWindowLongW(c->hwnd, GWL_STYLE);
	int width = c->place.right - c->place.left, height = c->place.bottom - c->place.top;
	UINT flags = (style & SS_NOPREFIX) != 0 ? DT_NOPREFIX : 0;
	SIZE size = {0, 0};
	if (wcscmp(c->class, L"Button") == 0) {
		size = measure(text, 0, DT_SINGLELINE);
		size.cx += scale(10);
		size.cy += scale(4);
	} else if (wcscmp(c->class, L"Static") == 0 && style & SS_CENTERIMAGE) {
		size = measure(text, 0, DT_SINGLELINE | flags);
	} else if (wcscmp(c->class, L"Static") == 0) {
		size = measure(text, width, DT_WORDBREAK | DT_EDITCONTROL | flags);
	} else if (wcscmp(c->class, L"Edit") == 0) {
		size.cy = measure(L"Xg", 0, DT_SINGLELINE).cy + scale(4);
	}
	if (size.cx > width || size.cy > height) {
		problem(c, L"the text is cut off");
		say(L"  needs %dx%d, has %dx%d\n", (int)size.cx, (int)size.cy, width, height);
	}
}

static void check_places(void)
{
	RECT client;
	GetClientRect(window.hwnd, &client);
	for (size_t i = 0; i < window.count; i++) {
		const struct control *a = &window.controls[i];
		RECT both;
		if (!a->visible)
			continue;
		if (!IntersectRect(&both, &a->place, &client) || !EqualRect(&both, &a->place))
			problem(a, L"not within the window");
		for (size_t k = i + 1; k < window.count; k++)
			if (window.controls[k].visible &&
				IntersectRect(&both, &a->place, &window.controls[k].place))
				problem(a, L"overlaps another control");
	}
}

static int check(void)
{
	RECT client;
	GetClientRect(window.hwnd, &client);
	GetWindowTextW(window.hwnd, text, TEXT_MAX);
	say(L"window \"%ls\" %dx%d at %u dots an inch, %ls\n", text, (int)client.right,
		(int)client.bottom, window.dpi,
		IsWindowVisible(window.hwnd) ? L"visible" : L"hidden");
	for (size_t i = 0; i < window.count; i++) {
		const struct control *c = &window.controls[i];
		say(L"%d %ls %ls %ls %d,%d %dx%d \"%ls\"\n", c->id, c->class,
			c->visible ? L"visible" : L"hidden",
			IsWindowEnabled(c->hwnd) ? L"enabled" : L"disabled", (int)c->place.left,
			(int)c->place.top, (int)(c->place.right - c->place.left),
			(int)(c->place.bottom - c->place.top), text_of(c));
		if (c->visible && wcscmp(c->class, L"SysListView32") == 0)
			look_at_list(c);
		else if (c->visible)
			check_text(c);
	}
	check_places();
	return window.problems > 0;
}

/* ---- finding the window */

static BOOL CALLBACK add_control(HWND hwnd, LPARAM unused)
{
	(void)unused;
	if (GetParent(hwnd) != window.hwnd || window.count == CONTROLS_MAX)
		return TRUE;
	struct control *c = &window.controls[window.count++];
	c->hwnd = hwnd;
	c->id = GetDlgCtrlID(hwnd);
	GetClassNameW(hwnd, c->class, 64);
	c->visible = GetWindowLongW(hwnd, GWL_STYLE) & WS_VISIBLE;
	GetWindowRect(hwnd, &c->place);
	MapWindowPoints(NULL, window.hwnd, (POINT *)&c->place, 2);
	return TRUE;
}

/* Fonts of another process cannot be used, so this creates the font as the window does. dpi: 0 for
 * the window's. */
static bool find_window(UINT dpi)
{
	NONCLIENTMETRICSW m = {.cbSize = sizeof(m)};
	window.hwnd = FindWindowW(CLASS, NULL);
	if (!window.hwnd)
		return false;
	window.dpi = dpi ? dpi : GetDpiForWindow(window.hwnd);
	window.count = 0;
	SystemParametersInfoForDpi(SPI_GETNONCLIENTMETRICS, sizeof(m), &m, 0, window.dpi);
	window.dc = CreateCompatibleDC(NULL);
	SelectObject(window.dc, CreateFontIndirectW(&m.lfMessageFont));
	EnumChildWindows(window.hwnd, add_control, 0);
	return true;
}

static const struct control *find(const wchar_t *id)
{
	for (size_t i = 0; i < window.count; i++)
		if (window.controls[i].id == _wtoi(id))
			return &window.controls[i];
	say(L"no control %ls\n", id);
	exit(NOT_FOUND);
}

/* ---- using the window */

static int wait_for(const struct control *c, const wchar_t *wanted, int seconds)
{
	for (int i = 0; i < 10 * seconds; i++) {
		if (wcsstr(text_of(c), wanted))
			return 0;
		Sleep(100);
	}
	say(L"%d says: %ls\n", c->id, text);
	return 1;
}

static int wait_gone(int seconds)
{
	for (int i = 0; i < 10 * seconds; i++) {
		if (!FindWindowW(CLASS, NULL))
			return 0;
		Sleep(100);
	}
	return 1;
}

static void type(const struct control *c, const wchar_t *typed)
{
	SendMessageW(c->hwnd, EM_SETSEL, 0, -1);
	SendMessageW(c->hwnd, WM_CLEAR, 0, 0);
	for (; *typed; typed++)
		SendMessageW(c->hwnd, WM_CHAR, (WPARAM)*typed, 0);
}

static void paste(const struct control *c, const wchar_t *pasted)
{
	size_t size = (wcslen(pasted) + 1) * sizeof(*pasted);
	HGLOBAL memory = GlobalAlloc(GMEM_MOVEABLE, size);
	memcpy(GlobalLock(memory), pasted, size);
	GlobalUnlock(memory);
	OpenClipboard(NULL);
	EmptyClipboard();
	SetClipboardData(CF_UNICODETEXT, memory);
	CloseClipboard();
	SendMessageW(c->hwnd, EM_SETSEL, 0, -1);
	SendMessageW(c->hwnd, WM_PASTE, 0, 0);
}

static int show_clipboard(void)
{
	if (!OpenClipboard(NULL))
		return 1;
	HANDLE memory = GetClipboardData(CF_UNICODETEXT);
	if (memory)
		say(L"%ls\n", (const wchar_t *)GlobalLock(memory));
	CloseClipboard();
	return memory ? 0 : 1;
}

static int send_data(const wchar_t *magic, const wchar_t *wide)
{
	static char bytes[TEXT_MAX];
	int len = WideCharToMultiByte(CP_UTF8, 0, wide, -1, bytes, TEXT_MAX, NULL, NULL);
	COPYDATASTRUCT data = {wcstoul(magic, NULL, 0), (DWORD)len, bytes};
	return SendMessageW(window.hwnd, WM_COPYDATA, 0, (LPARAM)&data) ? 0 : 1;
}

static void resize(int width, int height)
{
	SetWindowPos(
		window.hwnd, NULL, 0, 0, width, height, SWP_NOMOVE | SWP_NOZORDER | SWP_NOACTIVATE);
}

/* The rectangle that Windows suggests must be in memory of the window's process. */
static int move_to_screen(UINT dpi)
{
	HANDLE process = process_of(window.hwnd);
	RECT r, *there = VirtualAllocEx(process, NULL, sizeof(r), MEM_COMMIT, PAGE_READWRITE);
	GetWindowRect(window.hwnd, &r);
	r.right = r.left + MulDiv(r.right - r.left, (int)dpi, (int)window.dpi);
	r.bottom = r.top + MulDiv(r.bottom - r.top, (int)dpi, (int)window.dpi);
	WriteProcessMemory(process, there, &r, sizeof(r), NULL);
	SendMessageW(window.hwnd, WM_DPICHANGED, MAKEWPARAM(dpi, dpi), (LPARAM)there);
	VirtualFreeEx(process, there, 0, MEM_RELEASE);
	CloseHandle(process);
	return find_window(dpi) ? check() : NOT_FOUND;
}

static int send_message(bool posted, wchar_t **words)
{
	UINT message = wcstoul(words[0], NULL, 0);
	WPARAM wide = wcstoul(words[1], NULL, 0);
	LPARAM along = wcstol(words[2], NULL, 0);
	if (posted)
		return PostMessageW(window.hwnd, message, wide, along) ? 0 : 1;
	say(L"%lld\n", (long long)SendMessageW(window.hwnd, message, wide, along));
	return 0;
}

static int with_control(const wchar_t *word, int count, wchar_t **words)
{
	const struct control *c = find(words[0]);
	if (wcscmp(word, L"text") == 0) {
		say(L"%ls\n", text_of(c));
		return c->visible ? 0 : 1;
	}
	if (wcscmp(word, L"click") == 0)
		return PostMessageW(c->hwnd, BM_CLICK, 0, 0) ? 0 : 1;
	if (wcscmp(word, L"double") == 0)
		return PostMessageW(c->hwnd, BM_CLICK, 0, 0) &&
				       PostMessageW(c->hwnd, BM_CLICK, 0, 0)
			       ? 0
			       : 1;
	if (wcscmp(word, L"type") == 0 && count == 2)
		type(c, words[1]);
	else if (wcscmp(word, L"paste") == 0 && count == 2)
		paste(c, words[1]);
	else if (wcscmp(word, L"wait") == 0 && count == 3)
		return wait_for(c, words[1], _wtoi(words[2]));
	else
		return NOT_FOUND;
	return 0;
}

int main(void)
{
	int count = 0;
	wchar_t **words = CommandLineToArgvW(GetCommandLineW(), &count);
	const wchar_t *word = count > 1 ? words[1] : L"check";
	_setmode(_fileno(stdout), _O_BINARY);
	SetProcessDpiAwarenessContext(DPI_AWARENESS_CONTEXT_PER_MONITOR_AWARE_V2);
	if (wcscmp(word, L"gone") == 0 && count == 3)
		return wait_gone(_wtoi(words[2]));
	if (!find_window(0)) {
		say(L"no window\n");
		return NOT_FOUND;
	}
	if (wcscmp(word, L"check") == 0)
		return check();
	if (wcscmp(word, L"clipboard") == 0)
		return show_clipboard();
	if (wcscmp(word, L"dpi") == 0 && count == 3)
		return move_to_screen((UINT)_wtoi(words[2]));
	if (wcscmp(word, L"close") == 0)
		return PostMessageW(window.hwnd, WM_CLOSE, 0, 0) ? 0 : 1;
	if (wcscmp(word, L"data") == 0 && count == 4)
		return send_data(words[2], words[3]);
	if ((wcscmp(word, L"send") == 0 || wcscmp(word, L"post") == 0) && count == 5)
		return send_message(word[0] == 'p', words + 2);
	if (wcscmp(word, L"size") == 0 && count == 4) {
		resize(_wtoi(words[2]), _wtoi(words[3]));
		return 0;
	}
	return count > 2 ? with_control(word, count - 2, words + 2) : NOT_FOUND;
}
