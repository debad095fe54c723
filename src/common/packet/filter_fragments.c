/* filter_fragments.c - row S2: no fragment rewrites the headers of a datagram that was judged by its
 * first one. */
#include <string.h>

#include "filter_private.h"

static bool same_datagram(const struct lp_fragment *a, const struct lp_fragment *b)
{
	return a->version == b->version && a->protocol == b->protocol && a->id == b->id &&
	       memcmp(a->src, b->src, sizeof(a->src)) == 0 &&
	       memcmp(a->dst, b->dst, sizeof(a->dst)) == 0;
}

static struct lp_fragment *find_fragment(
	struct lp_filter_source *from, const struct lp_fragment *key, lp_time now)
{
	for (size_t i = 0; i < LP_FILTER_FRAGMENTS; i++) {
		struct lp_fragment *known = &from->fragments[i];
		if (now < known->until && same_datagram(known, key))
			return known;
	}
	return NULL;
}

/* A fragment that no host could put anywhere: empty, cut within eight bytes, past the end. */
static bool is_sound(const struct lp_span *span)
{
	return span->len > 0 && (!span->more || span->len % 8 == 0) &&
	       span->offset + span->len <= UINT16_MAX;
}

enum lp_drop lp_fragment_first(struct lp_filter_source *from, const struct lp_fragment *key,
	const struct lp_span *span, lp_time now)
{
	if (!is_sound(span))
		return LP_DROP_FRAGMENT;
	if (!lp_filter_is_client(from))
		return LP_DROP_NONE;
	struct lp_fragment *slot = find_fragment(from, key, now);
	if (slot && slot->end != span->len)
		return LP_DROP_FRAGMENT;
	if (!slot) {
		slot = &from->fragments[from->next_fragment];
		from->next_fragment = (uint8_t)((from->next_fragment + 1) % LP_FILTER_FRAGMENTS);
	}
	*slot = *key;
	slot->end = (uint16_t)span->len;
	slot->until = now + LP_FILTER_FRAGMENT_TTL;
	return LP_DROP_NONE;
}

enum lp_drop lp_fragment_later(struct lp_filter_source *from, const struct lp_fragment *key,
	const struct lp_span *span, lp_time now)
{
	if (!is_sound(span))
		return LP_DROP_FRAGMENT;
	if (!lp_filter_is_client(from))
		return LP_DROP_NONE;
	const struct lp_fragment *first = find_fragment(from, key, now);
	return first && span->offset >= first->end ? LP_DROP_NONE : LP_DROP_FRAGMENT;
}
