#include "lanparty/path/receiver.h"

#include <string.h>

static uint64_t *word_of(struct lp_replay *s, uint16_t id)
{
	return &s->bits[id % LP_REPLAY_WINDOW / 64];
}

bool lp_replay_has(const struct lp_replay *s, uint16_t id)
{
	uint16_t behind = (uint16_t)(s->newest - id);
	if (!s->any || behind > UINT16_MAX / 2 + 1)
		return false; /* newer than the newest; half way round is not */
	return behind >= LP_REPLAY_WINDOW || s->bits[id % LP_REPLAY_WINDOW / 64] >> (id % 64) & 1;
}

/* The last count ids up to this one; word by word, for a peer can jump as far as it likes. */
static void forget(struct lp_replay *s, size_t count, uint16_t id)
{
	uint16_t at = (uint16_t)(id - count + 1);
	while (count > 0) {
		bool whole = at % 64 == 0 && count >= 64;
		*word_of(s, at) &= whole ? 0 : ~(UINT64_C(1) << (at % 64));
		at = (uint16_t)(at + (whole ? 64 : 1));
		count -= whole ? 64 : 1;
	}
}

bool lp_replay_accept(struct lp_replay *s, uint16_t id)
{
	if (lp_replay_has(s, id))
		return false;
	uint16_t ahead = (uint16_t)(id - s->newest);
	if (!s->any || ahead <= UINT16_MAX / 2) {
		/* Those between have not come yet; their places held older ones. */
		forget(s, s->any && ahead < LP_REPLAY_WINDOW ? ahead : LP_REPLAY_WINDOW, id);
		s->newest = id;
		s->any = true;
	}
	*word_of(s, id) |= UINT64_C(1) << (id % 64);
	return true;
}

static void slot_clear(struct lp_partial *slot, struct lp_pool *pool)
{
	if (slot->frame)
		lp_frame_drop(pool, slot->frame);
	slot->frame = NULL;
}

/* The slot that waits for this half's other one, or NULL. Ends those that have waited too long:
 * their frames are wanted elsewhere. */
static struct lp_partial *slot_find(
	struct lp_reassembly *h, struct lp_pool *pool, const struct lp_overlay *half, lp_time now)
{
	struct lp_partial *found = NULL;

	for (size_t i = 0; i < LP_REASSEMBLY_SLOTS; i++) {
		struct lp_partial *slot = &h->slots[i];
		if (slot->frame && slot->until <= now)
			slot_clear(slot, pool);
		if (slot->frame && slot->peer == half->peer && slot->frame_id == half->frame_id)
			found = slot;
	}
	return found;
}

/* A free slot; when there is none, the one that has waited longest gives way. */
static struct lp_partial *slot_make(struct lp_reassembly *h, struct lp_pool *pool)
{
	struct lp_partial *best = &h->slots[0];

	for (size_t i = 0; i < LP_REASSEMBLY_SLOTS; i++) {
		struct lp_partial *slot = &h->slots[i];
		if (!slot->frame)
			return slot;
		if (slot->until < best->until)
			best = slot;
	}
	slot_clear(best, pool);
	return best;
}

static void copy_fragment(struct lp_frame *frame, const struct lp_overlay *half)
{
	size_t at = half->type == LP_OVERLAY_FIRST
			    ? 0
			    : lp_overlay_fragment_len(LP_OVERLAY_FIRST, half->frame_len);

	memcpy(frame->bytes + at, half->bytes, half->len);
}

struct lp_frame *lp_reassembly_add(
	struct lp_reassembly *h, struct lp_pool *pool, const struct lp_overlay *half, lp_time now)
{
	struct lp_partial *slot = slot_find(h, pool, half, now);

	if (slot) {
		struct lp_frame *whole = slot->frame;
		if (slot->have == half->type || whole->len != half->frame_len ||
			whole->room != half->room)
			return NULL;
		copy_fragment(whole, half);
		slot->frame = NULL;
		return whole;
	}
	slot = slot_make(h, pool);
	slot->frame = lp_pool_take(pool);
	if (!slot->frame)
		return NULL;
	slot->frame->room = half->room;
	slot->frame->peer = half->peer;
	slot->frame->len = half->frame_len;
	copy_fragment(slot->frame, half);
	slot->peer = half->peer;
	slot->frame_id = half->frame_id;
	slot->have = half->type;
	slot->until = now + LP_REASSEMBLY_TIMEOUT;
	return NULL;
}

void lp_reassembly_expire(struct lp_reassembly *h, struct lp_pool *pool, lp_time now)
{
	for (size_t i = 0; i < LP_REASSEMBLY_SLOTS; i++)
		if (h->slots[i].frame && now >= h->slots[i].until)
			slot_clear(&h->slots[i], pool);
}

void lp_reassembly_clear(struct lp_reassembly *h, struct lp_pool *pool)
{
	for (size_t i = 0; i < LP_REASSEMBLY_SLOTS; i++)
		slot_clear(&h->slots[i], pool);
}
