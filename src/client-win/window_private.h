/* window_private.h - the window's parts, shared by window*.c alone. */
#ifndef LANPARTY_CLIENT_WINDOW_PRIVATE_H
#define LANPARTY_CLIENT_WINDOW_PRIVATE_H

#include "window.h"

#include "join.h"
#include "window_inbox.h"

#define WINDOW_CLASS L"lanparty-window"
#define WINDOW_ICON  1      /* resource number */
#define LINK_MAGIC   0x6c70 /* marks a WM_COPYDATA that carries a link */

enum window_message {
	WINDOW_LOOK = WM_APP + 1, /* look into the inbox; at most one is pending */
	WINDOW_ENDED,             /* the session's thread has finished */
	WINDOW_TRAY,              /* the icon was used */
};

/* The controls in tab order. Tests find them by 100 + number. */
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
	int line;   /* height of a line of text, in pixels */
	RECT panel; /* around the status */
	HWND focus; /* where the focus was when another window took it */
	/* the message that says that the notification area was created again */
	UINT taskbar_created;
	bool in_tray, told_of_tray;

	struct lp_peer_options known;   /* without the room key */
	struct lp_peer_options options; /* of the current or the last stay */
	bool again;                     /* options can be used for another stay */
	struct window_inbox inbox;
	struct stay stay;        /* as it is shown */
	lp_time looked;          /* last look into the inbox */
	struct session *session; /* NULL: no stay */
	HANDLE thread;           /* the session's */
	ULONGLONG pressed;       /* when a button last joined or left, in ms */
	bool left;               /* true: it left */
	bool exiting;            /* end when the stay is over */
};

/* window_layout.c: controls, sizes, painting. */
bool window_make_controls(struct window *w);
int window_scale(const struct window *w, int pixels); /* converts from 96 dpi */
void window_set_dpi(struct window *w, UINT dpi);
UINT window_dpi(HWND hwnd);
void window_layout(struct window *w);
SIZE window_least_size(const struct window *w); /* of the whole window */
SIZE window_first_size(const struct window *w);
void window_fit_columns(struct window *w);
void window_paint(struct window *w);
/* For WM_CTLCOLORSTATIC. NULL: the default. */
HBRUSH window_color(struct window *w, HDC dc, HWND control);

/* window_show.c: what the controls say. */
void window_show(struct window *w); /* everything, from the stay */
void window_show_hint(struct window *w);
void window_show_status(struct window *w, const char *sentence);
void window_log(struct window *w, const char *lines); /* whole lines, each with its line end */
void window_copy_log(struct window *w);
bool window_member_text(struct window *w, size_t row, int column, wchar_t *text, size_t cap);
void window_set_text(const struct window *w, enum control control, const char *text);
void window_get_text(const struct window *w, enum control control, char *text, size_t cap);

/* window_tray.c: the icon in the notification area. */
void window_tray_add(struct window *w);
void window_tray_remove(struct window *w);
void window_tray_show(struct window *w); /* the icon's tooltip */
void window_tray_tell(struct window *w, const char *title, const char *text); /* a notification */
void window_tray_used(struct window *w, LPARAM what);

/* window.c */
void window_open(struct window *w); /* bring it to the front */
void window_leave(struct window *w);
void window_exit(struct window *w);

/* window_once.c: reads the invite in a WM_COPYDATA. False: not from lanparty, or empty. */
bool window_take_link(const COPYDATASTRUCT *data, char invite[JOIN_TYPED]);

#endif
