/* filter_private.h - what the two parts of the filter share: frames (filter.c) and fragments
 * (filter_fragments.c). */
#ifndef LANPARTY_FILTER_PRIVATE_H
#define LANPARTY_FILTER_PRIVATE_H

#include "lanparty/packet/filter.h"

/* Where a fragment lies in its datagram. */
struct lp_span {
	size_t offset;
	size_t len;
	bool more; /* others follow */
};

static inline bool lp_filter_is_client(const struct lp_filter_source *from)
{
	return from->role != LP_ROLE_GATEWAY;
}

/* A first fragment that was judged and may pass. When it comes again it must be as long as before:
 * a later fragment that lies behind the one can't then lie within the headers of the other. */
enum lp_drop lp_fragment_first(struct lp_filter_source *from, const struct lp_fragment *key,
	const struct lp_span *span, lp_time now);
/* The LAN is trusted and may reorder: from a gateway no first fragment needs to be known. */
enum lp_drop lp_fragment_later(struct lp_filter_source *from, const struct lp_fragment *key,
	const struct lp_span *span, lp_time now);

#endif
