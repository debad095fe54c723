/* filter_private.h - what the two files of the filter share: filter.c judges frames, filter_fragments.c
 * remembers fragments. */
#ifndef LANPARTY_FILTER_PRIVATE_H
#define LANPARTY_FILTER_PRIVATE_H

#include "lanparty/packet/filter.h"

static inline bool lp_filter_is_client(const struct lp_filter_source *from)
{
	return from->role != LP_ROLE_GATEWAY;
}

/* Judges a first fragment whose headers passed, and remembers it. A first fragment that is repeated
 * must be as long as before: a later fragment that follows the one then cannot overwrite the headers of
 * the other. Returns LP_DROP_NONE or LP_DROP_FRAGMENT. */
enum lp_drop lp_fragment_first(
	struct lp_filter_source *from, const struct lp_view *view, lp_time now);

/* Judges a later fragment: a client must have sent the first one before. The LAN behind a gateway is
 * trusted and can reorder, so its first fragments need not be known. Returns LP_DROP_NONE or
 * LP_DROP_FRAGMENT. *ret_is_early is always written: the first one is missing. */
enum lp_drop lp_fragment_later(
	struct lp_filter_source *from, const struct lp_view *view, lp_time now, bool *ret_is_early);

#endif
