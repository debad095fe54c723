/* relay_report.h - shows what the workers of a relay know (row H4): as JSON for programs, as text for
 * people. */
#ifndef LANPARTY_RELAY_REPORT_H
#define LANPARTY_RELAY_REPORT_H

#include "lanparty/edge/text.h"
#include "relay_view.h"

void relay_report_json(const struct relay_view *view, struct lp_text *t);
void relay_report_text(const struct relay_view *view, struct lp_text *t);

#endif
