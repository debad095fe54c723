#include "lanparty/edge/figures.h"

#include <inttypes.h>

#include "lanparty/edge/json.h"

double lp_figures_ms(lp_time t)
{
	return (double)t / (double)LP_MILLISECOND;
}

double lp_figures_loss(uint64_t lost, uint64_t reached)
{
	uint64_t all = lost + reached;
	return all ? 100.0 * (double)lost / (double)all : 0;
}

void lp_figures_json_way(
	struct lp_text *t, const char *key, uint64_t frames, uint64_t bytes, uint64_t rate)
{
	lp_json_open(t, key, '{');
	lp_json_count(t, "frames", frames);
	lp_json_count(t, "bytes", bytes);
	lp_json_count(t, "bytes_per_second", rate);
}

void lp_figures_json_drops(struct lp_text *t, const char *key, const uint64_t drops[LP_DROP_COUNT])
{
	lp_json_open(t, key, '{');
	for (int i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++)
		if (drops[i])
			lp_json_count(t, lp_drop_text((enum lp_drop)i), drops[i]);
	lp_json_close(t, '}');
}

void lp_figures_text_drops(
	struct lp_text *t, const char *title, size_t columns, const uint64_t drops[LP_DROP_COUNT])
{
	bool any = false;
	for (int i = LP_DROP_NONE + 1; i < LP_DROP_COUNT; i++) {
		if (!drops[i])
			continue;
		lp_text_column(t, any ? ", " : title, any ? 0 : columns);
		lp_text_put(t, "%s %" PRIu64, lp_drop_text((enum lp_drop)i), drops[i]);
		any = true;
	}
	if (any)
		lp_text_put(t, "\n");
}
