/* heap.h - the heap of a test that is linked with --wrap=malloc, --wrap=calloc and --wrap=realloc: it counts
 * the allocations of all objects of the program, and refuses one. */
#ifndef LANPARTY_TESTS_HEAP_H
#define LANPARTY_TESTS_HEAP_H

#include <stdbool.h>
#include <stddef.h>

extern struct heap {
	size_t allocations; /* attempted until now */
	size_t spared;      /* allocations of up to this size never fail */
	unsigned countdown;
	bool failed;
} heap;

/* Lets the n-th allocation from now on fail. */
void heap_arm(unsigned n);

/* Lets no more fail. False: fewer than n allocations were made. */
bool heap_disarm(void);

#endif
