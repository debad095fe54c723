#include "lanparty/path/frame.h"

#include <assert.h>
#include <stdlib.h>

/* Tags: the place's index from 1 below, its generation above. */
#define INDEX_BITS 24
#define INDEX_MASK ((UINT64_C(1) << INDEX_BITS) - 1)
#define FRAMES_MAX (INDEX_MASK / LP_ENTRIES_PER_FRAME)

struct lp_pool {
	struct lp_frame *free; /* given back */
	size_t fresh; /* frames from here on were never taken: their pages cost nothing yet */
	size_t total;
	size_t free_count;
	struct lp_entry *free_places, *places;
	size_t fresh_places;
	size_t free_place_count;
	struct lp_frame frames[];
};

struct lp_pool *lp_pool_new(size_t frames)
{
	if (frames > FRAMES_MAX)
		return NULL;
	struct lp_pool *pool = calloc(1, sizeof(*pool) + frames * sizeof(struct lp_frame));
	if (!pool)
		return NULL;
	pool->places = calloc(frames ? frames * LP_ENTRIES_PER_FRAME : 1, sizeof(struct lp_entry));
	if (!pool->places) {
		free(pool);
		return NULL;
	}
	pool->total = frames;
	pool->free_count = frames;
	pool->free_place_count = frames * LP_ENTRIES_PER_FRAME;
	return pool;
}

void lp_pool_free(struct lp_pool *pool)
{
	if (!pool)
		return;
	assert(pool->free_count == pool->total);
	free(pool->places);
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

size_t lp_pool_free_entries(const struct lp_pool *pool)
{
	return pool->free_place_count;
}

bool lp_pool_is_scarce(const struct lp_pool *pool)
{
	return pool->free_count < pool->total / 2 ||
	       pool->free_place_count < pool->total * LP_ENTRIES_PER_FRAME / 2;
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

struct lp_entry *lp_entry_take(struct lp_pool *pool, struct lp_frame *frame)
{
	struct lp_entry *place = pool->free_places;
	if (place)
		pool->free_places = place->next;
	else if (pool->fresh_places < pool->total * LP_ENTRIES_PER_FRAME)
		place = &pool->places[pool->fresh_places++];
	else
		return NULL;
	pool->free_place_count--;
	*place = (struct lp_entry){.frame = frame, .generation = place->generation};
	return place;
}

void lp_entry_free(struct lp_pool *pool, struct lp_entry *place)
{
	lp_frame_drop(pool, place->frame);
	lp_entry_renew(place);
	place->frame = NULL;
	place->next = pool->free_places;
	pool->free_places = place;
	pool->free_place_count++;
}

uint64_t lp_entry_tag(const struct lp_pool *pool, const struct lp_entry *place)
{
	return (uint64_t)place->generation << INDEX_BITS | ((size_t)(place - pool->places) + 1);
}

struct lp_entry *lp_entry_find(struct lp_pool *pool, uint64_t tag)
{
	uint64_t index = tag & INDEX_MASK;
	if (index == 0 || index > pool->fresh_places)
		return NULL;
	struct lp_entry *place = &pool->places[index - 1];
	return place->frame && place->generation == tag >> INDEX_BITS ? place : NULL;
}

void lp_entry_renew(struct lp_entry *place)
{
	place->generation++;
}
