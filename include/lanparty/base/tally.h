/* tally.h - how many of something there are, in all and of each source (source.h), so that no source takes all.
 *
 * A network has at most LP_TALLY_SHARE times those that are still free. Alone it gets two thirds of all;
 * however many networks fill their share, some are left for the others. Networks can share a count; the key of
 * the source decides which ones do. It never allocates after lp_tally_init. */
#ifndef LANPARTY_BASE_TALLY_H
#define LANPARTY_BASE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/source.h"

#define LP_TALLY_COUNTS 4096 /* for each kind of network */
#define LP_TALLY_SHARE  2

struct lp_tally {
	uint32_t *counts;
	size_t all, max; /* now, and at most */
};

/* False without memory; lp_tally_clear is allowed then, too. */
bool lp_tally_init(struct lp_tally *tally, size_t max);
void lp_tally_clear(struct lp_tally *tally);
/* True when the source can have one more. */
bool lp_tally_has_share(const struct lp_tally *tally, const struct lp_source *source);
/* The largest count of the source's networks. */
uint32_t lp_tally_most(const struct lp_tally *tally, const struct lp_source *source);
/* One more, or one less. */
void lp_tally_add(struct lp_tally *tally, const struct lp_source *source);
void lp_tally_remove(struct lp_tally *tally, const struct lp_source *source);

#endif
