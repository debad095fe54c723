#include "lanparty/edge/log_limit.h"

#include <stddef.h>

/* FNV-1a (draft-eastlake-fnv): the sources are hashes with a secret key already. */
static size_t slot_of(const char *event, uint32_t source)
{
	uint32_t hash = source ^ 2166136261u;
	for (; *event; event++)
		hash = (hash ^ (unsigned char)*event) * 16777619u;
	return hash % LP_LOG_LIMIT_SLOTS;
}

static void say(struct lp_log_limit *limit, size_t at)
{
	if (limit->slots[at].more)
		lp_log(LP_LOG_INFO, "more_lines", "of=%s count=%u seconds=%u source=%08x",
			limit->slots[at].event, limit->slots[at].more,
			(unsigned)(LP_LOG_LIMIT_PERIOD / LP_SECOND), limit->slots[at].source);
	limit->slots[at].lines = limit->slots[at].more = 0;
}

bool lp_log_limit_take(struct lp_log_limit *limit, enum lp_log_level level, const char *event,
	uint32_t source, lp_time now)
{
	if (!lp_log_on(level))
		return false;
	size_t at = slot_of(event, source);
	if (now >= limit->slots[at].until) {
		say(limit, at);
		limit->slots[at].event = event;
		limit->slots[at].source = source;
		limit->slots[at].until = now + LP_LOG_LIMIT_PERIOD;
	}
	bool good = limit->slots[at].lines < LP_LOG_LIMIT_LINES;
	limit->slots[at].lines += good;
	limit->slots[at].more += !good;
	if (!good && !limit->deadline)
		limit->deadline = now + LP_LOG_LIMIT_PERIOD;
	return good;
}

void lp_log_limit_on_time(struct lp_log_limit *limit, lp_time now)
{
	bool left = false;
	if (!limit->deadline || now < limit->deadline)
		return;
	for (size_t i = 0; i < LP_LOG_LIMIT_SLOTS; i++) {
		if (now >= limit->slots[i].until)
			say(limit, i);
		left = left || limit->slots[i].more;
	}
	limit->deadline = left ? now + LP_LOG_LIMIT_PERIOD : 0;
}

lp_time lp_log_limit_deadline(const struct lp_log_limit *limit)
{
	return limit->deadline ? limit->deadline : LP_NEVER;
}
