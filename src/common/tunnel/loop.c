#include "loop.h"

#include <string.h>

/* Where frames differ that differ at all: headers, and the start of the data. */
#define HASHED 128
/* IEEE 802.3: on a cable, shorter frames are filled up with zeros. */
#define PADDED 60

static bool is_recent(const struct lp_loop_frame *f, uint64_t hash, lp_time window, lp_time now)
{
	return f->hash == hash && f->copies > 0 && now - f->at < window;
}

bool lp_loop_note(struct lp_loop *l, enum lp_loop_way way, uint64_t hash, lp_time now)
{
	enum lp_loop_way other = way == LP_LOOP_ROOM ? LP_LOOP_PORT : LP_LOOP_ROOM;
	size_t at = hash % LP_LOOP_FRAMES;
	l->frames[way][at] = (struct lp_loop_frame){hash, now, 1};
	return is_recent(&l->frames[other][at], hash, LP_LOOP_WINDOW, now);
}

bool lp_loop_is_storm(struct lp_loop *l, uint64_t hash, lp_time now)
{
	struct lp_loop_frame *f = &l->frames[LP_LOOP_PORT][hash % LP_LOOP_FRAMES];
	if (!is_recent(f, hash, LP_SECOND, now))
		*f = (struct lp_loop_frame){.hash = hash, .at = now};
	return ++f->copies > LP_LOOP_COPIES;
}

uint64_t lp_loop_hash(const struct lp_siphash_key *key, const uint8_t *frame, size_t len)
{
	uint8_t head[HASHED] = {0};
	memcpy(head, frame, len < HASHED ? len : HASHED);
	return lp_siphash(key, head, sizeof(head)) ^ (len < PADDED ? PADDED : len);
}
