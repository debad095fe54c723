/* window_inbox.h - connects the threads to the window. The session's thread writes events into the
 * stay, any thread writes log lines, and the window reads both when it has time. Memory is bounded
 * however fast events arrive, and the newest state is never lost.
 *
 * Any thread can call these functions. Those that return bool say whether the caller must notify
 * the window: true once, until the window has looked. */
#ifndef LANPARTY_CLIENT_WINDOW_INBOX_H
#define LANPARTY_CLIENT_WINDOW_INBOX_H

#include <winsock2.h>
#include <windows.h>

#include "stay.h"

#define INBOX_LOG 16384 /* bytes of waiting log lines; further lines are only counted */

struct window_inbox {
	SRWLOCK lock; /* zero is a valid initial value for all fields */
	bool told;    /* the window was notified */
	bool changed; /* the stay changed since the window looked */
	bool entered; /* the relay accepted the join since the window looked */
	struct stay stay;
	char log[INBOX_LOG]; /* whole lines, each ends with "\r\n" */
	size_t log_len;
	unsigned lost; /* number of lines that did not fit */
};

/* What the window receives with one look. */
struct window_look {
	bool changed, entered; /* as in window_inbox */
	char log[INBOX_LOG + 80];
};

bool inbox_begin(struct window_inbox *box, const struct lp_peer_options *options);
bool inbox_leave(struct window_inbox *box);
/* Reports a fault before there is a stay. */
bool inbox_fault(struct window_inbox *box, const char *sentence);
/* Reports a notice (see stay_notice), which is also logged. */
bool inbox_notice(struct window_inbox *box, const char *sentence, lp_time now);
bool inbox_event(struct window_inbox *box, const struct session_event *event, lp_time now);
/* No more events follow: the stay is over, whether or not the last event said so. */
bool inbox_end(struct window_inbox *box, lp_time now);
bool inbox_line(struct window_inbox *box, const char *line, size_t len);
/* The window could not be notified: the next change tries again. */
void inbox_not_told(struct window_inbox *box);
/* Takes everything out. stay is only written if it has changed. */
void inbox_look(struct window_inbox *box, struct window_look *look, struct stay *stay);

#endif
