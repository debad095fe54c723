#include "lanparty/path/receiver.h"

#include <string.h>

#include "lanparty/wire/control.h"

static uint64_t *word_of(struct lp_replay *r, uint16_t id)
{
	return &r->bits[id % LP_REPLAY_WINDOW / 64];
}

bool lp_replay_has(const struct lp_replay *r, uint16_t id)
{
	uint16_t behind = (uint16_t)(r->newest - id);
	if (!r->any || behind > UINT16_MAX / 2 + 1)
		return false; /* newer than the newest: less than half of all ids ahead */
	return behind >= LP_REPLAY_WINDOW || r->bits[id % LP_REPLAY_WINDOW / 64] >> (id % 64) & 1;
}

/* Clears the last count ids up to this one; word by word, because a peer can jump as far as it likes. */
static void forget(struct lp_replay *r, size_t count, uint16_t id)
{
	uint16_t at = (uint16_t)(id - count + 1);
	while (count > 0) {
		bool whole = at % 64 == 0 && count >= 64;
		*word_of(r, at) &= whole ? 0 : ~(UINT64_C(1) << (at % 64));
		at = (uint16_t)(at + (whole ? 64 : 1));
		count -= whole ? 64 : 1;
	}
}

bool lp_replay_accept(struct lp_replay *r, uint16_t id)
{
	if (lp_replay_has(r, id))
		return false;
	uint16_t ahead = (uint16_t)(id - r->newest);
	if (!r->any || ahead <= UINT16_MAX / 2) {
		/* The ids between have not arrived yet; their bits belong to older ones. */
		forget(r, r->any && ahead < LP_REPLAY_WINDOW ? ahead : LP_REPLAY_WINDOW, id);
		r->newest = id;
		r->any = true;
	}
	*word_of(r, id) |= UINT64_C(1) << (id % 64);
	return true;
}

static void slot_clear(struct lp_partial *slot, struct lp_pool *pool)
{
	if (slot->frame)
		lp_frame_drop(pool, slot->frame);
	slot->frame = NULL;
}

/* The slot that waits for the other fragment, or NULL. Frees slots that have waited too long: their
 * buffers are wanted elsewhere. */
static struct lp_partial *slot_find(struct lp_reassembly *r, struct lp_pool *pool,
	const struct lp_overlay *fragment, lp_time now)
{
	struct lp_partial *found = NULL;

	for (size_t i = 0; i < LP_REASSEMBLY_SLOTS; i++) {
		struct lp_partial *slot = &r->slots[i];
		if (slot->frame && slot->until <= now)
			slot_clear(slot, pool);
		if (slot->frame && slot->peer == fragment->peer &&
			slot->frame_id == fragment->frame_id)
			found = slot;
	}
	return found;
}

/* A free slot; when there is none, the one that has waited longest. */
static struct lp_partial *slot_make(struct lp_reassembly *r, struct lp_pool *pool)
{
	struct lp_partial *best = &r->slots[0];

	for (size_t i = 0; i < LP_REASSEMBLY_SLOTS; i++) {
		struct lp_partial *slot = &r->slots[i];
		if (!slot->frame)
			return slot;
		if (slot->until < best->until)
			best = slot;
	}
	slot_clear(best, pool);
	return best;
}

static void copy_fragment(struct lp_frame *frame, const struct lp_overlay *fragment)
{
	size_t at = fragment->type == LP_OVERLAY_FIRST
			    ? 0
			    : lp_overlay_fragment_len(LP_OVERLAY_FIRST, fragment->frame_len);

	memcpy(frame->bytes + at, fragment->bytes, fragment->len);
}

struct lp_frame *lp_reassembly_add(struct lp_reassembly *r, struct lp_pool *pool,
	const struct lp_overlay *fragment, lp_time now)
{
	struct lp_partial *slot = slot_find(r, pool, fragment, now);

	if (slot) {
		struct lp_frame *whole = slot->frame;
		if (slot->have == fragment->type || whole->len != fragment->frame_len ||
			whole->room != fragment->room)
			return NULL;
		copy_fragment(whole, fragment);
		slot->frame = NULL;
		return whole;
	}
	slot = slot_make(r, pool);
	slot->frame = lp_pool_take(pool);
	if (!slot->frame)
		return NULL;
	slot->frame->room = fragment->room;
	slot->frame->peer = fragment->peer;
	slot->frame->len = fragment->frame_len;
	copy_fragment(slot->frame, fragment);
	slot->peer = fragment->peer;
	slot->frame_id = fragment->frame_id;
	slot->have = fragment->type;
	slot->until = now + LP_REASSEMBLY_TIMEOUT;
	return NULL;
}

void lp_reassembly_expire(struct lp_reassembly *r, struct lp_pool *pool, lp_time now)
{
	for (size_t i = 0; i < LP_REASSEMBLY_SLOTS; i++)
		if (r->slots[i].frame && now >= r->slots[i].until)
			slot_clear(&r->slots[i], pool);
}

void lp_reassembly_clear(struct lp_reassembly *r, struct lp_pool *pool)
{
	for (size_t i = 0; i < LP_REASSEMBLY_SLOTS; i++)
		slot_clear(&r->slots[i], pool);
}

struct lp_frame *lp_received_hold(struct lp_pool *pool, const struct lp_received *received)
{
	if (received->frame)
		return lp_frame_hold(received->frame);
	struct lp_frame *frame = lp_pool_take(pool);
	if (frame) {
		memcpy(frame->bytes, received->bytes, received->len);
		frame->len = (uint16_t)received->len;
	}
	return frame;
}

/* While buffers are scarce a peer keeps one fragment, its latest: fragments that nothing follows cannot
 * take the buffers that all wait for. */
static struct lp_frame *reassemble(
	struct lp_receiver *r, const struct lp_overlay *fragment, lp_time now)
{
	struct lp_frame *whole = lp_reassembly_add(&r->reassembly, r->pool, fragment, now);
	if (whole || !lp_pool_is_scarce(r->pool))
		return whole;
	lp_reassembly_clear(&r->reassembly, r->pool);
	return lp_reassembly_add(&r->reassembly, r->pool, fragment, now);
}

/* Row F1: do the ids and the type fit this connection? */
static enum lp_drop check_ids(const struct lp_receiver *r, const struct lp_overlay *overlay)
{
	if (overlay->room != r->room)
		return LP_DROP_WRONG_ROOM;
	if (r->peer != 0 && overlay->peer != r->peer)
		return LP_DROP_WRONG_PEER;
	if (overlay->type == LP_OVERLAY_WHOLE)
		return LP_DROP_NONE;
	bool able = overlay->type == LP_OVERLAY_NUMBERED ? r->retransmit : r->fragments;
	if (!able)
		return LP_DROP_WRONG_TYPE;
	bool duplicate = r->retransmit && lp_replay_has(&r->replay, overlay->frame_id);
	return duplicate ? LP_DROP_DUPLICATE : LP_DROP_NONE;
}

static struct lp_received receive(
	struct lp_receiver *r, const uint8_t *bytes, size_t len, lp_time now)
{
	struct lp_overlay overlay;
	struct lp_received in = {.drop = LP_DROP_NOT_JOINED};
	if (r->open)
		in.drop = lp_overlay_decode(bytes, len, &overlay);
	if (in.drop == LP_DROP_NONE)
		in.drop = check_ids(r, &overlay);
	if (in.drop != LP_DROP_NONE)
		return in;
	in.peer = overlay.peer;
	in.bytes = overlay.bytes;
	in.len = overlay.len;
	if (overlay.type == LP_OVERLAY_FIRST || overlay.type == LP_OVERLAY_SECOND) {
		in.frame = reassemble(r, &overlay, now);
		in.waits = !in.frame;
		if (in.waits)
			return in;
		in.bytes = in.frame->bytes;
		in.len = in.frame->len;
	}
	if (r->retransmit && overlay.type != LP_OVERLAY_WHOLE)
		lp_replay_accept(&r->replay, overlay.frame_id);
	return in;
}

/* The sink is the receiver's first member. */
static void take(struct lp_datagram_sink *sink, const uint8_t *bytes, size_t len, lp_time now)
{
	struct lp_receiver *r = (struct lp_receiver *)sink;
	struct lp_pool *pool = r->pool;
	struct lp_received in = receive(r, bytes, len, now);
	r->deliver(r->owner, &in, now);
	if (in.frame)
		lp_frame_drop(pool, in.frame);
}

void lp_receiver_init(struct lp_receiver *r, struct lp_pool *pool,
	void (*deliver)(void *owner, const struct lp_received *received, lp_time now), void *owner)
{
	*r = (struct lp_receiver){
		.sink = {.take = take}, .pool = pool, .deliver = deliver, .owner = owner};
}

void lp_receiver_open(struct lp_receiver *r, uint32_t room, uint16_t peer, uint64_t capabilities)
{
	lp_receiver_close(r);
	r->open = true;
	r->room = room;
	r->peer = peer;
	r->fragments = capabilities & LP_CAP_FRAGMENTS;
	r->retransmit = capabilities & LP_CAP_RETRANSMIT;
}

void lp_receiver_close(struct lp_receiver *r)
{
	lp_reassembly_clear(&r->reassembly, r->pool);
	r->replay = (struct lp_replay){0};
	r->open = false;
}

void lp_receiver_expire(struct lp_receiver *r, lp_time now)
{
	lp_reassembly_expire(&r->reassembly, r->pool, now);
}
