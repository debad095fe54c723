/* report.h - what a member's program shows of itself and of its room (row H4): as JSON for programs, and as
 * text for people. Nothing in it is secret: no room code, no key, no token. */
#ifndef LANPARTY_PEER_REPORT_H
#define LANPARTY_PEER_REPORT_H

#include <stdbool.h>

#include "lanparty/base/meter.h"
#include "lanparty/edge/text.h"
#include "lanparty/peer/link.h"

struct lp_report {
	const struct lp_link *link; /* borrowed */
	const struct lp_peer_options *options;
	enum lp_role role;
	const char *port;                 /* its frame port's */
	struct lp_meter meter;            /* of frames; in: from the room */
	char trouble[LP_TUNNEL_TEXT + 1]; /* why it is not in the room, as far as that was said */
	lp_time joined_at;                /* 0: it is not */
};

/* The link tells people something. */
void lp_report_told(struct lp_report *s, const struct lp_tunnel_action *action, lp_time now);
/* Call it at each wake-up: it measures now and then. */
void lp_report_on_time(struct lp_report *s, lp_time now);
void lp_report_json(const struct lp_report *s, lp_time now, struct lp_text *t);
void lp_report_text(const struct lp_report *s, lp_time now, struct lp_text *t);

#endif
