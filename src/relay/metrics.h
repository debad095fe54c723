/* metrics.h - writes what a relay knows as metrics of Prometheus, in its text format 0.0.4 (row H4).
 *
 * The number of time series is the same whatever the members do: no metric names a room or a member. */
#ifndef LANPARTY_RELAY_METRICS_H
#define LANPARTY_RELAY_METRICS_H

#include <stdint.h>

#include "lanparty/edge/text.h"
#include "relay_view.h"

struct metrics_process {
	int64_t started; /* seconds since 1970 */
	lp_time cpu;     /* that the process has used */
};

void metrics_write(
	const struct relay_view *view, const struct metrics_process *process, struct lp_text *t);

#endif
