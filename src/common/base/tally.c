#include "lanparty/base/tally.h"

#include <stdlib.h>

bool lp_tally_init(struct lp_tally *t, size_t max)
{
	t->all = 0;
	t->max = max;
	t->counts = calloc((size_t)LP_SOURCE_LEVELS * LP_TALLY_COUNTS, sizeof(*t->counts));
	return t->counts != NULL;
}

void lp_tally_clear(struct lp_tally *t)
{
	free(t->counts);
	t->counts = NULL;
}

static size_t index_of(const struct lp_source *source, size_t level)
{
	return level * LP_TALLY_COUNTS + source->of[level] % LP_TALLY_COUNTS;
}

uint32_t lp_tally_most(const struct lp_tally *t, const struct lp_source *source)
{
	uint32_t most = 0;
	for (size_t i = 0; i < LP_SOURCE_LEVELS; i++) {
		uint32_t count = t->counts[index_of(source, i)];
		most = count > most ? count : most;
	}
	return most;
}

bool lp_tally_has_share(const struct lp_tally *t, const struct lp_source *source)
{
	return lp_tally_most(t, source) < LP_TALLY_SHARE * (t->max - t->all);
}

void lp_tally_add(struct lp_tally *t, const struct lp_source *source)
{
	t->all++;
	for (size_t i = 0; i < LP_SOURCE_LEVELS; i++)
		t->counts[index_of(source, i)]++;
}

void lp_tally_remove(struct lp_tally *t, const struct lp_source *source)
{
	t->all--;
	for (size_t i = 0; i < LP_SOURCE_LEVELS; i++)
		t->counts[index_of(source, i)]--;
}
