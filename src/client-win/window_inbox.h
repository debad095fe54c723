/* window_inbox.h - between the threads and the window: the session's thread writes what happens into the
 * stay, any thread writes lines for the log, and the window looks when it has time. Whatever comes,
 * and however fast, this much memory is all that it takes; the newest state is never lost.
 *
 * Each function may be called from any thread. Those that return bool say whether the window is to
 * be told to look: true once, until it has looked. */
#ifndef LANPARTY_CLIENT_WINDOW_INBOX_H
#define LANPARTY_CLIENT_WINDOW_INBOX_H

#include <winsock2.h>
#include <windows.h>

#include "stay.h"

#define INBOX_LOG 16384 /* bytes of lines that wait to be shown; more lines are counted only */

struct window_inbox {
	SRWLOCK lock; /* zero is a good beginning, for all of it */
	bool told;    /* the window knows that there is something */
	bool changed; /* the stay, since the window looked */
	bool entered; /* the relay has let us in, since the window looked */
	struct stay stay;
	char log[INBOX_LOG]; /* whole lines, each with "\r\n" at its end */
	size_t log_len;
	unsigned lost; /* lines that came after them */
};

/* What a window has seen at one look. */
struct window_look {
	bool changed, entered; /* as above */
	char log[INBOX_LOG + 80];
};

bool inbox_begin(struct window_inbox *box, const struct lp_peer_options *options);
bool inbox_leave(struct window_inbox *box);
/* A fault before there is a stay. */
bool inbox_fault(struct window_inbox *box, const char *sentence);
/* A passing notice, see stay_notice; in the log, too. */
bool inbox_notice(struct window_inbox *box, const char *sentence, lp_time now);
bool inbox_event(struct window_inbox *box, const struct session_event *event, lp_time now);
/* No more events come: the stay is over, whether or not the last of them said so. */
bool inbox_end(struct window_inbox *box, lp_time now);
bool inbox_line(struct window_inbox *box, const char *line, size_t len);
/* The window could not be told: the next change shall try again. */
void inbox_not_told(struct window_inbox *box);
/* Takes out what there is; stay is written to only when it has changed. */
void inbox_look(struct window_inbox *box, struct window_look *look, struct stay *stay);

#endif
