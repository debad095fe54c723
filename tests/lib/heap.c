#include "heap.h"

struct heap heap;

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);

static bool fails(size_t size)
{
	heap.allocations++;
	if (size <= heap.spared || heap.countdown == 0 || --heap.countdown > 0)
		return false;
	heap.failed = true;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails(size) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails(count * size) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails(size) ? NULL : __real_realloc(old, size);
}

void heap_arm(unsigned n)
{
	heap.countdown = n;
	heap.failed = false;
}

bool heap_disarm(void)
{
	heap.countdown = 0;
	return heap.failed;
}
