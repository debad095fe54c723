#include "lanparty/frame.h"

#include <assert.h>
#include <stdlib.h>

struct lp_pool {
	struct lp_frame *free; /* given back */
	size_t fresh; /* frames from here on were never taken: their pages cost nothing yet */
	size_t total;
	size_t free_count;
	struct lp_frame frames[];
};

struct lp_pool *lp_pool_new(size_t frames)
{
	if (frames > (SIZE_MAX - sizeof(struct lp_pool)) / sizeof(struct lp_frame))
		return NULL;
	struct lp_pool *pool = calloc(1, sizeof(*pool) + frames * sizeof(struct lp_frame));
	if (!pool)
		return NULL;
	pool->total = frames;
	pool->free_count = frames;
	return pool;
}

void lp_pool_free(struct lp_pool *pool)
{
	assert(!pool || pool->free_count == pool->total);
	free(pool);
}

struct lp_frame *lp_pool_take(struct lp_pool *pool)
{
	struct lp_frame *frame;

	if (pool->free) {
		frame = pool->free;
		pool->free = frame->next;
	} else if (pool->fresh < pool->total) {
		frame = &pool->frames[pool->fresh++];
	} else {
		return NULL;
	}
	pool->free_count--;
	frame->next = NULL;
	frame->references = 1;
	frame->len = 0;
	return frame;
}

size_t lp_pool_free_count(const struct lp_pool *pool)
{
	return pool->free_count;
}

struct lp_frame *lp_frame_hold(struct lp_frame *frame)
{
	assert(frame->references > 0);
	frame->references++;
	return frame;
}

void lp_frame_drop(struct lp_pool *pool, struct lp_frame *frame)
{
	assert(frame->references > 0);
	if (--frame->references > 0)
		return;
	frame->next = pool->free;
	pool->free = frame;
	pool->free_count++;
}
