#include "prefix.h"

#include <stdlib.h>
#include <string.h>

#include "lanparty/quic/crypto.h"

bool lp_prefixes_init(struct lp_prefixes *prefixes, bool with_counts)
{
	memset(prefixes, 0, sizeof *prefixes);
	if (!lp_random(&prefixes->key, sizeof prefixes->key))
		return false;
	if (!with_counts)
		return true;
	size_t count = (size_t)LP_SOURCE_LEVELS * LP_PREFIX_COUNT;
	prefixes->taken = calloc(count, sizeof *prefixes->taken);
	prefixes->half_open = calloc(count, sizeof *prefixes->half_open);
	return prefixes->taken && prefixes->half_open;
}

void lp_prefixes_clear(struct lp_prefixes *prefixes)
{
	free(prefixes->taken);
	free(prefixes->half_open);
}

static size_t index_of(const struct lp_source *source, size_t level)
{
	return level * LP_PREFIX_COUNT + source->of[level] % LP_PREFIX_COUNT;
}

void lp_prefix_add(uint32_t *counts, const struct lp_source *source)
{
	for (size_t i = 0; i < LP_SOURCE_LEVELS; i++)
		counts[index_of(source, i)]++;
}

void lp_prefix_remove(uint32_t *counts, const struct lp_source *source)
{
	for (size_t i = 0; i < LP_SOURCE_LEVELS; i++)
		counts[index_of(source, i)]--;
}

uint32_t lp_prefix_most(const uint32_t *counts, const struct lp_source *source)
{
	uint32_t most = 0;
	for (size_t i = 0; i < LP_SOURCE_LEVELS; i++) {
		uint32_t count = counts[index_of(source, i)];
		most = count > most ? count : most;
	}
	return most;
}
