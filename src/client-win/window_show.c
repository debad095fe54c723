/* window_show.c - writes the state of the stay into the controls. */
#include "window_private.h"

#include <commctrl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "wide.h"

#define LOG_MAX 60000 /* characters of the log that are kept */
#define DASH    "\xe2\x80\x93"

void window_get_text(const struct window *w, enum control control, char *text, size_t cap)
{
	wchar_t wide[JOIN_TYPED];
	GetWindowTextW(w->controls[control], wide, JOIN_TYPED);
	wide_to(text, cap, wide);
	lp_zero(wide, sizeof(wide));
}

/* Only if the text differs: setting a control makes it flicker and screen readers repeat it. */
void window_set_text(const struct window *w, enum control control, const char *text)
{
	wchar_t wide[2 * WORDS_MAX], now[2 * WORDS_MAX];
	wide_from(wide, 2 * WORDS_MAX, text);
	GetWindowTextW(w->controls[control], now, 2 * WORDS_MAX);
	if (wcscmp(wide, now) != 0)
		SetWindowTextW(w->controls[control], wide);
	lp_zero(wide, sizeof(wide));
	lp_zero(now, sizeof(now));
}

void window_show_hint(struct window *w)
{
	char typed[JOIN_TYPED], sentence[JOIN_SENTENCE];
	window_get_text(w, INVITE, typed, sizeof(typed));
	if (w->session) {
		char relay[WORDS_RELAY];
		snprintf(sentence, sizeof(sentence), "The relay is %s.",
			words_relay(&w->options.relay, relay));
	} else {
		join_hint(typed, &w->known, w->again, sentence);
	}
	window_set_text(w, HINT, sentence);
	lp_zero(typed, sizeof(typed));
}

void window_show_status(struct window *w, const char *sentence)
{
	window_set_text(w, STATUS, sentence);
	window_layout(w);
	InvalidateRect(w->hwnd, &w->panel, TRUE);
}

static void show_facts(struct window *w)
{
	const struct stay *s = &w->stay;
	bool joined = s->state == STAY_JOINED;
	char text[200], rates[2][24], totals[2][24];
	window_set_text(w, LAN, !joined ? DASH : s->gateway ? "There" : "Not there");
	window_set_text(w, ADDRESS,
		s->address[0]          ? s->address
		: joined && s->gateway ? "None yet"
				       : DASH);
	snprintf(text, sizeof(text), "In %s/s (%s), out %s/s (%s)",
		words_bytes(s->in.rate, rates[0]), words_bytes((double)s->in.bytes, totals[0]),
		words_bytes(s->out.rate, rates[1]), words_bytes((double)s->out.bytes, totals[1]));
	window_set_text(w, TRAFFIC, joined || s->in.bytes + s->out.bytes > 0 ? text : DASH);
}

static void show_members(struct window *w)
{
	HWND list = w->controls[MEMBERS];
	if ((size_t)ListView_GetItemCount(list) != w->stay.count) {
		ListView_SetItemCountEx(list, (int)w->stay.count, LVSICF_NOSCROLL);
		window_fit_columns(w);
	}
	InvalidateRect(list, NULL, FALSE);
}

bool window_member_text(struct window *w, size_t row, int column, wchar_t *text, size_t cap)
{
	const struct stay *s = &w->stay;
	char plain[80] = "";
	if (row >= s->count)
		return false;
	const struct stay_member *m = &s->members[row];
	bool gateway = m->role == LP_ROLE_GATEWAY, self = m->peer == s->self;
	lp_time ping = stay_ping(s, m);
	if (column == COLUMN_NAME)
		snprintf(plain, sizeof(plain), "%s",
			m->name[0] ? m->name
			: gateway  ? "LAN gateway"
				   : "Player without a name");
	else if (column == COLUMN_ROLE)
		snprintf(plain, sizeof(plain), "%s",
			gateway ? "LAN gateway"
			: self  ? "Player (you)"
				: "Player");
	else if (ping >= LP_MILLISECOND)
		snprintf(plain, sizeof(plain), "%llu ms",
			(unsigned long long)((ping + LP_MILLISECOND / 2) / LP_MILLISECOND));
	else if (ping)
		snprintf(plain, sizeof(plain), "< 1 ms");
	wide_from(text, cap, plain);
	return true;
}

/* Enables the controls that can be used now. */
static void show_choices(struct window *w)
{
	bool idle = !w->session,
	     driver = w->stay.problem == ADAPTER_NO_DRIVER || w->stay.problem == ADAPTER_TOO_OLD;
	window_set_text(w, JOIN,
		idle                               ? "&Join"
		: w->stay.state == STAY_CONNECTING ? "&Cancel"
						   : "&Leave");
	EnableWindow(w->controls[INVITE], idle);
	EnableWindow(w->controls[NAME], idle);
	ShowWindow(w->controls[DRIVER], idle && driver ? SW_SHOW : SW_HIDE);
}

void window_show(struct window *w)
{
	show_choices(w);
	show_facts(w);
	show_members(w);
	window_show_hint(w);
	window_show_status(w, w->stay.status);
	window_tray_show(w);
}

/* Makes room at the beginning by removing whole lines. */
static void shorten_log(HWND log)
{
	int len = GetWindowTextLengthW(log);
	if (len < LOG_MAX)
		return;
	LRESULT row = SendMessageW(log, EM_LINEFROMCHAR, LOG_MAX / 3, 0);
	LRESULT at = SendMessageW(log, EM_LINEINDEX, (WPARAM)row + 1, 0);
	SendMessageW(log, EM_SETSEL, 0, at > 0 ? at : len);
	SendMessageW(log, EM_REPLACESEL, FALSE, (LPARAM)L"");
}

/* Keeps the player's selection and position, unless the end of the log is in view. */
static void append_log(HWND log, const wchar_t *text)
{
	DWORD from = 0, to = 0;
	SendMessageW(log, EM_GETSEL, (WPARAM)&from, (LPARAM)&to);
	int before = GetWindowTextLengthW(log);
	bool selected = from != to;
	LRESULT row = SendMessageW(log, EM_GETFIRSTVISIBLELINE, 0, 0);
	SendMessageW(log, WM_SETREDRAW, FALSE, 0);
	shorten_log(log);
	int len = GetWindowTextLengthW(log);
	SendMessageW(log, EM_SETSEL, (WPARAM)len, len);
	SendMessageW(log, EM_REPLACESEL, FALSE, (LPARAM)text);
	if (selected && before == len) { /* nothing was removed at the beginning */
		SendMessageW(log, EM_SETSEL, from, to);
		SendMessageW(log, EM_LINESCROLL, 0,
			row - SendMessageW(log, EM_GETFIRSTVISIBLELINE, 0, 0));
	} else {
		SendMessageW(log, EM_SCROLLCARET, 0, 0);
	}
	SendMessageW(log, WM_SETREDRAW, TRUE, 0);
	InvalidateRect(log, NULL, TRUE);
}

/* The last line has no line end, otherwise an empty line would follow it. */
void window_log(struct window *w, const char *lines)
{
	static wchar_t wide[INBOX_LOG + 80]; /* the window has one thread */
	bool first = GetWindowTextLengthW(w->controls[LOG]) == 0;
	if (!lines[0])
		return;
	wcscpy(wide, first ? L"" : L"\r\n");
	wide_from(wide + wcslen(wide), INBOX_LOG + 78, lines);
	wide[wcslen(wide) - 2] = 0;
	append_log(w->controls[LOG], wide);
}

void window_copy_log(struct window *w)
{
	int len = GetWindowTextLengthW(w->controls[LOG]);
	HGLOBAL memory = GlobalAlloc(GMEM_MOVEABLE, ((size_t)len + 1) * sizeof(wchar_t));
	wchar_t *text = memory ? GlobalLock(memory) : NULL;
	if (!text)
		return;
	GetWindowTextW(w->controls[LOG], text, len + 1);
	GlobalUnlock(memory);
	if (OpenClipboard(w->hwnd)) {
		EmptyClipboard();
		if (SetClipboardData(CF_UNICODETEXT, memory))
			memory = NULL; /* the clipboard owns it now */
		CloseClipboard();
	}
	if (memory)
		GlobalFree(memory);
}
