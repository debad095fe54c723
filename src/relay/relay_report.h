/* relay_report.h - shows what the workers of a relay know (row H4): as JSON for programs, as text for
 * people. */
#ifndef LANPARTY_RELAY_REPORT_H
#define LANPARTY_RELAY_REPORT_H

#include "lanparty/edge/text.h"
#include "snapshot.h"
#include "workers.h"

struct relay_view {
	struct snapshot *workers[WORKERS_MAX];
	size_t count;
	bool shows_addresses, shows_members; /* of members; otherwise rooms alone */
};

void relay_report_json(const struct relay_view *view, struct lp_text *t);
void relay_report_text(const struct relay_view *view, struct lp_text *t);

#endif
