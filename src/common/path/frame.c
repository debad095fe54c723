#include "lanparty/path/frame.h"

#include <assert.h>
#include <stdlib.h>

/* Tags: the low bits hold the index of the entry, counted from 1, the high bits its generation. */
#define INDEX_BITS 24
#define INDEX_MASK ((UINT64_C(1) << INDEX_BITS) - 1)
#define FRAMES_MAX (INDEX_MASK / LP_ENTRIES_PER_FRAME)

struct lp_pool {
	struct lp_frame *free; /* given back */
	size_t fresh; /* frames from here on were never taken: their pages cost nothing yet */
	size_t total;
	size_t free_count;
	struct lp_entry *free_entries, *entries;
	size_t fresh_entries;
	size_t free_entry_count;
	struct lp_frame frames[];
};

struct lp_pool *lp_pool_new(size_t frames)
{
	if (frames > FRAMES_MAX)
		return NULL;
	struct lp_pool *pool = calloc(1, sizeof(*pool) + frames * sizeof(struct lp_frame));
	if (!pool)
		return NULL;
	pool->entries = calloc(frames ? frames * LP_ENTRIES_PER_FRAME : 1, sizeof(struct lp_entry));
	if (!pool->entries) {
		free(pool);
		return NULL;
	}
	pool->total = frames;
	pool->free_count = frames;
	pool->free_entry_count = frames * LP_ENTRIES_PER_FRAME;
	return pool;
}

void lp_pool_free(struct lp_pool *pool)
{
	if (!pool)
		return;
	assert(pool->free_count == pool->total);
	free(pool->entries);
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
	return pool->free_entry_count;
}

bool lp_pool_is_scarce(const struct lp_pool *pool)
{
	return pool->free_count < pool->total / 2 ||
	       pool->free_entry_count < pool->total * LP_ENTRIES_PER_FRAME / 2;
}

bool lp_pool_is_ample(const struct lp_pool *pool)
{
	return pool->free_count >= pool->total / 4 * 3 &&
	       pool->free_entry_count >= pool->total * LP_ENTRIES_PER_FRAME / 4 * 3;
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
	struct lp_entry *entry = pool->free_entries;
	if (entry)
		pool->free_entries = entry->next;
	else if (pool->fresh_entries < pool->total * LP_ENTRIES_PER_FRAME)
		entry = &pool->entries[pool->fresh_entries++];
	else
		return NULL;
	pool->free_entry_count--;
	*entry = (struct lp_entry){.frame = frame, .generation = entry->generation};
	return entry;
}

void lp_entry_free(struct lp_pool *pool, struct lp_entry *entry)
{
	lp_frame_drop(pool, entry->frame);
	lp_entry_renew(entry);
	entry->frame = NULL;
	entry->next = pool->free_entries;
	pool->free_entries = entry;
	pool->free_entry_count++;
}

uint64_t lp_entry_tag(const struct lp_pool *pool, const struct lp_entry *entry)
{
	return (uint64_t)entry->generation << INDEX_BITS | ((size_t)(entry - pool->entries) + 1);
}

struct lp_entry *lp_entry_find(struct lp_pool *pool, uint64_t tag)
{
	uint64_t index = tag & INDEX_MASK;
	if (index == 0 || index > pool->fresh_entries)
		return NULL;
	struct lp_entry *entry = &pool->entries[index - 1];
	return entry->frame && entry->generation == tag >> INDEX_BITS ? entry : NULL;
}

void lp_entry_renew(struct lp_entry *entry)
{
	entry->generation++;
}
