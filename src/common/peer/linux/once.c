#include "lanparty/peer/linux/once.h"

#include <stdio.h>

#include "lanparty/edge/log.h"
#include "lanparty/peer/linux/acts.h"

#define ALL_KNOWN LP_SECOND /* after a join: until then the relay has named all members */

void lp_once_begin(struct lp_once *once, lp_time now)
{
	once->at = now + LP_LOCAL_SECONDS * LP_SECOND;
}

static void end(struct lp_once *once, int code, const char *text, lp_time now)
{
	if (code == LP_EXIT_OK)
		puts(text);
	else
		lp_log(LP_LOG_ERROR, "refused", "reason=%s", text);
	once->over = true;
	once->code = code;
	once->at = now;
}

void lp_once_told(struct lp_once *once, const struct lp_tunnel_action *action, lp_time now)
{
	if (once->over)
		return;
	if (action->kind == LP_TUNNEL_JOINED) {
		once->joined = true;
		once->why[0] = '\0';
		once->at = now + ALL_KNOWN;
	} else if (action->kind == LP_TUNNEL_DISCONNECTED && once->joined)
		end(once, LP_EXIT_UNAVAILABLE, "the relay was lost before it answered", now);
	else if (action->kind == LP_TUNNEL_DISCONNECTED)
		snprintf(once->why, sizeof(once->why), "%s", action->text);
	else if (action->kind == LP_TUNNEL_ACTED)
		end(once,
			lp_acted_is_done(action->done.acted) ? (int)LP_EXIT_OK
							     : (int)LP_EXIT_REFUSED,
			lp_acted_text(action->done.acted), now);
}

static void ask(struct lp_once *once, struct lp_link *link, lp_time now)
{
	const char *fault = lp_act_ask(link, 1, once->word, once->argument);
	once->asked = true;
	once->at = now + LP_LOCAL_SECONDS * LP_SECOND;
	if (fault)
		end(once, LP_EXIT_REFUSED, fault, now);
}

void lp_once_on_time(struct lp_once *once, struct lp_link *link, lp_time now)
{
	if (now < once->at)
		return;
	if (!once->over && !once->asked && once->joined)
		ask(once, link, now);
	else if (!once->over)
		end(once, LP_EXIT_UNAVAILABLE,
			once->why[0] ? once->why : "the relay does not answer in time", now);
	if (!once->over)
		return;
	once->at = LP_NEVER;
	lp_link_leave(link, now);
}
