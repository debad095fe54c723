#include "lanparty/path/early.h"

#include <string.h>

void lp_early_init(struct lp_early *e, struct lp_pool *pool,
	bool (*pass)(void *owner, const struct lp_received *in, lp_time now))
{
	e->pool = pool;
	e->pass = pass;
	e->count = 0;
}

static bool is_of(const struct lp_frame *frame, uint32_t room, uint16_t peer)
{
	return frame->peer == peer && frame->room == room;
}

static void give_back(struct lp_early *e, size_t at)
{
	lp_frame_drop(e->pool, e->slots[at].frame);
	e->count--;
	memmove(&e->slots[at], &e->slots[at + 1], (e->count - at) * sizeof(e->slots[0]));
}

bool lp_early_hold(struct lp_early *e, uint32_t room, const struct lp_received *in, lp_time now)
{
	size_t own = 0;
	for (size_t i = 0; i < e->count; i++)
		own += is_of(e->slots[i].frame, room, in->peer);
	if (own == LP_EARLY_OF_PEER || e->count == LP_EARLY_SLOTS || lp_pool_is_scarce(e->pool))
		return false;
	struct lp_frame *frame = lp_received_hold(e->pool, in);
	if (!frame)
		return false;
	frame->room = room;
	frame->peer = in->peer;
	e->slots[e->count++] = (struct lp_early_slot){frame, now + LP_EARLY_WAIT};
	return true;
}

void lp_early_retry(struct lp_early *e, uint32_t room, uint16_t peer, void *owner, lp_time now)
{
	for (size_t i = 0; i < e->count;) {
		struct lp_frame *frame = e->slots[i].frame;
		const struct lp_received in = {
			.peer = peer, .bytes = frame->bytes, .len = frame->len, .frame = frame};
		if (is_of(frame, room, peer) && e->pass(owner, &in, now))
			give_back(e, i);
		else
			i++;
	}
}

size_t lp_early_expire(struct lp_early *e, lp_time now)
{
	size_t count = 0;
	for (; e->count > 0 && now >= e->slots[0].until; count++)
		give_back(e, 0);
	return count;
}

void lp_early_clear(struct lp_early *e)
{
	lp_early_expire(e, LP_NEVER);
}
