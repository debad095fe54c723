#include "lanparty/wire/overlay.h"

#include <string.h>

#include "lanparty/base/bytes.h"

static size_t half_len(enum lp_overlay_type type, size_t frame_len)
{
	return type == LP_OVERLAY_FIRST ? (frame_len + 1) / 2 : frame_len / 2;
}

enum lp_drop lp_overlay_decode(const uint8_t *datagram, size_t len, struct lp_overlay *ret_overlay)
{
	struct lp_reader r = lp_reader_of(datagram, len);
	struct lp_overlay o = {0};

	uint8_t first = lp_read_u8(&r);
	uint8_t flags = lp_read_u8(&r);
	o.peer = lp_read_u16(&r);
	o.room = lp_read_u32(&r);
	if (r.failed || first >> 4 != LP_OVERLAY_VERSION || flags != 0)
		return LP_DROP_OVERLAY;
	if ((first & 15) > LP_OVERLAY_NUMBERED)
		return LP_DROP_WRONG_TYPE;
	o.type = (enum lp_overlay_type)(first & 15);
	if (o.type != LP_OVERLAY_WHOLE)
		o.frame_id = lp_read_u16(&r);
	if (r.failed)
		return LP_DROP_OVERLAY;
	if (o.type == LP_OVERLAY_FIRST || o.type == LP_OVERLAY_SECOND) {
		o.frame_len = lp_read_u16(&r);
		if (r.failed || o.frame_len < LP_ETH_HEADER || o.frame_len > LP_ETH_FRAME_MAX)
			return LP_DROP_OVERLAY;
		if (lp_reader_left(&r) != half_len(o.type, o.frame_len))
			return LP_DROP_OVERLAY;
	}
	o.len = lp_reader_left(&r);
	o.bytes = lp_read_bytes(&r, o.len);
	*ret_overlay = o;
	return LP_DROP_NONE;
}

size_t lp_overlay_encode(const struct lp_overlay *overlay, uint8_t header[LP_OVERLAY_HALF_HEAD])
{
	struct lp_writer w = lp_writer_of(header, LP_OVERLAY_HALF_HEAD);

	lp_write_u8(&w, (uint8_t)(LP_OVERLAY_VERSION << 4 | overlay->type));
	lp_write_u8(&w, 0);
	lp_write_u16(&w, overlay->peer);
	lp_write_u32(&w, overlay->room);
	if (overlay->type == LP_OVERLAY_WHOLE)
		return LP_OVERLAY_HEADER;
	lp_write_u16(&w, overlay->frame_id);
	if (overlay->type == LP_OVERLAY_NUMBERED)
		return LP_OVERLAY_NUMBERED_HEAD;
	lp_write_u16(&w, overlay->frame_len);
	return LP_OVERLAY_HALF_HEAD;
}

static uint64_t *word_of(struct lp_seen *s, uint16_t id)
{
	return &s->bits[id % LP_SEEN_IDS / 64];
}

bool lp_seen_before(const struct lp_seen *s, uint16_t id)
{
	uint16_t behind = (uint16_t)(s->newest - id);
	if (!s->any || behind > UINT16_MAX / 2 + 1)
		return false; /* newer than the newest; half way round is not */
	return behind >= LP_SEEN_IDS || s->bits[id % LP_SEEN_IDS / 64] >> (id % 64) & 1;
}

/* The last count ids up to this one; word by word, for a peer can jump as far as it likes. */
static void forget(struct lp_seen *s, size_t count, uint16_t id)
{
	uint16_t at = (uint16_t)(id - count + 1);
	while (count > 0) {
		bool whole = at % 64 == 0 && count >= 64;
		*word_of(s, at) &= whole ? 0 : ~(UINT64_C(1) << (at % 64));
		at = (uint16_t)(at + (whole ? 64 : 1));
		count -= whole ? 64 : 1;
	}
}

bool lp_seen_first(struct lp_seen *s, uint16_t id)
{
	if (lp_seen_before(s, id))
		return false;
	uint16_t ahead = (uint16_t)(id - s->newest);
	if (!s->any || ahead <= UINT16_MAX / 2) {
		/* Those between have not come yet; their places held older ones. */
		forget(s, s->any && ahead < LP_SEEN_IDS ? ahead : LP_SEEN_IDS, id);
		s->newest = id;
		s->any = true;
	}
	*word_of(s, id) |= UINT64_C(1) << (id % 64);
	return true;
}

static void slot_clear(struct lp_half *slot, struct lp_pool *pool)
{
	if (slot->frame)
		lp_frame_drop(pool, slot->frame);
	slot->frame = NULL;
}

/* The slot that waits for this half's other one, or NULL. Ends those that have waited too long:
 * their frames are wanted elsewhere. */
static struct lp_half *slot_find(
	struct lp_halves *h, struct lp_pool *pool, const struct lp_overlay *half, lp_time now)
{
	struct lp_half *found = NULL;

	for (size_t i = 0; i < LP_HALVES_SLOTS; i++) {
		struct lp_half *slot = &h->slots[i];
		if (slot->frame && slot->until <= now)
			slot_clear(slot, pool);
		if (slot->frame && slot->peer == half->peer && slot->frame_id == half->frame_id)
			found = slot;
	}
	return found;
}

/* A free slot; when there is none, the one that has waited longest gives way. */
static struct lp_half *slot_make(struct lp_halves *h, struct lp_pool *pool)
{
	struct lp_half *best = &h->slots[0];

	for (size_t i = 0; i < LP_HALVES_SLOTS; i++) {
		struct lp_half *slot = &h->slots[i];
		if (!slot->frame)
			return slot;
		if (slot->until < best->until)
			best = slot;
	}
	slot_clear(best, pool);
	return best;
}

static void copy_half(struct lp_frame *frame, const struct lp_overlay *half)
{
	size_t at =
		half->type == LP_OVERLAY_FIRST ? 0 : half_len(LP_OVERLAY_FIRST, half->frame_len);

	memcpy(frame->bytes + at, half->bytes, half->len);
}

struct lp_frame *lp_halves_add(
	struct lp_halves *h, struct lp_pool *pool, const struct lp_overlay *half, lp_time now)
{
	struct lp_half *slot = slot_find(h, pool, half, now);

	if (slot) {
		struct lp_frame *whole = slot->frame;
		if (slot->have == half->type || whole->len != half->frame_len ||
			whole->room != half->room)
			return NULL;
		copy_half(whole, half);
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
	copy_half(slot->frame, half);
	slot->peer = half->peer;
	slot->frame_id = half->frame_id;
	slot->have = half->type;
	slot->until = now + LP_HALVES_TTL;
	return NULL;
}

void lp_halves_expire(struct lp_halves *h, struct lp_pool *pool, lp_time now)
{
	for (size_t i = 0; i < LP_HALVES_SLOTS; i++)
		if (h->slots[i].frame && now >= h->slots[i].until)
			slot_clear(&h->slots[i], pool);
}

void lp_halves_clear(struct lp_halves *h, struct lp_pool *pool)
{
	for (size_t i = 0; i < LP_HALVES_SLOTS; i++)
		slot_clear(&h->slots[i], pool);
}
