#include "window_inbox.h"

#include <stdio.h>
#include <string.h>

#define LINE_PREFIX 10 /* "12:34:56  " */

/* Once a line is lost, all further lines are lost until the window has looked, so that there is one
 * gap. */
static void add_line(struct window_inbox *box, const char *line, size_t len)
{
	SYSTEMTIME now;
	if (len == 0)
		return;
	if (box->lost > 0 || len + LINE_PREFIX + 3 > sizeof(box->log) - box->log_len) {
		box->lost++;
		return;
	}
	GetLocalTime(&now);
	box->log_len += (size_t)snprintf(box->log + box->log_len, LINE_PREFIX + 1,
		"%02d:%02d:%02d  ", now.wHour % 24, now.wMinute % 60, now.wSecond % 60);
	memcpy(box->log + box->log_len, line, len);
	box->log_len += len;
	memcpy(box->log + box->log_len, "\r\n", 2);
	box->log_len += 2;
}

/* Called with the lock held; releases it. */
static bool leave_box(struct window_inbox *box, bool changed)
{
	bool news = !box->told;
	box->told = true;
	box->changed = box->changed || changed;
	ReleaseSRWLockExclusive(&box->lock);
	return news;
}

bool inbox_begin(struct window_inbox *box, const struct lp_peer_options *options)
{
	AcquireSRWLockExclusive(&box->lock);
	stay_begin(&box->stay, options);
	return leave_box(box, true);
}

bool inbox_leave(struct window_inbox *box)
{
	AcquireSRWLockExclusive(&box->lock);
	stay_leave(&box->stay);
	return leave_box(box, true);
}

bool inbox_fault(struct window_inbox *box, const char *sentence)
{
	AcquireSRWLockExclusive(&box->lock);
	stay_fault(&box->stay, sentence);
	return leave_box(box, true);
}

bool inbox_notice(struct window_inbox *box, const char *sentence, lp_time now)
{
	AcquireSRWLockExclusive(&box->lock);
	stay_notice(&box->stay, sentence, now);
	add_line(box, sentence, strlen(sentence));
	return leave_box(box, true);
}

static void take_event(struct window_inbox *box, const struct session_event *event, lp_time now)
{
	char told[WORDS_MAX];
	stay_event(&box->stay, event, now, told);
	add_line(box, told, strlen(told));
	if (event->kind == SESSION_ACTION && event->action.kind == LP_TUNNEL_JOINED)
		box->entered = true;
}

bool inbox_event(struct window_inbox *box, const struct session_event *event, lp_time now)
{
	AcquireSRWLockExclusive(&box->lock);
	take_event(box, event, now);
	return leave_box(box, true);
}

bool inbox_end(struct window_inbox *box, lp_time now)
{
	static const struct session_event over = {.kind = SESSION_OVER};
	AcquireSRWLockExclusive(&box->lock);
	if (!box->stay.over)
		take_event(box, &over, now);
	return leave_box(box, true);
}

bool inbox_line(struct window_inbox *box, const char *line, size_t len)
{
	AcquireSRWLockExclusive(&box->lock);
	add_line(box, line, len);
	return leave_box(box, false);
}

void inbox_not_told(struct window_inbox *box)
{
	AcquireSRWLockExclusive(&box->lock);
	box->told = false;
	ReleaseSRWLockExclusive(&box->lock);
}

void inbox_look(struct window_inbox *box, struct window_look *look, struct stay *stay)
{
	AcquireSRWLockExclusive(&box->lock);
	look->changed = box->changed;
	look->entered = box->entered;
	if (box->changed)
		*stay = box->stay;
	memcpy(look->log, box->log, box->log_len);
	look->log[box->log_len] = 0;
	if (box->lost > 0)
		snprintf(look->log + box->log_len, sizeof(look->log) - box->log_len,
			"(%u lines are left out here)\r\n", box->lost);
	box->log_len = box->lost = 0;
	box->told = box->changed = box->entered = false;
	ReleaseSRWLockExclusive(&box->lock);
}
