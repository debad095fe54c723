/* filter_fragments.c - row S2: no fragment rewrites the headers of a datagram that was judged by its
 * first fragment. */
#include <string.h>

#include "filter_private.h"

static struct lp_fragment key_of(const struct lp_view *v)
{
	struct lp_fragment key = {.id = v->fragment_id, .version = v->version};
	size_t size = lp_view_address_size(v);
	memcpy(key.src, lp_view_addresses(v), size);
	memcpy(key.dst, lp_view_addresses(v) + size, size);
	if (v->version == 4)
		key.protocol = v->protocol;
	return key;
}

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

/* No host can use a fragment that is empty, ends within a unit of eight bytes, or ends past the largest
 * datagram. */
static bool is_sound(const struct lp_view *v)
{
	return v->fragment_len > 0 && (!v->fragment_more || v->fragment_len % 8 == 0) &&
	       (size_t)v->fragment_offset + v->fragment_len <= UINT16_MAX;
}

enum lp_drop lp_fragment_first(
	struct lp_filter_source *from, const struct lp_view *view, lp_time now)
{
	if (!is_sound(view))
		return LP_DROP_FRAGMENT;
	if (!lp_filter_is_client(from))
		return LP_DROP_NONE;
	struct lp_fragment key = key_of(view);
	struct lp_fragment *slot = find_fragment(from, &key, now);
	if (slot && slot->end != view->fragment_len)
		return LP_DROP_FRAGMENT;
	if (!slot) {
		slot = &from->fragments[from->next_fragment];
		from->next_fragment = (uint8_t)((from->next_fragment + 1) % LP_FILTER_FRAGMENTS);
	}
	*slot = key;
	slot->end = view->fragment_len;
	slot->until = now + LP_FILTER_FRAGMENT_TTL;
	return LP_DROP_NONE;
}

enum lp_drop lp_fragment_later(
	struct lp_filter_source *from, const struct lp_view *view, lp_time now, bool *ret_is_early)
{
	*ret_is_early = false;
	if (!is_sound(view))
		return LP_DROP_FRAGMENT;
	if (!lp_filter_is_client(from))
		return LP_DROP_NONE;
	struct lp_fragment key = key_of(view);
	const struct lp_fragment *first = find_fragment(from, &key, now);
	*ret_is_early = !first;
	return first && view->fragment_offset >= first->end ? LP_DROP_NONE : LP_DROP_FRAGMENT;
}
