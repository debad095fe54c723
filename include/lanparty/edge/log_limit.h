/* log_limit.h - limits the log lines that somebody outside can cause.
 *
 * In each LP_LOG_LIMIT_PERIOD an event of one source has LP_LOG_LIMIT_LINES lines. The others are counted,
 * and one line says how many they were:
 *   event=more_lines of=peer_left count=812 seconds=10 source=5f3a90c2
 * Events that share a slot of the table share its lines, so the whole log is bounded, too. It never
 * allocates. One thread owns it. */
#ifndef LANPARTY_EDGE_LOG_LIMIT_H
#define LANPARTY_EDGE_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/edge/log.h"

#define LP_LOG_LIMIT_LINES  20
#define LP_LOG_LIMIT_PERIOD (10 * LP_SECOND)
#define LP_LOG_LIMIT_SLOTS  256

/* Zero-initialise. */
struct lp_log_limit {
	struct {
		const char *event;
		uint32_t source;
		unsigned lines, more; /* said, and counted only */
		lp_time until;
	} slots[LP_LOG_LIMIT_SLOTS];
	lp_time deadline; /* 0: nothing is counted */
};

/* True when the caller must log one more line of that level about the event of a source (a number, see
 * base/source.h). event is static. */
bool lp_log_limit_take(struct lp_log_limit *limit, enum lp_log_level level, const char *event,
	uint32_t source, lp_time now);
/* Says what has been counted in periods that are over. */
void lp_log_limit_on_time(struct lp_log_limit *limit, lp_time now);
/* When lp_log_limit_on_time is due; LP_NEVER: nothing is counted. */
lp_time lp_log_limit_deadline(const struct lp_log_limit *limit);

#endif
