/* window_layout.c - the controls, their sizes at any scale, and the painting around them.
 *
 * From top to bottom: the invite field, the status panel, facts, members, the log. The last two
 * share the remaining height. */
#include "window_private.h"

#include <commctrl.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "wide.h"

/* In pixels at 96 dpi. */
#define MARGIN       14
#define GAP          8  /* between rows */
#define SECTION      14 /* between groups of rows */
#define LABEL_GAP    12 /* between a label and its field */
#define FIELD_PAD    8  /* extra height of an edit control or a button around its text */
#define BUTTON_PAD   28 /* extra width of a button around its text */
#define BUTTON_MIN   92
#define PANEL_PAD    10
#define BAR          5 /* the coloured bar at the panel's left */
#define LEAST_WIDTH  470
#define FIRST_WIDTH  540
#define FIRST_HEIGHT 640
#define LEAST_ROWS   4 /* of the member list and of the log */

static const struct {
	const wchar_t *class, *text;
	DWORD style, ex_style;
} kinds[CONTROLS] = {
#define LABEL(text)  L"STATIC", text, SS_LEFT | SS_CENTERIMAGE, 0
#define VALUE        L"STATIC", L"", SS_LEFT | SS_NOPREFIX | SS_CENTERIMAGE | SS_ENDELLIPSIS, 0
#define WRAPPED      L"STATIC", L"", SS_LEFT | SS_NOPREFIX | SS_EDITCONTROL, 0
#define FIELD        L"EDIT", L"", WS_TABSTOP | ES_AUTOHSCROLL, WS_EX_CLIENTEDGE
#define BUTTON(text) L"BUTTON", text, WS_TABSTOP | BS_PUSHBUTTON, 0
	[INVITE_LABEL] = {LABEL(L"&Invite or room code")},
	[INVITE] = {FIELD},
	[HINT] = {WRAPPED},
	[NAME_LABEL] = {LABEL(L"Your &name")},
	[NAME] = {FIELD},
	[JOIN] = {BUTTON(L"&Join")},
	[STATUS] = {WRAPPED},
	[DRIVER] = {BUTTON(L"Get the &driver")},
	[LAN_LABEL] = {LABEL(L"LAN gateway")},
	[LAN] = {VALUE},
	[ADDRESS_LABEL] = {LABEL(L"Address from the LAN")},
	[ADDRESS] = {VALUE},
	[TRAFFIC_LABEL] = {LABEL(L"Traffic")},
	[TRAFFIC] = {VALUE},
	[MEMBERS_LABEL] = {LABEL(L"In the &room")},
	[MEMBERS] = {WC_LISTVIEWW, L"",
		WS_TABSTOP | LVS_REPORT | LVS_OWNERDATA | LVS_SINGLESEL | LVS_NOSORTHEADER |
			LVS_SHOWSELALWAYS,
		WS_EX_CLIENTEDGE},
	[LOG_LABEL] = {LABEL(L"L&og")},
	[LOG] = {L"EDIT", L"",
		WS_TABSTOP | WS_VSCROLL | ES_MULTILINE | ES_READONLY | ES_AUTOVSCROLL,
		WS_EX_CLIENTEDGE},
	[COPY] = {BUTTON(L"Cop&y log")},
};

/* ---- sizes */

int window_scale(const struct window *w, int pixels)
{
	return MulDiv(pixels, (int)w->dpi, USER_DEFAULT_SCREEN_DPI);
}

/* Loads a function that only newer versions of Windows 10 have. */
static FARPROC newer(const char *name)
{
	return GetProcAddress(GetModuleHandleW(L"user32.dll"), name);
}

UINT window_dpi(HWND hwnd)
{
	FARPROC found = newer("GetDpiForWindow");
	UINT(WINAPI * get)(HWND) = NULL;
	memcpy(&get, &found, sizeof(get));
	UINT dpi = get ? get(hwnd) : 0;
	if (dpi)
		return dpi;
	HDC screen = GetDC(NULL);
	dpi = (UINT)GetDeviceCaps(screen, LOGPIXELSX);
	ReleaseDC(NULL, screen);
	return dpi;
}

static HFONT message_font(UINT dpi)
{
	NONCLIENTMETRICSW m = {.cbSize = sizeof(m)};
	FARPROC found = newer("SystemParametersInfoForDpi");
	BOOL(WINAPI * get)(UINT, UINT, PVOID, UINT, UINT) = NULL;
	memcpy(&get, &found, sizeof(get));
	if (!get || !get(SPI_GETNONCLIENTMETRICS, sizeof(m), &m, 0, dpi)) {
		SystemParametersInfoW(SPI_GETNONCLIENTMETRICS, sizeof(m), &m, 0);
		HDC screen = GetDC(NULL);
		m.lfMessageFont.lfHeight = MulDiv(
			m.lfMessageFont.lfHeight, (int)dpi, GetDeviceCaps(screen, LOGPIXELSY));
		ReleaseDC(NULL, screen);
	}
	return CreateFontIndirectW(&m.lfMessageFont);
}

/* Size of text in the window's font, wrapped at width unless width is 0. */
static SIZE measure(const struct window *w, const wchar_t *text, int width, UINT flags)
{
	RECT r = {0, 0, width, 0};
	HDC dc = GetDC(w->hwnd);
	HGDIOBJ before = SelectObject(dc, w->font);
	flags |= width > 0 ? DT_WORDBREAK | DT_EDITCONTROL : DT_SINGLELINE;
	DrawTextW(dc, text, -1, &r, DT_CALCRECT | flags);
	SelectObject(dc, before);
	ReleaseDC(w->hwnd, dc);
	return (SIZE){r.right, r.bottom};
}

static int wrapped_height(const struct window *w, enum control control, int width)
{
	wchar_t text[2 * WORDS_MAX];
	GetWindowTextW(w->controls[control], text, 2 * WORDS_MAX);
	int height = measure(w, text, width, DT_NOPREFIX).cy;
	return height > w->line ? height : w->line;
}

static int label_width(const struct window *w)
{
	int widest = 0;
	for (enum control c = 0; c < CONTROLS; c++) {
		bool beside = c == INVITE_LABEL || c == NAME_LABEL || c == LAN_LABEL ||
			      c == ADDRESS_LABEL || c == TRAFFIC_LABEL;
		int width = beside ? measure(w, kinds[c].text, 0, 0).cx : 0;
		widest = width > widest ? width : widest;
	}
	return widest + window_scale(w, LABEL_GAP);
}

static int button_width(const struct window *w, enum control control)
{
	int width = measure(w, kinds[control].text, 0, 0).cx + window_scale(w, BUTTON_PAD);
	int least = window_scale(w, BUTTON_MIN);
	return width > least ? width : least;
}

/* ---- layout */

struct layout {
	struct window *w;
	HDWP moves;
	int left, right, y; /* the space that is still free */
};

static void place(struct layout *l, enum control control, int x, int y, int width, int height)
{
	if (l->moves)
		l->moves = DeferWindowPos(l->moves, l->w->controls[control], NULL, x, y,
			width > 0 ? width : 0, height > 0 ? height : 0,
			SWP_NOZORDER | SWP_NOACTIVATE);
}

static void place_form(struct layout *l)
{
	struct window *w = l->w;
	int field = w->line + window_scale(w, FIELD_PAD), x = l->left + label_width(w);
	int button = button_width(w, JOIN), gap = window_scale(w, GAP);
	place(l, INVITE_LABEL, l->left, l->y, x - l->left, field);
	place(l, INVITE, x, l->y, l->right - x, field);
	l->y += field + window_scale(w, 4);
	int hint = wrapped_height(w, HINT, l->right - x);
	place(l, HINT, x, l->y, l->right - x, hint);
	l->y += hint + gap;
	place(l, NAME_LABEL, l->left, l->y, x - l->left, field);
	place(l, NAME, x, l->y, l->right - x - button - gap, field);
	place(l, JOIN, l->right - button, l->y, button, field);
	l->y += field + window_scale(w, SECTION);
}

static void place_panel(struct layout *l)
{
	struct window *w = l->w;
	int pad = window_scale(w, PANEL_PAD), x = l->left + window_scale(w, BAR) + pad;
	int width = l->right - pad - x, least = 2 * w->line;
	int text = wrapped_height(w, STATUS, width), bottom;
	text = text > least ? text : least;
	place(l, STATUS, x, l->y + pad, width, text);
	bottom = l->y + pad + text + pad;
	if (GetWindowLongW(w->controls[DRIVER], GWL_STYLE) & WS_VISIBLE) {
		int field = w->line + window_scale(w, FIELD_PAD);
		place(l, DRIVER, x, bottom, button_width(w, DRIVER), field);
		bottom += field + pad;
	}
	w->panel = (RECT){l->left, l->y, l->right, bottom};
	l->y = bottom + window_scale(w, SECTION);
}

static void place_facts(struct layout *l)
{
	static const enum control facts[][2] = {
		{LAN_LABEL, LAN}, {ADDRESS_LABEL, ADDRESS}, {TRAFFIC_LABEL, TRAFFIC}};
	int x = l->left + label_width(l->w), height = l->w->line + window_scale(l->w, 3);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		place(l, facts[i][0], l->left, l->y, x - l->left, height);
		place(l, facts[i][1], x, l->y, l->right - x, height);
		l->y += height;
	}
	l->y += window_scale(l->w, SECTION);
}

static void place_rest(struct layout *l, int bottom)
{
	struct window *w = l->w;
	int label = w->line + window_scale(w, 4), gap = window_scale(w, GAP);
	int field = w->line + window_scale(w, FIELD_PAD), button = button_width(w, COPY);
	int rest = bottom - l->y - label - gap - field - window_scale(w, 4),
	    width = l->right - l->left;
	place(l, MEMBERS_LABEL, l->left, l->y, width, label);
	l->y += label;
	place(l, MEMBERS, l->left, l->y, width, rest / 2);
	l->y += rest / 2 + gap;
	place(l, LOG_LABEL, l->left, l->y, width - button - gap, field);
	place(l, COPY, l->right - button, l->y, button, field);
	l->y += field + window_scale(w, 4);
	place(l, LOG, l->left, l->y, width, rest - rest / 2);
}

void window_layout(struct window *w)
{
	RECT client, before = w->panel;
	GetClientRect(w->hwnd, &client);
	int margin = window_scale(w, MARGIN);
	struct layout l = {w, BeginDeferWindowPos(CONTROLS), margin, client.right - margin, margin};
	place_form(&l);
	place_panel(&l);
	place_facts(&l);
	place_rest(&l, client.bottom - margin);
	if (l.moves)
		EndDeferWindowPos(l.moves);
	window_fit_columns(w);
	/* A control that moved to another one's position would keep parts of its image. */
	if (!EqualRect(&before, &w->panel))
		RedrawWindow(w->hwnd, NULL, NULL, RDW_INVALIDATE | RDW_ERASE | RDW_ALLCHILDREN);
}

static SIZE whole_window(const struct window *w, int width, int height)
{
	RECT r = {0, 0, width, height};
	DWORD style = (DWORD)GetWindowLongW(w->hwnd, GWL_STYLE);
	FARPROC found = newer("AdjustWindowRectExForDpi");
	BOOL(WINAPI * adjust)(LPRECT, DWORD, BOOL, DWORD, UINT) = NULL;
	memcpy(&adjust, &found, sizeof(adjust));
	if (!adjust || !adjust(&r, style, FALSE, 0, w->dpi))
		AdjustWindowRectEx(&r, style, FALSE, 0);
	return (SIZE){r.right - r.left, r.bottom - r.top};
}

/* With a status of four lines, the member list and the log still have some rows. */
SIZE window_least_size(const struct window *w)
{
	int field = w->line + window_scale(w, FIELD_PAD);
	int fixed = 2 * MARGIN + 3 * SECTION + 2 * GAP + 2 * PANEL_PAD + 30;
	int height = window_scale(w, fixed) + 3 * field + (1 + 4 + 3 + 1) * w->line +
		     2 * LEAST_ROWS * (w->line + window_scale(w, 2));
	return whole_window(w, window_scale(w, LEAST_WIDTH), height);
}

SIZE window_first_size(const struct window *w)
{
	SIZE least = window_least_size(w);
	SIZE size = whole_window(w, window_scale(w, FIRST_WIDTH), window_scale(w, FIRST_HEIGHT));
	MONITORINFO monitor = {.cbSize = sizeof(monitor)};
	if (GetMonitorInfoW(MonitorFromWindow(w->hwnd, MONITOR_DEFAULTTONEAREST), &monitor)) {
		int most = monitor.rcWork.bottom - monitor.rcWork.top;
		size.cy = size.cy > most ? most : size.cy;
	}
	size.cx = size.cx > least.cx ? size.cx : least.cx;
	size.cy = size.cy > least.cy ? size.cy : least.cy;
	return size;
}

/* The name column takes the width that the others leave. */
void window_fit_columns(struct window *w)
{
	HWND list = w->controls[MEMBERS];
	int pad = window_scale(w, 20);
	int role = measure(w, L"LAN gateway", 0, 0).cx + pad;
	int ping = measure(w, L"1000 ms", 0, 0).cx + pad;
	RECT inside;
	GetClientRect(list, &inside);
	ListView_SetColumnWidth(list, COLUMN_NAME, inside.right - role - ping);
	ListView_SetColumnWidth(list, COLUMN_ROLE, role);
	ListView_SetColumnWidth(list, COLUMN_PING, ping);
}

void window_set_dpi(struct window *w, UINT dpi)
{
	HFONT before = w->font;
	HDC screen = GetDC(NULL);
	TEXTMETRICW metrics = {0};
	w->dpi = dpi;
	w->font = message_font(dpi);
	HGDIOBJ selected = SelectObject(screen, w->font);
	GetTextMetricsW(screen, &metrics);
	SelectObject(screen, selected);
	ReleaseDC(NULL, screen);
	w->line = metrics.tmHeight;
	for (size_t i = 0; i < CONTROLS; i++)
		SendMessageW(w->controls[i], WM_SETFONT, (WPARAM)w->font, TRUE);
	if (before)
		DeleteObject(before);
}

/* ---- controls */

/* A line break in pasted text would end it; mail programs insert them. */
static void paste_unbroken(HWND edit)
{
	wchar_t line[JOIN_TYPED];
	size_t len = 0;
	if (!OpenClipboard(edit))
		return;
	HANDLE memory = GetClipboardData(CF_UNICODETEXT);
	const wchar_t *text = memory ? GlobalLock(memory) : NULL;
	/* Another program made the text, so it can lack a NUL. */
	size_t units = text ? GlobalSize(memory) / sizeof(*text) : 0;
	for (size_t i = 0; i < units && text[i] && len + 1 < JOIN_TYPED; i++)
		if (text[i] != '\r' && text[i] != '\n' && (len > 0 || text[i] > ' '))
			line[len++] = text[i];
	line[len] = 0;
	if (text)
		GlobalUnlock(memory);
	CloseClipboard();
	SendMessageW(edit, EM_REPLACESEL, TRUE, (LPARAM)line);
	lp_zero(line, sizeof(line));
}

static LRESULT CALLBACK on_invite_field(
	HWND edit, UINT message, WPARAM wide, LPARAM along, UINT_PTR id, DWORD_PTR data)
{
	(void)id;
	(void)data;
	if (message != WM_PASTE)
		return DefSubclassProc(edit, message, wide, along);
	paste_unbroken(edit);
	return 0;
}

/* A multi-line field would consume Tab, Enter and Escape. */
static LRESULT CALLBACK on_log_field(
	HWND edit, UINT message, WPARAM wide, LPARAM along, UINT_PTR id, DWORD_PTR data)
{
	(void)id;
	(void)data;
	LRESULT result = DefSubclassProc(edit, message, wide, along);
	if (message == WM_GETDLGCODE)
		result &= ~(LRESULT)(DLGC_WANTALLKEYS | DLGC_WANTTAB | DLGC_HASSETSEL);
	return result;
}

static void make_columns(HWND list)
{
	static const wchar_t *const titles[COLUMNS] = {L"Name", L"Role", L"Ping"};
	ListView_SetExtendedListViewStyle(
		list, LVS_EX_FULLROWSELECT | LVS_EX_DOUBLEBUFFER | LVS_EX_LABELTIP);
	for (int i = 0; i < COLUMNS; i++) {
		LVCOLUMNW column = {
			.mask = LVCF_TEXT | LVCF_FMT | LVCF_SUBITEM,
			.fmt = i == COLUMN_PING ? LVCFMT_RIGHT : LVCFMT_LEFT,
			.pszText = (wchar_t *)(uintptr_t)titles[i],
			.iSubItem = i,
		};
		SendMessageW(list, LVM_INSERTCOLUMNW, (WPARAM)i, (LPARAM)&column);
	}
}

bool window_make_controls(struct window *w)
{
	for (size_t i = 0; i < CONTROLS; i++) {
		DWORD shown = i == DRIVER ? 0 : WS_VISIBLE;
		w->controls[i] = CreateWindowExW(kinds[i].ex_style, kinds[i].class, kinds[i].text,
			WS_CHILD | shown | kinds[i].style, 0, 0, 10, 10, w->hwnd,
			(HMENU)(INT_PTR)CONTROL_ID(i), w->config->instance, NULL);
		if (!w->controls[i])
			return false;
	}
	SendMessageW(w->controls[INVITE], EM_SETLIMITTEXT, JOIN_TYPED - 1, 0);
	SendMessageW(w->controls[NAME], EM_SETLIMITTEXT, LP_NAME_MAX, 0);
	SendMessageW(w->controls[LOG], EM_SETLIMITTEXT, 0x100000, 0);
	SetWindowSubclass(w->controls[INVITE], on_invite_field, 1, 0);
	SetWindowSubclass(w->controls[LOG], on_log_field, 1, 0);
	make_columns(w->controls[MEMBERS]);
	return true;
}

/* ---- painting */

static COLORREF bar_color(const struct window *w)
{
	const struct stay *s = &w->stay;
	if (s->failed && s->state == STAY_NONE)
		return RGB(196, 43, 28);
	if (s->state == STAY_JOINED)
		return RGB(16, 137, 62);
	if (s->state != STAY_NONE)
		return RGB(234, 157, 35);
	return RGB(138, 136, 134);
}

static void fill(HDC dc, RECT r, COLORREF color)
{
	HBRUSH brush = CreateSolidBrush(color);
	FillRect(dc, &r, brush);
	DeleteObject(brush);
}

void window_paint(struct window *w)
{
	PAINTSTRUCT paint;
	HDC dc = BeginPaint(w->hwnd, &paint);
	RECT p = w->panel;
	fill(dc, p, GetSysColor(COLOR_BTNSHADOW));
	fill(dc, (RECT){p.left + 1, p.top + 1, p.right - 1, p.bottom - 1},
		GetSysColor(COLOR_WINDOW));
	fill(dc, (RECT){p.left, p.top, p.left + window_scale(w, BAR), p.bottom}, bar_color(w));
	EndPaint(w->hwnd, &paint);
}

HBRUSH window_color(struct window *w, HDC dc, HWND control)
{
	if (control == w->controls[STATUS]) {
		SetTextColor(dc, GetSysColor(COLOR_WINDOWTEXT));
		SetBkColor(dc, GetSysColor(COLOR_WINDOW));
		return GetSysColorBrush(COLOR_WINDOW);
	}
	if (control == w->controls[LOG]) { /* read-only, but meant to be read */
		SetTextColor(dc, GetSysColor(COLOR_WINDOWTEXT));
		SetBkColor(dc, GetSysColor(COLOR_WINDOW));
		return GetSysColorBrush(COLOR_WINDOW);
	}
	return NULL;
}
