/* window_private.h - the window's parts, shared by window*.c alone. */
#ifndef LANPARTY_CLIENT_WINDOW_PRIVATE_H
#define LANPARTY_CLIENT_WINDOW_PRIVATE_H

#include "window.h"

#include "join.h"
#include "window_inbox.h"

#define WINDOW_CLASS L"lanparty-window"
#define WINDOW_ICON  1      /* the resource's number */
#define LINK_MAGIC   0x6c70 /* what a WM_COPYDATA with a link says it is */

enum window_message {
	WINDOW_LOOK = WM_APP + 1, /* into the inbox; one at a time is under way */
	WINDOW_ENDED,             /* the session's thread has nothing more to do */
	WINDOW_TRAY,              /* the symbol was used */
};

/* The controls, in the order of the tab key. A test finds them by 100 + number. */
enum control {
	INVITE_LABEL,
	INVITE,
	HINT,
	NAME_LABEL,
	NAME,
	JOIN,
	STATUS,
	DRIVER,
	LAN_LABEL,
	LAN,
	ADDRESS_LABEL,
	ADDRESS,
	TRAFFIC_LABEL,
	TRAFFIC,
	MEMBERS_LABEL,
	MEMBERS,
	LOG_LABEL,
	LOG,
	COPY,
	CONTROLS,
};
#define CONTROL_ID(control) (100 + (int)(control))

enum member_column {
	COLUMN_NAME,
	COLUMN_ROLE,
	COLUMN_PING,
	COLUMNS,
};

struct window {
	const struct window_config *config;
	HWND hwnd;
	HWND controls[CONTROLS];
	UINT dpi;
	HFONT font;
	int line;             /* height of a line of text, pixels */
	RECT panel;           /* around the status */
	HWND focus;           /* when another window has it */
	UINT taskbar_created; /* the message that says that the notification area is new */
	bool in_tray, told_of_tray;

	struct lp_peer_options known;   /* without a key */
	struct lp_peer_options options; /* of the stay, or the last one */
	bool again;                     /* options are good for another stay */
	struct window_inbox inbox;
	struct stay stay;        /* as it is shown */
	lp_time looked;          /* into the inbox */
	struct session *session; /* NULL: no stay */
	HANDLE thread;           /* of the session */
	ULONGLONG pressed;       /* when a button has joined or left, ms */
	bool left;               /* which of the two */
	bool exiting;            /* when the stay is over */
};

/* window_layout.c: controls, sizes, painting. */
bool window_make_controls(struct window *w);
int window_scale(const struct window *w, int pixels); /* from 96 dots an inch */
void window_set_dpi(struct window *w, UINT dpi);
UINT window_dpi(HWND hwnd);
void window_layout(struct window *w);
SIZE window_least_size(const struct window *w); /* of the whole window */
SIZE window_first_size(const struct window *w);
void window_fit_columns(struct window *w);
void window_paint(struct window *w);
/* For WM_CTLCOLORSTATIC; NULL: as usual. */
HBRUSH window_color(struct window *w, HDC dc, HWND control);

/* window_show.c: what the controls say. */
void window_show(struct window *w); /* all of it, from the stay */
void window_show_hint(struct window *w);
void window_show_status(struct window *w, const char *sentence);
void window_log(struct window *w, const char *lines); /* whole lines, each with its end */
void window_copy_log(struct window *w);
bool window_member_text(struct window *w, size_t row, int column, wchar_t *text, size_t cap);
void window_set_text(const struct window *w, enum control control, const char *text);
void window_get_text(const struct window *w, enum control control, char *text, size_t cap);

/* window_tray.c: the symbol in the notification area. */
void window_tray_add(struct window *w);
void window_tray_remove(struct window *w);
void window_tray_show(struct window *w); /* what it says when pointed at */
void window_tray_tell(struct window *w, const char *title, const char *text); /* a balloon */
void window_tray_used(struct window *w, LPARAM what);

/* window.c */
void window_open(struct window *w); /* to the front */
void window_leave(struct window *w);
void window_exit(struct window *w);

/* window_once.c: the invite in a WM_COPYDATA, or false: it is none of ours, or says nothing. */
bool window_take_link(const COPYDATASTRUCT *data, char invite[JOIN_TYPED]);

#endif
